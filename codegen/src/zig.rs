//! The tables as one Zig file, with its layout tests. Called by `generate`.

use crate::{
    names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{CType, ConstantGroup, Member, Slot, Spec};

const FILE: &str = "osaurus_plugin.zig";
const WIDTH: usize = 98;

#[derive(Template)]
#[template(path = "osaurus_plugin.zig", escape = "none")]
struct File {
    notice: String,
    newest: u32,
    groups: Vec<Group>,
    strings: Vec<Text>,
    tables: Vec<ZigTable>,
}

struct Group {
    doc: String,
    name: String,
    ty: &'static str,
    items: Vec<Item>,
}

struct Item {
    name: String,
    value: i64,
    doc: String,
}

struct Text {
    doc: String,
    name: String,
    literal: String,
}

struct ZigTable {
    doc: String,
    name: String,
    c_name: String,
    members: Vec<ZigMember>,
    size: usize,
}

struct ZigMember {
    doc: String,
    name: String,
    ty: String,
    default: &'static str,
    since: u32,
    offset: usize,
}

/// The Zig file, at the newest version.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let strings = spec.strings.iter().map(|one| Text {
        doc: doc(&one.doc),
        name: one.name.clone(),
        literal: format!("{:?}", one.value),
    });
    let file = File {
        notice: phrases::notice("osaurus-bridge gen zig"),
        newest: spec.newest_version(),
        groups: spec.constants.iter().map(group).collect(),
        strings: strings.collect(),
        tables: vec![table(spec, Side::Host), table(spec, Side::Plugin)],
    };
    let text = file
        .render()
        .map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([(FILE.to_owned(), text::tidy_prose(&text))]))
}

fn doc(text: &str) -> String {
    text::prefixed(text, "/// ", WIDTH)
}

fn group(group: &ConstantGroup) -> Group {
    let unsigned = group.name == "abi_version";
    let items = group.items.iter().map(|item| Item {
        name: if unsigned {
            format!("v{}", item.value)
        } else {
            names::zig(&item.name)
        },
        value: item.value,
        doc: text::sentence(&item.doc),
    });
    Group {
        doc: doc(&group.doc),
        name: group.name.clone(),
        ty: if unsigned { "u32" } else { "c_int" },
        items: items.collect(),
    }
}

fn table(spec: &Spec, side: Side) -> ZigTable {
    let newest = spec.newest_version();
    let rows = view::rows(spec, side, newest);
    ZigTable {
        doc: doc(&side.table(spec).doc),
        name: format!("{}Api", side.word()),
        c_name: side.table(spec).c_name.clone(),
        members: rows.iter().map(member).collect(),
        size: view::table_size(spec, side, newest),
    }
}

fn member(row: &Row<'_>) -> ZigMember {
    let (ty, default) = match row.member {
        Member::Version { .. } => ("u32".to_owned(), " = 0"),
        Member::Slot(slot) => (function_type(slot), " = null"),
    };
    let summary = text::first_sentence(row.member.doc());
    let since = view::since_text(row.member.since());
    ZigMember {
        doc: format!("{} Since version {since}.", text::sentence(&summary)),
        name: row.member.name().to_owned(),
        ty,
        default,
        since: row.member.as_slot().map_or(0, |slot| slot.since.version),
        offset: row.offset,
    }
}

fn function_type(slot: &Slot) -> String {
    let params: Vec<String> = slot
        .params
        .iter()
        .map(|param| format!("{}: {}", names::zig(&param.name), zig_type(&param.ty)))
        .collect();
    let result = zig_type(&slot.returns.ty);
    format!("?*const fn ({}) callconv(.c) {result}", params.join(", "))
}

const fn zig_type(ty: &CType) -> &'static str {
    match ty {
        CType::String => "Text",
        CType::Int => "c_int",
        CType::Opaque => "?*anyopaque",
        CType::Context => "PluginCtx",
        CType::ChunkCallback => "OnChunk",
        CType::HostApi => "?*const HostApi",
        CType::PluginApi => "?*const PluginApi",
        CType::Void => "void",
    }
}
