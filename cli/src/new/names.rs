//! What a plugin may be called, and what its files, crate, module and skill are called then. Used
//! by `new` for the command line, by `scaffold` for the files.

use super::language::Language;
use crate::failure::Failure;
use std::path::Path;

/// Modules that Swift or the package has already.
const TAKEN_MODULES: [&str; 7] = [
    "Dispatch",
    "Foundation",
    "Osaurus",
    "OsaurusPlugin",
    "OsaurusPluginTesting",
    "Swift",
    "Testing",
];
/// Names that a crate cannot have beside the SDK, and words that Rust keeps for itself.
const TAKEN_CRATES: [&str; 12] = [
    "base64",
    "core",
    "libc",
    "osaurus_abi",
    "osaurus_plugin",
    "proc_macro",
    "serde",
    "serde_json",
    "std",
    "test",
    "thiserror",
    "self",
];

/// The plugin's name, which goes into its project's files and, in lower case, into its id. `rest`
/// is the command line that follows a name.
pub fn check(folder: &Path, rest: &str) -> Result<String, Failure> {
    let name = folder
        .file_name()
        .unwrap_or(folder.as_os_str())
        .to_string_lossy();
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|one| one.is_ascii_alphanumeric());
    if name.split(['-', '_']).all(is_word) {
        return Ok(name.into_owned());
    }
    let better = folder.with_file_name(better(&name));
    Err(Failure::new(
        format!(
            "{name:?} cannot name a plugin: expected letters (a to z) and digits, joined by - or \
             _, as in my-notes"
        ),
        format!("osaurus-bridge new {} {rest}", better.display()),
    ))
}

/// Whether the language can build something of that name.
pub fn check_for(language: Language, name: &str) -> Result<(), Failure> {
    let begins_well = |name: &str| name.starts_with(|first: char| first.is_ascii_alphabetic());
    let (what, built, taken) = match language {
        Language::Swift => ("Swift", module(name), &TAKEN_MODULES[..]),
        Language::Rust => ("Rust", crate_name(name), &TAKEN_CRATES[..]),
        _ => return Ok(()),
    };
    if begins_well(&built) && !taken.contains(&built.as_str()) {
        return Ok(());
    }
    let (kind, of) = match language {
        Language::Swift => ("module", "module of Swift or of the package"),
        _ => ("crate", "crate of the SDK"),
    };
    Err(Failure::new(
        format!("{name:?} cannot name a plugin in {what}: its {kind} would be `{built}`"),
        format!("choose a name that begins with a letter and that no {of} has, such as my-notes"),
    ))
}

/// `my notes` to `my-notes`.
fn better(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] => "my-plugin".into(),
        words => words.join("-"),
    }
}

/// `my-notes` to `MyNotes`: the module of Swift, the target of CMake.
pub fn module(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.map(capitalised).collect()
}

/// `my-notes` to `my_notes`.
pub fn crate_name(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// `my-notes` to `My Notes`.
pub fn title(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    words.map(capitalised).collect::<Vec<_>>().join(" ")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}
