//! The rules as data: one file per group, read into this program. Lists, pages and the runner ask
//! here; what a rule does is in `rules/`.

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// What a broken rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plugin does something wrong.
    #[default]
    Error,
    /// The plugin works, and could do better.
    Warning,
}

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, which never changes, in kebab case.
    pub id: String,
    /// Its group, which is also the file it is in.
    #[serde(skip_deserializing)]
    pub group: String,
    /// How strict a check must be to run it: 1 to 10.
    pub level: u8,
    /// One sentence that is true for a good plugin.
    pub asserts: String,
    /// The item of the ABI spec that it follows: see [`super::spec_item`].
    pub spec: String,
    /// On which hosts it matters, and why.
    pub matters: String,
    /// What to do about it.
    pub fix: String,
    /// Whether breaking it is an error or a warning.
    #[serde(default)]
    pub severity: Severity,
    /// Whether it can be judged when the plugin does not load in the newest host.
    #[serde(default)]
    pub before_loading: bool,
    /// Rules that must hold for this one to be judged: it is skipped when one of them is broken.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Rules of one such word are judged in one process, which makes their calls once for all of
    /// them. When it dies they are judged again, each in a process of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// How long its process may take, in seconds.
    #[serde(default = "default_seconds")]
    pub seconds: u64,
}

fn default_seconds() -> u64 {
    60
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    /// For every rule of the group that names none.
    #[serde(default)]
    needs: Vec<String>,
    /// As above.
    process: Option<String>,
    rule: Vec<Rule>,
}

const FILES: [(&str, &str); 10] = [
    ("entry", include_str!("../../rules/entry.toml")),
    ("strings", include_str!("../../rules/strings.toml")),
    ("threads", include_str!("../../rules/threads.toml")),
    ("lifetime", include_str!("../../rules/lifetime.toml")),
    ("manifest", include_str!("../../rules/manifest.toml")),
    ("payloads", include_str!("../../rules/payloads.toml")),
    ("results", include_str!("../../rules/results.toml")),
    ("load", include_str!("../../rules/load.toml")),
    ("working", include_str!("../../rules/working.toml")),
    ("registry", include_str!("../../rules/registry.toml")),
];

/// All rules, group by group, in the order of their files.
pub fn catalogue() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| {
        FILES
            .iter()
            .flat_map(|(group, text)| read(group, text).unwrap_or_default())
            .collect()
    })
}

/// The rule with this id.
pub(crate) fn find(id: &str) -> Option<&'static Rule> {
    catalogue().iter().find(|rule| rule.id == id)
}

fn read(group: &str, text: &str) -> Result<Vec<Rule>, toml::de::Error> {
    let file: RuleFile = toml::from_str(text)?;
    let finish = |mut rule: Rule| {
        rule.group = group.to_string();
        if rule.needs.is_empty() && !rule.before_loading && !file.needs.contains(&rule.id) {
            rule.needs.clone_from(&file.needs);
        }
        rule.process = rule.process.or_else(|| file.process.clone());
        rule
    };
    Ok(file.rule.into_iter().map(finish).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn every_file_is_readable_and_ids_are_unique_and_written_alike() {
        let rules: Vec<Rule> = FILES
            .iter()
            .flat_map(|(group, text)| {
                read(group, text).unwrap_or_else(|error| panic!("{group}.toml: {error}"))
            })
            .collect();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids.len(), rules.len(), "an id is there twice");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for rule in &rules {
            assert!(rule.id.chars().all(plain), "{}: not in kebab case", rule.id);
            assert!((1..=10).contains(&rule.level), "{}: level", rule.id);
            for text in [&rule.asserts, &rule.matters, &rule.fix] {
                assert!(
                    text.ends_with('.'),
                    "{}: a whole sentence: {text:?}",
                    rule.id
                );
            }
            for need in &rule.needs {
                assert!(ids.contains(need.as_str()), "{}: needs {need}", rule.id);
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_rule_needs_only_rules_of_its_level_or_below() {
        for rule in catalogue() {
            for need in &rule.needs {
                let needed = find(need).map(|needed| needed.level);
                assert!(needed <= Some(rule.level), "{} needs {need}", rule.id);
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn no_rule_needs_itself_in_a_circle() {
        let mut checked: BTreeSet<&str> = BTreeSet::new();
        let ready = |rule: &&Rule, done: &BTreeSet<&str>| {
            rule.needs.iter().all(|need| done.contains(need.as_str()))
        };
        loop {
            let before = checked.len();
            let next = catalogue().iter().filter(|rule| ready(rule, &checked));
            checked = next.map(|rule| rule.id.as_str()).collect();
            if checked.len() == before {
                break;
            }
        }
        let remaining = catalogue().iter().map(|rule| rule.id.as_str());
        let remaining: Vec<&str> = remaining.filter(|id| !checked.contains(id)).collect();
        assert_eq!(remaining, [""; 0], "rules that wait for each other");
    }
}
