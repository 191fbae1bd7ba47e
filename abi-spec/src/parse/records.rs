//! Records and string enums: the JSON that crosses the boundary.

use crate::diagnostics;
use crate::index::{Kind, Target};
use crate::model::{Field, Record, Since, Spec, StringEnum};
use crate::reader::Node;

use super::types::{json_type, since};
use super::{declare, name, quirk_numbers, references};

/// `[[record]]`.
pub(super) fn records(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("record", "record") {
        let name = name(&node, "name", Kind::Record, "");
        let since = since(&node, None);
        let record = Record {
            doc: node.doc("doc"),
            fields: fields(&node, "fields", &name, Some(&name), &since),
            open: node.flag("open", false),
            variants: references(&node, "variants", Target::Record, Some(&name)),
            name,
        };
        judge_shape(&node, &record);
        node.finish();
        spec.records.push(record);
    }
}

fn judge_shape(node: &Node<'_>, record: &Record) {
    let (fields, variants) = (!record.fields.is_empty(), !record.variants.is_empty());
    let problem = match (fields, variants) {
        (true, true) => "both `fields` and `variants`",
        (false, false) if !record.open => "neither `fields` nor `variants`, and is not open",
        _ => return,
    };
    let message = format!("{} has {problem}", node.label());
    node.report(&diagnostics::MIXED_RECORD, node.pos(), message);
}

/// Fields of a record, or the extra fields of an error envelope (then `record` is `None`).
pub(super) fn fields(
    node: &Node<'_>,
    key: &'static str,
    scope: &str,
    record: Option<&str>,
    inherited: &Since,
) -> Vec<Field> {
    let nodes = node.tables(key, "field");
    nodes
        .iter()
        .map(|field| self::field(field, scope, record, inherited))
        .collect()
}

fn field(node: &Node<'_>, scope: &str, record: Option<&str>, inherited: &Since) -> Field {
    let field = Field {
        name: name(node, "name", Kind::Field, scope),
        doc: node.doc("doc"),
        ty: json_type(node, record),
        required: node.flag("required", false),
        nullable: node.flag("nullable", false),
        since: since(node, Some(inherited)),
        deprecated: node.prose("deprecated"),
        default: default(node),
        quirks: quirk_numbers(node),
    };
    node.finish();
    field
}

fn default(node: &Node<'_>) -> Option<String> {
    let text = node.text("default")?;
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&text.value) {
        let message = format!("`default` of {} is not JSON: {error}", node.label());
        node.report(&diagnostics::BAD_DEFAULT, &text.pos, message);
    }
    Some(text.value)
}

/// `[[enum]]`.
pub(super) fn enums(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("enum", "enum") {
        let name = name(&node, "name", Kind::Enum, "");
        let doc = node.doc("doc");
        let values = node
            .tables("values", "value")
            .iter()
            .map(|v| value(v, &name))
            .collect();
        node.finish();
        spec.enums.push(StringEnum { name, doc, values });
    }
}

fn value(node: &Node<'_>, scope: &str) -> (String, String) {
    let text = node.required("name");
    if let Some(text) = &text {
        node.set_label(format!("value \"{}\" of `{scope}`", text.value));
        declare(node, Kind::EnumValue, scope, text);
    }
    let doc = node.doc("doc");
    node.finish();
    (text.map(|text| text.value).unwrap_or_default(), doc)
}
