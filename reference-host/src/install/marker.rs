//! The loading marker `Tools/.currently_loading`: the id of the plugin that is being loaded or
//! probed. One that is there at the start says that this plugin took the process down. Writing it
//! survives a crash at any moment.

use crate::storage::durable_file;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) struct Marker {
    folder: PathBuf,
}

impl Marker {
    pub(crate) fn new(tools: &Path) -> Marker {
        Marker {
            folder: tools.to_path_buf(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(".currently_loading")
    }

    /// Names the plugin that is about to run. Falls back to a plain write when the durable one
    /// fails.
    pub(crate) fn set(&self, plugin_id: &str) {
        let result = durable_file::write(&self.path(), plugin_id.as_bytes())
            .or_else(|_| fs::write(self.path(), plugin_id));
        if let Err(error) = result {
            eprintln!(
                "reference host: cannot write {}: {error}; a crash of {plugin_id} will go \
                 unnoticed",
                self.path().display()
            );
        }
    }

    /// The plugin got through.
    pub(crate) fn clear(&self) {
        let removed = fs::remove_file(self.path());
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            eprintln!(
                "reference host: cannot remove {}: {error}",
                self.path().display()
            );
        }
    }

    /// The plugin that an earlier process died with, once: the marker is gone afterwards. Blank
    /// ones name no plugin.
    pub(crate) fn take_stale(&self) -> Option<String> {
        let bytes = fs::read(self.path()).ok()?;
        self.clear();
        let text = String::from_utf8(bytes).ok()?;
        let id = text.trim();
        (!id.is_empty()).then(|| id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_once_and_blank_ones_name_no_plugin() {
        let folder = tempfile::tempdir().unwrap();
        let marker = Marker::new(folder.path());
        assert_eq!(marker.take_stale(), None);
        marker.set("dev.first");
        marker.set("dev.second");
        assert_eq!(marker.take_stale().as_deref(), Some("dev.second"));
        assert_eq!(marker.take_stale(), None);
        fs::write(marker.path(), " \n").unwrap();
        assert_eq!(marker.take_stale(), None);
        fs::write(marker.path(), " dev.spaced\n").unwrap();
        assert_eq!(marker.take_stale().as_deref(), Some("dev.spaced"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
