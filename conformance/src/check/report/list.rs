//! The rules for people: all of them in a list, or one in full.

use super::PAGE;
use super::wrap::labelled;
use crate::check::rule::{Rule, Severity};
use crate::check::spec_item;

/// A line per rule.
pub fn all(rules: &[Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut group = "";
    for rule in rules {
        if rule.group != group {
            group = &rule.group;
            text += &format!("\n{group}\n");
        }
        text += &labelled(
            2,
            &format!("{:>2}  {:<width$}  ", rule.level, rule.id),
            &rule.asserts,
        );
    }
    let levels = "The number is the level from which a rule is run; the default is 5.\n";
    format!(
        "{}\n{} rules. {levels}",
        text.trim_start_matches('\n'),
        rules.len()
    )
}

/// Everything about one rule.
pub fn one(rule: &Rule) -> String {
    let severity = match rule.severity {
        Severity::Error => "breaking it is an error",
        Severity::Warning => "breaking it is a warning",
    };
    let mut text = format!("{}\n", rule.id);
    text += &labelled(2, "", &rule.asserts);
    text += &labelled(2, "group  ", &rule.group);
    text += &labelled(2, "level  ", &format!("{}; {severity}", rule.level));
    text += &labelled(2, "why    ", &rule.matters);
    text += &labelled(2, "fix    ", &rule.fix);
    text += &labelled(2, "spec   ", &spec_item::described(&rule.spec));
    if !rule.needs.is_empty() {
        text += &labelled(2, "needs  ", &rule.needs.join(", "));
    }
    text + &labelled(2, "page   ", &format!("{PAGE}#{}", rule.id))
}

/// The rules whose ids are nearest to a name that is none, for a hint.
pub fn similar(rules: &[Rule], name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('-').filter(|part| part.len() > 2).collect();
    let shared = |rule: &Rule| parts.iter().filter(|part| rule.id.contains(**part)).count();
    let most = rules.iter().map(shared).max().unwrap_or(0);
    if most == 0 {
        return Vec::new();
    }
    let nearest = rules.iter().filter(|rule| shared(rule) == most);
    nearest.take(5).map(|rule| rule.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::{catalogue, find};

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn the_list_has_every_rule_under_its_group() {
        let text = all(catalogue());
        assert!(text.starts_with("entry\n"), "{text}");
        for rule in catalogue() {
            assert!(text.contains(&format!(" {} ", rule.id)), "{}", rule.id);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_rule_is_explained_in_full() {
        let text = one(find("host-string-leaked").expect("the rule"));
        let expected = "\
host-string-leaked
  Every string that a host call returned is freed.
  group  strings
  level  5; breaking it is an error
  why    Always: each call leaves memory behind in the application.
  fix    Free the string on every path, failures included; also strings that are not looked at.
  spec   the host's function `free_string` (docs/host-api.md#host-free_string)
  needs  exits-process
  page   docs/check-rules.md#host-string-leaked
";
        assert_eq!(text, expected);
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_wrong_name_finds_the_right_ones() {
        assert!(similar(catalogue(), "string-leaks").contains(&"host-string-leaked".to_string()));
        assert!(similar(catalogue(), "zzz").is_empty());
    }
}
