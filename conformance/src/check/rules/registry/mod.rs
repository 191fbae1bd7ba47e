//! Rules of the registry's build for the manifest, stricter than any host's. Pure.

mod schemas;

use super::Group;
use super::manifest::{list, pure, text};
use crate::check::evidence::Evidence;
use serde_json::Value;
use std::collections::HashSet;

/// The group's rules.
pub(super) const RULES: Group = &[
    ("registry-capabilities", |case| pure(case, capabilities)),
    ("registry-tool-fields", |case| pure(case, tool_fields)),
    ("registry-tool-ids", |case| {
        pure(case, |manifest| ids(manifest, "tools"))
    }),
    ("registry-tool-requirements", |case| {
        pure(case, requirements)
    }),
    ("registry-permission-policy", |case| pure(case, policies)),
    ("registry-parameters", |case| pure(case, parameters)),
    ("registry-nested-schemas", |case| pure(case, nested)),
    ("registry-route-fields", |case| pure(case, route_fields)),
    ("registry-route-ids", |case| {
        pure(case, |manifest| ids(manifest, "routes"))
    }),
    ("registry-route-methods", |case| pure(case, methods)),
    ("registry-route-tunnel", |case| pure(case, tunnel)),
];

const CAPABILITIES: [&str; 5] = ["tools", "routes", "config", "web", "artifact_handler"];
const TOOL: [&str; 5] = [
    "id",
    "description",
    "parameters",
    "requirements",
    "permission_policy",
];
/// The last one is refused too, by a rule of its own, because hosts need it.
const ROUTE: [&str; 6] = [
    "id",
    "path",
    "methods",
    "description",
    "auth",
    "tunnel_exposed",
];

/// What the registry's build refuses in a manifest, each in a sentence. A route for the tunnel is
/// not among it.
pub fn problems(manifest: &Value) -> Vec<String> {
    let rules = [
        capabilities,
        tool_fields,
        |manifest: &Value| ids(manifest, "tools"),
        requirements,
        policies,
        parameters,
        nested,
        route_fields,
        |manifest: &Value| ids(manifest, "routes"),
        methods,
    ];
    let violations = rules.iter().flat_map(|rule| rule(manifest));
    violations.map(|evidence| evidence.what).collect()
}

/// The items of a capability, with their places.
fn items<'a>(manifest: &'a Value, kind: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
    let items = list(&manifest["capabilities"][kind]).iter().enumerate();
    items.map(move |(index, item)| (format!("capabilities.{kind}[{index}]"), item))
}

fn unknown(path: &str, value: &Value, known: &[&str]) -> Vec<Evidence> {
    let keys = value.as_object().into_iter().flatten();
    keys.filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, _)| Evidence::new(format!("`{path}` has the key {key:?}")))
        .collect()
}

fn capabilities(manifest: &Value) -> Vec<Evidence> {
    unknown("capabilities", &manifest["capabilities"], &CAPABILITIES)
}

fn tool_fields(manifest: &Value) -> Vec<Evidence> {
    let judge = |(path, tool): (String, &Value)| {
        let mut evidence = unknown(&path, tool, &TOOL);
        let missing = TOOL
            .iter()
            .filter(|key| tool.get(**key).is_none_or(Value::is_null));
        evidence.extend(missing.map(|key| Evidence::new(format!("`{path}` has no `{key}`"))));
        evidence
    };
    items(manifest, "tools").flat_map(judge).collect()
}

fn route_fields(manifest: &Value) -> Vec<Evidence> {
    let judge = |(path, route): (String, &Value)| unknown(&path, route, &ROUTE);
    items(manifest, "routes").flat_map(judge).collect()
}

fn ids(manifest: &Value, kind: &str) -> Vec<Evidence> {
    items(manifest, kind)
        .filter_map(|(path, item)| Some((path, text(item, "id")?)))
        .filter(|(_, id)| !is_snake_case(id))
        .map(|(path, id)| {
            Evidence::new(format!(
                "`{path}.id` is {id:?}; expected snake case, such as add_note"
            ))
        })
        .collect()
}

/// `[a-z][a-z0-9]*(_[a-z0-9]+)*`
fn is_snake_case(id: &str) -> bool {
    let plain = |part: &str| {
        let letters = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
        !part.is_empty() && part.chars().all(letters)
    };
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.split('_').all(plain)
}

