//! Finds a Node that is a shared library: what the user named, else the newest in the system's folders.
//! Used by `embedded`. Opens nothing.
use crate::environment;
use crate::platform::{LIBRARY_EXTENSION, LIBRARY_FOLDERS};
use std::path::{Path, PathBuf};

/// Environment variable with a libnode for all plugins.
pub const LIBNODE_VARIABLE: &str = "OSAURUS_BRIDGE_LIBNODE";
/// `process.versions.modules` of Node 20: libraries are named by it.
const OLDEST: u32 = 115;

/// The library to open.
///
/// # Errors
/// What was looked at, one line each.
pub fn find() -> Result<PathBuf, Vec<String>> {
    let named = environment::path(LIBNODE_VARIABLE);
    let folders: Vec<PathBuf> = LIBRARY_FOLDERS.iter().map(PathBuf::from).collect();
    find_in(named, &folders)
}

fn find_in(named: Option<PathBuf>, folders: &[PathBuf]) -> Result<PathBuf, Vec<String>> {
    if let Some(path) = named {
        let note = format!("{} ({LIBNODE_VARIABLE}): not there", path.display());
        return if path.is_file() {
            Ok(path)
        } else {
            Err(vec![note])
        };
    }
    let found = folders.iter().flat_map(|folder| libraries_in(folder));
    let (fit, old): (Vec<_>, Vec<_>) = found.partition(|(number, _)| *number >= OLDEST);
    let newest = fit.into_iter().max_by_key(|(number, _)| *number);
    newest.map(|(_, path)| path).ok_or_else(|| {
        let old = old
            .iter()
            .map(|(_, path)| format!("{}: is older than Node 20", path.display()));
        let folders = folders.iter().map(|folder| folder.display().to_string());
        let searched = folders.collect::<Vec<_>>().join(", ");
        old.chain([format!("searched for libnode in {searched}")])
            .collect()
    })
}

fn libraries_in(folder: &Path) -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let number = module_version(entry.file_name().to_str()?)?;
            Some((number, entry.path()))
        })
        .collect()
}

/// `libnode.so.115` and `libnode.115.dylib`.
fn module_version(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("libnode.")?;
    let number = rest
        .strip_prefix(&format!("{LIBRARY_EXTENSION}."))
        .or_else(|| rest.strip_suffix(&format!(".{LIBRARY_EXTENSION}")))?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    #[test]
    fn the_newest_library_is_taken_and_older_ones_are_named() {
        let name = |number: u32| match LIBRARY_EXTENSION {
            "so" => format!("libnode.so.{number}"),
            ending => format!("libnode.{number}.{ending}"),
        };
        let both = folder(&[&name(115), &name(127), &name(108), "libnode.txt"]);
        let found = find_in(None, &[both.path().to_owned()]).unwrap();
        assert!(found.ends_with(name(127)), "{}", found.display());
        let old = folder(&[&name(108)]);
        let notes = find_in(None, &[old.path().to_owned()]).unwrap_err();
        assert!(
            notes[0].contains("108") && notes[0].ends_with("older than Node 20"),
            "{notes:?}"
        );
        assert!(
            notes[1].contains(&*old.path().to_string_lossy()),
            "{notes:?}"
        );
    }

    #[test]
    fn a_named_library_is_the_only_one_that_is_tried() {
        let notes = find_in(Some("/no/libnode.so".into()), &[]).unwrap_err();
        assert_eq!(
            notes,
            ["/no/libnode.so (OSAURUS_BRIDGE_LIBNODE): not there"]
        );
    }
}
