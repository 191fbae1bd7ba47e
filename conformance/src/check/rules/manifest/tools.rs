//! What the manifest says of tools. Pure.

use super::{duplicates, list, text};
use crate::check::Evidence;
use osaurus_reference_host::SYSTEM_PERMISSIONS;
use serde_json::Value;

/// Requirements that hosts only note; they know the system's permissions besides.
const NOTED: [&str; 2] = ["network", "filesystem"];

fn tools(manifest: &Value) -> impl Iterator<Item = (String, &Value)> {
    let tools = list(&manifest["capabilities"]["tools"]).iter().enumerate();
    tools.map(|(index, tool)| (format!("capabilities.tools[{index}]"), tool))
}

/// `manifest-tool-ids`
pub(super) fn ids(manifest: &Value) -> Vec<Evidence> {
    duplicates("tools", list(&manifest["capabilities"]["tools"]))
}

/// `manifest-tool-descriptions`
pub(super) fn descriptions(manifest: &Value) -> Vec<Evidence> {
    tools(manifest)
        .filter(|(_, tool)| {
            text(tool, "description")
                .unwrap_or_default()
                .trim()
                .is_empty()
        })
        .map(|(path, _)| Evidence::new(format!("`{path}.description` is blank")))
        .collect()
}

/// `manifest-tool-name-callable`
pub(super) fn names(manifest: &Value) -> Vec<Evidence> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let callable = |id: &str| (1..=64).contains(&id.len()) && id.chars().all(plain);
    tools(manifest)
        .filter_map(|(path, tool)| Some((path, text(tool, "id")?)))
        .filter(|(_, id)| !callable(id))
        .map(|(path, id)| {
            Evidence::new(format!(
                "`{path}.id` is {id:?}; expected 1 to 64 letters, digits, `_` and `-`"
            ))
        })
        .collect()
}

/// `manifest-tool-schema`
pub(super) fn schemas(manifest: &Value) -> Vec<Evidence> {
    tools(manifest)
        .filter_map(|(path, tool)| Some((format!("{path}.parameters"), tool.get("parameters")?)))
        .filter(|(_, schema)| !schema.is_null())
        .filter_map(|(path, schema)| Some(Evidence::new(problem(&path, schema)?)))
        .collect()
}

fn problem(path: &str, schema: &Value) -> Option<String> {
    let root = schema.get("type").and_then(Value::as_str);
    if !schema.is_object() || root != Some("object") {
        return Some(format!("`{path}` has no `\"type\": \"object\"`"));
    }
    if let Err(error) = jsonschema::meta::validate(schema) {
        return Some(format!("`{path}{}`: {error}", error.instance_path()));
    }
    let error = jsonschema::validator_for(schema).err()?;
    Some(format!("`{path}` cannot be used: {error}"))
}

/// `manifest-permission-policy`
pub(super) fn policies(manifest: &Value) -> Vec<Evidence> {
    let is_policy = |policy: &str| {
        ["ask", "auto", "deny"]
            .iter()
            .any(|one| policy.eq_ignore_ascii_case(one))
    };
    tools(manifest)
        .filter_map(|(path, tool)| Some((path, text(tool, "permission_policy")?)))
        .filter(|(_, policy)| !is_policy(policy))
        .map(|(path, policy)| {
            Evidence::new(format!(
                "`{path}.permission_policy` is {policy:?}, which counts as \"ask\""
            ))
        })
        .collect()
}

/// `manifest-requirements`
pub(super) fn requirements(manifest: &Value) -> Vec<Evidence> {
    let is_permission = |name: &str| {
        let mut all = SYSTEM_PERMISSIONS.iter().chain(&NOTED);
        all.any(|one| name.eq_ignore_ascii_case(one))
    };
    tools(manifest)
        .flat_map(|(path, tool)| {
            let names = list(&tool["requirements"]).iter().filter_map(Value::as_str);
            names
                .map(move |name| (path.clone(), name))
                .collect::<Vec<_>>()
        })
        .filter(|(_, name)| !is_permission(name))
        .map(|(path, name)| {
            Evidence::new(format!(
                "`{path}.requirements` has {name:?}, which no host knows"
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(tool: &Value) -> Value {
        json!({"capabilities": {"tools": [tool]}})
    }

    #[test]
    fn ids_and_names_and_descriptions() {
        let two = json!({"capabilities": {"tools": [{"id": "a", "description": "A"}, {"id": " a ", "description": " "}]}});
        assert_eq!(
            ids(&two)[0].what,
            "`capabilities.tools[1].id` is \"a\" once more"
        );
        assert_eq!(names(&two)[0].what.matches("expected 1 to 64").count(), 1);
        assert_eq!(
            descriptions(&two)[0].what,
            "`capabilities.tools[1].description` is blank"
        );
        assert!(names(&with(&json!({"id": "x".repeat(64)}))).is_empty());
        assert!(!names(&with(&json!({"id": "x".repeat(65)}))).is_empty());
    }

    #[test]
    #[cfg_attr(miri, ignore = "the validator's tables take minutes there")]
    fn schemas_are_of_objects_and_valid() {
        let of = |schema: Value| schemas(&with(&json!({"id": "t", "parameters": schema})));
        assert!(of(json!({"type": "object", "properties": {"a": {"type": "string"}}})).is_empty());
        assert!(of(Value::Null).is_empty());
        assert!(
            of(json!({"type": "string"}))[0]
                .what
                .contains("\"type\": \"object\"")
        );
        let wrong = of(json!({"type": "object", "properties": {"a": {"type": "strnig"}}}));
        assert!(
            wrong[0].what.contains("parameters/properties/a/type"),
            "{wrong:?}"
        );
        let lost = of(json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}));
        assert!(lost[0].what.contains("cannot be used"), "{lost:?}");
    }

    #[test]
    fn policies_and_requirements_are_known_words() {
        let tool = with(
            &json!({"id": "t", "permission_policy": "prompt", "requirements": ["Calendar", "calender"]}),
        );
        assert!(policies(&tool)[0].what.ends_with("counts as \"ask\""));
        let evidence = requirements(&tool);
        assert!(
            evidence.len() == 1 && evidence[0].what.contains("\"calender\""),
            "{evidence:?}"
        );
    }
}
