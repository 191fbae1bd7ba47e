//! The pages of the rules (`docs/rules/`) and their list (`docs/check-rules.md`), made from the rules'
//! data. Links to the host API reference are bare anchors, `](#host-log)`: whoever writes the pages
//! completes them, and gives the examples.

use crate::check::rule::{Rule, Severity};
use crate::check::spec_item;
use std::collections::BTreeMap;

const NOTICE: &str = "<!-- Generated from conformance/rules by `osaurus-bridge gen`. Edit those files, not this one. -->";

/// Where the page of a rule is in the sources.
pub fn path(id: &str) -> String {
    format!("docs/rules/{id}.md")
}

/// Every page by its path below `docs/`. `example` gives the C code that breaks a rule and no other.
pub fn pages<'a>(
    rules: &[Rule],
    example: impl Fn(&str) -> Option<&'a str>,
) -> BTreeMap<String, String> {
    let one = |rule: &Rule| {
        (
            format!("rules/{}.md", rule.id),
            page(rule, example(&rule.id)),
        )
    };
    let mut pages: BTreeMap<String, String> = rules.iter().map(one).collect();
    pages.insert("check-rules.md".to_owned(), list(rules));
    pages
}

fn list(rules: &[Rule]) -> String {
    let mut text = format!(
        "{NOTICE}\n\n# The rules of `osaurus-bridge check`\n\n\
         {} rules. [check.md](check.md) says how to run them. A check runs the rules up to its level, 5 unless told \
         otherwise: level 1 is what would crash or not load, 5 what every published plugin should hold, 10 perfection. \
         `osaurus-bridge explain RULE` prints a rule's page.\n",
        rules.len()
    );
    let mut group = "";
    for rule in rules {
        if rule.group != group {
            group = &rule.group;
            text += &format!("\n## {group}\n\n| rule | level | what it asserts |\n|---|---|---|\n");
        }
        let asserts = rule.asserts.replace('|', "\\|");
        text += &format!(
            "| <a id=\"{0}\"></a>[{0}](rules/{0}.md) | {1} | {asserts} |\n",
            rule.id, rule.level
        );
    }
    text
}

fn page(rule: &Rule, example: Option<&str>) -> String {
    let severity = match rule.severity {
        Severity::Error => "breaking it is an error",
        Severity::Warning => "breaking it is a warning",
    };
    let needs = rule.needs.iter().map(|id| format!("[{id}]({id}.md)"));
    let needs = match needs.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        needs => format!("- Skipped while {} is broken\n", needs.join(" or ")),
    };
    let example = example.map_or(String::new(), |code| {
        format!(
            "\n## A plugin that breaks it\n\nA part of a plugin in C; the rest of that plugin breaks no rule.\n\n\
             ```c\n{}\n```\n",
            code.trim()
        )
    });
    format!(
        "{NOTICE}\n\n# {}\n\n{}\n\n- Level {}; {severity}\n- Group [{group}](../check-rules.md#{group})\n- Follows \
         {}\n{needs}\n## When it matters\n\n{}\n\n## What to do\n\n{}\n{example}",
        rule.id,
        rule.asserts,
        rule.level,
        spec_item::linked(&rule.spec),
        rule.matters,
        rule.fix,
        group = rule.group,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::{catalogue, find};

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_page_says_why_a_rule_matters_what_to_do_and_what_breaks_it() {
        let rule = find("host-string-leaked").expect("the rule");
        let expected = "\
# host-string-leaked

Every string that a host call returned is freed.

- Level 5; breaking it is an error
- Group [strings](../check-rules.md#strings)
- Follows [the host's function `free_string`](#host-free_string)
- Skipped while [exits-process](exits-process.md) is broken

## When it matters

Always: each call leaves memory behind in the application.

## What to do

Free the string on every path, failures included; also strings that are not looked at.

## A plugin that breaks it

A part of a plugin in C; the rest of that plugin breaks no rule.

```c
int leak;
```
";
        let text = page(rule, Some("int leak;\n"));
        assert_eq!(text.split_once("\n\n").expect("a notice").1, expected);
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn every_rule_has_a_page_and_a_row_in_the_list() {
        let pages = pages(catalogue(), |_| None);
        assert_eq!(pages.len(), catalogue().len() + 1);
        for rule in catalogue() {
            let row = format!("[{0}](rules/{0}.md)", rule.id);
            assert!(pages["check-rules.md"].contains(&row), "{}", rule.id);
            assert!(pages.contains_key(path(&rule.id).trim_start_matches("docs/")));
        }
    }
}
