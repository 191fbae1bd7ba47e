//! Records as `Codable` structures, sets of words as open `RawRepresentable` structures.

use super::{declared, doc, lower_camel};
use crate::{phrases, text::sentence};
use osaurus_abi_spec::model::{Field, JsonType, Record, Spec, StringEnum};

/// The text of `Payloads.swift`.
pub fn text(spec: &Spec) -> String {
    let words = spec.enums.iter().map(words);
    let records = spec.records.iter().filter(|one| one.variants.is_empty());
    let parts: Vec<String> = words.chain(records.map(structure)).collect();
    parts.join("\n\n")
}

/// Hosts may add words, so a set of words is a structure with known values and room for others.
fn words(one: &StringEnum) -> String {
    let value = |(word, meaning): &(String, String)| {
        let about = doc(&sentence(meaning), "    ");
        let name = declared(word);
        format!("{about}\n    public static let {name} = Self(rawValue: {word:?})")
    };
    let values: Vec<String> = one.values.iter().map(value).collect();
    format!(
        concat!(
            "{}\n",
            "public struct {}: RawRepresentable, Codable, Hashable, Sendable {{\n",
            "    /// The word as it crosses the boundary.\n",
            "    public var rawValue: String\n",
            "\n",
            "    /// Any word, known or not.\n",
            "    public init(rawValue: String) {{ self.rawValue = rawValue }}\n",
            "\n",
            "{}\n",
            "}}",
        ),
        doc(&sentence(&one.doc), ""),
        one.name,
        values.join("\n")
    )
}

fn structure(record: &Record) -> String {
    let mut body: Vec<String> = record.fields.iter().map(property).collect();
    body.push(initializer(record));
    body.push(keys(record));
    format!(
        "{}\npublic struct {}: Codable, Hashable, Sendable {{\n{}\n}}",
        doc(&sentence(&record.doc), ""),
        record.name,
        body.join("\n\n")
    )
}

fn property(field: &Field) -> String {
    let default = field.default.as_ref();
    let default = default.map_or(String::new(), |value| format!("Default: `{value}`"));
    let deprecated = field.deprecated.as_ref();
    let deprecated = deprecated.map_or(String::new(), |why| format!("Deprecated: {}", why.trim()));
    let about = phrases::sentences(&[&field.doc, &default, &deprecated]);
    format!(
        "{}\n    public var {}: {}",
        doc(&about, "    "),
        declared(&field.name),
        field_type(field)
    )
}

/// Required fields first, as people expect of an initializer.
fn initializer(record: &Record) -> String {
    let optional = |field: &&Field| !field.required || field.nullable;
    let (later, first): (Vec<&Field>, Vec<&Field>) = record.fields.iter().partition(optional);
    let parameter = |field: &&Field| {
        let default = if optional(field) { " = nil" } else { "" };
        let name = lower_camel(&field.name);
        format!("        {name}: {}{default}", field_type(field))
    };
    let parameters: Vec<String> = first.iter().chain(&later).map(parameter).collect();
    let assignment = |field: &Field| {
        let name = declared(&field.name);
        format!("        self.{} = {name}", lower_camel(&field.name))
    };
    let assignments: Vec<String> = record.fields.iter().map(assignment).collect();
    format!(
        "    /// Takes each member; those with a default may be left out.\n    public \
         init(\n{}\n    ) {{\n{}\n    }}",
        parameters.join(",\n"),
        assignments.join("\n")
    )
}

fn keys(record: &Record) -> String {
    let case = |field: &Field| {
        let name = declared(&field.name);
        if lower_camel(&field.name) == field.name {
            format!("        case {name}")
        } else {
            format!("        case {name} = {:?}", field.name)
        }
    };
    let cases: Vec<String> = record.fields.iter().map(case).collect();
    format!(
        "    enum CodingKeys: String, CodingKey {{\n{}\n    }}",
        cases.join("\n")
    )
}

fn field_type(field: &Field) -> String {
    let optional = if !field.required || field.nullable {
        "?"
    } else {
        ""
    };
    swift_type(&field.ty) + optional
}

fn swift_type(ty: &JsonType) -> String {
    match ty {
        JsonType::String => "String".to_owned(),
        JsonType::Integer => "Int".to_owned(),
        JsonType::Number => "Double".to_owned(),
        JsonType::Boolean => "Bool".to_owned(),
        JsonType::Any => "JSON".to_owned(),
        JsonType::Enum(name) | JsonType::Record(name) => name.clone(),
        JsonType::Array(item) => format!("[{}]", swift_type(item)),
        JsonType::Map(value) => format!("[String: {}]", swift_type(value)),
        JsonType::OneOf(types) => match types.as_slice() {
            [one, other] => format!("Either<{}, {}>", swift_type(one), swift_type(other)),
            _ => "JSON".to_owned(),
        },
    }
}
