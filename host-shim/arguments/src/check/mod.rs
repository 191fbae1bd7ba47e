//! Validation: a value against a node, strict, as JSON Schema 2020-12 says. Collects faults, or
//! stops at the first. Used by `arguments` and `coerce`; `format` only describes, as in the
//! standard's default.

mod evaluated;
mod fault;
mod objects;
mod values;

pub(crate) use fault::{Cause, Fault};

use crate::schema::{
    Condition, Contains, Items, Keyword, Keywords, Node, NodeId, ResourceId, Schema,
};
use evaluated::Evaluated;
use fault::Location;
use serde_json::Value;

/// How deep schemas and values may go together: bounds the stack, which is small on a host's
/// thread.
const MAX_DEPTH: usize = 400;
/// Faults that are collected of one value, or of one branch of a union.
const MAX_FAULTS: usize = 8;
/// Faults in all branches of all unions together.
const MAX_KEPT: usize = 500;

impl Schema {
    /// Whether the value fits, found out in at most so many steps; those taken are subtracted.
    pub(crate) fn accepts(&self, node: NodeId, value: &Value, steps: &mut usize) -> bool {
        let mut check = Check::new(self, false, *steps);
        let ok = check.start(node, value);
        *steps = check.steps;
        ok
    }

    pub(crate) fn faults<'a>(&'a self, value: &'a Value, steps: usize) -> Vec<Fault<'a>> {
        let mut check = Check::new(self, true, steps);
        check.start(self.root, value);
        check.faults
    }
}

/// The resources that led here, for dynamic references.
struct Scope<'p> {
    outer: Option<&'p Scope<'p>>,
    resource: ResourceId,
}

/// Where the check is: a node's surroundings.
#[derive(Clone, Copy)]
struct At<'p, 'a> {
    place: &'p Location<'p, 'a>,
    scope: Option<&'p Scope<'p>>,
}

struct Check<'a> {
    schema: &'a Schema,
    /// Whether faults are wanted, not only the verdict.
    collects: bool,
    faults: Vec<Fault<'a>>,
    /// Faults collected so far, those in branches too.
    kept: usize,
    depth: usize,
    /// How many nodes may still be looked at.
    steps: usize,
}

type EvaluatedParts<'s> = Option<&'s mut Evaluated>;

impl<'a> Check<'a> {
    fn new(schema: &'a Schema, collects: bool, steps: usize) -> Self {
        Self {
            schema,
            collects,
            faults: Vec::new(),
            kept: 0,
            depth: 0,
            steps,
        }
    }

    fn start(&mut self, node: NodeId, value: &'a Value) -> bool {
        let at = At {
            place: &Location::Root,
            scope: None,
        };
        self.fresh(node, value, at)
    }

    /// A value of its own: what others saw of its container does not matter.
    fn fresh(&mut self, node: NodeId, value: &'a Value, at: At<'_, 'a>) -> bool {
        if !self.schema.tracks {
            return self.node(node, value, at, None);
        }
        let mut evaluated = Evaluated::default();
        self.node(node, value, at, Some(&mut evaluated))
    }

    fn node(
        &mut self,
        node: NodeId,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        let keywords = match &self.schema.nodes[node] {
            Node::Always => return true,
            Node::Never => return self.fail(value, at, || Cause::Never),
            Node::Keywords(keywords) => keywords,
        };
        if self.depth >= MAX_DEPTH || self.steps == 0 {
            return self.fail(value, at, || Cause::TooMuch);
        }
        self.steps -= 1;
        if keywords.nullable && value.is_null() {
            return self.null(keywords, value, at);
        }
        self.depth += 1;
        let ok = match at.scope {
            Some(scope) if scope.resource == keywords.resource => {
                self.keywords(keywords, value, at, seen)
            }
            outer => {
                let scope = Some(&Scope {
                    outer,
                    resource: keywords.resource,
                });
                self.keywords(keywords, value, At { scope, ..at }, seen)
            }
        };
        self.depth -= 1;
        ok
    }

    /// `nullable: true` lets null through, but for an `enum` that lacks it.
    fn null(&mut self, keywords: &'a Keywords, value: &'a Value, at: At<'_, 'a>) -> bool {
        match keywords.entries() {
            Some(entries) if !entries.contains(&Value::Null) => {
                self.fail(value, at, || Cause::Enum(entries))
            }
            _ => true,
        }
    }

    fn keywords(
        &mut self,
        keywords: &'a Keywords,
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
    ) -> bool {
        let mut ok = true;
        for keyword in &keywords.list {
            let evaluated = seen.as_deref_mut();
            ok &= match keyword {
                Keyword::Types(kinds) if keywords.nullable => {
                    values::has_type(kinds, value)
                        || self.fail(value, at, || Cause::TypeOrNull(kinds))
                }
                simple if values::is_simple(simple) => match values::judge(simple, value) {
                    None => true,
                    Some(cause) => self.fail(value, at, || cause),
                },
                other => self.structure(other, value, at, evaluated),
            };
            if !ok && !self.collects {
                return false;
            }
            // A value of another type has no other faults that help.
            if !ok && matches!(keyword, Keyword::Types(_)) {
                return false;
            }
        }
        ok
    }

