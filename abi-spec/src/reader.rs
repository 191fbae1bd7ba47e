//! A cursor over a parsed TOML table that knows its lines, collects problems, and notices keys no
//! one asked for. The parser builds the model through it. It knows TOML and diagnostics, and
//! nothing of the ABI.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{self, Diagnostic, Rule};
use crate::index::{Index, Pos};

/// What one load collects while it reads.
#[derive(Default)]
pub(crate) struct Session {
    /// The newest version that the sources declare.
    pub newest: u32,
    pub diagnostics: RefCell<Vec<Diagnostic>>,
    pub index: RefCell<Index>,
}

impl Session {
    pub fn report(&self, rule: &'static Rule, pos: &Pos, message: String) {
        let (file, line) = (pos.file.clone(), pos.line);
        self.diagnostics.borrow_mut().push(Diagnostic {
            rule,
            file,
            line,
            message,
        });
    }
}

/// One source file.
pub(crate) struct File<'a> {
    name: &'a str,
    pub text: &'a str,
    pub session: &'a Session,
    /// Where the lines after the first begin.
    line_starts: Vec<usize>,
}

impl<'a> File<'a> {
    pub fn new(name: &'a str, text: &'a str, session: &'a Session) -> Self {
        let line_starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self {
            name,
            text,
            session,
            line_starts,
        }
    }

    pub fn pos(&self, span: Range<usize>) -> Pos {
        let line = self.line_starts.partition_point(|at| *at <= span.start) + 1;
        Pos {
            file: self.name.to_owned(),
            line,
        }
    }
}

/// A string and its place.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub value: String,
    pub pos: Pos,
}

/// A table under reading. [`Node::finish`] must be called when all keys were asked for.
pub(crate) struct Node<'a> {
    table: &'a DeTable<'a>,
    file: &'a File<'a>,
    /// Where the table begins, or its name once that is known.
    pos: Pos,
    /// How messages call it, for example "slot `log`".
    label: RefCell<String>,
    asked: RefCell<Vec<&'static str>>,
    finished: Cell<bool>,
}

impl<'a> Node<'a> {
    pub fn root(file: &'a File<'a>, table: &'a DeTable<'a>) -> Self {
        Self::new(file, table, file.pos(0..0), "the file".to_owned())
    }

    fn new(file: &'a File<'a>, table: &'a DeTable<'a>, pos: Pos, label: String) -> Self {
        Self {
            table,
            file,
            pos,
            label: RefCell::new(label),
            asked: RefCell::default(),
            finished: Cell::new(false),
        }
    }

