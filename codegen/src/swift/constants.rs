//! Integer groups as enumerations, texts, error hints, the host's slots with their places, and task events.

use super::{declared, doc, lower_camel};
use crate::{
    names,
    text::{self, sentence},
    view::{self, Row, Side},
};
use osaurus_abi_spec::model::{Constant, ConstantGroup, Spec};

/// The text of `Constants.swift`.
pub fn text(spec: &Spec) -> String {
    let mut parts: Vec<String> = spec.constants.iter().filter_map(group).collect();
    parts.push(version(spec));
    parts.extend(spec.constants.iter().filter_map(events));
    parts.push(texts(spec));
    parts.push(hints(spec));
    parts.push(slots(spec));
    parts.join("\n\n")
}

fn has_payloads(group: &ConstantGroup) -> bool {
    group.items.iter().any(|item| item.payload.is_some())
}

/// A group without payloads whose names are words.
fn group(group: &ConstantGroup) -> Option<String> {
    if has_payloads(group) || group.name == "abi_version" {
        return None;
    }
    let case = |item: &Constant| {
        let about = doc(&sentence(&item.doc), "    ");
        format!(
            "{about}\n    case {} = {}",
            declared(&item.name),
            item.value
        )
    };
    let cases: Vec<String> = group.items.iter().map(case).collect();
    Some(format!(
        "{}\npublic enum {}: Int32, CaseIterable, Sendable {{\n{}\n}}",
        doc(&sentence(&group.doc), ""),
        names::upper_camel(&group.name),
        cases.join("\n")
    ))
}

fn version(spec: &Spec) -> String {
    format!(
        "/// The ABI version that this package was generated for: the newest that it can use.\npublic let newestABIVersion: UInt32 = {}",
        view::newest(spec)
    )
}

fn events(group: &ConstantGroup) -> Option<String> {
    if !has_payloads(group) {
        return None;
    }
    let known = || {
        let with = |item| Some((item, item_payload(item)?));
        group.items.iter().filter_map(with)
    };
    let cases = known().map(|(item, payload)| {
        let about = doc(&sentence(&item.doc), "    ");
        format!("{about}\n    case {}({payload})", declared(&item.name))
    });
    let read = known().map(|(item, payload)| {
        let case = lower_camel(&item.name);
        let value = item.value;
        format!("        case {value}: self = .{case}(try readJSON({payload}.self, from: json))")
    });
    Some(format!(
        "{}\npublic enum {}: Sendable {{\n{}\n    /// A number that this package does not know, with the text that came along.\n    case unknown(Int32, json: String)\n\n    init(type: Int32, json: String) throws {{\n        switch type {{\n{}\n        default: self = .unknown(type, json: json)\n        }}\n    }}\n}}",
        doc(&sentence(&group.doc), ""),
        names::upper_camel(&group.name),
        cases.collect::<Vec<_>>().join("\n"),
        read.collect::<Vec<_>>().join("\n")
    ))
}

fn item_payload(item: &Constant) -> Option<&str> {
    item.payload.as_deref()
}

fn texts(spec: &Spec) -> String {
    let line = |one: &osaurus_abi_spec::model::NamedString| {
        let about = doc(&sentence(&one.doc), "    ");
        let name = lower_camel(&one.name);
        format!("{about}\n    public static let {name} = {:?}", one.value)
    };
    let lines: Vec<String> = spec.strings.iter().map(line).collect();
    format!(
        "/// Texts with a fixed meaning on both sides of the boundary.\npublic enum WellKnown {{\n{}\n}}",
        lines.join("\n")
    )
}

fn hints(spec: &Spec) -> String {
    let line = |one: &osaurus_abi_spec::model::ErrorCode| {
        format!("    {:?}: {:?},", one.code, text::one_line(&one.hint))
    };
    let lines: Vec<String> = spec.errors.iter().map(line).collect();
    format!(
        "/// What an author can do about each error code of the host.\nlet errorHints: [String: String] = [\n{}\n]",
        lines.join("\n")
    )
}

fn slots(spec: &Spec) -> String {
    let rows = view::rows(spec, Side::Host, view::newest(spec));
    let rows: Vec<&Row<'_>> = rows
        .iter()
        .filter(|row| row.member.as_slot().is_some())
        .collect();
    let cases = rows.iter().map(|row| {
        let name = row.member.name();
        format!("    case {} = {name:?}", lower_camel(name))
    });
    let facts = rows.iter().filter_map(|row| {
        let since = &row.member.as_slot()?.since;
        let revision = since.revision.as_deref().unwrap_or("2e");
        Some(format!(
            "        case .{}: ({}, {}, .v{revision})",
            lower_camel(row.member.name()),
            row.offset,
            since.version
        ))
    });
    let revisions = spec.revisions.iter().map(|one| {
        let about = doc(&sentence(&text::first_sentence(&one.doc)), "    ");
        format!("{about}\n    case v{} = {:?}", one.name, one.name)
    });
    format!(
        "/// The layouts that all said \"version 2\", oldest first.\npublic enum Version2Revision: String, CaseIterable, Comparable, Sendable {{\n{}\n\n    /// Older is less.\n    public static func < (one: Self, other: Self) -> Bool {{ one.rawValue < other.rawValue }}\n}}\n\n/// The host's functions by their C names.\npublic enum HostSlot: String, CaseIterable, Sendable {{\n{}\n\n    /// Bytes from the start of the host's table, first version, and first revision within version 2.\n    var facts: (offset: Int, since: UInt32, revision: Version2Revision) {{\n        switch self {{\n{}\n        }}\n    }}\n}}",
        revisions.collect::<Vec<_>>().join("\n"),
        cases.collect::<Vec<_>>().join("\n"),
        facts.collect::<Vec<_>>().join("\n")
    )
}
