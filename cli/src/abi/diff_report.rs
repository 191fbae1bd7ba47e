//! What `abi diff` says: for people, or as one JSON object for scripts.

use crate::terminal::{self, say};
use osaurus_abi_spec::diff::{Change, Class, RULES};
use osaurus_conformance::visible;
use serde_json::{Value, json};
use std::io::IsTerminal;

const CLASSES: [Class; 3] = [Class::Breaking, Class::Notice, Class::Compatible];

/// Two compared states.
pub struct Report {
    /// As it was named.
    pub old: String,
    /// As it was named.
    pub new: String,
    /// Each change, with the reason for which it is accepted.
    pub changes: Vec<(Change, Option<String>)>,
}

impl Report {
    /// Whether something breaks that is not accepted.
    pub fn breaks(&self) -> bool {
        let breaking = |(change, reason): &(Change, Option<String>)| {
            change.rule.class == Class::Breaking && reason.is_none()
        };
        self.changes.iter().any(breaking)
    }

    /// Prints it to standard output.
    pub fn print(&self, as_json: bool) {
        if as_json {
            terminal::data(self.json());
        } else {
            terminal::report(&self.text(coloured()));
        }
    }

    /// For people.
    pub fn text(&self, coloured: bool) -> String {
        let (old, new) = (&self.old, &self.new);
        if self.changes.is_empty() {
            return format!("{old} -> {new}: nothing changed\n");
        }
        let mut lines = vec![format!("{old} -> {new}: {}", self.counts())];
        for class in CLASSES {
            let of_class = |(change, reason): &&(Change, Option<String>)| {
                change.rule.class == class && reason.is_none()
            };
            let title = paint(coloured, class, class.title());
            lines.extend(section(&title, self.changes.iter().filter(of_class)));
        }
        let accepted = self.changes.iter().filter(|(_, reason)| reason.is_some());
        lines.extend(section("accepted breaks", accepted));
        lines.join("\n") + "\n"
    }

    fn counts(&self) -> String {
        let count = |class: Class| {
            let open = self.changes.iter().filter(|(_, reason)| reason.is_none());
            open.filter(|(change, _)| change.rule.class == class)
                .count()
        };
        let accepted = self.changes.iter().filter(|(_, reason)| reason.is_some());
        let mut parts: Vec<String> = CLASSES
            .iter()
            .map(|class| format!("{} {}", count(*class), class.title()))
            .collect();
        match accepted.count() {
            0 => {}
            accepted => parts.push(format!("{accepted} accepted")),
        }
        parts.join(", ")
    }

    /// For scripts.
    pub fn json(&self) -> Value {
        let changes = self.changes.iter().map(|(change, reason)| {
            json!({
                "rule": change.rule.id,
                "class": change.rule.class.word(),
                "item": change.item,
                "text": change.text,
                "hits": change.hits,
                "why": change.rule.why,
                "accepted": reason,
            })
        });
        json!({
            "old": self.old,
            "new": self.new,
            "breaks": self.breaks(),
            "changes": changes.collect::<Vec<_>>(),
        })
    }
}

fn section<'a>(
    title: &str,
    changes: impl Iterator<Item = &'a (Change, Option<String>)>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (change, reason) in changes {
        if lines.is_empty() {
            lines.push(format!("\n{title}"));
        }
        lines.push(format!("  {}  [{}]", change.text, change.rule.id));
        lines.extend(change.hits.iter().map(|hit| format!("    hits {hit}")));
        match reason {
            Some(reason) => lines.push(format!("    accepted: {reason}")),
            None if change.rule.class != Class::Compatible => {
                lines.push(format!("    {}", change.rule.why));
            }
            None => {}
        }
    }
    lines
}

/// Every sort of change.
pub fn print_rules(as_json: bool) {
    let row = |rule: &&osaurus_abi_spec::diff::Rule| json!({"id": rule.id, "class": rule.class.word(), "why": rule.why});
    if as_json {
        terminal::data(Value::from_iter(RULES.iter().map(row)));
        return;
    }
    for rule in RULES {
        say!("{:<10}  {:<29}  {}", rule.class.word(), rule.id, rule.why);
    }
}

fn coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

fn paint(coloured: bool, class: Class, text: &str) -> String {
    let code = match class {
        Class::Breaking => "31",
        Class::Notice => "33",
        Class::Compatible => "32",
    };
    visible::coloured(text, coloured.then_some(code))
}