    pub fn session(&self) -> &'a Session {
        self.file.session
    }

    pub fn pos(&self) -> &Pos {
        &self.pos
    }

    pub fn label(&self) -> String {
        self.label.borrow().clone()
    }

    pub fn set_label(&self, label: String) {
        *self.label.borrow_mut() = label;
    }

    pub fn report(&self, rule: &'static Rule, pos: &Pos, message: String) {
        self.session().report(rule, pos, message);
    }

    fn value(&self, key: &'static str) -> Option<(&'a DeValue<'a>, Pos)> {
        self.asked.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some((value.get_ref(), self.file.pos(value.span())))
    }

    fn wrong_type(&self, key: &str, expected: &str, found: &DeValue<'_>, pos: &Pos) {
        let message = format!(
            "`{key}` of {} must be {expected}, found {} {}",
            self.label(),
            article(found.type_str()),
            found.type_str()
        );
        self.report(&diagnostics::WRONG_TYPE, pos, message);
    }

    fn missing(&self, key: &str) {
        let message = format!("{} has no `{key}`", self.label());
        self.report(&diagnostics::MISSING_KEY, &self.pos, message);
    }

    /// A string, if the key is there.
    pub fn text(&self, key: &'static str) -> Option<Text> {
        let (value, pos) = self.value(key)?;
        match value.as_str() {
            Some(text) => Some(Text {
                value: text.to_owned(),
                pos,
            }),
            None => {
                self.wrong_type(key, "a string", value, &pos);
                None
            }
        }
    }

    /// A string that must be there.
    pub fn required(&self, key: &'static str) -> Option<Text> {
        if !self.has(key) {
            self.asked.borrow_mut().push(key);
            self.missing(key);
            return None;
        }
        self.text(key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Prose, if the key is there; line breaks inside paragraphs are spaces.
    pub fn prose(&self, key: &'static str) -> Option<String> {
        self.text(key).map(|text| reflow(&text.value))
    }

    /// The documentation, which must be there.
    pub fn doc(&self, key: &'static str) -> String {
        let there = self.has(key);
        let doc = self.prose(key).unwrap_or_default();
        if doc.is_empty() && (!there || self.table.get(key).is_some_and(|v| v.get_ref().is_str())) {
            let message = format!("{} has no documentation (`{key}`)", self.label());
            self.report(&diagnostics::MISSING_DOC, &self.pos, message);
        }
        doc
    }

    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some((value, pos)) = self.value(key) else {
            return default;
        };
        value.as_bool().unwrap_or_else(|| {
            self.wrong_type(key, "true or false", value, &pos);
            default
        })
    }

    /// A whole number that must be there.
    pub fn integer(&self, key: &'static str) -> i64 {
        let Some((value, pos)) = self.value(key) else {
            self.missing(key);
            return 0;
        };
        whole(value).unwrap_or_else(|| {
            self.wrong_type(key, "a whole number", value, &pos);
            0
        })
    }

    /// The greatest whole number under `number` in a list of tables, before anything is read or
    /// judged.
    pub fn greatest(document: &DeTable<'_>, key: &str) -> Option<i64> {
        let tables = document.get(key)?.get_ref().as_array()?.iter();
        let tables = tables.filter_map(|item| item.get_ref().as_table());
        let numbers = tables.filter_map(|table| whole(table.get("number")?.get_ref()));
        numbers.max()
    }

    /// A list of whole numbers with their lines.
    pub fn integers(&self, key: &'static str) -> Vec<(i64, Pos)> {
        self.items(key, "a list of whole numbers", |value| whole(value))
    }

    /// A list of strings.
    pub fn strings(&self, key: &'static str) -> Vec<Text> {
        let strings = self.items(key, "a list of strings", |value| {
            value.as_str().map(str::to_owned)
        });
        strings
            .into_iter()
            .map(|(value, pos)| Text { value, pos })
            .collect()
    }

    fn items<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Vec<(T, Pos)> {
        let Some((value, pos)) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.as_array() else {
            self.wrong_type(key, expected, value, &pos);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in array.iter() {
            let pos = self.file.pos(item.span());
            match read(item.get_ref()) {
                Some(found) => out.push((found, pos)),
                None => self.wrong_type(key, expected, item.get_ref(), &pos),
            }
        }
        out
    }

    /// The tables of an array of tables; `what` is how messages call one of them.
    pub fn tables(&self, key: &'static str, what: &str) -> Vec<Node<'a>> {
        let label = format!("a {what} without a name");
        let as_table = |value: &'a DeValue<'a>| value.as_table();
        let tables = self.items(key, "a list of tables", as_table);
        tables
            .into_iter()
            .map(|(table, pos)| self.child(table, pos, label.clone()))
            .collect()
    }

    /// A table, if the key is there.
    pub fn table(&self, key: &'static str, label: String) -> Option<Node<'a>> {
        let (value, pos) = self.value(key)?;
        let Some(table) = value.as_table() else {
            self.wrong_type(key, "a table", value, &pos);
            return None;
        };
        Some(self.child(table, pos, label))
    }

    fn child(&self, table: &'a DeTable<'a>, pos: Pos, label: String) -> Node<'a> {
        // A table's name says best where it is; its header may stand lines above.
        let named = ["name", "code", "symbol"]
            .iter()
            .find_map(|key| key_span(table, key));
        let pos = named.map_or(pos, |span| self.file.pos(span));
        Node::new(self.file, table, pos, label)
    }

    /// Reports the keys that were never asked for.
    pub fn finish(&self) {
        self.finished.set(true);
        let keys = self.asked.borrow();
        for (key, _) in self.table.iter() {
            if keys.iter().any(|known| known == key.get_ref()) {
                continue;
            }
            let mut expected = keys.clone();
            expected.sort_unstable();
            expected.dedup();
            let message = format!(
                "`{}` means nothing in {}; accepted: {}",
                key.get_ref(),
                self.label(),
                expected.join(", ")
            );
            self.report(
                &diagnostics::UNKNOWN_KEY,
                &self.file.pos(key.span()),
                message,
            );
        }
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        debug_assert!(
            self.finished.get(),
            "the reader of {} forgot finish()",
            self.label.borrow()
        );
    }
}

fn key_span(table: &DeTable<'_>, key: &str) -> Option<Range<usize>> {
    table.get(key).map(Spanned::span)
}

fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'i', 'o']) {
        "an"
    } else {
        "a"
    }
}

/// Joins the lines of a paragraph; blank lines and list items ("- ") keep theirs.
fn reflow(text: &str) -> String {
    let mut out = String::new();
    for line in text.trim().lines().map(str::trim) {
        let fresh = out.is_empty() || out.ends_with('\n');
        match line {
            "" => out.push_str(if out.ends_with("\n\n") { "" } else { "\n\n" }),
            _ if line.starts_with("- ") && !fresh => out.extend(["\n", line]),
            _ if fresh => out.push_str(line),
            _ => out.extend([" ", line]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::reflow;

    #[test]
    fn paragraphs_and_lists_survive_reflowing() {
        let text = "\nOne\ntwo.\n\n  Three\nfour:\n- a\n  b\n- c\n";
        assert_eq!(reflow(text), "One two.\n\nThree four:\n- a b\n- c");
    }
}
