//! What is beside an installed library for people and models: `skills/*SKILL.md`, `README.md`,
//! `CHANGELOG.md`, also in lower case. The loader reads it once a plugin is accepted.

use std::fs;
use std::path::{Path, PathBuf};

/// Markdown that teaches a model how to use the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Its file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// The documents of an installed plugin. One that was loaded from elsewhere has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginDocs {
    /// Skills, by file name.
    pub skills: Vec<Skill>,
    /// `README.md`, if there is one.
    pub readme: Option<PathBuf>,
    /// `CHANGELOG.md`, if there is one.
    pub changelog: Option<PathBuf>,
}

impl PluginDocs {
    /// ResultKind through a version folder.
    pub(crate) fn of(version_folder: &Path) -> PluginDocs {
        let file = |name: &str| {
            let names = [name.to_string(), name.to_lowercase()].into_iter();
            let mut paths = names.map(|name| version_folder.join(name));
            paths.find(|path| path.is_file())
        };
        PluginDocs {
            skills: skills(&version_folder.join("skills")),
            readme: file("README.md"),
            changelog: file("CHANGELOG.md"),
        }
    }
}

fn skills(folder: &Path) -> Vec<Skill> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| is_skill(path));
    paths.sort();
    let skill = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        Some(Skill { path, text })
    };
    paths.into_iter().filter_map(skill).collect()
}

/// `SKILL.md` and whatever ends so, in any case of letters.
fn is_skill(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().to_uppercase().ends_with("SKILL.MD"))
}
