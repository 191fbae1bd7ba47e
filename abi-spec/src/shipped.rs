//! The tables that shipped, compared with a specification: what drifted, in words. The dumps are
//! part of this crate.

use crate::frozen;
use crate::model::Spec;
use serde_json::Value;

macro_rules! dumps {
    ($($version:literal),*) => {
        &[$(($version, include_str!(concat!("../frozen/v", $version, ".json")))),*]
    };
}

/// The frozen files, by version.
static DUMPS: &[(u32, &str)] = dumps![1, 2, 3, 4, 5, 6];

/// A place where a specification is no longer what shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The version that shipped otherwise.
    pub version: u32,
    /// The place in its frozen file, such as `host.members.free_string.offset`.
    pub place: String,
    /// What shipped; None when the place was not there.
    pub shipped: Option<String>,
    /// What the specification has; None when it is not there any more.
    pub now: Option<String>,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (version, place) = (self.version, &self.place);
        match (&self.shipped, &self.now) {
            (Some(shipped), Some(now)) => {
                write!(
                    f,
                    "version {version}: {place} shipped as {shipped} and is {now}"
                )
            }
            (Some(shipped), None) => {
                write!(
                    f,
                    "version {version}: {place} shipped as {shipped} and is gone"
                )
            }
            (None, now) => {
                let now = now.as_deref().unwrap_or("nothing");
                write!(f, "version {version}: {place} did not ship and is {now}")
            }
        }
    }
}

/// Every place where a specification differs from what shipped.
pub fn drift(spec: &Spec) -> Vec<Drift> {
    let mut versions = Vec::new();
    for (version, dump) in DUMPS {
        let shipped: Value = serde_json::from_str(dump).unwrap_or_default();
        let snapshot = frozen::snapshot(spec, *version);
        let now = snapshot.and_then(|snapshot| serde_json::to_value(snapshot).ok());
        compare(*version, "", Some(&shipped), now.as_ref(), &mut versions);
    }
    versions
}

/// The versions of a specification that are not frozen.
pub fn unfrozen(spec: &Spec) -> Vec<u32> {
    let frozen = |number: &u32| DUMPS.iter().any(|(version, _)| version == number);
    let numbers = spec.versions.iter().map(|version| version.number);
    numbers.filter(|number| !frozen(number)).collect()
}

fn compare(
    version: u32,
    place: &str,
    shipped: Option<&Value>,
    now: Option<&Value>,
    found: &mut Vec<Drift>,
) {
    if shipped == now {
        return;
    }
    if let (Some(old), Some(new)) = (shipped.and_then(children), now.and_then(children)) {
        for (key, value) in &old {
            let other = new
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| *value);
            compare(version, &below(place, key), Some(*value), other, found);
        }
        for (key, value) in new
            .iter()
            .filter(|(key, _)| old.iter().all(|(name, _)| name != key))
        {
            compare(version, &below(place, key), None, Some(*value), found);
        }
        return;
    }
    found.push(Drift {
        version,
        place: place.to_owned(),
        shipped: shipped.map(shown),
        now: now.map(shown),
    });
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}.{key}")
    }
}

/// What is inside of an object, or of a list of things with names.
fn children(value: &Value) -> Option<Vec<(String, &Value)>> {
    match value {
        Value::Object(map) => Some(
            map.iter()
                .map(|(key, value)| (key.clone(), value))
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .map(|item| Some((item["name"].as_str()?.to_owned(), item)))
            .collect(),
        _ => None,
    }
}

/// A member by its place, anything else as it is.
fn shown(value: &Value) -> String {
    match (&value["c_type"], &value["offset"]) {
        (Value::String(c_type), Value::Number(offset)) => format!("`{c_type}` at {offset}"),
        _ => value.to_string(),
    }
}
