//! Schemas as the registry wants them: closed, with every list written. Pure; says what is missing
//! where.

use super::list;
use serde_json::Value;
use std::collections::HashSet;

/// Deeper schemas than any tool has are not followed.
const DEPTH: usize = 64;

/// Keywords whose value is a list of schemas.
const COMBINATORS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// What the schema of all arguments lacks.
pub(super) fn outer(path: &str, schema: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    if schema["type"] != "object" {
        violations.push(format!("`{path}.type` is not \"object\""));
    }
    closed(path, schema, &mut violations);
    violations
}

/// What the schemas inside it lack.
pub(super) fn inner(path: &str, schema: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    children(path, schema, DEPTH, &mut violations);
    violations
}

fn judge(path: &str, schema: &Value, depth: usize, found: &mut Vec<String>) {
    if !schema.is_object() {
        found.push(format!(
            "`{path}` is {schema}; expected a schema that is an object"
        ));
        return;
    }
    if schema["type"] == "object" {
        closed(path, schema, found);
    }
    if schema["type"] == "array" && !schema["items"].is_object() {
        found.push(format!(
            "`{path}` is an array without `items` that is one schema"
        ));
    }
    children(path, schema, depth, found);
}

fn children(path: &str, schema: &Value, depth: usize, found: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        judge(&format!("{path}.properties.{name}"), property, depth, found);
    }
    if schema["items"].is_object() {
        judge(&format!("{path}.items"), &schema["items"], depth, found);
    }
    for keyword in COMBINATORS {
        let Some(branches) = schema.get(keyword) else {
            continue;
        };
        if list(branches).is_empty() {
            found.push(format!("`{path}.{keyword}` is not a list of schemas"));
        }
        for (index, branch) in list(branches).iter().enumerate() {
            judge(&format!("{path}.{keyword}[{index}]"), branch, depth, found);
        }
    }
}

/// What keeps an object schema from being closed.
fn closed(path: &str, schema: &Value, found: &mut Vec<String>) {
    let properties = schema["properties"].as_object();
    if properties.is_none() {
        found.push(format!("`{path}` has no object `properties`"));
    }
    if schema["additionalProperties"] != Value::Bool(false) {
        found.push(format!("`{path}` has no `\"additionalProperties\": false`"));
    }
    if !schema["required"].is_array() {
        found.push(format!("`{path}` has no list `required`"));
    }
    let mut names = HashSet::new();
    for name in list(&schema["required"]) {
        let declared = name
            .as_str()
            .filter(|name| properties.is_some_and(|all| all.contains_key(*name)));
        match declared {
            None => found.push(format!(
                "`{path}.required` has {name}, which is not declared"
            )),
            Some(name) if !names.insert(name) => {
                found.push(format!("`{path}.required` has {name:?} twice"))
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_outer_schema_is_closed_and_lists_what_is_required() {
        let good = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false, "required": ["a"]});
        assert_eq!(outer("p", &good), [""; 0]);
        let open = outer("p", &json!({"type": "object"}));
        assert_eq!(
            open,
            [
                "`p` has no object `properties`",
                "`p` has no `\"additionalProperties\": false`",
                "`p` has no list `required`"
            ]
        );
        let names = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false, "required": ["a", "a", "b"]});
        assert_eq!(
            outer("p", &names),
            [
                "`p.required` has \"a\" twice",
                "`p.required` has \"b\", which is not declared"
            ]
        );
    }

    #[test]
    fn schemas_inside_are_judged_wherever_they_are() {
        let of = |schema: Value| inner("p", &json!({"properties": {"x": schema}}));
        let open = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(of(open.clone()).len(), 3);
        assert_eq!(of(json!({"type": "array", "items": open.clone()})).len(), 3);
        assert_eq!(of(json!({"anyOf": [{"type": "null"}, open]})).len(), 3);
        assert_eq!(
            of(json!({"type": "array"})),
            ["`p.properties.x` is an array without `items` that is one schema"]
        );
        assert_eq!(of(json!({"type": "array", "items": [{}]})).len(), 1);
        assert_eq!(
            of(json!({"oneOf": []})),
            ["`p.properties.x.oneOf` is not a list of schemas"]
        );
        assert_eq!(of(json!(true)).len(), 1);
        assert_eq!(of(json!({"type": ["object", "null"]})), [""; 0]);
    }
}
