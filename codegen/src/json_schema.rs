//! JSON Schema 2020-12, one file per record, each complete in itself (`$defs` holds what it refers
//! to).
//!
//! Built as JSON values instead of from a template: a schema is data, and cannot be malformed this
//! way.

use crate::{
    phrases,
    target::{Error, Files},
    text,
};
use osaurus_abi_spec::model::{Field, JsonType, Record, Spec, StringEnum};
use serde_json::{Map, Value, json};

/// What every `$id` begins with: a name, not an address that could be fetched.
const ID_PREFIX: &str = "urn:osaurus-bridge:schema:";

/// One schema file per record of the spec.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let file = |record: &Record| {
        let schema = document(spec, record)?;
        Ok((format!("{}.schema.json", record.name), pretty(&schema)))
    };
    spec.records.iter().map(file).collect()
}

fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn document(spec: &Spec, record: &Record) -> Result<Value, Error> {
    let mut head = Map::new();
    let notice = phrases::notice("osaurus-bridge gen schema");
    head.insert("$comment".to_owned(), notice.into());
    let dialect = "https://json-schema.org/draft/2020-12/schema";
    head.insert("$schema".to_owned(), dialect.into());
    head.insert(
        "$id".to_owned(),
        format!("{ID_PREFIX}{}", record.name).into(),
    );
    head.insert("title".to_owned(), record.name.clone().into());
    head.extend(record_schema(record, &record.name)?);
    let defs = definitions(spec, record)?;
    if !defs.is_empty() {
        head.insert("$defs".to_owned(), Value::Object(defs));
    }
    Ok(Value::Object(head))
}

/// Schemas of everything that the record refers to, directly or not, in alphabetical order.
fn definitions(spec: &Spec, root: &Record) -> Result<Map<String, Value>, Error> {
    let mut names: Vec<&str> = Vec::new();
    reach(spec, root, &mut names);
    names.retain(|name| *name != root.name);
    names.sort_unstable();
    let mut defs = Map::new();
    for name in names {
        let schema = match (spec.record(name), spec.string_enum(name)) {
            (Some(record), _) => Value::Object(record_schema(record, &root.name)?),
            (None, Some(one)) => enum_schema(one),
            (None, None) => continue,
        };
        defs.insert(name.to_owned(), schema);
    }
    Ok(defs)
}

fn reach<'a>(spec: &'a Spec, record: &'a Record, names: &mut Vec<&'a str>) {
    let in_fields = record.fields.iter().flat_map(|field| field.ty.named());
    for name in in_fields.chain(record.variants.iter().map(String::as_str)) {
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        if let Some(next) = spec.record(name) {
            reach(spec, next, names);
        }
    }
}

fn record_schema(record: &Record, root: &str) -> Result<Map<String, Value>, Error> {
    let mut schema = Map::new();
    schema.insert("description".to_owned(), prose(&record.doc).into());
    if !record.variants.is_empty() {
        let variants: Vec<Value> = record
            .variants
            .iter()
            .map(|name| refer(name, root))
            .collect();
        schema.insert("anyOf".to_owned(), variants.into());
        return Ok(schema);
    }
    let mut properties = Map::new();
    for field in &record.fields {
        properties.insert(field.name.clone(), field_schema(record, field, root)?);
    }
    let required = record.fields.iter().filter(|field| field.required);
    let required: Vec<&str> = required.map(|field| field.name.as_str()).collect();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), required.into());
    schema.insert("additionalProperties".to_owned(), record.open.into());
    Ok(schema)
}

fn field_schema(record: &Record, field: &Field, root: &str) -> Result<Value, Error> {
    let mut schema = Map::new();
    schema.insert("description".to_owned(), field_text(field).into());
    schema.extend(nullable(type_schema(&field.ty, root), field.nullable));
    if let Some(text) = &field.default {
        schema.insert("default".to_owned(), default(record, field, text)?);
    }
    if field.deprecated.is_some() {
        schema.insert("deprecated".to_owned(), true.into());
    }
    schema.insert("x-osaurus-since".to_owned(), field.since.to_string().into());
    Ok(Value::Object(schema))
}

fn default(record: &Record, field: &Field, text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::BadDefault {
        place: format!("{}.{}", record.name, field.name),
        text: text.to_owned(),
        reason: error.to_string(),
    })
}

fn field_text(field: &Field) -> String {
    match &field.deprecated {
        Some(why) => phrases::sentences(&[&field.doc, &format!("Deprecated: {}", why.trim())]),
        None => text::sentence(&field.doc),
    }
}

/// Adds null to what a schema accepts.
fn nullable(mut schema: Map<String, Value>, nullable: bool) -> Map<String, Value> {
    if !nullable || schema.is_empty() {
        return schema;
    }
    if let Some(Value::String(name)) = schema.get("type").cloned() {
        schema.insert("type".to_owned(), json!([name, "null"]));
        return schema;
    }
    let either = json!([Value::Object(schema), {"type": "null"}]);
    Map::from_iter([("anyOf".to_owned(), either)])
}

fn type_schema(ty: &JsonType, root: &str) -> Map<String, Value> {
    let schema = match ty {
        JsonType::String => json!({"type": "string"}),
        JsonType::Integer => json!({"type": "integer"}),
        JsonType::Number => json!({"type": "number"}),
        JsonType::Boolean => json!({"type": "boolean"}),
        JsonType::Any => json!({}),
        JsonType::Enum(name) | JsonType::Record(name) => refer(name, root),
        JsonType::Array(item) => json!({"type": "array", "items": type_schema(item, root)}),
        JsonType::Map(value) => {
            json!({"type": "object", "additionalProperties": type_schema(value, root)})
        }
        JsonType::OneOf(types) => {
            let each: Vec<_> = types.iter().map(|ty| type_schema(ty, root)).collect();
            json!({"anyOf": each})
        }
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn refer(name: &str, root: &str) -> Value {
    let target = if name == root {
        "#".to_owned()
    } else {
        format!("#/$defs/{name}")
    };
    json!({"$ref": target})
}

fn enum_schema(one: &StringEnum) -> Value {
    let values: Vec<&str> = one.values.iter().map(|(value, _)| value.as_str()).collect();
    let meanings = one.values.iter();
    let meanings: Vec<String> = meanings
        .map(|(value, meaning)| format!("- `{value}`: {}", text::sentence(meaning)))
        .collect();
    let doc = format!("{}\n\n{}", text::sentence(&one.doc), meanings.join("\n"));
    json!({"description": doc, "type": "string", "enum": values})
}

fn prose(text: &str) -> String {
    text::wrap(text, usize::MAX).join("\n")
}
