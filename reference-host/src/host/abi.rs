//! Which host table a host advertises: version 1 to 6, and the revisions that version 2 went
//! through.

use crate::host::errors::BuildError;
use osaurus_abi::{ABI_VERSION_LATEST, V2Revision, host_table_size};
use std::fmt;

/// Bytes of the largest table that a draft may have; the smallest page holds it.
const LARGEST_DRAFT: usize = 4096;

/// An ABI version (and, inside version 2, its revision) with the exact sizes of its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AbiLevel {
    version: u32,
    revision: Option<V2Revision>,
    host_size: usize,
}

impl AbiLevel {
    /// The newest version.
    pub const LATEST: AbiLevel = AbiLevel {
        version: ABI_VERSION_LATEST,
        revision: None,
        host_size: host_table_size(ABI_VERSION_LATEST),
    };

    /// Reads `"1"` to `"6"` and `"2a"` to `"2e"`; a leading `v` is fine.
    pub fn parse(text: &str) -> Result<AbiLevel, BuildError> {
        let bare = text
            .trim()
            .trim_start_matches(['v', 'V'])
            .to_ascii_lowercase();
        if let Some(revision) = V2Revision::from_name(&bare) {
            return Ok(AbiLevel {
                version: 2,
                revision: Some(revision),
                host_size: revision.layout().host_table_size,
            });
        }
        match bare.parse::<u32>() {
            Ok(version @ 1..=ABI_VERSION_LATEST) => Ok(AbiLevel {
                version,
                revision: None,
                host_size: host_table_size(version),
            }),
            _ => Err(BuildError::UnknownAbi(text.to_string())),
        }
    }

    /// A version after the newest one, with a host table of that many bytes.
    pub(crate) fn drafted(version: u32, host_size: usize) -> Result<AbiLevel, BuildError> {
        let newest = host_table_size(ABI_VERSION_LATEST);
        let fits = version > ABI_VERSION_LATEST
            && (newest..=LARGEST_DRAFT).contains(&host_size)
            && host_size.is_multiple_of(size_of::<usize>());
        let level = AbiLevel {
            version,
            revision: None,
            host_size,
        };
        fits.then_some(level)
            .ok_or(BuildError::Draft { version, host_size })
    }

    /// The number in the table's `version` field.
    pub fn version(self) -> u32 {
        self.version
    }

    /// Bytes of the host table; 0 for version 1, which has none.
    pub fn host_table_size(self) -> usize {
        self.host_size
    }

    /// Bytes that this host reads of a plugin table it got from the version 2 entry.
    pub fn plugin_table_size(self) -> usize {
        self.revision.map_or_else(
            || osaurus_abi::plugin_table_size(2),
            |revision| revision.layout().plugin_table_size,
        )
    }

    /// Whether offset 64 of the plugin table is the four-argument `on_task_event` (2b had another
    /// function there).
    pub fn has_task_events(self) -> bool {
        self.revision
            .is_none_or(|revision| revision > V2Revision::B)
    }
}

impl fmt::Display for AbiLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.revision {
            Some(revision) => write!(f, "v{revision}"),
            None => write!(f, "v{}", self.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AbiLevel;

    #[test]
    fn sizes_are_the_published_ones_and_nonsense_is_named() {
        let sizes: Vec<usize> = ["1", "2a", "2b", "2c", "2d", "2e", "2", "3", "4", "5", "v6"]
            .iter()
            .map(|text| AbiLevel::parse(text).unwrap().host_table_size())
            .collect();
        assert_eq!(sizes, [0, 56, 128, 128, 136, 168, 168, 176, 184, 192, 200]);
        let text = AbiLevel::parse("7").unwrap_err().to_string();
        assert!(text.contains("\"7\"") && text.contains("1 to 6"), "{text}");
    }

    #[test]
    fn a_draft_continues_the_newest_version() {
        let draft = AbiLevel::drafted(7, 208).unwrap();
        assert_eq!((draft.version(), draft.host_table_size()), (7, 208));
        for (version, size) in [(6, 208), (7, 192), (7, 204), (7, 8192)] {
            let text = AbiLevel::drafted(version, size).unwrap_err().to_string();
            assert!(text.contains(&size.to_string()), "{text}");
        }
    }
}
