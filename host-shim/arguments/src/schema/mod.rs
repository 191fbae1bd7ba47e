//! A compiled schema: nodes that refer to each other by number, so that recursive schemas are plain
//! data. Made by `compile`; read by `check` (validation), `coerce` and `message`.

mod compile;
mod compiler;
mod document;
mod keywords;
mod loops;
mod uri;

pub(crate) use document::escaped;

use crate::pattern::Pattern;
use serde_json::{Number, Value};
use std::collections::HashMap;
use std::fmt;

/// Why a schema cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// JSON pointer into the schema.
    pub place: String,
    /// A sentence without subject: what was expected there and what was found.
    pub reason: String,
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "its schema is not valid at `{}`: {}",
            self.place, self.reason
        )
    }
}

impl std::error::Error for SchemaFault {}

pub(crate) type NodeId = usize;
/// One schema with an identifier of its own; dynamic references look through these.
pub(crate) type ResourceId = usize;

/// A document, ready to judge values.
pub(crate) struct Schema {
    pub(crate) root: NodeId,
    pub(crate) nodes: Vec<Node>,
    /// Where a dynamic anchor of a name is, for each resource that has one.
    pub(crate) dynamic: HashMap<(ResourceId, String), NodeId>,
    /// Whether any `unevaluated…` makes the validator keep track of what was looked at.
    pub(crate) tracks: bool,
}

pub(crate) enum Node {
    Always,
    Never,
    Keywords(Keywords),
}

pub(crate) struct Keywords {
    pub(crate) resource: ResourceId,
    /// `nullable: true`: null fits whatever the other keywords say, but for `enum`.
    pub(crate) nullable: bool,
    /// In the order in which they are checked.
    pub(crate) list: Vec<Keyword>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

pub(crate) enum Keyword {
    Types(Vec<Kind>),
    Enum(Vec<Value>),
    Const(Value),
    Minimum(Number),
    Maximum(Number),
    ExclusiveMinimum(Number),
    ExclusiveMaximum(Number),
    MultipleOf(Number),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Pattern),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    MinProperties(u64),
    MaxProperties(u64),
    Required(Vec<String>),
    DependentRequired(Vec<(String, Vec<String>)>),
    Properties(Properties),
    PropertyNames(NodeId),
    Items(Items),
    Contains(Contains),
    Ref(NodeId),
    DynamicRef { target: NodeId, name: String },
    AllOf(Vec<NodeId>),
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    Not(NodeId),
    If(Condition),
    DependentSchemas(Vec<(String, NodeId)>),
    UnevaluatedItems(NodeId),
    UnevaluatedProperties(NodeId),
}

/// `properties`, `patternProperties` and `additionalProperties`, which depend on each other.
#[derive(Default)]
pub(crate) struct Properties {
    pub(crate) named: Vec<(String, NodeId)>,
    /// The place of each name in `named`.
    pub(crate) places: HashMap<String, usize>,
    pub(crate) patterns: Vec<(Pattern, NodeId)>,
    pub(crate) additional: Option<NodeId>,
}

/// `prefixItems` and `items`.
#[derive(Default)]
pub(crate) struct Items {
    pub(crate) prefix: Vec<NodeId>,
    pub(crate) rest: Option<NodeId>,
}

pub(crate) struct Contains {
    pub(crate) node: NodeId,
    pub(crate) least: u64,
    pub(crate) most: Option<u64>,
}

/// `if`, `then`, `else`.
pub(crate) struct Condition {
    pub(crate) condition: NodeId,
    pub(crate) then: Option<NodeId>,
    pub(crate) otherwise: Option<NodeId>,
}

impl Schema {
    pub(crate) fn compile(document: &Value) -> Result<Self, SchemaFault> {
        let schema = compile::compile(document)?;
        loops::refuse(&schema)?;
        Ok(schema)
    }

    pub(crate) fn keywords(&self, node: NodeId) -> Option<&Keywords> {
        match self.nodes.get(node) {
            Some(Node::Keywords(keywords)) => Some(keywords),
            _ => None,
        }
    }
}

impl Keywords {
    pub(crate) fn entries(&self) -> Option<&[Value]> {
        self.list.iter().find_map(|one| match one {
            Keyword::Enum(entries) => Some(entries.as_slice()),
            _ => None,
        })
    }
}

impl Properties {
    /// The schemas that judge the property of this name, or the one for all others.
    pub(crate) fn of(&self, name: &str) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.declared(name).into_iter().collect();
        nodes.extend(self.matching(name));
        if nodes.is_empty() {
            nodes.extend(self.additional);
        }
        nodes
    }

    pub(crate) fn declared(&self, name: &str) -> Option<NodeId> {
        self.places.get(name).map(|place| self.named[*place].1)
    }

    pub(crate) fn matching(&self, name: &str) -> impl Iterator<Item = NodeId> {
        self.patterns
            .iter()
            .filter(move |(pattern, _)| pattern.matches(name))
            .map(|(_, node)| *node)
    }
}

impl Items {
    pub(crate) fn at(&self, index: usize) -> Option<NodeId> {
        self.prefix.get(index).copied().or(self.rest)
    }
}
