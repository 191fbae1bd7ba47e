//! Compares JSON with a record of the ABI spec: what is missing, of a wrong type, unknown, or
//! without effect. Pure; rules about manifests, requests and results ask here.

use osaurus_abi_spec::Spec;
use osaurus_abi_spec::model::{Field, JsonType, Record};
use serde_json::Value;

/// One difference between a value and its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where, as `messages[0].role`; empty for the whole.
    pub(crate) path: String,
    /// What.
    pub(crate) kind: Kind,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A required key is not there.
    Missing,
    /// The value is of another type.
    WrongType {
        /// The record's type.
        expected: String,
    },
    /// The record has no such key.
    Unknown,
    /// The key has no effect any more; why.
    Deprecated(String),
}

impl Difference {
    /// Whether the host refuses or misreads the value because of it.
    pub(crate) fn is_error(&self) -> bool {
        matches!(self.kind, Kind::Missing | Kind::WrongType { .. })
    }

    /// A sentence about it.
    pub(crate) fn sentence(&self) -> String {
        let path = match self.path.as_str() {
            "" => "the whole",
            path => path,
        };
        match &self.kind {
            Kind::Missing => format!("`{path}` is missing"),
            Kind::WrongType { expected } => format!("`{path}` must be {expected}"),
            Kind::Unknown => format!("`{path}` is a key that hosts do not know"),
            Kind::Deprecated(why) => format!("`{path}` has no effect: {why}"),
        }
    }
}

/// The differences between a value and the record of that name, in the value's order.
pub(crate) fn differences(spec: &Spec, record: &str, value: &Value) -> Vec<Difference> {
    let mut walk = Walk {
        spec,
        found: Vec::new(),
    };
    walk.named(record, value, "");
    walk.found
}

struct Walk<'a> {
    spec: &'a Spec,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn note(&mut self, path: &str, kind: Kind) {
        let path = path.to_string();
        self.found.push(Difference { path, kind });
    }

    fn wrong(&mut self, path: &str, expected: &str) {
        let expected = expected.to_string();
        self.note(path, Kind::WrongType { expected });
    }

    fn named(&mut self, name: &str, value: &Value, path: &str) {
        let spec = self.spec;
        if let Some(one) = spec.string_enum(name) {
            let is_value = |text: &str| one.values.iter().any(|(value, _)| value == text);
            if !value.as_str().is_some_and(is_value) {
                let names: Vec<&str> = one.values.iter().map(|(value, _)| value.as_str()).collect();
                self.wrong(path, &format!("one of {}", names.join(", ")));
            }
        } else if let Some(record) = spec.record(name) {
            self.record(record, value, path);
        }
    }

    fn record(&mut self, record: &Record, value: &Value, path: &str) {
        if !record.variants.is_empty() {
            return self.best_of(record.variants.iter(), |walk, variant| {
                walk.named(variant, value, path);
            });
        }
        let Some(object) = value.as_object() else {
            return self.wrong(path, "an object");
        };
        for field in record.fields.iter().filter(|field| field.required) {
            if !object.contains_key(&field.name) {
                self.note(&below(path, &field.name), Kind::Missing);
            }
        }
        for (key, value) in object {
            let path = below(path, key);
            match record.fields.iter().find(|field| field.name == *key) {
                None => self.note(&path, Kind::Unknown),
                Some(field) => self.field(field, value, &path),
            }
        }
    }

    fn field(&mut self, field: &Field, value: &Value, path: &str) {
        if value.is_null() && field.nullable {
            return;
        }
        if let Some(why) = &field.deprecated {
            self.note(path, Kind::Deprecated(why.clone()));
        }
        self.value(&field.ty, value, path);
    }

    fn value(&mut self, ty: &JsonType, value: &Value, path: &str) {
        let fits = match ty {
            JsonType::Any => true,
            JsonType::String => value.is_string(),
            JsonType::Integer => value.is_i64() || value.is_u64(),
            JsonType::Number => value.is_number(),
            JsonType::Boolean => value.is_boolean(),
            JsonType::Enum(name) | JsonType::Record(name) => return self.named(name, value, path),
            JsonType::Array(item) => return self.array(item, value, path),
            JsonType::Map(item) => return self.map(item, value, path),
            JsonType::OneOf(types) => {
                return self.best_of(types.iter(), |walk, ty| walk.value(ty, value, path));
            }
        };
        if !fits {
            self.wrong(path, &format!("of type {ty}"));
        }
    }

    fn array(&mut self, item: &JsonType, value: &Value, path: &str) {
        let Some(items) = value.as_array() else {
            return self.wrong(path, "a list");
        };
        for (index, value) in items.iter().enumerate() {
            self.value(item, value, &format!("{path}[{index}]"));
        }
    }

    fn map(&mut self, item: &JsonType, value: &Value, path: &str) {
        let Some(object) = value.as_object() else {
            return self.wrong(path, "an object");
        };
        for (key, value) in object {
            self.value(item, value, &below(path, key));
        }
    }

    /// Walks each alternative and keeps what the best one found: the one whose errors lie deepest,
    /// so that a list is compared with a list, and of those the one with the fewest differences.
    fn best_of<T>(&mut self, each: impl Iterator<Item = T>, walk: impl Fn(&mut Walk<'_>, T)) {
        let spec = self.spec;
        let results = each.map(|one| {
            let mut alternative = Walk {
                spec,
                found: Vec::new(),
            };
            walk(&mut alternative, one);
            alternative.found
        });
        self.found.extend(
            results
                .min_by_key(|results| rank(results))
                .unwrap_or_default(),
        );
    }
}

/// How badly a value fits an alternative: smaller is better.
fn rank(found: &[Difference]) -> (usize, usize) {
    let depth = |one: &Difference| one.path.matches(['.', '[']).count();
    let errors = found.iter().filter(|one| one.is_error());
    let shallowest = errors.map(depth).min().unwrap_or(usize::MAX);
    (usize::MAX - shallowest, found.len())
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_string()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sentences(record: &str, value: &Value) -> Vec<String> {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let differences_found = differences(&spec, record, value);
        differences_found.iter().map(Difference::sentence).collect()
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn a_request_is_compared_in_depth() {
        let messages = json!([{"role": "user", "content": [{"type": "text", "text": 1}]}, "hello"]);
        let request = json!({"messages": messages, "seed": 7, "modle": "x", "tools": true});
        let lines = sentences("CompletionRequest", &request);
        let expected = [
            "`model` is missing",
            "`messages[0].content[0].text` must be of type string",
            "`messages[1]` must be an object",
            "`seed` has no effect: Read but not passed to the model.",
            "`modle` is a key that hosts do not know",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn of_several_records_the_nearest_counts() {
        let failure = json!({"ok": false, "kind": "oops", "message": "m", "retryable": true});
        let lines = sentences("ToolEnvelope", &failure);
        assert!(
            lines.len() == 1 && lines[0].starts_with("`kind` must be one of invalid_args"),
            "{lines:?}"
        );
        assert_eq!(
            sentences("ToolEnvelope", &json!({"ok": true, "result": null})),
            [""; 0]
        );
        assert_eq!(
            sentences("ToolEnvelope", &json!("prose")),
            ["`the whole` must be an object"]
        );
    }
}
