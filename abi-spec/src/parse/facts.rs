//! Constants, versions, revisions, errors, limits, quirks, and the exceptions to rules.

use crate::diagnostics;
use crate::index::{Exception, Kind, Target};
use crate::model::{
    Constant, ConstantGroup, ErrorCode, Limit, NamedString, Quirk, Revision, Since, Spec, Version,
    WorkerConstant,
};
use crate::reader::{Node, Text};

use super::records::fields;
use super::slots::superseded;
use super::types::since;
use super::{declare, name, refer, reference, references};

/// `[[constants]]`, one per group.
pub(super) fn constants(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("constants", "constant group") {
        let name = name(&node, "name", Kind::ConstantGroup, "");
        let group = ConstantGroup {
            doc: node.doc("doc"),
            c_prefix: node
                .required("c_prefix")
                .map(|text| text.value)
                .unwrap_or_default(),
            items: node
                .tables("items", "constant")
                .iter()
                .map(|c| constant(c, &name))
                .collect(),
            name,
        };
        node.finish();
        spec.constants.push(group);
    }
}

fn constant(node: &Node<'_>, group: &str) -> Constant {
    let constant = Constant {
        name: name(node, "name", Kind::Constant, group),
        value: node.integer("value"),
        doc: node.doc("doc"),
        since: since(node, None),
        payload: reference(node, "payload", Target::Record),
        emitted: node.flag("emitted", true),
    };
    node.finish();
    constant
}

/// `[[string]]`.
pub(super) fn strings(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("string", "string") {
        let name = name(&node, "name", Kind::Text, "");
        let value = node
            .required("value")
            .map(|text| text.value)
            .unwrap_or_default();
        spec.strings.push(NamedString {
            name,
            value,
            doc: node.doc("doc"),
        });
        node.finish();
    }
}

/// `[[worker_message]]`, `[[worker_ready]]` and `[[worker_limit]]`.
pub(super) fn worker(root: &Node<'_>, spec: &mut Spec) {
    let messages = root.tables("worker_message", "worker message");
    spec.worker_messages
        .extend(messages.iter().map(worker_constant));
    let ready = root.tables("worker_ready", "worker's READY");
    spec.worker_ready.extend(ready.iter().map(worker_constant));
    let limits = root.tables("worker_limit", "worker limit");
    spec.worker_limits
        .extend(limits.iter().map(worker_constant));
}

fn worker_constant(node: &Node<'_>) -> WorkerConstant {
    let constant = WorkerConstant {
        name: name(node, "name", Kind::Worker, ""),
        value: node.integer("value"),
        doc: node.doc("doc"),
    };
    node.finish();
    constant
}

/// `[[version]]`.
pub(super) fn versions(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("version", "version") {
        let number = numbered(&node, Kind::Version);
        let version = Version {
            number,
            doc: node.doc("doc"),
            shipped: node.doc("shipped"),
            entry: entry(&node),
        };
        node.finish();
        spec.versions.push(version);
    }
}

fn entry(node: &Node<'_>) -> String {
    let Some(symbol) = node.required("entry") else {
        return String::new();
    };
    refer(node, Target::Entry, &symbol, None);
    symbol.value
}

/// `[[quirk]]`.
pub(super) fn quirks(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("quirk", "quirk") {
        let number = numbered(&node, Kind::Quirk);
        let quirk = Quirk {
            number,
            topic: node.doc("topic"),
            documented: node.doc("documented"),
            actual: node.doc("actual"),
        };
        node.finish();
        spec.quirks.push(quirk);
    }
}

/// Reads `number` and declares the thing under it.
fn numbered(node: &Node<'_>, kind: Kind) -> u32 {
    let number = node.integer("number");
    node.set_label(format!("{} {number}", kind.word()));
    let text = Text {
        value: number.to_string(),
        pos: node.pos().clone(),
    };
    declare(node, kind, "", &text);
    u32::try_from(number).unwrap_or_default()
}

/// `[[revision]]`.
pub(super) fn revisions(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("revision", "revision") {
        let revision = Revision {
            name: name(&node, "name", Kind::Revision, ""),
            date: node
                .required("date")
                .map(|text| text.value)
                .unwrap_or_default(),
            doc: node.doc("doc"),
            plugin_last: node
                .required("plugin_last")
                .map(|text| text.value)
                .unwrap_or_default(),
            superseded: superseded(&node, "superseded"),
        };
        node.finish();
        spec.revisions.push(revision);
    }
}

/// `[[error]]`.
pub(super) fn errors(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("error", "error code") {
        let code = name(&node, "code", Kind::Error, "");
        let oldest = Since {
            version: 2,
            revision: Some("2a".to_owned()),
        };
        let produced = node.flag("produced", true);
        let error = ErrorCode {
            doc: node.doc("doc"),
            hint: node.doc("hint"),
            extra: fields(&node, "extra", &code, None, &oldest),
            record: envelope(&node),
            produced,
            code,
        };
        node.finish();
        spec.errors.push(error);
    }
}

fn envelope(node: &Node<'_>) -> String {
    const USUAL: &str = "ErrorEnvelope";
    if let Some(record) = reference(node, "record", Target::Record) {
        return record;
    }
    let text = Text {
        value: USUAL.to_owned(),
        pos: node.pos().clone(),
    };
    refer(node, Target::Record, &text, None);
    text.value
}

/// `[[limit]]`.
pub(super) fn limits(root: &Node<'_>, spec: &mut Spec) {
    for node in root.tables("limit", "limit") {
        let name = name(&node, "name", Kind::Limit, "");
        let limit = Limit {
            value: unsigned(&node, "value"),
            unit: node
                .required("unit")
                .map(|text| text.value)
                .unwrap_or_default(),
            doc: node.doc("doc"),
            slots: references(&node, "slots", Target::Slot, None),
            name,
        };
        node.finish();
        spec.limits.push(limit);
    }
}

fn unsigned(node: &Node<'_>, key: &'static str) -> u64 {
    let value = node.integer(key);
    u64::try_from(value).unwrap_or_else(|_| {
        let message = format!(
            "`{key}` of {} must not be negative, found {value}",
            node.label()
        );
        node.report(&diagnostics::WRONG_TYPE, node.pos(), message);
        0
    })
}

/// `[[exception]]`: names that are keywords somewhere and stay, with the reason.
pub(super) fn exceptions(root: &Node<'_>) {
    for node in root.tables("exception", "exception") {
        let keyword = node.required("name");
        if let Some(text) = &keyword {
            node.set_label(format!("exception `{}`", text.value));
        }
        node.doc("reason");
        for scope in node.strings("in") {
            let name = keyword
                .as_ref()
                .map(|text| text.value.clone())
                .unwrap_or_default();
            let exception = Exception {
                scope: scope.value,
                name,
                pos: scope.pos,
            };
            node.session().index.borrow_mut().exceptions.push(exception);
        }
        node.finish();
    }
}
