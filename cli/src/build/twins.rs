//! Names that are two on Linux and one on a Mac, whose file system ignores case and Unicode's
//! normal forms: a plugin with such files could not be unpacked there. Used by `build` for
//! everything that is packed or copied beside the library.

use super::tree::names_in;
use crate::failure::Failure;
use icu_normalizer::DecomposingNormalizerBorrowed;
use std::collections::BTreeMap;
use std::path::Path;

/// Refuses two names in one folder below `root` that a Mac takes for one.
pub fn refuse(root: &Path) -> Result<(), Failure> {
    refuse_in(root, Path::new(""))
}

fn refuse_in(root: &Path, below: &Path) -> Result<(), Failure> {
    let mut names = BTreeMap::new();
    for name in names_in(&root.join(below))? {
        let path = below.join(&name);
        // Not through links, which may lead in a circle.
        let data = root.join(&path).symlink_metadata();
        if data.is_ok_and(|data| data.is_dir()) {
            refuse_in(root, &path)?;
        }
        let folded = folded(&name.to_string_lossy());
        if let Some(twin) = names.insert(folded, path.clone()) {
            return Err(Failure::new(
                format!(
                    "{} and {} have the same name on a Mac, whose file system ignores case and \
                     Unicode's normal forms",
                    twin.display(),
                    path.display()
                ),
                "rename one of them",
            ));
        }
    }
    Ok(())
}

/// By way of upper case, letter by letter: so both forms of a sigma are one, and an eszett is two
/// letters.
fn folded(name: &str) -> String {
    let forms = DecomposingNormalizerBorrowed::new_nfd();
    let name = forms.normalize(name);
    let upper = name.chars().flat_map(char::to_uppercase);
    let lower: String = upper.flat_map(char::to_lowercase).collect();
    forms.normalize(&lower).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_composition_do_not_count_and_accents_do() {
        for (one, other) in [
            ("Data.py", "data.py"),
            ("\u{e9}t\u{e9}.py", "e\u{301}te\u{301}.py"),
            ("\u{c9}T\u{c9}.py", "e\u{301}te\u{301}.py"),
            ("\u{3a3}\u{39f}\u{3a3}", "\u{3c3}\u{3bf}\u{3c2}"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{212a}.py", "k.py"),
            ("\u{17f}.py", "s.py"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("\u{e9}t\u{e9}"), folded("ete"));
        assert_ne!(folded("a.py"), folded("a_.py"));
    }

    #[test]
    fn both_files_are_named_wherever_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("deps/package");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(below.join("\u{e9}.txt"), "").unwrap();
        std::fs::write(below.join("E\u{301}.txt"), "").unwrap();
        // A disk that has them as one file has nothing to refuse.
        if std::fs::read_dir(&below).unwrap().count() == 2 {
            let (what, _) = refuse(folder.path()).unwrap_err().into_parts();
            assert!(what.contains("deps/package/\u{e9}.txt"), "{what}");
            assert!(what.contains("deps/package/E\u{301}.txt"), "{what}");
        }
    }
}
