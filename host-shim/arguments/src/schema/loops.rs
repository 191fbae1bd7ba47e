//! Refuses schemas that refer to themselves without going into the value: they would be checked
//! forever.
use super::{Keyword, Node, NodeId, Schema, SchemaFault};

/// Removes nodes that no other waits for until none is left; what stays is a loop.
pub(super) fn refuse(schema: &Schema) -> Result<(), SchemaFault> {
    let edges: Vec<Vec<NodeId>> = schema.nodes.iter().map(in_place).collect();
    let mut waiting = vec![0_usize; edges.len()];
    for target in edges.iter().flatten() {
        waiting[*target] += 1;
    }
    let mut free: Vec<NodeId> = (0..edges.len()).filter(|n| waiting[*n] == 0).collect();
    let mut finished = 0;
    while let Some(node) = free.pop() {
        finished += 1;
        for target in &edges[node] {
            waiting[*target] -= 1;
            if waiting[*target] == 0 {
                free.push(*target);
            }
        }
    }
    if finished == edges.len() {
        return Ok(());
    }
    Err(SchemaFault {
        place: String::new(),
        reason: "a `$ref` leads back to itself without going into the value".into(),
    })
}

/// The nodes that judge the same value.
fn in_place(node: &Node) -> Vec<NodeId> {
    let Node::Keywords(keywords) = node else {
        return Vec::new();
    };
    keywords.list.iter().flat_map(of_keyword).collect()
}

fn of_keyword(keyword: &Keyword) -> Vec<NodeId> {
    match keyword {
        Keyword::Ref(node) | Keyword::Not(node) => vec![*node],
        Keyword::AllOf(all) | Keyword::AnyOf(all) | Keyword::OneOf(all) => all.clone(),
        Keyword::If(one) => [Some(one.condition), one.then, one.otherwise]
            .into_iter()
            .flatten()
            .collect(),
        Keyword::DependentSchemas(all) => all.iter().map(|(_, node)| *node).collect(),
        _ => Vec::new(),
    }
}
