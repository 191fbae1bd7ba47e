//! What `abi verify` says: for people, or as one JSON object for scripts.

use crate::terminal;
use osaurus_abi_spec::compare::{Comparison, Finding, FoundTable};
use serde_json::{Value, json};

/// A checked header.
pub struct Report {
    /// The header as it was named.
    pub header: String,
    /// The level that it was compared with.
    pub abi: String,
    /// The tables that it declares.
    pub tables: Vec<TableReport>,
    /// Constants with a wrong value, one sentence each.
    pub constants: Vec<String>,
    /// Tables of that level that it does not declare.
    pub absent: Vec<String>,
}

/// A checked table.
pub struct TableReport {
    /// The table as the compiler sees it.
    pub found: FoundTable,
    /// What the spec says to it.
    pub comparison: Comparison,
}

impl Report {
    /// Whether a plugin built with the header is right.
    pub fn matches(&self) -> bool {
        self.constants.is_empty() && self.tables.iter().all(|t| t.comparison.findings.is_empty())
    }

    /// Prints it to standard output.
    pub fn print(&self, as_json: bool) {
        if as_json {
            terminal::data(self.json());
        } else {
            terminal::report(&self.text());
        }
    }

    fn text(&self) -> String {
        let verdict = if self.matches() {
            "matches"
        } else {
            "does not match"
        };
        let mut lines = vec![format!(
            "{} {verdict} ABI version {}",
            self.header, self.abi
        )];
        for table in &self.tables {
            lines.push(String::new());
            lines.extend(table.lines());
        }
        if !self.constants.is_empty() {
            lines.push("\nconstants".to_owned());
            lines.extend(self.constants.iter().map(|text| format!("  {text}")));
        }
        let absent = self.absent.iter();
        lines
            .extend(absent.map(|name| {
                format!("\nnote: {name} is not declared in it, so it was not checked")
            }));
        if !self.matches() {
            lines.push("\nTo fix it:".to_owned());
            lines.extend(self.steps().iter().map(|step| format!("  - {step}")));
        }
        lines.join("\n") + "\n"
    }

    fn steps(&self) -> Vec<String> {
        let of_table = |table: &TableReport| {
            let name = table.found.c_name.clone();
            let steps = table.comparison.fixes.clone();
            steps.into_iter().map(move |step| format!("{name}: {step}"))
        };
        let mut steps: Vec<String> = self.tables.iter().flat_map(of_table).collect();
        steps.extend(
            self.constants
                .iter()
                .map(|text| format!("correct the value: {text}")),
        );
        let version = self.abi.trim_end_matches(char::is_alphabetic);
        steps.push(format!(
            "or use the header of `osaurus-bridge gen c --abi {version}`"
        ));
        steps
    }

    fn json(&self) -> Value {
        json!({
            "header": self.header,
            "abi": self.abi,
            "matches": self.matches(),
            "tables": self.tables.iter().map(TableReport::json).collect::<Vec<_>>(),
            "constants": self.constants,
            "not_declared": self.absent,
            "fixes": if self.matches() { Vec::new() } else { self.steps() },
        })
    }
}

impl TableReport {
    fn lines(&self) -> Vec<String> {
        let (name, size) = (&self.found.c_name, self.found.size);
        let (findings, notes) = (&self.comparison.findings, &self.comparison.notes);
        let expected = self.comparison.expected_size;
        let bytes = if size == expected || notes.len() > findings.len() {
            format!("{size} bytes")
        } else {
            format!("{size} bytes, must be {expected}")
        };
        let verdict = if findings.is_empty() {
            ": every member is in its place"
        } else {
            ""
        };
        let mut lines = vec![format!("{name} ({bytes}){verdict}")];
        for finding in findings {
            lines.push(format!("  {}", finding.text));
            lines.extend(finding.lands.iter().map(|text| format!("    {text}")));
        }
        lines.extend(notes.iter().map(|text| format!("  note: {text}")));
        lines
    }

    fn json(&self) -> Value {
        let members = self.found.members.iter();
        json!({
            "name": self.found.c_name,
            "size": self.found.size,
            "expected_size": self.comparison.expected_size,
            "align": self.found.align,
            "members": members.map(|m| json!({"name": m.name, "offset": m.offset, "size": m.size})).collect::<Vec<_>>(),
            "findings": self.comparison.findings.iter().map(finding_json).collect::<Vec<_>>(),
            "notes": self.comparison.notes,
        })
    }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.word(),
        "member": finding.member,
        "found": finding.found,
        "expected": finding.expected,
        "text": finding.text,
        "lands": finding.lands,
    })
}
