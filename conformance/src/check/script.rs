//! What is known of a plugin's script without running it. Whoever starts a check gives the script's
//! files, since only the program knows what its own libraries carry; rules about settings read what
//! is found here. Pure.

use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How far before a name its declaration is looked for.
const BEFORE: usize = 120;

/// A script in a library.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Settings that it reads by a name in its text.
    pub reads: Vec<Read>,
    /// Settings that it stores by a name in its text.
    pub writes: BTreeSet<String>,
    /// Settings whose names are in its text beyond their declaration.
    pub named: BTreeSet<String>,
}

/// A place where a setting is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The setting.
    pub key: String,
    /// File and line.
    pub place: String,
}

impl Script {
    /// Looks through the author's files, each with its name, for these settings and for any that
    /// the context is asked.
    pub fn of(files: &[(String, String)], settings: &[String]) -> Script {
        let mut script = Script::default();
        for (name, text) in files {
            let reads = asked(text, "get").into_iter();
            script.reads.extend(reads.map(|(at, key)| Read {
                place: format!("{name}:{}", text[..at].matches('\n').count() + 1),
                key,
            }));
            for verb in ["set", "delete"] {
                let writes = asked(text, verb).into_iter();
                script.writes.extend(writes.map(|(_, key)| key));
            }
        }
        let named = settings.iter().filter(|key| is_named(files, key));
        script.named = named.cloned().collect();
        script
    }

    /// Whether its text names the setting, by which it may be read.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.named.contains(key) || self.reads.iter().any(|read| read.key == key)
    }
}

/// Where the context is asked for a setting by a string: a dictionary of the author's own has
/// another name.
fn asked(text: &str, verb: &str) -> Vec<(usize, String)> {
    let pattern =
        format!(r#"\b(?:ctx|context)\s*\.\s*config\s*\.\s*{verb}\s*\(\s*["'`]([^"'`$\n]+)["'`]"#);
    let Ok(pattern) = Regex::new(&pattern) else {
        return Vec::new();
    };
    let captures = pattern.captures_iter(text);
    captures
        .filter_map(|captures| {
            Some((
                captures.get(0)?.start(),
                captures.get(1)?.as_str().to_owned(),
            ))
        })
        .collect()
}

/// Whether a name is somewhere else than in its one declaration; also when it is nowhere, because
/// then it is composed.
fn is_named(files: &[(String, String)], key: &str) -> bool {
    let quotes = ['"', '\'', '`'].map(|quote| format!("{quote}{key}{quote}"));
    let places = files.iter().flat_map(|(_, text)| {
        let each = quotes
            .iter()
            .flat_map(|quoted| text.match_indices(quoted.as_str()));
        each.map(move |(at, _)| &text[text.floor_char_boundary(at.saturating_sub(BEFORE))..at])
    });
    let places: Vec<&str> = places.collect();
    match places.as_slice() {
        [before] => !declares(before),
        _ => true,
    }
}

/// Whether what comes right before a name declares a setting.
fn declares(before: &str) -> bool {
    let before = before.trim_end();
    let last = before
        .rsplit(['(', '{', ';', '\n'])
        .next()
        .unwrap_or_default();
    let call = before.strip_suffix('(').map(str::trim_end);
    let class_name = call.and_then(|call| call.rsplit(char::is_whitespace).next());
    class_name.is_some_and(|class_name| class_name.contains("ConfigField"))
        || last.trim_start().starts_with("key")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, settings: &[&str]) -> Script {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        Script::of(&[("main.py".into(), text.into())], &settings)
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "compiling regular expressions takes half a minute there"
    )]
    fn only_the_context_is_asked_for_settings() {
        let text = "config.get('theme')\n\nctx.config.get(\"token\")\nawait \
                    context.config.set('seen', x)\nctx.config.get(f\"a {b}\")\n";
        let script = of(text, &[]);
        let place = "main.py:3".to_owned();
        let key = "token".to_owned();
        assert_eq!(script.reads, [Read { key, place }]);
        assert_eq!(script.writes.into_iter().collect::<Vec<_>>(), ["seen"]);
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "compiling regular expressions takes half a minute there"
    )]
    fn a_name_counts_beyond_its_declaration() {
        let python = "plugin.config(ConfigField.text(\n    'style', label='Style'), \
                      ConfigField.text(\"tone\"))\nKEYS = ['tone']";
        let named = |text: &str| of(text, &["style", "tone", "made"]).named;
        let expected: BTreeSet<String> = ["tone", "made"].map(str::to_owned).into();
        assert_eq!(
            named(python),
            expected,
            "`made` is nowhere, so it is composed"
        );
        let script =
            "fields: [{ key: \"style\", type: \"text\" }, { key: \"tone\" }]; const K = \"tone\";";
        assert_eq!(named(script), expected);
    }
}
