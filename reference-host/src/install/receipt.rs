//! What a release build of Osaurus demands of an installed library before it opens it: a receipt
//! with its checksum, a code signature where the platform has them, the user's consent. In that
//! order, the first failure decides.

use crate::install::code_signature;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The empty file that says that the user approved of the plugin.
pub const CONSENT: &str = ".user_consent";

/// The file beside an installed library that says what was installed.
pub const RECEIPT: &str = "receipt.json";

/// Why an installed library is not opened. The messages are the ones that Osaurus shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// No receipt beside the library.
    #[error("Missing receipt.json - plugin cannot be verified")]
    MissingReceipt,
    /// The receipt cannot be read.
    #[error("Failed to read receipt.json")]
    UnreadableReceipt,
    /// The receipt is not what a receipt must be. `detail` says why; Osaurus does not tell.
    #[error("Failed to parse receipt.json")]
    BadReceipt {
        /// What the decoder expected and where.
        detail: String,
    },
    /// The library cannot be read.
    #[error("Failed to read plugin library file")]
    UnreadableLibrary,
    /// The library is not the one that was installed.
    #[error(
        "Checksum verification failed - expected {expected}, found {found}; install the plugin \
         again"
    )]
    Checksum {
        /// The receipt's checksum.
        expected: String,
        /// The file's checksum.
        found: String,
    },
    /// The platform does not accept the library's signature.
    #[error("Plugin code signature is invalid or missing - {detail} (OSStatus {status})")]
    Signature {
        /// What was asked.
        detail: String,
        /// The platform's code.
        status: i32,
    },
    /// The user has not approved. The part before the colon is for programs.
    #[error("consent_required: Plugin has not been approved for loading")]
    Consent,
}

/// A receipt. The loader compares the checksum alone, but all of it must decode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The plugin's id.
    pub plugin_id: String,
    /// The installed version.
    pub version: semver::Version,
    /// When, in seconds since the beginning of 2001.
    pub installed_at: f64,
    /// The library's name.
    pub dylib_filename: String,
    /// Its SHA-256 in hexadecimal digits.
    pub dylib_sha256: String,
    /// The system that it is for.
    pub platform: String,
    /// The processor that it is for.
    pub arch: String,
    /// The author's keys, which a later install from the registry must have too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_keys: Option<std::collections::HashMap<String, String>>,
    /// What it was installed from.
    pub artifact: Artifact,
}

/// What a plugin was installed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its address.
    pub url: String,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Its signature, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minisign: Option<Value>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// Checks one library of the version in `version_folder`. The receipt is beside the library.
pub(crate) fn verify(library: &Path, version_folder: &Path) -> Result<(), VerifyError> {
    let receipt = read(&library.with_file_name(RECEIPT))?;
    let bytes = fs::read(library).map_err(|_| VerifyError::UnreadableLibrary)?;
    let checksum = hex(&Sha256::digest(bytes));
    if !checksum.eq_ignore_ascii_case(&receipt.dylib_sha256) {
        return Err(VerifyError::Checksum {
            expected: receipt.dylib_sha256,
            found: checksum,
        });
    }
    code_signature::check(library).map_err(|status| VerifyError::Signature {
        detail: "sign it, for example with codesign -s - FILE".into(),
        status,
    })?;
    if !version_folder.join(CONSENT).exists() {
        return Err(VerifyError::Consent);
    }
    Ok(())
}

fn read(path: &Path) -> Result<Receipt, VerifyError> {
    if !path.exists() {
        return Err(VerifyError::MissingReceipt);
    }
    let bytes = fs::read(path).map_err(|_| VerifyError::UnreadableReceipt)?;
    serde_json::from_slice(&bytes).map_err(|error| VerifyError::BadReceipt {
        detail: error.to_string(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
