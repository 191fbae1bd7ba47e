//! What the manifest says of settings. Pure.

use super::{list, text};
use crate::check::Evidence;
use serde_json::Value;

/// Keys that the host delivers on its own account.
const RESERVED: [&str; 2] = ["__osaurus_abi_probe__", "tunnel_url"];

fn fields(manifest: &Value) -> Vec<(String, &Value)> {
    let sections = list(&manifest["capabilities"]["config"]["sections"])
        .iter()
        .enumerate();
    let each = sections.flat_map(|(section, value)| {
        let fields = list(&value["fields"]).iter().enumerate();
        fields.map(move |(field, value)| {
            (
                format!("capabilities.config.sections[{section}].fields[{field}]"),
                value,
            )
        })
    });
    each.collect()
}

/// `manifest-config-keys`
pub(super) fn keys(manifest: &Value) -> Vec<Evidence> {
    let fields = fields(manifest);
    let declared: Vec<&str> = fields
        .iter()
        .filter_map(|(_, field)| text(field, "key"))
        .collect();
    let own = fields
        .iter()
        .enumerate()
        .filter_map(|(index, (path, field))| {
            let key = text(field, "key")?;
            let problem = if key.trim().is_empty() {
                "is blank"
            } else if RESERVED.contains(&key) {
                "is the host's own"
            } else if declared[..index].contains(&key) {
                "is there once more"
            } else {
                return None;
            };
            Some(format!("`{path}.key` {key:?} {problem}"))
        });
    let referred = fields.iter().flat_map(|(path, field)| {
        // What `connected_when` names may be a key that the plugin stores itself.
        let lost = templated(field)
            .into_iter()
            .filter(|key| !declared.contains(&key.as_str()));
        lost.map(move |key| format!("`{path}` refers to {key:?}, which is not declared"))
    });
    own.chain(referred).map(Evidence::new).collect()
}

/// The keys that the form speaks of without a field for them: `connected_when`, and
/// `{{config.KEY}}` in templates.
pub(in crate::check::rules) fn references(manifest: &Value) -> Vec<String> {
    let each = fields(manifest).into_iter();
    each.flat_map(|(_, field)| {
        let state = text(field, "connected_when").map(str::to_string);
        state.into_iter().chain(templated(field))
    })
    .collect()
}

/// The keys in a field's template.
fn templated(field: &Value) -> Vec<String> {
    let template = text(field, "value_template").unwrap_or_default();
    let parts = template.split("{{config.").skip(1);
    parts
        .filter_map(|part| part.split_once("}}"))
        .map(|(key, _)| key.to_string())
        .collect()
}

/// `manifest-config-defaults`
pub(super) fn defaults(manifest: &Value) -> Vec<Evidence> {
    fields(manifest)
        .into_iter()
        .filter_map(|(path, field)| Some((path, default_problem(field)?)))
        .map(|(path, problem)| Evidence::new(format!("`{path}` {problem}")))
        .collect()
}

fn default_problem(field: &Value) -> Option<String> {
    let kind = text(field, "type").unwrap_or_default();
    let options: Vec<&str> = list(&field["options"])
        .iter()
        .filter_map(|one| text(one, "value"))
        .collect();
    if ["select", "multiselect"].contains(&kind) && options.is_empty() {
        return Some(format!("is a {kind} without `options`"));
    }
    let default = field.get("default").filter(|default| !default.is_null())?;
    let is_option = |value: &Value| value.as_str().is_some_and(|text| options.contains(&text));
    let fits = match kind {
        "toggle" => default.is_boolean(),
        "number" => default.as_f64().is_some_and(|number| within(field, number)),
        "select" => is_option(default),
        "multiselect" => default
            .as_array()
            .is_some_and(|items| items.iter().all(is_option)),
        "secret" => false,
        _ => default
            .as_str()
            .is_some_and(|text| length_fits(field, text)),
    };
    (!fits).then(|| format!("is a {kind}, which the default {default} does not fit"))
}

fn within(field: &Value, number: f64) -> bool {
    let bound = |key: &str| field["validation"][key].as_f64();
    bound("min").is_none_or(|least| number >= least)
        && bound("max").is_none_or(|most| number <= most)
}

fn length_fits(field: &Value, text: &str) -> bool {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let bound = |key: &str| field["validation"][key].as_i64();
    bound("min_length").is_none_or(|least| length >= least)
        && bound("max_length").is_none_or(|most| length <= most)
}

/// `manifest-config-pattern`
pub(super) fn patterns(manifest: &Value) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for (path, field) in fields(manifest) {
        let validation = &field["validation"];
        let broken =
            text(validation, "pattern").and_then(|pattern| fancy_regex::Regex::new(pattern).err());
        evidence.extend(broken.map(|error| format!("`{path}.validation.pattern`: {error}")));
        for [low, high] in [["min", "max"], ["min_length", "max_length"]] {
            if validation[low].as_f64() > validation[high].as_f64() && validation[high].is_number()
            {
                evidence.push(format!("`{path}.validation`: `{low}` is above `{high}`"));
            }
        }
    }
    evidence.into_iter().map(Evidence::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(fields: &Value) -> Value {
        json!({"capabilities": {"config": {"sections": [{"title": "S", "fields": fields}]}}})
    }

    #[test]
    fn keys_are_declared_once_and_references_lead_somewhere() {
        let fields = json!([
            {"key": "a", "type": "text", "value_template": "{{config.a}} {{config.gone}} \
                                                            {{plugin_url}}"},
            {"key": "a", "type": "status", "connected_when": "token"},
            {"key": "tunnel_url", "type": "text"},
            {"key": " ", "type": "text"},
        ]);
        let evidence = keys(&with(&fields));
        let messages: Vec<&str> = evidence
            .iter()
            .filter_map(|evidence| evidence.what.split('`').nth(2))
            .collect();
        let expected = [
            " \"a\" is there once more",
            " \"tunnel_url\" is the host's own",
            " \" \" is blank",
            " refers to \"gone\", which is not declared",
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn defaults_fit() {
        let choice = json!([{"value": "x", "label": "X"}]);
        let good = json!([
            {"type": "toggle", "default": true}, {"type": "number", "default": 2, "validation": {"min": 2, "max": 2}},
            {"type": "select", "default": "x", "options": choice}, {"type": "multiselect", "default": [], "options": choice},
            {"type": "text", "default": "é", "validation": {"max_length": 1}}, {"type": "secret", "default": null},
        ]);
        assert_eq!(defaults(&with(&good)), []);
        let bad = json!([
            {"type": "toggle", "default": "yes"}, {"type": "number", "default": 3, "validation": {"max": 2}},
            {"type": "select", "default": "y", "options": choice}, {"type": "multiselect", "default": "x", "options": choice},
            {"type": "text", "default": 1}, {"type": "secret", "default": "s"}, {"type": "select"},
        ]);
        assert_eq!(defaults(&with(&bad)).len(), 7);
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "compiling regular expressions takes half a minute there"
    )]
    fn patterns_and_bounds_can_be_met() {
        let bad =
            json!([{"validation": {"pattern": "[a-z"}}, {"validation": {"min": 3, "max": 2}}]);
        assert_eq!(patterns(&with(&bad)).len(), 2);
        let good = json!([{"validation": {"pattern": "^(?!x)\\w+$", "min": 3}}, {}]);
        assert_eq!(patterns(&with(&good)), []);
    }
}
