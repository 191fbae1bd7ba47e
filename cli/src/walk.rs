//! Everything below a folder, without recursion and with a bound: folders that others wrote may be
//! nested as deep as they like. Used wherever a tree is copied or looked through.

use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// How deep folders may be nested.
const DEPTH: usize = 100;

/// What becomes of links.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// They are what they lead to; a circle is an error.
    Followed,
    /// They are entries of their own.
    Kept,
}

/// A file or folder.
#[derive(Debug)]
pub struct Entry {
    /// Its path.
    pub path: PathBuf,
    /// The same from the folder that is walked.
    pub below: PathBuf,
    /// What it is.
    pub kind: FileType,
}

/// Everything below a folder, each folder before what is in it, in the order of the names.
pub fn entries(folder: &Path, links: Links) -> io::Result<Vec<Entry>> {
    entries_but(folder, links, |_| false)
}

/// [`entries`] without those of these names, and without what is in them.
pub fn entries_but(
    folder: &Path,
    links: Links,
    is_left_out: impl Fn(&str) -> bool,
) -> io::Result<Vec<Entry>> {
    let walk = WalkDir::new(folder)
        .min_depth(1)
        .max_depth(DEPTH + 1)
        .follow_links(links == Links::Followed)
        .sort_by_file_name();
    let entries = walk
        .into_iter()
        .filter_entry(|entry| !is_left_out(&entry.file_name().to_string_lossy()));
    let entry = |entry: walkdir::Result<walkdir::DirEntry>| {
        let entry = entry?;
        if entry.depth() > DEPTH {
            let what = format!("{} is more than {DEPTH} folders deep", folder.display());
            return Err(io::Error::other(what));
        }
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        Ok(Entry {
            below: below.to_path_buf(),
            kind: entry.file_type(),
            path: entry.into_path(),
        })
    };
    entries.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn names(entries: &[Entry]) -> Vec<String> {
        entries
            .iter()
            .map(|entry| entry.below.display().to_string())
            .collect()
    }

    #[test]
    fn folders_come_before_what_is_in_them_and_names_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/node_modules/x")).unwrap();
        fs::write(folder.path().join("a/b"), "").unwrap();
        symlink("a", folder.path().join("link")).unwrap();
        let linked =
            entries_but(folder.path(), Links::Kept, |name| name == "node_modules").unwrap();
        assert_eq!(names(&linked), ["a", "a/b", "link"]);
        let followed = entries(folder.path(), Links::Followed).unwrap();
        assert!(names(&followed).contains(&"link/b".to_owned()));
    }

    #[test]
    fn circles_and_towers_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        symlink("..", folder.path().join("up")).unwrap();
        fs::create_dir(folder.path().join("circle")).unwrap();
        symlink(".", folder.path().join("circle/again")).unwrap();
        assert!(entries(&folder.path().join("circle"), Links::Followed).is_err());
        let tower = tempfile::tempdir().unwrap();
        fs::create_dir_all(tower.path().join("d/".repeat(DEPTH + 1))).unwrap();
        let error = entries(tower.path(), Links::Kept).unwrap_err().to_string();
        assert!(error.ends_with("is more than 100 folders deep"), "{error}");
    }
}
