//! The first line of a session: which plugin it is of, and in what host it was recorded.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// The version of the file format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of the format.
    pub osaurus_session: u32,
    /// The plugin.
    pub plugin: Recorded,
    /// What the host advertised: `1` to `6`, or `2a` to `2e`.
    pub abi: String,
    /// Whether secrets were replaced by placeholders.
    pub redacted: bool,
}

/// The plugin that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Its id.
    pub id: String,
    /// Its version; empty when the manifest has none.
    pub version: String,
    /// SHA-256 of its library, in hexadecimal.
    pub sha256: String,
}

impl Recorded {
    /// What a manifest says, and the hash of a library.
    pub(super) fn new(manifest: &str, sha256: &str) -> Recorded {
        let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
        let text = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
        Recorded {
            id: text("plugin_id"),
            version: text("version"),
            sha256: sha256.to_owned(),
        }
    }
}

/// SHA-256 of a file, in hexadecimal.
pub(super) fn hash(library: &Path) -> io::Result<String> {
    let bytes = std::fs::read(library)?;
    let digest = Sha256::digest(bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}
