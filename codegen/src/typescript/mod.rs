//! `generated.ts` of the npm package `osaurus-plugin`: typed payloads, constants, and the host's
//! calls.
//!
//! Plain objects instead of enumerations, so that any tool can strip the types file by file.

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

const FILE: &str = "generated.ts";
const WIDTH: usize = 100;

#[derive(Template)]
#[template(path = "typescript.ts.txt", escape = "none")]
struct Module {
    notice: String,
    newest: u32,
    strings: Vec<Value>,
    groups: Vec<Group>,
    slots: Vec<HostSlot>,
    limits: Vec<Value>,
    errors: Vec<Code>,
    enums: Vec<Choice>,
    records: Vec<records::Type>,
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
    name: String,
    index: usize,
    since: u32,
}

struct Code {
    code: String,
    hint: String,
}

struct Choice {
    name: String,
    doc: String,
    values: String,
}

/// The text of `generated.ts`.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let text = module(spec).render();
    let text = text.map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([
        (FILE.to_owned(), text::tidy(&text)),
        worker::typescript(spec)?,
    ]))
}

fn module(spec: &Spec) -> Module {
    let slots = view::host_slots(spec);
    let strings = spec.strings.iter();
    let limits = spec.limits.iter();
    Module {
        notice: phrases::notice("osaurus-bridge gen typescript"),
        newest: spec.newest_version(),
        strings: strings
            .map(|text| value(&text.name, format!("{:?}", text.value), &text.doc, ""))
            .collect(),
        groups: spec.constants.iter().map(|one| group(spec, one)).collect(),
        slots: slots.iter().map(host_slot).collect(),
        limits: limits.map(limit).collect(),
        errors: spec.errors.iter().map(code).collect(),
        enums: spec.enums.iter().map(choice).collect(),
        records: spec.records.iter().map(records::type_of).collect(),
        calls: slots
            .iter()
            .filter(|(_, slot)| calls::is_call(slot))
            .map(|(_, slot)| calls::call(slot))
            .collect(),
    }
}

/// A JSDoc comment at `indent`: on one line when it fits.
fn comment(text: &str, indent: &str) -> String {
    let safe = text.replace("*/", "*\u{200b}/");
    let lines = text::wrap(&safe, WIDTH - indent.len() - 3);
    match lines.as_slice() {
        [only] if only.chars().count() + 7 + indent.len() <= WIDTH => {
            format!("{indent}/** {only} */")
        }
        _ => {
            let body = text::prefixed(&safe, &format!("{indent} * "), WIDTH);
            format!("{indent}/**\n{body}\n{indent} */")
        }
    }
}

fn value(name: &str, literal: String, doc: &str, indent: &str) -> Value {
    Value {
        name: names::screaming(name),
        literal,
        doc: comment(&text::sentence(doc), indent),
    }
}

fn group(spec: &Spec, group: &ConstantGroup) -> Group {
    let items = group.items.iter().map(|item| {
        let payload = item.payload.as_ref();
        let payload = payload.map_or(String::new(), |name| format!("Its payload is `{name}`"));
        let doc = phrases::sentences(&[&item.doc, &payload]);
        Value {
            name: member(&item.name),
            literal: item.value.to_string(),
            doc: comment(&doc, "  "),
        }
    });
    Group {
        name: group_name(spec, group),
        doc: comment(&text::sentence(&group.doc), ""),
        items: items.collect(),
    }
}

/// `version_1` to `Version1`; what begins with a digit gets a `V`.
fn member(name: &str) -> String {
    let camel = names::upper_camel(name);
    let digit = camel.starts_with(|first: char| first.is_ascii_digit());
    if digit { format!("V{camel}") } else { camel }
}

/// `LogLevel`; `TaskEventType` where a payload is already named `TaskEvent`.
fn group_name(spec: &Spec, group: &ConstantGroup) -> String {
    let name = names::upper_camel(&group.name);
    let is_taken = spec.record(&name).is_some() || spec.string_enum(&name).is_some();
    if is_taken { name + "Type" } else { name }
}

fn host_slot((row, slot): &(Row<'_>, &Slot)) -> HostSlot {
    HostSlot {
        name: names::upper_camel(&slot.name),
        index: row.index,
        since: slot.since.version,
    }
}

fn limit(limit: &Limit) -> Value {
    let doc = format!("In {}. {}", limit.unit, text::sentence(&limit.doc));
    let name = format!("limit_{}", limit.name);
    value(&name, limit.value.to_string(), &doc, "")
}

fn code(error: &ErrorCode) -> Code {
    Code {
        code: error.code.clone(),
        hint: literal(&text::one_line(&error.hint)),
    }
}

/// A string literal in double quotes.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn choice(one: &StringEnum) -> Choice {
    let meanings = one.values.iter();
    let meanings: Vec<String> = meanings
        .map(|(value, meaning)| format!("- `{value}`: {}", text::sentence(meaning)))
        .collect();
    let doc = format!("{}\n\n{}", text::sentence(&one.doc), meanings.join("\n"));
    let values: Vec<String> = one.values.iter().map(|(value, _)| literal(value)).collect();
    Choice {
        name: one.name.clone(),
        doc: comment(&doc, ""),
        values: union(&values),
    }
}

/// ` A | B` on one line, or one member a line.
fn union(members: &[String]) -> String {
    let single = members.join(" | ");
    if single.chars().count() <= WIDTH / 2 {
        return format!(" {single}");
    }
    format!("\n  | {}", members.join("\n  | "))
}
