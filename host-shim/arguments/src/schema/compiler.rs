//! The nodes that are made so far, and the schemas that wait for theirs. Filled by `keywords`,
//! emptied by `compile`.
use super::document::{Address, Dialect, Document};
use super::{Node, NodeId, ResourceId, SchemaFault};
use serde_json::Value;
use std::collections::HashMap;

/// More schemas than any tool has.
const MAX_NODES: usize = 50_000;

pub(super) struct Compiler<'d> {
    pub(super) document: Document<'d>,
    known: HashMap<Address, NodeId>,
    pub(super) queue: Vec<(NodeId, &'d Value)>,
    pub(super) nodes: Vec<Node>,
    resources: HashMap<String, ResourceId>,
    pub(super) tracks: bool,
}

impl<'d> Compiler<'d> {
    pub(super) fn new(document: Document<'d>) -> Self {
        Compiler {
            document,
            known: HashMap::new(),
            queue: Vec::new(),
            nodes: Vec::new(),
            resources: HashMap::new(),
            tracks: false,
        }
    }

    /// The node of a schema at `place`, which is compiled later if it is new.
    pub(super) fn node(&mut self, schema: &'d Value, place: &str) -> Result<NodeId, SchemaFault> {
        if let Some(known) = self.known.get(&std::ptr::from_ref(schema)) {
            return Ok(*known);
        }
        let node = match schema {
            Value::Bool(true) => Node::Always,
            Value::Bool(false) => Node::Never,
            Value::Object(_) => Node::Always,
            other => {
                return Err(SchemaFault {
                    place: place.to_owned(),
                    reason: format!("a schema is an object, true or false, found {other}"),
                });
            }
        };
        if self.nodes.len() >= MAX_NODES {
            return Err(SchemaFault {
                place: place.to_owned(),
                reason: format!("it has more than {MAX_NODES} schemas in it"),
            });
        }
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.known.insert(std::ptr::from_ref(schema), id);
        if schema.is_object() {
            self.queue.push((id, schema));
        }
        Ok(id)
    }

    pub(super) fn resource(&mut self, base: &str) -> ResourceId {
        let next = self.resources.len();
        *self.resources.entry(base.to_owned()).or_insert(next)
    }

    /// The node that a reference leads to, and its name if that is a dynamic anchor.
    pub(super) fn target(
        &mut self,
        reference: &str,
        base: &str,
        place: &str,
    ) -> Result<(NodeId, Option<String>), SchemaFault> {
        let target = self
            .document
            .find(reference, base)
            .ok_or_else(|| SchemaFault {
                place: place.to_owned(),
                reason: format!("`{reference}` leads to nothing in this schema"),
            })?;
        let found_at = self.document.home(target.schema).place;
        Ok((self.node(target.schema, &found_at)?, target.dynamic))
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.document.dialect()
    }
}