fn requirements(manifest: &Value) -> Vec<Evidence> {
    items(manifest, "tools")
        .filter_map(|(path, tool)| Some((path, twice_or_blank(list(&tool["requirements"]))?)))
        .map(|(path, what)| Evidence::new(format!("`{path}.requirements` has {what}")))
        .collect()
}

fn twice_or_blank(names: &[Value]) -> Option<String> {
    let mut unique = HashSet::new();
    names
        .iter()
        .find_map(|name| match name.as_str().map(str::trim) {
            None => Some(format!("{name}, which is not a string")),
            Some("") => Some("a blank name".into()),
            Some(name) => (!unique.insert(name)).then(|| format!("{name:?} twice")),
        })
}

fn policies(manifest: &Value) -> Vec<Evidence> {
    items(manifest, "tools")
        .filter_map(|(path, tool)| Some((path, text(tool, "permission_policy")?)))
        .filter(|(_, policy)| !["ask", "auto", "deny"].contains(policy))
        .map(|(path, policy)| Evidence::new(format!("`{path}.permission_policy` is {policy:?}")))
        .collect()
}

fn parameters(manifest: &Value) -> Vec<Evidence> {
    of_schemas(manifest, schemas::outer)
}

fn nested(manifest: &Value) -> Vec<Evidence> {
    of_schemas(manifest, schemas::inner)
}

fn of_schemas(manifest: &Value, judge: fn(&str, &Value) -> Vec<String>) -> Vec<Evidence> {
    items(manifest, "tools")
        .filter_map(|(path, tool)| Some((format!("{path}.parameters"), tool.get("parameters")?)))
        .filter(|(_, schema)| schema.is_object())
        .flat_map(|(path, schema)| judge(&path, schema))
        .map(Evidence::new)
        .collect()
}

fn methods(manifest: &Value) -> Vec<Evidence> {
    let is_capital = |method: &str| method.chars().all(|one| one.is_ascii_uppercase());
    items(manifest, "routes")
        .flat_map(|(path, route)| {
            let methods = list(&route["methods"]).iter().filter_map(Value::as_str);
            let small = methods.filter(|method| !is_capital(method));
            small
                .map(|method| Evidence::new(format!("`{path}.methods` has {method:?}")))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn tunnel(manifest: &Value) -> Vec<Evidence> {
    items(manifest, "routes")
        .filter(|(_, route)| {
            route
                .get("tunnel_exposed")
                .is_some_and(|value| !value.is_null())
        })
        .map(|(path, _)| Evidence::new(format!("`{path}` has `tunnel_exposed`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tool_has_its_five_fields_and_no_other() {
        let whole = json!({"id": "a", "description": "A", "parameters": {}, "requirements": [], "permission_policy": "ask"});
        let with = |tool: &Value| json!({"capabilities": {"tools": [tool]}});
        assert!(tool_fields(&with(&whole)).is_empty());
        let mut other = whole.clone();
        other["title"] = "A".into();
        other["requirements"] = Value::Null;
        let evidence: Vec<String> = tool_fields(&with(&other))
            .into_iter()
            .map(|one| one.what)
            .collect();
        assert_eq!(
            evidence,
            [
                "`capabilities.tools[0]` has the key \"title\"",
                "`capabilities.tools[0]` has no `requirements`"
            ]
        );
    }

    #[test]
    fn snake_case_is_one_form_alone() {
        for good in ["a", "add_note", "a1_2"] {
            assert!(is_snake_case(good), "{good}");
        }
        for bad in ["", "A", "1a", "_a", "a_", "a__b", "a-b", "aB", "é"] {
            assert!(!is_snake_case(bad), "{bad}");
        }
    }

    #[test]
    fn requirements_are_compared_without_blanks_around() {
        let violation = |names: Value| twice_or_blank(list(&names));
        assert_eq!(violation(json!(["calendar", "notes"])), None);
        assert_eq!(
            violation(json!(["calendar", " calendar "])).as_deref(),
            Some("\"calendar\" twice")
        );
        assert_eq!(violation(json!([" "])).as_deref(), Some("a blank name"));
    }
}
