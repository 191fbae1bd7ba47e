//! The checks that the settings page makes before it saves: per field in the order required,
//! shortest, longest, pattern, smallest, largest. The first that fails is the field's error.
//! Plugins' own `config_set` is never checked.

use crate::plugin::manifest::{ConfigField, FieldKind, Manifest, Validation};

/// A value that the plugin's own rules refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's key.
    pub key: String,
    /// What is wrong with its value.
    pub message: String,
}

pub(crate) fn join(errors: &[FieldError]) -> String {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    messages.join("; ")
}

/// One error at most per declared field; a field without a value counts as empty.
pub(crate) fn check(manifest: &Manifest, values: &[(String, String)]) -> Vec<FieldError> {
    let value_of = |key: &str| {
        let pair = values.iter().find(|(known, _)| known == key);
        pair.map_or("", |(_, value)| value.as_str())
    };
    let error = |field: &ConfigField| {
        let rules = field.validation.as_ref()?;
        let message = fault(field, rules, value_of(&field.key))?;
        let key = field.key.clone();
        Some(FieldError { key, message })
    };
    manifest.config_fields().filter_map(error).collect()
}

fn fault(field: &ConfigField, rules: &Validation, value: &str) -> Option<String> {
    let label = &field.label;
    if value.is_empty() {
        let required = rules.required.unwrap_or_default();
        return required.then(|| format!("{label} is required"));
    }
    length_fault(label, rules, value)
        .or_else(|| pattern_fault(label, rules, value))
        .or_else(|| range_fault(field, rules, value))
}

fn length_fault(label: &str, rules: &Validation, value: &str) -> Option<String> {
    let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
    if let Some(least) = rules.min_length.filter(|least| length < *least) {
        return Some(format!("{label} must have at least {least} characters"));
    }
    let most = rules.max_length.filter(|most| length > *most)?;
    Some(format!("{label} must have at most {most} characters"))
}

/// The pattern may match anywhere. One that is not a regular expression is ignored.
fn pattern_fault(label: &str, rules: &Validation, value: &str) -> Option<String> {
    let pattern = fancy_regex::Regex::new(rules.pattern.as_deref()?).ok()?;
    if pattern.is_match(value).unwrap_or(true) {
        return None;
    }
    let hint = rules.pattern_hint.clone();
    Some(hint.unwrap_or_else(|| format!("{label} does not have the expected form")))
}

fn range_fault(field: &ConfigField, rules: &Validation, value: &str) -> Option<String> {
    if field.kind != FieldKind::Number {
        return None;
    }
    let (label, number) = (&field.label, value.trim().parse::<f64>().ok()?);
    if let Some(least) = rules.min.filter(|least| number < *least) {
        return Some(format!("{label} must be at least {least}"));
    }
    let most = rules.max.filter(|most| number > *most)?;
    Some(format!("{label} must be at most {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn faults(kind: &str, rules: &Value, value: &str) -> String {
        let field = json!({"key": "k", "type": kind, "label": "K", "validation": rules});
        let config = json!({"sections": [{"title": "s", "fields": [field]}]});
        let manifest = json!({"plugin_id": "dev.x", "capabilities": {"config": config}});
        let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
        join(&check(&manifest, &[("k".into(), value.into())]))
    }

    #[test]
    fn the_first_rule_that_fails_is_named() {
        let rules = json!({"required": true, "min_length": 3, "max_length": 5, "pattern": "[0-9]",
            "pattern_hint": "digits, please"});
        assert_eq!(faults("text", &rules, ""), "K is required");
        assert_eq!(
            faults("text", &rules, "ab"),
            "K must have at least 3 characters"
        );
        assert_eq!(
            faults("text", &rules, "abcdef"),
            "K must have at most 5 characters"
        );
        assert_eq!(faults("text", &rules, "abcd"), "digits, please");
        assert_eq!(
            faults("text", &rules, "abc1"),
            "",
            "the pattern may match anywhere"
        );
        assert_eq!(
            faults("text", &json!({"min_length": 3}), ""),
            "",
            "empty and not required"
        );
    }

    #[test]
    fn ranges_are_for_number_fields_and_bad_patterns_are_ignored() {
        let rules = json!({"min": 1, "max": 2.5});
        assert_eq!(faults("number", &rules, "0.5"), "K must be at least 1");
        assert_eq!(faults("number", &rules, "3"), "K must be at most 2.5");
        assert_eq!(faults("text", &rules, "3"), "");
        assert_eq!(faults("text", &json!({"pattern": "("}), "x"), "");
    }
}
