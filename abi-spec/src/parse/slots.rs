//! The two tables, their slots, and the entry symbols.

use crate::diagnostics;
use crate::index::{Kind, Target};
use crate::model::{CType, Entry, Member, Ownership, Param, Return, Slot, Spec, Table};
use crate::reader::{Node, Text};

use super::types::{blocking, c_type, ownership, since, thread};
use super::{declare, name, quirk_numbers, reference, references};

/// Which table a slot belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Host,
    Plugin,
}

/// `[host]` and `[plugin]`; slots may be spread over several files, the table's own keys not.
pub(super) fn tables(root: &Node<'_>, spec: &mut Spec) {
    for (key, side) in [("host", Side::Host), ("plugin", Side::Plugin)] {
        let Some(node) = root.table(key, format!("table `{key}`")) else {
            continue;
        };
        let table = if side == Side::Host {
            &mut spec.host
        } else {
            &mut spec.plugin
        };
        head(&node, key, table);
        for slot in node.tables("slot", "slot") {
            table.members.push(member(&slot, side, key));
        }
        node.finish();
    }
}

fn head(node: &Node<'_>, key: &str, table: &mut Table) {
    if !node.has("c_name") && !node.has("doc") && node.has("slot") {
        return;
    }
    declare(
        node,
        Kind::Table,
        "",
        &Text {
            value: key.to_owned(),
            pos: node.pos().clone(),
        },
    );
    table.c_name = node
        .required("c_name")
        .map(|text| text.value)
        .unwrap_or_default();
    table.doc = node.doc("doc");
}

/// A member of a table: the one with `type = "uint32_t"` is the version field.
fn member(node: &Node<'_>, side: Side, scope: &str) -> Member {
    let Some(ty) = node.text("type") else {
        return Member::Slot(slot(node, side, scope));
    };
    name(node, "name", Kind::Slot, scope);
    if ty.value != "uint32_t" {
        let message = format!(
            "`{}` is not a type of {}; only the version field has one, `uint32_t`",
            ty.value,
            node.label()
        );
        node.report(&diagnostics::UNKNOWN_TYPE, &ty.pos, message);
    }
    let member = Member::Version {
        doc: node.doc("doc"),
        since: since(node, None),
    };
    node.finish();
    member
}

fn slot(node: &Node<'_>, side: Side, scope: &str) -> Slot {
    let name = name(node, "name", Kind::Slot, scope);
    let path = format!("{scope}.{name}");
    let slot = Slot {
        doc: node.doc("doc"),
        since: since(node, None),
        group: node
            .required("group")
            .map(|text| text.value)
            .unwrap_or_default(),
        params: params(node, &path),
        returns: returns(node, &path),
        blocking: blocking(node),
        thread: thread(node),
        agent_bound: node.flag("agent_bound", false),
        required: side == Side::Host || node.flag("required", false),
        reserved: node.prose("reserved"),
        deprecated: node.prose("deprecated"),
        without: node.prose("without"),
        errors: references(node, "errors", Target::Error, None),
        quirks: quirk_numbers(node),
        name,
    };
    node.finish();
    slot
}

/// The slot that stood last in a revision of version 2, under `key` of that revision.
pub(super) fn superseded(revision: &Node<'_>, key: &'static str) -> Option<Slot> {
    let node = revision.table(key, "a slot without a name".to_owned())?;
    Some(slot(&node, Side::Plugin, "superseded"))
}

fn params(node: &Node<'_>, scope: &str) -> Vec<Param> {
    node.tables("params", "parameter")
        .iter()
        .map(|param| self::param(param, scope))
        .collect()
}

fn param(node: &Node<'_>, scope: &str) -> Param {
    let name = name(node, "name", Kind::Param, scope);
    let ty = c_type(node);
    let param = Param {
        name,
        doc: node.doc("doc"),
        null: node.prose("null"),
        ownership: ownership(node, &ty),
        since: since(node, None),
        record: reference(node, "record", Target::Record),
        ty,
    };
    node.finish();
    param
}

/// A slot without `returns` returns nothing.
fn returns(node: &Node<'_>, scope: &str) -> Return {
    let Some(node) = node.table("returns", format!("the return value of `{scope}`")) else {
        return Return {
            ty: CType::Void,
            doc: String::new(),
            null: None,
            ownership: Ownership::Value,
            record: None,
            error_record: None,
        };
    };
    let ty = c_type(&node);
    let returns = Return {
        doc: node.doc("doc"),
        null: node.prose("null"),
        ownership: ownership(&node, &ty),
        record: reference(&node, "record", Target::Record),
        error_record: reference(&node, "error_record", Target::Record),
        ty,
    };
    node.finish();
    returns
}

/// `[[entry]]`.
pub(super) fn entries(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("entry", "entry symbol") {
        let symbol = name(&node, "symbol", Kind::Entry, "");
        let entry = Entry {
            doc: node.doc("doc"),
            since: since(&node, None),
            params: params(&node, &symbol),
            returns: returns(&node, &symbol),
            symbol,
        };
        node.finish();
        spec.entries.push(entry);
    }
}
