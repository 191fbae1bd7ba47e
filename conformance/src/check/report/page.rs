//! The page of all rules (`docs/check-rules.md`), made from the rules' data.

use crate::check::rule::{Rule, Severity};
use crate::check::spec_item;

/// The whole page.
pub fn render(rules: &[Rule]) -> String {
    let mut text = head(rules);
    let mut group = "";
    for rule in rules {
        if rule.group != group {
            group = &rule.group;
            text += &format!("\n## {group}\n");
        }
        text += &section(rule);
    }
    text
}

fn head(rules: &[Rule]) -> String {
    format!(
        "<!-- Made by `osaurus-bridge check --list --markdown` from conformance/rules. Edit those files, not this one. -->\n\
         # The rules of `osaurus-bridge check`\n\n\
         {} rules. [check.md](check.md) says how to run them. A check runs the rules up to its level, 5 unless told \
         otherwise: level 1 is what would crash or not load, 5 what every published plugin should hold, 10 perfection.\n",
        rules.len()
    )
}

fn section(rule: &Rule) -> String {
    let warning = match rule.severity {
        Severity::Error => "",
        Severity::Warning => " Breaking it is a warning.",
    };
    let needs: Vec<String> = rule
        .needs
        .iter()
        .map(|id| format!("[{id}](#{id})"))
        .collect();
    let needs = match needs.as_slice() {
        [] => String::new(),
        needs => format!(" It is skipped while {} is broken.", needs.join(" or ")),
    };
    format!(
        "\n### {}\n\n{}\n\n- Level {}.{warning}{needs}\n- When it matters: {}\n- What to do: {}\n- \
         Follows {}.\n",
        rule.id,
        rule.asserts,
        rule.level,
        rule.matters,
        rule.fix,
        spec_item::linked(&rule.spec),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::catalogue;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn the_committed_page_is_what_the_rules_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/check-rules.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == render(catalogue()),
            "docs/check-rules.md is stale: osaurus-bridge check --list --markdown > \
             docs/check-rules.md"
        );
    }
}
