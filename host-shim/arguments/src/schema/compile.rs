//! From a document to nodes. A queue instead of recursion: a chain of references may be as long as
//! it likes. What each keyword must look like is in `keywords`.
use super::compiler::Compiler;
use super::document::{Dialect, Document};
use super::{Keywords, Node, Schema, SchemaFault, keywords};
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn compile(root: &Value) -> Result<Schema, SchemaFault> {
    let document = Document::index(root, Dialect::of(root)?);
    let mut compiler = Compiler::new(document);
    let root = compiler.node(root, "")?;
    let mut dynamic = HashMap::new();
    for (base, name, schema) in std::mem::take(&mut compiler.document.dynamic) {
        let node = compiler.node(schema, "")?;
        dynamic.insert((compiler.resource(&base), name), node);
    }
    work_off(&mut compiler)?;
    Ok(Schema {
        root,
        nodes: compiler.nodes,
        dynamic,
        tracks: compiler.tracks,
    })
}

fn work_off(compiler: &mut Compiler<'_>) -> Result<(), SchemaFault> {
    while let Some((id, schema)) = compiler.queue.pop() {
        let Value::Object(map) = schema else { continue };
        let home = compiler.document.home(schema);
        let resource = compiler.resource(&home.base);
        let list = keywords::read(compiler, map, &home)?;
        compiler.nodes[id] = Node::Keywords(Keywords {
            resource,
            nullable: keywords::nullable(map, &home)?,
            list,
        });
    }
    Ok(())
}
