//! Payloads as interfaces; unions of them as type aliases.

use super::{comment, union};
use crate::{phrases, text};
use osaurus_abi_spec::model::{Field, JsonType, Record};

/// The text of one exported type.
pub struct Type {
    pub text: String,
}

/// The type of a record.
pub fn type_of(record: &Record) -> Type {
    let doc = comment(&record_doc(record), "");
    let body = if record.variants.is_empty() {
        interface(record)
    } else {
        format!("export type {} ={};", record.name, union(&record.variants))
    };
    Type {
        text: format!("{doc}\n{body}"),
    }
}

fn interface(record: &Record) -> String {
    let mut lines = vec![format!("export interface {} {{", record.name)];
    for field in &record.fields {
        lines.push(comment(&field_doc(field), "  "));
        lines.push(format!("  {}", property(field)));
    }
    if record.open {
        lines.push("  readonly [more: string]: unknown;".to_owned());
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

fn property(field: &Field) -> String {
    let optional = if field.required { "" } else { "?" };
    format!(
        "readonly {}{optional}: {};",
        key(&field.name),
        field_type(field)
    )
}

/// Keys that are not identifiers are in quotes.
fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !name.starts_with(|first: char| first.is_ascii_digit()) {
        return name.to_owned();
    }
    super::literal(name)
}

fn record_doc(record: &Record) -> String {
    let open = if record.open {
        "\n\nOpen: it may carry more keys."
    } else {
        ""
    };
    format!("{}{open}", text::sentence(record.doc.trim()))
}

fn field_doc(field: &Field) -> String {
    let default = field.default.as_ref();
    let default = default.map_or(String::new(), |value| format!("Default: `{value}`"));
    let deprecated = field.deprecated.as_ref();
    let deprecated = deprecated.map_or(String::new(), |why| format!("\n\n@deprecated {why}"));
    phrases::sentences(&[&field.doc, &default]) + deprecated.trim_end()
}

/// The type of a field; `unknown` holds null already.
fn field_type(field: &Field) -> String {
    let ty = typescript_type(&field.ty);
    if field.nullable && ty != "unknown" {
        format!("{ty} | null")
    } else {
        ty
    }
}

fn typescript_type(ty: &JsonType) -> String {
    match ty {
        JsonType::String => "string".to_owned(),
        JsonType::Integer | JsonType::Number => "number".to_owned(),
        JsonType::Boolean => "boolean".to_owned(),
        JsonType::Any => "unknown".to_owned(),
        JsonType::Enum(name) | JsonType::Record(name) => name.clone(),
        JsonType::Array(item) => format!("ReadonlyArray<{}>", typescript_type(item)),
        JsonType::Map(value) => format!("Readonly<Record<string, {}>>", typescript_type(value)),
        JsonType::OneOf(types) => one_of(types),
    }
}

fn one_of(types: &[JsonType]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in types.iter().map(typescript_type) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.iter().any(|name| name == "unknown") {
        return "unknown".to_owned();
    }
    names.join(" | ")
}
