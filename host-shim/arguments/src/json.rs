//! JSON with the digits of its numbers as they were written. Used where arguments are changed: by
//! `coerce`, and by `arguments` when it takes the host's extras out.
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    String(String),
    Array(Vec<Json>),
    /// In the order of the text, each name once.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads JSON whose depth the caller has bounded.
    pub(crate) fn parse(text: &str) -> serde_json::Result<Self> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let members: Members<'_> = serde_json::from_str(text)?;
                let parsed = members
                    .0
                    .into_iter()
                    .map(|(name, raw)| Ok((name, Self::parse(raw.get())?)));
                Self::Object(parsed.collect::<serde_json::Result<_>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                let parsed = items.iter().map(|raw| Self::parse(raw.get()));
                Self::Array(parsed.collect::<serde_json::Result<_>>()?)
            }
            _ => match serde_json::from_str::<Value>(text)? {
                Value::Null => Self::Null,
                Value::Bool(flag) => Self::Bool(flag),
                Value::String(string) => Self::String(string),
                _ => Self::Number(text.to_owned()),
            },
        })
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(digits) => serde_json::from_str(digits).unwrap_or_default(),
            Self::String(string) => Value::String(string.clone()),
            Self::Array(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), member.to_value()))
                .collect(),
        }
    }

    /// How many values it holds.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Self::Object(members) => 1 + members.iter().map(|(_, m)| m.size()).sum::<usize>(),
            _ => 1,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(digits) => f.write_str(digits),
            Self::String(string) => quoted(f, string),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    quoted(f, name)?;
                    write!(f, ":{member}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

/// The members of an object in their order; of two with one name the last counts, as in every
/// parser after this one.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(String, &'de RawValue)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        while let Some((name, raw)) = access.next_entry::<String, &'de RawValue>()? {
            match places.get(&name) {
                Some(place) => members[*place] = (name, raw),
                None => {
                    places.insert(name.clone(), members.len());
                    members.push((name, raw));
                }
            }
        }
        Ok(Members(members))
    }
}
