//! Names of entries: which may be unpacked on any Mac, and which of them are one name there.

use crate::package::problem::Problem;
use icu_normalizer::ComposingNormalizerBorrowed;
use std::collections::BTreeMap;

const MOST_DEPTH: usize = 32;
const MOST_PATH: usize = 1024;
const MOST_COMPONENT: usize = 255;

/// Checks one name as it is written in the archive; a folder's ends with a slash.
pub fn check(name: &str) -> Result<(), Problem> {
    let path = name.strip_suffix('/').unwrap_or(name);
    let short = shortened(name);
    if let Some(why) = unsafe_path(path) {
        return Err(Problem::new("path", format!("{short:?} {why}")));
    }
    if path.len() > MOST_PATH {
        let what = format!(
            "{short:?} has {} bytes; at most {MOST_PATH} are read",
            path.len()
        );
        return Err(Problem::new("path-length", what));
    }
    if let Some(part) = path.split('/').find(|part| part.len() > MOST_COMPONENT) {
        let what = format!(
            "{:?} has {} bytes between its slashes; at most {MOST_COMPONENT} are read",
            shortened(part),
            part.len()
        );
        return Err(Problem::new("name-length", what));
    }
    let depth = path.split('/').count();
    if depth > MOST_DEPTH {
        let what = format!("{short:?} is {depth} folders deep; at most {MOST_DEPTH} are unpacked");
        return Err(Problem::new("depth", what));
    }
    Ok(())
}

fn unsafe_path(path: &str) -> Option<&'static str> {
    let mut letters = path.chars();
    let has_drive = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.next() == Some(':');
    if path.starts_with('/') || has_drive {
        return Some("is an absolute path");
    }
    if path.contains('\\') {
        return Some("has a backslash");
    }
    if path.chars().any(|one| one.is_control() || turns_text(one)) {
        return Some("has characters that cannot be seen");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("has an empty part, `.` or `..`");
    }
    None
}

/// Characters that turn the direction of text.
fn turns_text(one: char) -> bool {
    matches!(one, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(80) {
        None => name.to_string(),
        Some((at, _)) => format!("{}…", &name[..at]),
    }
}

/// Fails when two names are one where case and composition of letters do not count, or when a file
/// is also a folder. Each name comes with whether it is a folder's.
pub fn collisions(names: &[(&str, bool)]) -> Result<(), Problem> {
    let mut by_folded_name: BTreeMap<String, (&str, bool)> = BTreeMap::new();
    for (name, is_folder) in names {
        if let Some((other, _)) = by_folded_name.insert(folded(name), (name, *is_folder)) {
            let what = format!("{other:?} and {name:?} are one name on a Mac");
            return Err(Problem::new("name-collision", what));
        }
    }
    for (name, _) in names {
        for folder in name.match_indices('/').map(|(at, _)| &name[..at]) {
            if by_folded_name
                .get(&folded(folder))
                .is_some_and(|(_, is_folder)| !is_folder)
            {
                let what = format!("{folder:?} is a file and the folder of {name:?}");
                return Err(Problem::new("name-collision", what));
            }
        }
    }
    Ok(())
}

fn folded(name: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(name);
    composed.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> Option<&'static str> {
        check(name).err().map(|problem| problem.rule)
    }

    #[test]
    fn names_that_leave_the_folder_or_deceive_are_refused() {
        for good in ["a", "web/", "web/ü.html", "a..b/.c", "web/a b"] {
            assert_eq!(rule(good), None, "{good}");
        }
        for bad in [
            "",
            "/",
            "/a",
            "a//b",
            "./a",
            "a/../b",
            "a\\b",
            "C:x",
            "a\n",
            "a\u{202e}b",
            "a/./b",
        ] {
            assert_eq!(rule(bad), Some("path"), "{bad:?}");
        }
        let long = ["abcdefghi"; 110].join("/");
        assert_eq!(rule(&long), Some("path-length"));
        assert_eq!(rule(&"é".repeat(128)), Some("name-length"));
        assert_eq!(rule(&["a"; 33].join("/")), Some("depth"));
        assert_eq!(rule(&["a"; 32].join("/")), None);
    }

    #[test]
    fn case_and_composition_do_not_make_a_name_different() {
        let collide = |names: &[(&str, bool)]| collisions(names).is_err();
        assert!(collide(&[("README.md", false), ("readme.md", false)]));
        assert!(collide(&[("\u{e9}", false), ("E\u{301}", false)]));
        assert!(collide(&[("web", false), ("web/a", false)]));
        assert!(!collide(&[
            ("web", true),
            ("web/a", false),
            ("web/b", false)
        ]));
    }
}
