//! Finds a Node that is a shared library: what the user named, else the newest in the system's
//! folders. Used by `embedded`. Opens nothing.
use crate::environment;
use crate::platform::{LIBRARY_EXTENSION, LIBRARY_FOLDERS};
use std::path::{Path, PathBuf};

/// Environment variable with a libnode for all plugins.
pub const LIBNODE_VARIABLE: &str = "OSAURUS_BRIDGE_LIBNODE";
/// `process.versions.modules` of Node 20: libraries are named by it.
const OLDEST: u32 = 115;

/// The libraries to open, the best first.
///
/// # Errors
/// What was looked at, one line each.
pub fn find() -> Result<Vec<PathBuf>, Vec<String>> {
    let named = environment::path(LIBNODE_VARIABLE);
    let folders: Vec<PathBuf> = LIBRARY_FOLDERS.iter().map(PathBuf::from).collect();
    find_in(named, &folders)
}

fn find_in(named: Option<PathBuf>, folders: &[PathBuf]) -> Result<Vec<PathBuf>, Vec<String>> {
    if let Some(path) = named {
        let note = format!("{} ({LIBNODE_VARIABLE}): not there", path.display());
        return if path.is_file() {
            Ok(vec![path])
        } else {
            Err(vec![note])
        };
    }
    let libraries = folders.iter().flat_map(|folder| libraries_in(folder));
    let (mut fit, old): (Vec<_>, Vec<_>) = libraries.partition(|(number, _)| *number >= OLDEST);
    if fit.is_empty() {
        let old = old
            .iter()
            .map(|(_, path)| format!("{}: is older than Node 20", path.display()));
        let folders = folders.iter().map(|folder| folder.display().to_string());
        let searched = folders.collect::<Vec<_>>().join(", ");
        return Err(old
            .chain([format!("searched for libnode in {searched}")])
            .collect());
    }
    // Stable: of equals the first folder's.
    fit.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    Ok(fit.into_iter().map(|(_, path)| path).collect())
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
    fn the_newest_library_comes_first_and_older_ones_are_named() {
        let name = |number: u32| match LIBRARY_EXTENSION {
            "so" => format!("libnode.so.{number}"),
            ending => format!("libnode.{number}.{ending}"),
        };
        let both = folder(&[&name(115), &name(127), &name(108), "libnode.txt"]);
        let library = find_in(None, &[both.path().to_owned()]).unwrap();
        let [first, second] = [name(127), name(115)].map(|name| both.path().join(name));
        assert_eq!(library, [first, second]);
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
