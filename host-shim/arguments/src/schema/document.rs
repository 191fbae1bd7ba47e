//! Where everything in a document is: resources by `$id`, anchors, the base of each schema; and
//! what a `$ref` means. Used by `compile`. Reads positions of schemas only: an `$id` inside `const`
//! or `enum` is data.
use super::{SchemaFault, uri};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Keywords whose value is a schema.
const ONE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas (`items` only in older dialects).
const LIST: &[&str] = &["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas (`dependencies` also of lists).
const MAP: &[&str] = &[
    "$defs",
    "definitions",
    "dependencies",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

/// The dialects that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// 2020-12.
    Current,
    /// 2019-09: tuples are written with `items`.
    Draft2019,
    /// Draft 6 and 7: beside a `$ref` nothing counts.
    Draft7,
}

impl Dialect {
    pub(super) fn of(document: &Value) -> Result<Self, SchemaFault> {
        let fault = |reason: String| SchemaFault {
            place: "/$schema".into(),
            reason,
        };
        let Some(named) = document.get("$schema") else {
            return Ok(Self::Current);
        };
        let named = named
            .as_str()
            .ok_or_else(|| fault("must be a string".into()))?;
        let name = named.trim_end_matches('#');
        match name.split_once("://").map_or(name, |(_, rest)| rest) {
            "json-schema.org/draft/2020-12/schema" => Ok(Self::Current),
            "json-schema.org/draft/2019-09/schema" => Ok(Self::Draft2019),
            "json-schema.org/draft-07/schema" | "json-schema.org/draft-06/schema" => {
                Ok(Self::Draft7)
            }
            _ => Err(fault(format!(
                "`{named}` is not read here: write JSON Schema 2020-12, 2019-09, draft-07 or \
                 draft-06"
            ))),
        }
    }
}

/// Identity of a part of the document.
pub(super) type Address = *const Value;

#[derive(Clone)]
pub(super) struct Home {
    /// URI of the resource that the schema is in.
    pub(super) base: String,
    /// JSON pointer from the document's root.
    pub(super) place: String,
}

pub(super) struct Document<'d> {
    dialect: Dialect,
    resources: HashMap<String, &'d Value>,
    anchors: HashMap<(String, String), &'d Value>,
    pub(super) dynamic: Vec<(String, String, &'d Value)>,
    homes: HashMap<Address, Home>,
}

/// What a reference leads to.
pub(super) struct Target<'d> {
    pub(super) schema: &'d Value,
    /// The name, if it is that of a dynamic anchor.
    pub(super) dynamic: Option<String>,
}

impl<'d> Document<'d> {
    pub(super) fn index(root: &'d Value, dialect: Dialect) -> Self {
        let mut document = Self {
            dialect,
            resources: HashMap::from([(uri::ROOT.to_owned(), root)]),
            anchors: HashMap::new(),
            dynamic: Vec::new(),
            homes: HashMap::new(),
        };
        let home = document.home(root);
        document.walk(root, &home);
        document
    }

    pub(super) fn home(&self, schema: &Value) -> Home {
        let root = || Home {
            base: uri::ROOT.to_owned(),
            place: String::new(),
        };
        self.homes
            .get(&std::ptr::from_ref(schema))
            .cloned()
            .unwrap_or_else(root)
    }

    /// Notes a schema and all schemas in it. The parser bounds the depth.
    fn walk(&mut self, schema: &'d Value, home: &Home) {
        let Value::Object(map) = schema else {
            self.homes.insert(std::ptr::from_ref(schema), home.clone());
            return;
        };
        let home = Home {
            base: self.base(map, &home.base, schema),
            place: home.place.clone(),
        };
        self.note_anchors(map, &home.base, schema);
        self.homes.insert(std::ptr::from_ref(schema), home.clone());
        for (key, value) in map {
            self.walk_keyword(key, value, &home);
        }
    }

    fn walk_keyword(&mut self, key: &str, value: &'d Value, home: &Home) {
        let inside = |steps: &[&str]| Home {
            base: home.base.clone(),
            place: steps.iter().fold(home.place.clone(), |place, step| {
                format!("{place}/{}", escaped(step))
            }),
        };
        match value {
            Value::Array(all) if LIST.contains(&key) => {
                for (index, one) in all.iter().enumerate() {
                    self.walk(one, &inside(&[key, &index.to_string()]));
                }
            }
            Value::Object(all) if MAP.contains(&key) => {
                for (name, one) in all {
                    self.walk(one, &inside(&[key, name]));
                }
            }
            value if ONE.contains(&key) => self.walk(value, &inside(&[key])),
            _ => {}
        }
    }

    fn base(&mut self, map: &Map<String, Value>, base: &str, schema: &'d Value) -> String {
        let hidden = self.dialect == Dialect::Draft7 && map.contains_key("$ref");
        let id = map.get("$id").and_then(Value::as_str);
        let Some(id) = id.filter(|id| !hidden && !id.starts_with('#')) else {
            return base.to_owned();
        };
        let base = uri::split(&uri::resolve(base, id)).0.to_owned();
        self.resources.insert(base.clone(), schema);
        base
    }

    fn note_anchors(&mut self, map: &Map<String, Value>, base: &str, schema: &'d Value) {
        let text = |key: &str| map.get(key).and_then(Value::as_str);
        let old = text("$id").and_then(|id| id.strip_prefix('#'));
        for name in [text("$anchor"), text("$dynamicAnchor"), old]
            .into_iter()
            .flatten()
        {
            self.anchors
                .insert((base.to_owned(), name.to_owned()), schema);
        }
        if let Some(name) = text("$dynamicAnchor") {
            self.dynamic
                .push((base.to_owned(), name.to_owned(), schema));
        }
    }

    /// What `reference`, written in a schema with this base, leads to.
    pub(super) fn find(&mut self, reference: &str, base: &str) -> Option<Target<'d>> {
        let absolute = uri::resolve(base, reference);
        let (resource, fragment) = uri::split(&absolute);
        let root = *self.resources.get(resource)?;
        let fragment = uri::percent_decoded(fragment);
        if fragment.is_empty() || fragment.starts_with('/') {
            let schema = self.at(root, resource, &fragment)?;
            return Some(Target {
                schema,
                dynamic: None,
            });
        }
        let schema = *self.anchors.get(&(resource.to_owned(), fragment.clone()))?;
        let is_dynamic = schema.get("$dynamicAnchor").and_then(Value::as_str) == Some(&fragment);
        Some(Target {
            schema,
            dynamic: is_dynamic.then_some(fragment),
        })
    }

    /// Follows a JSON pointer. What it leads to is a schema from now on, wherever it is.
    fn at(&mut self, root: &'d Value, resource: &str, pointer: &str) -> Option<&'d Value> {
        let mut home = Home {
            base: resource.to_owned(),
            place: self.home(root).place,
        };
        let mut value = root;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            value = match value {
                Value::Object(map) => map.get(&step)?,
                Value::Array(list) => list.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
            home.place = format!("{}/{}", home.place, escaped(&step));
            if let Some(known) = self.homes.get(&std::ptr::from_ref(value)) {
                home.base.clone_from(&known.base);
            }
        }
        if !self.homes.contains_key(&std::ptr::from_ref(value)) {
            self.walk(value, &home);
        }
        Some(value)
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }
}

/// A step of a JSON pointer.
pub(crate) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
