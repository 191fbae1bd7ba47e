//! The rules for people, in a list.

use super::wrap::labelled;
use crate::check::rule::Rule;

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
    let levels = "The number is the level from which a rule is run; the default is 5.\n\
                  Explain one: osaurus-bridge explain RULE\n";
    format!(
        "{}\n{} rules. {levels}",
        text.trim_start_matches('\n'),
        rules.len()
    )
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
    use crate::check::rule::catalogue;

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
    fn a_wrong_name_finds_the_right_ones() {
        assert!(similar(catalogue(), "string-leaks").contains(&"host-string-leaked".to_string()));
        assert!(similar(catalogue(), "zzz").is_empty());
    }
}
