//! Coercion: what models write instead of what the schema asks for, made into that. A string
//! becomes a number, a boolean, null, a list, an object or an enum's own spelling where only that
//! fits. The host does the same where it looks: at plain types of declared properties. This goes on
//! where it does not: unions, references, type lists. A value that fits is never touched, and a
//! number never becomes a string.
use crate::json::Json;
use crate::number;
use crate::schema::{Condition, Items, Keyword, Kind, NodeId, Properties, Schema};
use serde_json::Value;

/// Deeper values stay as they are.
const MAX_DEPTH: usize = 100;

/// Changes what does not fit; true if anything was changed. After so many steps the rest stays as
/// it is.
pub(crate) fn coerce(schema: &Schema, json: &mut Json, steps: usize) -> bool {
    let mut coercion = Coercion {
        schema,
        steps,
        depth: 0,
    };
    coercion.value(schema.root, json)
}

struct Coercion<'s> {
    schema: &'s Schema,
    steps: usize,
    depth: usize,
}

/// What a schema would take instead of a string, in the order in which it names them.
enum Target<'s> {
    Kind(Kind),
    Entry(&'s Value),
}

impl<'s> Coercion<'s> {
    fn value(&mut self, node: NodeId, json: &mut Json) -> bool {
        if self.depth >= MAX_DEPTH || !self.spend(1) {
            return false;
        }
        self.depth += 1;
        let changed = match json {
            Json::String(text) => match self.instead_of(node, text) {
                Some(better) => {
                    *json = better;
                    true
                }
                None => false,
            },
            Json::Array(_) | Json::Object(_) => self.container(node, json),
            _ => false,
        };
        self.depth -= 1;
        changed
    }

    fn spend(&mut self, cost: usize) -> bool {
        let enough = self.steps >= cost;
        self.steps = self.steps.saturating_sub(cost);
        enough
    }

    fn accepts(&mut self, node: NodeId, json: &Json) -> bool {
        self.spend(json.size()) && self.schema.accepts(node, &json.to_value(), &mut self.steps)
    }

    /// The first thing that the string can be read as and that fits.
    fn instead_of(&mut self, node: NodeId, text: &str) -> Option<Json> {
        if self.accepts(node, &Json::String(text.to_owned())) {
            return None;
        }
        if text.trim().eq_ignore_ascii_case("null") && self.accepts(node, &Json::Null) {
            return Some(Json::Null);
        }
        let mut wishes = Vec::new();
        self.wishes(node, 0, &mut wishes);
        // Where only one kind is asked for, the message is about the value as that kind: its limit,
        // its member.
        let is_only = wishes.len() == 1;
        for wish in wishes {
            let Some(mut read) = read(text, &wish) else {
                continue;
            };
            if matches!(read, Json::Array(_) | Json::Object(_)) {
                self.value(node, &mut read);
            }
            if is_only || self.accepts(node, &read) {
                return Some(read);
            }
        }
        None
    }

    fn wishes(&mut self, node: NodeId, depth: usize, out: &mut Vec<Target<'s>>) {
        let schema = self.schema;
        let Some(keywords) = schema.keywords(node) else {
            return;
        };
        if depth >= MAX_DEPTH || !self.spend(1) {
            return;
        }
        for keyword in &keywords.list {
            match keyword {
                Keyword::Types(kinds) => out.extend(kinds.iter().map(|kind| Target::Kind(*kind))),
                Keyword::Enum(entries) => out.extend(entries.iter().map(Target::Entry)),
                Keyword::Const(value) => out.push(Target::Entry(value)),
                Keyword::Ref(target) | Keyword::DynamicRef { target, .. } => {
                    self.wishes(*target, depth + 1, out);
                }
                Keyword::AllOf(nodes) | Keyword::AnyOf(nodes) | Keyword::OneOf(nodes) => {
                    for node in nodes {
                        self.wishes(*node, depth + 1, out);
                    }
                }
                _ => {}
            }
        }
    }

    fn container(&mut self, node: NodeId, json: &mut Json) -> bool {
        let schema = self.schema;
        let Some(keywords) = schema.keywords(node) else {
            return false;
        };
        let mut changed = false;
        for keyword in &keywords.list {
            changed |= match keyword {
                Keyword::Ref(target) | Keyword::DynamicRef { target, .. } => {
                    self.value(*target, json)
                }
                Keyword::AllOf(nodes) => nodes
                    .iter()
                    .fold(false, |changed, node| self.value(*node, json) | changed),
                Keyword::AnyOf(nodes) | Keyword::OneOf(nodes) => self.union(nodes, json),
                Keyword::If(condition) => self.condition(condition, json),
                Keyword::Properties(properties) => self.members(properties, json),
                Keyword::Items(items) => self.items(items, json),
                Keyword::DependentSchemas(all) => self.dependent(all, json),
                _ => false,
            };
        }
        changed
    }

    /// Into the first branch that fits after coercion, unless one fits before.
    fn union(&mut self, nodes: &[NodeId], json: &mut Json) -> bool {
        if nodes.iter().any(|node| self.accepts(*node, json)) {
            return false;
        }
        for node in nodes {
            let mut trial = json.clone();
            if self.value(*node, &mut trial) && self.accepts(*node, &trial) {
                *json = trial;
                return true;
            }
        }
        false
    }

    fn condition(&mut self, condition: &Condition, json: &mut Json) -> bool {
        let next = match self.accepts(condition.condition, json) {
            true => condition.then,
            false => condition.otherwise,
        };
        next.is_some_and(|node| self.value(node, json))
    }

    fn members(&mut self, properties: &Properties, json: &mut Json) -> bool {
        let Json::Object(members) = json else {
            return false;
        };
        let mut changed = false;
        for (name, member) in members {
            for node in properties.of(name) {
                changed |= self.value(node, member);
            }
        }
        changed
    }

    fn items(&mut self, items: &Items, json: &mut Json) -> bool {
        let Json::Array(all) = json else {
            return false;
        };
        let mut changed = false;
        for (index, item) in all.iter_mut().enumerate() {
            if let Some(node) = items.at(index) {
                changed |= self.value(node, item);
            }
        }
        changed
    }

    fn dependent(&mut self, all: &[(String, NodeId)], json: &mut Json) -> bool {
        let mut changed = false;
        for (name, node) in all {
            let present =
                matches!(json, Json::Object(members) if members.iter().any(|(n, _)| n == name));
            changed |= present && self.value(*node, json);
        }
        changed
    }
}

fn read(text: &str, wish: &Target<'_>) -> Option<Json> {
    match wish {
        Target::Kind(Kind::Integer) => number::integer_in(text).map(Json::Number),
        Target::Kind(Kind::Number) | Target::Entry(Value::Number(_)) => {
            number::number_in(text).map(Json::Number)
        }
        Target::Kind(Kind::Boolean) | Target::Entry(Value::Bool(_)) => word(text).map(Json::Bool),
        Target::Kind(kind @ (Kind::Array | Kind::Object)) => opened(text, *kind),
        Target::Entry(Value::String(entry)) => {
            (entry.to_lowercase() == text.to_lowercase()).then(|| Json::String(entry.clone()))
        }
        _ => None,
    }
}

/// The words that the host takes for a boolean.
fn word(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// A string that holds the JSON of a list or of an object.
fn opened(text: &str, kind: Kind) -> Option<Json> {
    let first = if kind == Kind::Array { '[' } else { '{' };
    if !text.trim_start().starts_with(first) {
        return None;
    }
    // Bounds the depth, which `Json::parse` leaves to its caller.
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    Json::parse(text).ok()
}
