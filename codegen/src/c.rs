//! The C header of one ABI version, or of a revision of version 2: same names as Osaurus' own, own
//! words, layout asserted.

use crate::{
    names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{
    CType, ConstantGroup, Entry, Member, Ownership, Param, Since, Slot, Spec,
};

const FILE: &str = "osaurus_plugin.h";
const WIDTH: usize = 98;

#[derive(Template)]
#[template(path = "osaurus_plugin.h", escape = "none")]
struct Header {
    notice: String,
    version: u32,
    /// `2`, or `2 in its revision 2d`.
    title: String,
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

#[derive(Clone)]
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
    /// `string, string_string`: what a function returns and takes.
    shape: Option<String>,
    offset: usize,
    size: usize,
}

#[derive(Clone)]
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

/// The header of a level.
pub fn generate(spec: &Spec, level: &Since) -> Result<Files, Error> {
    let text = header(spec, level)
        .render()
        .map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([(FILE.to_owned(), text::tidy_prose(&text))]))
}

fn header(spec: &Spec, level: &Since) -> Header {
    let version = level.version;
    let this = spec.versions.iter().find(|one| one.number == version);
    let has_host = view::size_at(spec, Side::Host, level) > 0;
    let host = has_host.then(|| c_table(spec, Side::Host, level));
    let plugin = c_table(spec, Side::Plugin, level);
    let groups = spec.constants.iter();
    Header {
        notice: phrases::notice(&format!(
            "osaurus-bridge gen c --abi {}",
            view::level_word(level)
        )),
        version,
        title: title(level),
        about: comment_body(about(spec, level)),
        entry_symbol: this.map_or(String::new(), |one| one.entry.clone()),
        constants: groups.filter_map(|group| constants(group, level)).collect(),
        strings: if has_host { strings(spec) } else { Vec::new() },
        tables: host.iter().chain([&plugin]).cloned().collect(),
        host,
        plugin,
        revisions: if has_host {
            revisions(spec)
        } else {
            Vec::new()
        },
        entries: entries(spec, level),
    }
}

fn title(level: &Since) -> String {
    let revision = level.revision.as_ref();
    let revision = revision.map_or(String::new(), |name| format!(" in its revision {name}"));
    format!("{}{revision}", level.version)
}

/// What the version, or the revision, brought.
fn about<'a>(spec: &'a Spec, level: &Since) -> &'a str {
    let named = |name: &String| spec.revisions.iter().find(|one| one.name == *name);
    if let Some(revision) = level.revision.as_ref().and_then(named) {
        return &revision.doc;
    }
    let this = spec.versions.iter();
    let mut this = this.filter(|one| one.number == level.version);
    this.next().map_or("", |one| &one.doc)
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

fn constants(group: &ConstantGroup, level: &Since) -> Option<Constants> {
    let items = group
        .items
        .iter()
        .filter(|item| level.includes(&item.since));
    let items: Vec<Define> = items
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
    let strings = spec.strings.iter().map(|text| Text {
        name: format!("OSR_TEXT_{}", names::screaming(&text.name)),
        literal: format!("{:?}", text.value),
        doc: doc(&text.doc),
    });
    strings.collect()
}

fn c_table(spec: &Spec, side: Side, level: &Since) -> CTable {
    let table = side.table(spec);
    let rows = view::rows_at(spec, side, level);
    let old = view::superseded(spec, side, level);
    let slots = rows.iter().filter_map(|row| row.member.as_slot());
    let slots = slots.chain(old.map(|(slot, _)| slot));
    let members = rows.iter().map(|row| c_member(spec, side, row));
    let old = old.map(|(slot, offset)| slot_member(spec, side, slot, offset));
    CTable {
        name: table.c_name.clone(),
        doc: doc(&table.doc),
        functions: slots.map(|slot| function(spec, side, slot)).collect(),
        members: members.chain(old).collect(),
        size: view::size_at(spec, side, level),
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
    match row.member {
        Member::Slot(slot) => slot_member(spec, side, slot, row.offset),
        Member::Version { doc, since } => CMember {
            name: row.member.name().to_owned(),
            declaration: "uint32_t version".to_owned(),
            note: note(since, &text::first_sentence(doc)),
            since: None,
            shape: None,
            offset: row.offset,
            size: row.size,
        },
    }
}

fn slot_member(spec: &Spec, side: Side, slot: &Slot, offset: usize) -> CMember {
    let about = match slot {
        slot if slot.reserved.is_some() => "Reserved: no effect.",
        slot if !slot.required => "Optional: NULL when unused.",
        _ => "",
    };
    CMember {
        name: slot.name.clone(),
        declaration: format!("{} {}", type_name(spec, side, slot), slot.name),
        note: note(&slot.since, about),
        since: Some(slot.since.version),
        shape: Some(shape(slot)),
        offset,
        size: view::POINTER,
    }
}

/// What a function returns and takes, for OSR_EACH_HOST_SLOT.
fn shape(slot: &Slot) -> String {
    let returns = match slot.returns.ty {
        CType::Void => "void",
        _ => "string",
    };
    let kinds: Vec<&str> = slot.params.iter().filter_map(kind).collect();
    let takes = match kinds.is_empty() {
        true => "none".to_owned(),
        false => kinds.join("_"),
    };
    format!("{returns}, {takes}")
}

fn kind(param: &Param) -> Option<&'static str> {
    match param.ty {
        CType::String if param.ownership == Ownership::Consumed => Some("consumed"),
        CType::String => Some("string"),
        CType::Int => Some("int"),
        CType::ChunkCallback => Some("chunks"),
        _ => None,
    }
}

/// A doxygen comment after the member, in few words: the function's type above it has the rest.
fn note(since: &Since, about: &str) -> String {
    let since = view::since_text(since);
    format!("  ///< Since version {since}. {about}")
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

fn entries(spec: &Spec, level: &Since) -> Vec<Function> {
    let entries = spec.entries.iter();
    let entries = entries.filter(|entry| level.includes(&entry.since));
    entries.map(entry).collect()
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
pub(crate) fn declaration(head: &str, params: &[Param], taken: usize) -> String {
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
