//! Payloads as `TypedDict` classes; unions of them as type aliases.

use super::docstring;
use crate::{phrases, text};
use osaurus_abi_spec::keywords::is_reserved;
use osaurus_abi_spec::model::{Field, JsonType, Record, Spec};
use std::collections::BTreeSet;

/// The lines of one class, or of the two that stand for it.
pub struct Class {
    pub lines: Vec<String>,
}

/// The classes of all records.
///
/// Each comes after those that it mentions, so that annotations are evaluated at once: Python
/// compiles postponed ones of a `TypedDict` one by one, which makes the import twice as slow.
pub fn all(spec: &Spec) -> Vec<Class> {
    let order = in_order(spec);
    let records = order.iter().enumerate();
    records
        .map(|(at, record)| class(record, &order[at..]))
        .collect()
}

fn in_order(spec: &Spec) -> Vec<&Record> {
    let mut order = Vec::new();
    let mut visited = BTreeSet::new();
    for record in &spec.records {
        visit(spec, record, &mut visited, &mut order);
    }
    order
}

fn visit<'a>(
    spec: &'a Spec,
    record: &'a Record,
    visited: &mut BTreeSet<&'a str>,
    order: &mut Vec<&'a Record>,
) {
    if !visited.insert(&record.name) {
        return;
    }
    let in_fields = record.fields.iter().flat_map(|field| field.ty.named());
    let names = in_fields.chain(record.variants.iter().map(String::as_str));
    for next in names.filter_map(|name| spec.record(name)) {
        visit(spec, next, visited, order);
    }
    order.push(record);
}

/// The class of a record; `later` are the records that do not exist yet where it stands.
fn class(record: &Record, later: &[&Record]) -> Class {
    let mut lines = Vec::new();
    if !record.variants.is_empty() {
        union(record, &mut lines);
    } else if record.fields.iter().all(|field| is_name(&field.name)) {
        classes(record, later, &mut lines);
    } else {
        functional(record, later, &mut lines);
    }
    Class { lines }
}

fn union(record: &Record, lines: &mut Vec<String>) {
    let head = format!("{}: TypeAlias =", record.name);
    let single = format!("{head} {}", record.variants.join(" | "));
    let text = if single.chars().count() <= 100 {
        single
    } else {
        format!("{head} (\n    {}\n)", record.variants.join("\n    | "))
    };
    lines.extend([
        String::new(),
        text,
        docstring(&text::sentence(&record.doc), ""),
    ]);
}

fn classes(record: &Record, later: &[&Record], lines: &mut Vec<String>) {
    let typed = record.fields.iter();
    let typed = typed.map(|field| (field, field_type(field, later)));
    let (required, optional): (Vec<_>, Vec<_>) = typed.partition(|(field, _)| field.required);
    let doc = docstring(&record_doc(record), "    ");
    let name = &record.name;
    if optional.is_empty() {
        one_class(&format!("class {name}(TypedDict):"), &doc, &required, lines);
        return;
    }
    if required.is_empty() {
        one_class(
            &format!("class {name}(TypedDict, total=False):"),
            &doc,
            &optional,
            lines,
        );
        return;
    }
    let base = format!("_{name}Required");
    let base_doc = format!("    \"\"\"Keys that a `{name}` always has.\"\"\"");
    one_class(
        &format!("class {base}(TypedDict):"),
        &base_doc,
        &required,
        lines,
    );
    one_class(
        &format!("class {name}({base}, total=False):"),
        &doc,
        &optional,
        lines,
    );
}

fn one_class(head: &str, doc: &str, fields: &[(&Field, String)], lines: &mut Vec<String>) {
    lines.extend([String::new(), head.to_owned(), doc.to_owned()]);
    for (field, ty) in fields {
        lines.push(String::new());
        lines.push(format!("    {}: {ty}", field.name));
        lines.push(docstring(&field_doc(field), "    "));
    }
}

/// For keys that are not Python names.
fn functional(record: &Record, later: &[&Record], lines: &mut Vec<String>) {
    let total = record.fields.iter().all(|field| field.required);
    lines.push(String::new());
    lines.push(format!(
        "{} = TypedDict(\n    \"{}\",\n    {{",
        record.name, record.name
    ));
    for field in &record.fields {
        lines.push(format!(
            "        \"{}\": {},",
            field.name,
            field_type(field, later)
        ));
    }
    let totality = if total { "" } else { "    total=False,\n" };
    lines.push(format!("    }},\n{totality})"));
    lines.push(docstring(&record_doc(record), ""));
}

fn is_name(key: &str) -> bool {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    plain && starts && !is_reserved("Python", key)
}

fn record_doc(record: &Record) -> String {
    let open = if record.open {
        "\n\nOpen: it may carry more keys."
    } else {
        ""
    };
    let doc = record.doc.trim();
    format!(
        "{}{open}",
        if doc.ends_with('.') {
            doc.to_owned()
        } else {
            text::sentence(doc)
        }
    )
}

fn field_doc(field: &Field) -> String {
    let default = field.default.as_ref();
    let default = default.map_or(String::new(), |value| format!("Default: `{value}`"));
    let deprecated = field.deprecated.as_ref();
    let deprecated = deprecated.map_or(String::new(), |why| format!("Deprecated: {}", why.trim()));
    phrases::sentences(&[&field.doc, &default, &deprecated])
}

/// The annotation; in quotes where it mentions a record that does not exist yet.
fn field_type(field: &Field, later: &[&Record]) -> String {
    let mut ty = python_type(&field.ty);
    if field.nullable && ty != "Any" {
        ty.push_str(" | None");
    }
    let names = field.ty.named();
    let forward = later
        .iter()
        .any(|record| names.contains(&record.name.as_str()));
    if forward { format!("\"{ty}\"") } else { ty }
}

fn python_type(ty: &JsonType) -> String {
    match ty {
        JsonType::String => "str".to_owned(),
        JsonType::Integer => "int".to_owned(),
        JsonType::Number => "float".to_owned(),
        JsonType::Boolean => "bool".to_owned(),
        JsonType::Any => "Any".to_owned(),
        JsonType::Enum(name) | JsonType::Record(name) => name.clone(),
        JsonType::Array(item) => format!("list[{}]", python_type(item)),
        JsonType::Map(value) => format!("dict[str, {}]", python_type(value)),
        JsonType::OneOf(types) => one_of(types),
    }
}

fn one_of(types: &[JsonType]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in types.iter().map(python_type) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.iter().any(|name| name == "Any") {
        return "Any".to_owned();
    }
    names.join(" | ")
}
