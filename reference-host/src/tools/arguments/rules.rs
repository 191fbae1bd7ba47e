//! Which repairs and checks a host knows: today's, or those of June 2026. `prepare` and `opened`
//! are told.

use serde_json::{Map, Value};
use std::borrow::Cow;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Today,
    /// Keys keep their spelling, only the wrapper `properties` is known, and lengths of strings are
    /// not checked.
    June2026,
}

impl Rules {
    pub(super) fn repair_keys(self) -> bool {
        self == Rules::Today
    }

    /// The schema as these rules read it.
    pub(super) fn schema(self, schema: &Value) -> Cow<'_, Value> {
        match self {
            Rules::Today => Cow::Borrowed(schema),
            Rules::June2026 => Cow::Owned(without_lengths(schema)),
        }
    }
}

fn without_lengths(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else {
        return schema.clone();
    };
    let others = keywords
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "minLength" | "maxLength"));
    let converted = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(named)) => {
                let inner = named
                    .iter()
                    .map(|(name, of)| (name.clone(), without_lengths(of)));
                Value::Object(inner.collect::<Map<_, _>>())
            }
            ("items", of) => without_lengths(of),
            ("anyOf" | "oneOf", Value::Array(list)) => list.iter().map(without_lengths).collect(),
            (_, other) => other.clone(),
        };
        (key.clone(), value)
    };
    Value::Object(others.map(converted).collect())
}
