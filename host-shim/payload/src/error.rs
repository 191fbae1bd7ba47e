//! What can go wrong with a payload. Every text says what was expected, what was found and what to
//! do.
use std::path::PathBuf;

/// Why a payload could not be read, written or unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb: "read", "create the folder".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The bytes are not a payload, or were cut or changed since they were written.
    #[error("the payload is damaged: {0}; build the plugin again with `osaurus-bridge build`")]
    Damaged(String),
    /// The payload was written by a newer program.
    #[error(
        "the payload has format {found}, this library reads format {expected}; use an \
         osaurus-bridge of the same version for both"
    )]
    Format {
        /// Format that this code reads.
        expected: u32,
        /// Format that the payload says.
        found: u32,
    },
    /// The settings inside the payload are not what the format says.
    #[error("the payload's settings cannot be read: {0}")]
    Config(serde_json::Error),
    /// The library cannot carry a payload.
    #[error("this file cannot carry a payload: {0}")]
    Library(String),
    /// A file of the plugin cannot be packed.
    #[error("cannot pack {}: {why}", path.display())]
    Pack {
        /// The file, folder or link.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A file in the archive has a name or kind that must not be unpacked.
    #[error("refused to unpack `{name}`: {why}")]
    Unsafe {
        /// Name inside the archive.
        name: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// The cache folder is not private to this user.
    #[error("the cache folder {} {why}; remove it or set OSAURUS_BRIDGE_CACHE to a folder of your \
             own", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl PayloadError {
    /// For `map_err` on I/O calls.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| PayloadError::Io {
            action,
            path,
            source,
        }
    }
}
