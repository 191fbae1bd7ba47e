//! Payloads as `TypedDict` classes; unions of them as type aliases.

use super::docstring;
use crate::{phrases, text};
use osaurus_abi_spec::model::{Field, JsonType, Record, Spec};

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// The lines of one class, or of the two that stand for it.
pub struct Class {
    pub lines: Vec<String>,
}

/// Unions behind the classes that they are made of: they are evaluated where they stand.
pub fn in_order(spec: &Spec) -> impl Iterator<Item = &Record> {
    let classes = spec
        .records
        .iter()
        .filter(|record| record.variants.is_empty());
    let unions = spec
        .records
        .iter()
        .filter(|record| !record.variants.is_empty());
    classes.chain(unions)
}

/// The class of a record.
pub fn class(record: &Record) -> Class {
    let mut lines = Vec::new();
    if !record.variants.is_empty() {
        union(record, &mut lines);
    } else if record.fields.iter().all(|field| is_name(&field.name)) {
        classes(record, &mut lines);
    } else {
        functional(record, &mut lines);
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

fn classes(record: &Record, lines: &mut Vec<String>) {
    let (required, optional): (Vec<&Field>, Vec<&Field>) =
        record.fields.iter().partition(|field| field.required);
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

fn one_class(head: &str, doc: &str, fields: &[&Field], lines: &mut Vec<String>) {
    lines.extend([String::new(), head.to_owned(), doc.to_owned()]);
    for field in fields {
        lines.push(String::new());
        lines.push(format!("    {}: {}", field.name, field_type(field)));
        lines.push(docstring(&field_doc(field), "    "));
    }
}

/// For keys that are no Python names; types are quoted, since they are evaluated at once.
fn functional(record: &Record, lines: &mut Vec<String>) {
    let total = record.fields.iter().all(|field| field.required);
    lines.push(String::new());
    lines.push(format!(
        "{} = TypedDict(\n    \"{}\",\n    {{",
        record.name, record.name
    ));
    for field in &record.fields {
        lines.push(format!(
            "        \"{}\": \"{}\",",
            field.name,
            field_type(field)
        ));
    }
    let totality = if total { "" } else { "    total=False,\n" };
    lines.push(format!("    }},\n{totality})"));
    lines.push(docstring(&record_doc(record), ""));
}

fn is_name(key: &str) -> bool {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    plain && starts && !KEYWORDS.contains(&key)
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

fn field_type(field: &Field) -> String {
    let ty = python_type(&field.ty);
    if field.nullable && ty != "Any" {
        format!("{ty} | None")
    } else {
        ty
    }
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
