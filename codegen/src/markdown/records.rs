//! Payloads as tables. Each record is printed once, where the reader first meets it; later
//! mentions are links.

use super::{code, prose, row};
use crate::{phrases, text, view};
use osaurus_abi_spec::model::{Field, JsonType, Record, Spec, StringEnum};
use std::collections::BTreeSet;

/// Which records have been printed so far in the reference.
pub struct Shown<'a> {
    spec: &'a Spec,
    names: BTreeSet<&'a str>,
}

impl<'a> Shown<'a> {
    /// Nothing printed yet.
    pub fn new(spec: &'a Spec) -> Self {
        Self {
            spec,
            names: BTreeSet::new(),
        }
    }

    /// The record and those in it that were not printed yet, each with its table.
    pub fn print(&mut self, name: &str) -> String {
        let mut out = String::new();
        if let Some(record) = self.spec.record(name) {
            self.print_into(record, &mut out);
        }
        out
    }

    fn print_into(&mut self, record: &'a Record, out: &mut String) {
        if !self.names.insert(&record.name) {
            return;
        }
        out.push_str(&table(record));
        let in_fields = record.fields.iter().flat_map(|field| field.ty.named());
        let inner = in_fields.chain(record.variants.iter().map(String::as_str));
        for next in inner.filter_map(|name| self.spec.record(name)) {
            self.print_into(next, out);
        }
    }
}

/// `[Name](#name)`.
pub fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_ascii_lowercase())
}

fn table(record: &Record) -> String {
    let mut out = format!("### {}\n\n{}\n\n", record.name, prose(&record.doc));
    if !record.variants.is_empty() {
        let links: Vec<String> = record.variants.iter().map(|name| link(name)).collect();
        out.push_str(&format!("One of {}.\n\n", links.join(", ")));
        return out;
    }
    if record.fields.is_empty() {
        out.push_str("No fields.\n\n");
        return out;
    }
    out.push_str("| field | type | needed | since | meaning |\n|---|---|---|---|---|\n");
    for field in &record.fields {
        out.push_str(&field_row(field));
        out.push('\n');
    }
    if record.open {
        out.push_str("\nMay carry more fields than these.\n");
    }
    out.push('\n');
    out
}

fn field_row(field: &Field) -> String {
    let mut ty = type_text(&field.ty);
    if field.nullable {
        ty.push_str(" or null");
    }
    let needed = if field.required { "yes" } else { "" };
    row([
        &code(&field.name),
        &ty,
        needed,
        &view::since_text(&field.since),
        &field_text(field),
    ])
}

/// What a field means, with its default, what replaced it, and where the host surprises.
pub fn field_text(field: &Field) -> String {
    let default = field.default.as_ref();
    let default = default.map_or(String::new(), |value| format!("Default: `{value}`"));
    let deprecated = field.deprecated.as_ref();
    let deprecated = deprecated.map_or(String::new(), |why| {
        format!("**Deprecated**: {}", why.trim())
    });
    let quirks = quirk_links(&field.quirks);
    let quirks = if quirks.is_empty() {
        quirks
    } else {
        format!("See {quirks}")
    };
    phrases::sentences(&[&field.doc, &default, &deprecated, &quirks])
}

/// `[quirk 4](#quirk-4), [quirk 5](#quirk-5)`.
pub fn quirk_links(numbers: &[u32]) -> String {
    let links = numbers
        .iter()
        .map(|number| format!("[quirk {number}](#quirk-{number})"));
    links.collect::<Vec<_>>().join(", ")
}

fn type_text(ty: &JsonType) -> String {
    match ty {
        JsonType::String => "string".to_owned(),
        JsonType::Integer => "integer".to_owned(),
        JsonType::Number => "number".to_owned(),
        JsonType::Boolean => "boolean".to_owned(),
        JsonType::Any => "anything".to_owned(),
        JsonType::Enum(name) | JsonType::Record(name) => link(name),
        JsonType::Array(item) => format!("list of {}", type_text(item)),
        JsonType::Map(value) => format!("object of {}", type_text(value)),
        JsonType::OneOf(types) => {
            let each: Vec<String> = types.iter().map(type_text).collect();
            each.join(" or ")
        }
    }
}

/// The values of an enumeration.
pub fn enumeration(one: &StringEnum) -> String {
    let mut out = format!("## {}\n\n{}\n\n", one.name, prose(&one.doc));
    out.push_str("| value | meaning |\n|---|---|\n");
    for (value, meaning) in &one.values {
        out.push_str(&row([&code(value), &text::sentence(meaning)]));
        out.push('\n');
    }
    out
}
