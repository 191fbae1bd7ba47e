//! The C header of one ABI version: same names as Osaurus' own, own words, layout asserted.

use crate::{
    names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{ConstantGroup, Entry, Member, Param, Slot, Spec};

const FILE: &str = "osaurus_plugin.h";
const WIDTH: usize = 98;

#[derive(Template)]
#[template(path = "osaurus_plugin.h", escape = "none")]
struct Header {
    notice: String,
    version: u32,
    about: String,
    entry_symbol: String,
    constants: Vec<Constants>,
    strings: Vec<Text>,
    host: Option<CTable>,
    plugin: CTable,
    tables: Vec<CTable>,
    revisions: Vec<CRevision>,
    entries: Vec<Function>,
}

struct Constants {
    doc: String,
    items: Vec<Define>,
}

struct Define {
    name: String,
    value: i64,
    doc: String,
}

struct Text {
    name: String,
    literal: String,
    doc: String,
}

struct Function {
    doc: String,
    declaration: String,
}

#[derive(Clone)]
struct CMember {
    name: String,
    declaration: String,
    note: String,
    /// First version of a function; `None` for the version field.
    since: Option<u32>,
    offset: usize,
    size: usize,
}

struct CTable {
    name: String,
    doc: String,
    functions: Vec<Function>,
    members: Vec<CMember>,
    size: usize,
}

struct CRevision {
    name: String,
    host_size: usize,
}

/// The header of `version`.
pub fn generate(spec: &Spec, version: u32) -> Result<Files, Error> {
    let text = header(spec, version)
        .render()
        .map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([(FILE.to_owned(), text::tidy_prose(&text))]))
}

fn header(spec: &Spec, version: u32) -> Header {
    let this = spec.versions.iter().find(|one| one.number == version);
    let has_host = view::table_size(spec, Side::Host, version) > 0;
    let table = |side| c_table(spec, side, version);
    let mut tables: Vec<CTable> = Vec::new();
    if has_host {
        tables.push(table(Side::Host));
    }
    tables.push(table(Side::Plugin));
    Header {
        notice: phrases::notice(&format!("osaurus-bridge gen c --abi {version}")),
        version,
        about: this.map_or(String::new(), |one| comment_body(&one.doc)),
        entry_symbol: this.map_or(String::new(), |one| one.entry.clone()),
        constants: spec
            .constants
            .iter()
            .filter_map(|group| constants(group, version))
            .collect(),
        strings: if has_host { strings(spec) } else { Vec::new() },
        host: has_host.then(|| table(Side::Host)),
        plugin: table(Side::Plugin),
        tables,
        revisions: if has_host {
            revisions(spec)
        } else {
            Vec::new()
        },
        entries: entries(spec, version),
    }
}

/// Text for the middle of a `//` comment.
fn comment_body(text: &str) -> String {
    text::prefixed(text, "// ", WIDTH)
        .trim_start_matches("// ")
        .to_owned()
}

/// A `///` comment: safe with `*/` in the text, and without a backslash at a line's end.
fn doc(text: &str) -> String {
    let lines = text::prefixed(text, "/// ", WIDTH);
    let safe = lines.lines().map(|line| line.trim_end_matches('\\'));
    safe.collect::<Vec<_>>().join("\n")
}

fn constants(group: &ConstantGroup, version: u32) -> Option<Constants> {
    let known = group
        .items
        .iter()
        .filter(|item| item.since.version <= version);
    let items: Vec<Define> = known
        .map(|item| Define {
            name: format!("{}{}", group.c_prefix, names::screaming(&item.name)),
            value: item.value,
            doc: doc(&text::sentence(&item.doc)),
        })
        .collect();
    let group_doc = text::prefixed(&group.doc, "// ", WIDTH);
    (!items.is_empty()).then_some(Constants {
        doc: group_doc,
        items,
    })
}

fn strings(spec: &Spec) -> Vec<Text> {
    let made = spec.strings.iter().map(|text| Text {
        name: format!("OSR_TEXT_{}", names::screaming(&text.name)),
        literal: format!("{:?}", text.value),
        doc: doc(&text.doc),
    });
    made.collect()
}

fn c_table(spec: &Spec, side: Side, version: u32) -> CTable {
    let table = side.table(spec);
    let rows = view::rows(spec, side, version);
    CTable {
        name: table.c_name.clone(),
        doc: doc(&table.doc),
        functions: rows
            .iter()
            .filter_map(|row| row.member.as_slot())
            .map(|slot| function(spec, side, slot))
            .collect(),
        members: rows.iter().map(|row| c_member(spec, side, row)).collect(),
        size: view::table_size(spec, side, version),
    }
}