    fn structure(
        &mut self,
        keyword: &'a Keyword,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        match keyword {
            Keyword::Ref(target) => self.branch(*target, value, at, seen),
            Keyword::DynamicRef { target, name } => {
                let target = self.dynamic(*target, name, at);
                self.branch(target, value, at, seen)
            }
            Keyword::AllOf(nodes) => self.all_of(nodes, value, at, seen),
            Keyword::AnyOf(nodes) => self.branches(nodes, value, at, seen, false),
            Keyword::OneOf(nodes) => self.branches(nodes, value, at, seen, true),
            Keyword::Not(node) => {
                !self.quietly(|check| check.fresh(*node, value, at))
                    || self.fail(value, at, || Cause::Not)
            }
            Keyword::If(condition) => self.condition(condition, value, at, seen),
            Keyword::Items(items) => self.items(items, value, at, seen),
            Keyword::Contains(contains) => self.contains(contains, value, at, seen),
            Keyword::UnevaluatedItems(node) => self.unevaluated_items(*node, value, at, seen),
            other => self.object(other, value, at, seen),
        }
    }

    /// The outermost resource with this dynamic anchor wins.
    fn dynamic(&self, target: NodeId, name: &str, at: At<'_, 'a>) -> NodeId {
        let mut node = target;
        let mut scope = at.scope;
        while let Some(one) = scope {
            let place = (one.resource, name.to_owned());
            if let Some(outer) = self.schema.dynamic.get(&place) {
                node = *outer;
            }
            scope = one.outer;
        }
        node
    }

    fn all_of(
        &mut self,
        nodes: &[NodeId],
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
    ) -> bool {
        let mut ok = true;
        for node in nodes {
            ok &= self.branch(*node, value, at, seen.as_deref_mut());
            if !ok && !self.collects {
                return false;
            }
        }
        ok
    }

    fn branches(
        &mut self,
        nodes: &[NodeId],
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
        only_one: bool,
    ) -> bool {
        let mut fits = 0;
        let mut faults = Vec::new();
        for node in nodes {
            let outer = std::mem::take(&mut self.faults);
            fits += usize::from(self.branch(*node, value, at, seen.as_deref_mut()));
            faults.push(std::mem::replace(&mut self.faults, outer));
            if fits > 0 && !only_one && seen.is_none() {
                return true;
            }
        }
        match fits {
            0 => self.fail(value, at, || Cause::Branches(faults)),
            1 => true,
            _ if only_one => self.fail(value, at, || Cause::SeveralBranches),
            _ => true,
        }
    }

    /// Another schema for the same value: it sees nothing of what others saw, and what it saw
    /// counts only if it fits.
    fn branch(
        &mut self,
        node: NodeId,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        let Some(seen) = seen else {
            return self.node(node, value, at, None);
        };
        let mut own = Evaluated::default();
        let passed = self.node(node, value, at, Some(&mut own));
        if passed {
            seen.merge(own);
        }
        passed
    }

    fn condition(
        &mut self,
        condition: &'a Condition,
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
    ) -> bool {
        let holds =
            self.quietly(|check| check.branch(condition.condition, value, at, seen.as_deref_mut()));
        let next = if holds {
            condition.then
        } else {
            condition.otherwise
        };
        next.is_none_or(|node| self.branch(node, value, at, seen))
    }

    fn items(
        &mut self,
        items: &'a Items,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        let Value::Array(all) = value else {
            return true;
        };
        if let Some(seen) = seen {
            seen.items_before(if items.rest.is_some() {
                all.len()
            } else {
                items.prefix.len()
            });
        }
        let mut ok = true;
        for (index, item) in all.iter().enumerate() {
            let Some(node) = items.at(index) else { break };
            ok &= self.inside(node, item, &at.place.item(index), at);
            if !ok && !self.goes_on() {
                break;
            }
        }
        ok
    }

    fn contains(
        &mut self,
        contains: &Contains,
        value: &'a Value,
        at: At<'_, 'a>,
        mut seen: EvaluatedParts<'_>,
    ) -> bool {
        let Value::Array(all) = value else {
            return true;
        };
        let mut fits = 0_u64;
        for (index, item) in all.iter().enumerate() {
            let place = at.place.item(index);
            if self.quietly(|check| check.inside(contains.node, item, &place, at)) {
                fits += 1;
                if let Some(seen) = seen.as_deref_mut() {
                    seen.item(index);
                }
            }
        }
        if fits < contains.least || contains.most.is_some_and(|most| fits > most) {
            let (least, most) = (contains.least, contains.most);
            return self.fail(value, at, || Cause::Contains { least, most });
        }
        true
    }

    fn unevaluated_items(
        &mut self,
        node: NodeId,
        value: &'a Value,
        at: At<'_, 'a>,
        seen: EvaluatedParts<'_>,
    ) -> bool {
        let (Value::Array(all), Some(seen)) = (value, seen) else {
            return true;
        };
        let mut ok = true;
        for (index, item) in all.iter().enumerate() {
            if !seen.has_item(index) {
                ok &= self.inside(node, item, &at.place.item(index), at);
            }
        }
        seen.items_before(all.len());
        ok
    }

    fn inside(
        &mut self,
        node: NodeId,
        value: &'a Value,
        place: &Location<'_, 'a>,
        at: At<'_, 'a>,
    ) -> bool {
        let at = At {
            place,
            scope: at.scope,
        };
        self.fresh(node, value, at)
    }

    /// Whether another fault is worth looking for.
    fn goes_on(&self) -> bool {
        self.collects && self.faults.len() < MAX_FAULTS && self.kept < MAX_KEPT
    }

    /// The verdict alone.
    fn quietly(&mut self, check: impl FnOnce(&mut Self) -> bool) -> bool {
        let collects = std::mem::take(&mut self.collects);
        let ok = check(self);
        self.collects = collects;
        ok
    }

    /// Always false.
    fn fail(
        &mut self,
        value: &'a Value,
        at: At<'_, 'a>,
        cause: impl FnOnce() -> Cause<'a>,
    ) -> bool {
        if self.goes_on() {
            self.kept += 1;
            self.faults.push(Fault {
                field: at.place.to_string(),
                depth: at.place.depth(),
                value,
                cause: cause(),
            });
        }
        false
    }
}
