//! The files of an unpacked package, sorted by what an install from the registry keeps of them.
//! Looks at names only.

use super::problem::Problem;
use crate::walk::{self, Links};
use std::path::{Path, PathBuf};

/// What is where. Paths are relative to the root.
#[derive(Debug, Default)]
pub struct Layout {
    /// The plugin's library.
    pub library: PathBuf,
    /// The folder of its pages.
    pub web: Option<PathBuf>,
    /// Its skills, with the names that they get in `skills/`.
    pub skills: Vec<(PathBuf, String)>,
    /// Its README.
    pub readme: Option<PathBuf>,
    /// Its changelog.
    pub changelog: Option<PathBuf>,
    /// Everything else, which the registry's install drops.
    pub dropped: Vec<PathBuf>,
}

/// Sorts the files below `root`. There must be one library.
pub fn read(root: &Path) -> Result<Layout, Problem> {
    let entries = walk::entries(root, Links::Kept)
        .map_err(|error| Problem::new("unpack", format!("{}: {error}", root.display())))?;
    let files = entries.into_iter().filter(|entry| !entry.kind.is_dir());
    let mut files: Vec<PathBuf> = files.map(|entry| entry.below).collect();
    // A README at the root comes before one in a folder.
    files.sort_by_key(|file| (file.iter().count(), file.clone()));
    let mut layout = Layout {
        library: library(&files)?,
        ..Layout::default()
    };
    layout.web = web(root, &layout.library);
    for file in files {
        layout.sort(file);
    }
    Ok(layout)
}

/// Osaurus counts `.dylib` anywhere. Packages without one may be for Linux, where the reference
/// host takes `.so`.
fn library(files: &[PathBuf]) -> Result<PathBuf, Problem> {
    let with = |ending: &str| -> Vec<&PathBuf> {
        let fits = |file: &&PathBuf| file.extension().is_some_and(|one| one == ending);
        files
            .iter()
            .filter(|file| !is_hidden(file))
            .filter(fits)
            .collect()
    };
    let libraries = Some(with("dylib")).filter(|libraries| !libraries.is_empty());
    let libraries = libraries.unwrap_or_else(|| with("so"));
    match libraries.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Problem::new(
            "one-library",
            "there is no .dylib in it; a plugin is exactly one",
        )),
        many => {
            let names: Vec<String> = many.iter().map(|file| file.display().to_string()).collect();
            let what = format!(
                "there are {} libraries in it, a plugin is exactly one: {}",
                many.len(),
                names.join(", ")
            );
            Err(Problem::new("one-library", what))
        }
    }
}

/// Whether a part of the path begins with a dot.
pub fn is_hidden(file: &Path) -> bool {
    file.iter()
        .any(|part| part.as_encoded_bytes().starts_with(b"."))
}

/// Beside the library, else at the root.
fn web(root: &Path, library: &Path) -> Option<PathBuf> {
    let beside = library.parent().unwrap_or(Path::new("")).join("web");
    [beside, "web".into()]
        .into_iter()
        .find(|folder| root.join(folder).is_dir())
}

impl Layout {
    fn sort(&mut self, file: PathBuf) {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_page = self.web.as_ref().is_some_and(|web| file.starts_with(web));
        if file == self.library || is_page {
        } else if name == "SKILL.md" && !is_hidden(&file) {
            let name = skill_name(&file);
            self.skills.push((file, name));
        } else if name.eq_ignore_ascii_case("README.md") && self.readme.is_none() {
            self.readme = Some(file);
        } else if name.eq_ignore_ascii_case("CHANGELOG.md") && self.changelog.is_none() {
            self.changelog = Some(file);
        } else {
            self.dropped.push(file);
        }
    }
}

/// Skills from the root or from a folder `skills` keep their name, others get their folder's in
/// front.
pub fn skill_name(file: &Path) -> String {
    match file
        .parent()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str())
    {
        None | Some("skills") => "SKILL.md".into(),
        Some(folder) => format!("{folder}_SKILL.md"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(files: &[&str]) -> Result<Layout, Problem> {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        read(root.path())
    }

    #[test]
    fn what_the_registry_keeps_is_told_from_what_it_drops() {
        let files = [
            "lib/x.dylib",
            "web/old.html",
            "lib/web/index.html",
            "SKILL.md",
            "extra/SKILL.md",
            "readme.md",
            "docs/README.md",
            "CHANGELOG.md",
            "LICENSE",
            ".hidden/y.dylib",
        ];
        let layout = layout(&files).unwrap();
        assert_eq!(layout.library, Path::new("lib/x.dylib"));
        assert_eq!(layout.web.as_deref(), Some(Path::new("lib/web")));
        let names: Vec<&str> = layout
            .skills
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        assert_eq!(names, ["SKILL.md", "extra_SKILL.md"]);
        let dropped: Vec<String> = layout
            .dropped
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        assert_eq!(
            dropped,
            [
                "LICENSE",
                ".hidden/y.dylib",
                "docs/README.md",
                "web/old.html"
            ]
        );
    }

    #[test]
    fn none_or_several_libraries_are_not_a_plugin() {
        assert_eq!(layout(&["a.txt"]).unwrap_err().rule, "one-library");
        let two = layout(&["a.dylib", "web/b.dylib"]).unwrap_err();
        assert!(two.what.contains("a.dylib, web/b.dylib"), "{two:?}");
        assert!(layout(&["a.so", "b.dylib"]).is_ok());
    }
}