fn function(spec: &Spec, side: Side, slot: &Slot) -> Function {
    let name = type_name(spec, side, slot);
    Function {
        doc: doc(&slot_text(slot)),
        declaration: declaration(
            &format!("{} (*{name})", slot.returns.ty.c_name()),
            &slot.params,
            "typedef ".len(),
        ),
    }
}

/// `osr_<slot>_fn`; a host function that shares its name with one of the plugin's says `host`.
fn type_name(spec: &Spec, side: Side, slot: &Slot) -> String {
    let shared = side == Side::Host && spec.plugin.slot(&slot.name).is_some();
    let host = if shared { "host_" } else { "" };
    format!("osr_{host}{}_fn", slot.name)
}

fn slot_text(slot: &Slot) -> String {
    let mut parts = vec![slot.doc.trim().to_owned()];
    parts.extend(phrases::status(slot));
    let mut rows: Vec<String> = slot
        .params
        .iter()
        .map(|param| format!("@param {} {}", param.name, phrases::param_text(param)))
        .collect();
    let returns = phrases::return_text(&slot.returns);
    if !returns.is_empty() {
        rows.push(format!("@return {returns}"));
    }
    rows.extend(rule_rows(slot));
    parts.push(rows.join("\n"));
    parts.join("\n\n")
}

pub(crate) fn rule_rows(slot: &Slot) -> Vec<String> {
    let mut rows = vec![
        format!("- Since: version {}.", view::since_text(&slot.since)),
        format!("- Thread: {}.", phrases::thread(slot.thread)),
        format!("- Blocks: {}.", phrases::blocking(&slot.blocking)),
    ];
    if slot.agent_bound {
        rows.push("- Agent: works for the agent of the calling frame.".to_owned());
    }
    if !slot.errors.is_empty() {
        rows.push(format!("- Errors: {}.", slot.errors.join(", ")));
    }
    rows
}

fn c_member(spec: &Spec, side: Side, row: &Row<'_>) -> CMember {
    let (declaration, since) = match row.member {
        Member::Version { .. } => ("uint32_t version".to_owned(), None),
        Member::Slot(slot) => (
            format!("{} {}", type_name(spec, side, slot), slot.name),
            Some(slot.since.version),
        ),
    };
    CMember {
        name: row.member.name().to_owned(),
        declaration,
        note: member_note(row),
        since,
        offset: row.offset,
        size: row.size,
    }
}

/// A doxygen comment behind the member, in few words: the function's type above it has the rest.
fn member_note(row: &Row<'_>) -> String {
    let since = view::since_text(row.member.since());
    let rest = match row.member {
        Member::Version { doc, .. } => text::first_sentence(doc),
        Member::Slot(slot) if slot.reserved.is_some() => "Reserved: no effect.".to_owned(),
        Member::Slot(slot) if !slot.required => "Optional: NULL when unused.".to_owned(),
        Member::Slot(_) => String::new(),
    };
    format!("  ///< Since version {since}. {rest}")
        .trim_end()
        .to_owned()
}

fn revisions(spec: &Spec) -> Vec<CRevision> {
    let sizes = spec.revisions.iter().map(|revision| CRevision {
        name: revision.name.to_ascii_uppercase(),
        host_size: view::revision_size(spec, Side::Host, revision),
    });
    sizes.collect()
}

fn entries(spec: &Spec, version: u32) -> Vec<Function> {
    let known = spec
        .entries
        .iter()
        .filter(|entry| entry.since.version <= version);
    known.map(entry).collect()
}

fn entry(entry: &Entry) -> Function {
    let mut rows: Vec<String> = vec![entry.doc.trim().to_owned()];
    let params = entry.params.iter();
    let params: Vec<String> = params
        .map(|param| format!("@param {} {}", param.name, phrases::param_text(param)))
        .chain([format!("@return {}", phrases::return_text(&entry.returns))])
        .collect();
    rows.push(params.join("\n"));
    Function {
        doc: doc(&rows.join("\n\n")),
        declaration: declaration(
            &format!("{} {}", entry.returns.ty.c_name(), entry.symbol),
            &entry.params,
            "OSR_EXPORT ".len(),
        ),
    }
}

/// A declaration with its parameters on one line, or one per line where that is too long.
fn declaration(head: &str, params: &[Param], taken: usize) -> String {
    let mut list: Vec<String> = params.iter().map(Param::c_declaration).collect();
    if list.is_empty() {
        list.push("void".to_owned());
    }
    let single = format!("{head}({})", list.join(", "));
    if single.len() + taken < WIDTH {
        return single;
    }
    format!("{head}(\n    {})", list.join(",\n    "))
}
