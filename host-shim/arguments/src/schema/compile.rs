//! From a document to nodes. A queue instead of recursion: a chain of references may be as long as it likes.
//! What each keyword must look like is in `keywords`.
use super::document::{Address, Dialect, Document};
use super::{Keywords, Node, NodeId, ResourceId, Schema, SchemaFault, keywords};
use serde_json::Value;
use std::collections::HashMap;

/// More schemas than any tool has.
const MAX_NODES: usize = 50_000;

pub(super) fn compile(root: &Value) -> Result<Schema, SchemaFault> {
    let document = Document::index(root, Dialect::of(root)?);
    let mut compiler = Compiler {
        document,
        known: HashMap::new(),
        queue: Vec::new(),
        nodes: Vec::new(),
        resources: HashMap::new(),
        tracks: false,
    };
    let root = compiler.node(root, "")?;
    let mut dynamic = HashMap::new();
    for (base, name, schema) in std::mem::take(&mut compiler.document.dynamic) {
        let node = compiler.node(schema, "")?;
        dynamic.insert((compiler.resource(&base), name), node);
    }
    compiler.work_off()?;
    Ok(Schema {
        root,
        nodes: compiler.nodes,
        dynamic,
        tracks: compiler.tracks,
    })
}

pub(super) struct Compiler<'d> {
    document: Document<'d>,
    known: HashMap<Address, NodeId>,
    queue: Vec<(NodeId, &'d Value)>,
    nodes: Vec<Node>,
    resources: HashMap<String, ResourceId>,
    pub(super) tracks: bool,
}

impl<'d> Compiler<'d> {
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

    fn work_off(&mut self) -> Result<(), SchemaFault> {
        while let Some((id, schema)) = self.queue.pop() {
            let Value::Object(map) = schema else { continue };
            let home = self.document.home(schema);
            let resource = self.resource(&home.base);
            let list = keywords::read(self, map, &home)?;
            self.nodes[id] = Node::Keywords(Keywords {
                resource,
                nullable: keywords::nullable(map, &home)?,
                list,
            });
        }
        Ok(())
    }

    fn resource(&mut self, base: &str) -> ResourceId {
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
