//! Keywords about the members of an object.
use super::fault::Cause;
use super::{At, Check, EvaluatedParts};
use crate::schema::{Keyword, NodeId, Properties};
use serde_json::{Map, Value};

type Members = Map<String, Value>;

impl<'a> Check<'a> {
    pub(super) fn object(
        &mut self,
        keyword: &'a Keyword,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        let Value::Object(members) = value else {
            return true;
        };
        match keyword {
            Keyword::Required(names) => self.required(names, members, value, at),
            Keyword::DependentRequired(needs) => self.dependent(needs, members, value, at),
            Keyword::Properties(properties) => {
                self.properties(properties, members, value, at, seen)
            }
            Keyword::PropertyNames(node) => self.names(*node, members, value, at),
            Keyword::DependentSchemas(all) => self.schemas(all, members, value, at, seen),
            Keyword::UnevaluatedProperties(node) => {
                self.unevaluated_properties(*node, members, value, at, seen)
            }
            _ => true,
        }
    }

    fn required(
        &mut self,
        names: &'a [String],
        members: &Members,
        value: &'a Value,
        at: At<'_, 'a>,
    ) -> bool {
        let mut ok = true;
        for name in names.iter().filter(|name| !members.contains_key(*name)) {
            ok = self.fail(value, at, || Cause::Required(name));
        }
        ok
    }

    fn dependent(
        &mut self,
        needs: &'a [(String, Vec<String>)],
        members: &Members,
        value: &'a Value,
        at: At<'_, 'a>,
    ) -> bool {
        let mut ok = true;
        for (by, names) in needs.iter().filter(|(by, _)| members.contains_key(by)) {
            for name in names.iter().filter(|name| !members.contains_key(*name)) {
                ok = self.fail(value, at, || Cause::RequiredBy { name, by });
            }
        }
        ok
    }

    /// Declared members in the schema's order, so that messages have one; then all others.
    fn properties(
        &mut self,
        properties: &'a Properties,
        members: &'a Members,
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
    ) -> bool {
        let mut ok = true;
        for (name, node) in &properties.named {
            let Some((name, member)) = members.get_key_value(name) else {
                continue;
            };
            note(&mut seen, name);
            ok &= self.inside(*node, member, &at.place.key(name), at);
            if !ok && !self.collects {
                return false;
            }
        }
        if properties.patterns.is_empty() && properties.additional.is_none() {
            return ok;
        }
        for (name, member) in members {
            ok &= self.other(properties, name, member, value, at, &mut seen);
            if !ok && !self.goes_on() {
                return false;
            }
        }
        ok
    }

    /// A member by the patterns of its name, or as an additional one.
    fn other(
        &mut self,
        properties: &'a Properties,
        name: &'a str,
        member: &'a Value,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: &mut EvaluatedParts<'_>,
    ) -> bool {
        let mut is_known = properties.places.contains_key(name);
        let mut ok = true;
        for node in properties.matching(name) {
            is_known = true;
            note(seen, name);
            ok &= self.inside(node, member, &at.place.key(name), at);
        }
        match properties.additional {
            Some(node) if !is_known => {
                note(seen, name);
                ok & self.extra(node, name, member, value, at)
            }
            _ => ok,
        }
    }

    fn unevaluated_properties(
        &mut self,
        node: NodeId,
        members: &'a Members,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        let Some(seen) = seen else { return true };
        let mut ok = true;
        for (name, member) in members {
            if !seen.has_key(name) {
                ok &= self.extra(node, name, member, value, at);
                seen.key(name);
            }
        }
        ok
    }

    /// A member that nothing declares: where none may be, the fault names it.
    fn extra(
        &mut self,
        node: NodeId,
        name: &'a str,
        member: &'a Value,
        value: &'a Value,
        at: At<'_, 'a>,
    ) -> bool {
        if matches!(self.schema.nodes[node], crate::schema::Node::Never) {
            return self.fail(value, at, || Cause::Unknown(name));
        }
        self.inside(node, member, &at.place.key(name), at)
    }

    fn names(
        &mut self,
        node: NodeId,
        members: &'a Members,
        value: &'a Value,
        at: At<'_, 'a>,
    ) -> bool {
        let mut ok = true;
        for name in members.keys() {
            let name_value = Value::String(name.clone());
            if !self.schema.accepts(node, &name_value, &mut self.steps) {
                ok = self.fail(value, at, || Cause::Name(name));
            }
        }
        ok
    }

    fn schemas(
        &mut self,
        all: &'a [(String, NodeId)],
        members: &'a Members,
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
    ) -> bool {
        let mut ok = true;
        for (_, node) in all.iter().filter(|(name, _)| members.contains_key(name)) {
            ok &= self.branch(*node, value, at, seen.as_deref_mut());
        }
        ok
    }
}

fn note(seen: &mut EvaluatedParts<'_>, name: &str) {
    if let Some(seen) = seen {
        seen.key(name);
    }
}
