//! Arguments that break what a tool's schema asks by keywords that the host does not check. Pure:
//! the rule `manifest-schema-keywords` calls the tools with them.

use serde_json::{Map, Value, json};

/// Arguments that break one keyword, and which.
#[derive(Debug, PartialEq)]
pub(super) struct Violation {
    /// `properties.name.maxLength`
    pub(super) keyword: String,
    pub(super) arguments: Value,
}

/// One violation per keyword of the schema's own properties that can be broken alone. `good` are
/// arguments that fit.
pub(super) fn violations(schema: &Value, good: &Value) -> Vec<Violation> {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let each = properties.iter().flat_map(|(name, property)| {
        let keywords = property.as_object().into_iter().flatten();
        keywords.filter_map(move |(keyword, limit)| {
            let mut arguments = good.clone();
            arguments[name] = breaking(property, keyword, limit, &good[name])?;
            let keyword = format!("properties.{name}.{keyword}");
            Some(Violation { keyword, arguments })
        })
    });
    each.filter(|violation| violation.arguments.is_object())
        .collect()
}

/// A value of the right type that breaks one keyword and no other that is likely there.
fn breaking(property: &Value, keyword: &str, limit: &Value, good: &Value) -> Option<Value> {
    let size = limit.as_u64().and_then(|size| usize::try_from(size).ok());
    let item = || good.get(0).cloned().unwrap_or_else(|| json!("sample"));
    match keyword {
        "minLength" if property.get("pattern").is_none() => {
            Some(json!("x".repeat(size?.checked_sub(1)?)))
        }
        "maxLength" if property.get("pattern").is_none() && size? < 100_000 => {
            Some(json!("x".repeat(size? + 1)))
        }
        "exclusiveMinimum" => Some(limit.clone()).filter(Value::is_number),
        "exclusiveMaximum" => Some(limit.clone()).filter(Value::is_number),
        "multipleOf" => limit.as_f64().filter(|step| *step >= 2.0).map(|_| json!(1)),
        "const" => limit.is_string().then(|| json!("not that")),
        "minItems" => Some(json!(vec![item(); size?.checked_sub(1)?])),
        "maxItems" if size? < 1_000 => Some(json!(vec![item(); size? + 1])),
        "uniqueItems" if limit == &json!(true) => Some(json!([item(), item()])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keyword_that_hosts_do_not_check_is_broken_alone() {
        let schema = json!({"properties": {
            "name": {"type": "string", "minLength": 2, "maxLength": 3, "pattern": null},
            "plain": {"type": "string", "minLength": 1, "maxLength": 3},
            "age": {"type": "integer", "exclusiveMinimum": 0, "multipleOf": 5, "minimum": 1},
            "tags": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true},
        }});
        let good = json!({"name": "ab", "plain": "a", "age": 5, "tags": ["t"]});
        let keywords = violations(&schema, &good);
        let pairs: Vec<(&str, &Value)> = keywords
            .iter()
            .map(|one| {
                (
                    one.keyword.as_str(),
                    &one.arguments[one.keyword.split('.').nth(1).unwrap_or_default()],
                )
            })
            .collect();
        let expected = [
            ("properties.plain.minLength", &json!("")),
            ("properties.plain.maxLength", &json!("xxxx")),
            ("properties.age.exclusiveMinimum", &json!(0)),
            ("properties.age.multipleOf", &json!(1)),
            ("properties.tags.minItems", &json!([])),
            ("properties.tags.maxItems", &json!(["t", "t", "t"])),
            ("properties.tags.uniqueItems", &json!(["t", "t"])),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_schema_that_promises_nothing_more_is_left_alone() {
        let schema = json!({"properties": {"a": {"type": "string", "description": "d", "enum": ["x"]}, "b": true}});
        assert_eq!(violations(&schema, &json!({"a": "x"})), []);
        assert_eq!(violations(&json!({}), &json!({})), []);
    }
}
