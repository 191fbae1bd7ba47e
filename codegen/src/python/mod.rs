//! `_generated.py` of the Python package: typed payloads, constants, and stubs of the host's calls.
//!
//! For Python 3.10: `Required` and `NotRequired` are younger, so keys that are always there stand
//! in a base class.

mod calls;
mod records;

use crate::{
    names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row},
    worker,
};
use askama::Template;
use osaurus_abi_spec::model::{ConstantGroup, ErrorCode, Limit, Slot, Spec, StringEnum};

const FILE: &str = "_generated.py";
const WIDTH: usize = 98;
#[derive(Template)]
#[template(path = "python.py.txt", escape = "none")]
struct Module {
    notice: String,
    newest: u32,
    strings: Vec<Value>,
    groups: Vec<Group>,
    slots: Vec<HostSlot>,
    limits: Vec<Value>,
    errors: Vec<Code>,
    enums: Vec<Choice>,
    records: Vec<records::Class>,
    calls: Vec<calls::Call>,
}

struct Value {
    name: String,
    literal: String,
    doc: String,
}

struct Group {
    name: String,
    doc: String,
    items: Vec<Value>,
}

struct HostSlot {
    constant: String,
    index: usize,
    since: u32,
}

struct Code {
    code: String,
    entry: String,
}

struct Choice {
    name: String,
    doc: String,
    values: Vec<String>,
}

/// The text of `_generated.py`.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let text = module(spec).render();
    let text = text.map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([
        (FILE.to_owned(), spaced(&text)),
        worker::python(spec)?,
    ]))
}

fn module(spec: &Spec) -> Module {
    let slots = view::host_slots(spec);
    let strings = spec.strings.iter();
    Module {
        notice: phrases::notice("osaurus-bridge gen python"),
        newest: spec.newest_version(),
        strings: strings
            .map(|text| value(&text.name, format!("{:?}", text.value), &text.doc, ""))
            .collect(),
        groups: spec.constants.iter().map(|one| group(spec, one)).collect(),
        slots: slots.iter().map(host_slot).collect(),
        limits: spec.limits.iter().map(limit).collect(),
        errors: spec.errors.iter().map(code).collect(),
        enums: spec.enums.iter().map(choice).collect(),
        records: records::all(spec),
        calls: slots
            .iter()
            .filter(|(_, slot)| calls::is_call(slot))
            .map(|(_, slot)| calls::call(slot))
            .collect(),
    }
}

/// A docstring at `indent`: one line when it fits, else with the quotes on lines of their own.
fn docstring(text: &str, indent: &str) -> String {
    let safe = text.replace('\\', "\\\\").replace("\"\"\"", "'''");
    let room = WIDTH - indent.len();
    let lines = text::wrap(&safe, room);
    match lines.as_slice() {
        [only] if only.chars().count() + 6 <= room && !only.ends_with('"') => {
            format!("{indent}\"\"\"{only}\"\"\"")
        }
        _ => long_docstring(&safe, indent, room),
    }
}

/// Stands for the three opening quotes while prose is wrapped.
const QUOTES: &str = "\u{1}\u{1}\u{1}";

fn long_docstring(safe: &str, indent: &str, room: usize) -> String {
    // The first line carries the opening quotes: a first word as long as they are keeps their
    // place.
    let marked = text::wrap(&format!("{QUOTES}{safe}"), room);
    let mut out = String::new();
    for line in marked {
        let line = format!("{indent}{line}").replacen(QUOTES, "\"\"\"", 1);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out + indent + "\"\"\""
}

/// The docstring of a value, after it.
fn value(name: &str, literal: String, doc: &str, indent: &str) -> Value {
    Value {
        name: names::screaming(name),
        literal,
        doc: docstring(&text::sentence(doc), indent),
    }
}

fn group(spec: &Spec, group: &ConstantGroup) -> Group {
    let items = group.items.iter().map(|item| {
        let digit = item.name.starts_with(|first: char| first.is_ascii_digit());
        let name = if digit {
            format!("v{}", item.name)
        } else {
            item.name.clone()
        };
        let payload = item.payload.as_ref();
        let payload = payload.map_or(String::new(), |name| format!("Its payload is `{name}`"));
        let doc = phrases::sentences(&[&item.doc, &payload]);
        value(&name, item.value.to_string(), &doc, "    ")
    });
    Group {
        name: group_name(spec, group),
        doc: docstring(&text::sentence(&group.doc), "    "),
        items: items.collect(),
    }
}

/// `LogLevel`; `TaskEventType` where a payload is already named `TaskEvent`.
fn group_name(spec: &Spec, group: &ConstantGroup) -> String {
    let name = names::upper_camel(&group.name);
    let is_taken = spec.record(&name).is_some() || spec.string_enum(&name).is_some();
    if is_taken { name + "Type" } else { name }
}

fn host_slot((row, slot): &(Row<'_>, &Slot)) -> HostSlot {
    HostSlot {
        constant: names::screaming(&slot.name),
        index: row.index,
        since: slot.since.version,
    }
}

fn limit(limit: &Limit) -> Value {
    let doc = format!("In {}. {}", limit.unit, text::sentence(&limit.doc));
    value(
        &format!("limit_{}", limit.name),
        limit.value.to_string(),
        &doc,
        "",
    )
}

fn code(error: &ErrorCode) -> Code {
    let hint = text::one_line(&error.hint)
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    let single = format!("    \"{}\": \"{hint}\",", error.code);
    let entry = if single.chars().count() <= 100 {
        single
    } else {
        format!("    \"{}\": (\n{}\n    ),", error.code, long_literal(&hint))
    };
    Code {
        code: error.code.clone(),
        entry,
    }
}

/// A string literal over several lines, each piece ending in the space that joins it to the next.
fn long_literal(escaped: &str) -> String {
    // Eight columns of indent and two quotes: prose that fits one line must stay on one.
    let whole = escaped.chars().count() + 10 <= 100;
    let lines = text::wrap(escaped, if whole { 90 } else { 88 });
    let last = lines.len().saturating_sub(1);
    let pieces = lines.iter().enumerate();
    let pieces: Vec<String> = pieces
        .map(|(index, line)| format!("        \"{line}{}\"", if index < last { " " } else { "" }))
        .collect();
    pieces.join("\n")
}

fn choice(one: &StringEnum) -> Choice {
    let meanings = one.values.iter();
    let meanings: Vec<String> = meanings
        .map(|(value, meaning)| format!("- `{value}`: {}", text::sentence(meaning)))
        .collect();
    let doc = format!("{}\n\n{}", text::sentence(&one.doc), meanings.join("\n"));
    Choice {
        name: one.name.clone(),
        doc: docstring(&doc, ""),
        values: one.values.iter().map(|(value, _)| value.clone()).collect(),
    }
}

/// Blank lines as PEP 8 wants them: two around classes, at most one elsewhere.
fn spaced(text: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    let mut indented = false;
    for line in text::tidy(text).lines() {
        if line.is_empty() {
            blank = true;
            continue;
        }
        let top = !line.starts_with([' ', ')', ']', '}']);
        let apart = line.starts_with("class ") || (top && indented && blank);
        if blank {
            out.push_str(if apart { "\n\n" } else { "\n" });
        }
        out.push_str(line);
        out.push('\n');
        (blank, indented) = (false, !top && line.starts_with(' '));
    }
    out
}
