//! Crate `osaurus-abi`: the tables as `repr(C)` Rust, as rustfmt would write them.

use crate::{
    names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{
    CType, Constant, ConstantGroup, Entry, Member, NamedString, Ownership, Param, Return, Revision,
    Slot, Spec, ThreadRule, WorkerConstant,
};
use std::iter::once;

const FILE: &str = "lib.rs";
const WIDTH: usize = 98;
/// Columns that rustfmt allows.
const COLUMNS: usize = 100;

#[derive(Template)]
#[template(path = "rust_table.rs.txt", escape = "none")]
struct Tables {
    notice: String,
    newest: u32,
    pointer: usize,
    host: RustTable,
    plugin: RustTable,
    entries: Vec<RustEntry>,
    slots: Vec<RustSlot>,
    host_sizes: Vec<Size>,
    plugin_sizes: Vec<Size>,
    revisions: Vec<RustRevision>,
    groups: Vec<Group>,
    strings: Vec<Text>,
    worker_messages: Vec<Text>,
    worker_ready: Vec<Text>,
    worker_limits: Vec<Text>,
}

struct RustTable {
    doc: String,
    functions: Vec<Function>,
    fields: Vec<Field>,
    size: usize,
}

struct Function {
    doc: String,
    alias: String,
}

struct Field {
    doc: String,
    name: String,
    ty: String,
    offset: usize,
}

struct RustEntry {
    doc: String,
    alias: String,
    symbol: String,
    constant: String,
    since: u32,
    later: &'static str,
}

struct RustSlot {
    name: String,
    variant: String,
    summary: String,
    index: usize,
    offset: usize,
    since: u32,
    revision: String,
    returns_json: bool,
    any_thread: bool,
    agent_bound: bool,
    reserved: bool,
    declaration: String,
}

struct Size {
    pattern: String,
    bytes: usize,
}

struct RustRevision {
    name: String,
    variant: String,
    doc: String,
    date: String,
    host_size: usize,
    plugin_size: usize,
    plugin_last: String,
}

struct Text {
    doc: String,
    constant: String,
    literal: String,
}

struct Group {
    doc: String,
    name: String,
    camel: String,
    int: &'static str,
    items: Vec<Item>,
}

struct Item {
    indented_doc: String,
    name: String,
    constant: String,
    variant: String,
    value: i64,
}

/// The source of crate `osaurus-abi`.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let text = tables(spec).render();
    let text = text.map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([(FILE.to_owned(), text::tidy_prose(&text))]))
}

fn tables(spec: &Spec) -> Tables {
    Tables {
        notice: phrases::notice("osaurus-bridge gen rust"),
        newest: spec.newest_version(),
        pointer: view::POINTER,
        host: rust_table(spec, Side::Host),
        plugin: rust_table(spec, Side::Plugin),
        entries: spec
            .entries
            .iter()
            .map(|entry| rust_entry(spec, entry))
            .collect(),
        slots: view::host_slots(spec)
            .iter()
            .map(|(row, slot)| rust_slot(row, slot))
            .collect(),
        host_sizes: sizes(spec, Side::Host),
        plugin_sizes: sizes(spec, Side::Plugin),
        revisions: revisions(spec),
        groups: spec.constants.iter().map(group).collect(),
        strings: spec.strings.iter().map(string).collect(),
        worker_messages: spec
            .worker_messages
            .iter()
            .map(|one| worker(one, "        "))
            .collect(),
        worker_ready: spec
            .worker_ready
            .iter()
            .map(|one| worker(one, "        "))
            .collect(),
        worker_limits: spec
            .worker_limits
            .iter()
            .map(|one| worker(one, "    "))
            .collect(),
    }
}

/// A `///` comment. Square brackets are escaped where rustdoc would take them for links.
fn doc(text: &str, indent: &str) -> String {
    let prefix = format!("{indent}/// ");
    let safe = text
        .replace('[', "\\[")
        .replace(']', "\\]")
        .replace('<', "\\<");
    text::prefixed(&outside_code(text, &safe), &prefix, WIDTH)
}

/// `escaped`, but with the pieces between backticks as they are in `plain`.
fn outside_code(plain: &str, escaped: &str) -> String {
    let pieces = plain.split('`').zip(escaped.split('`')).enumerate();
    let pieces =
        pieces.map(|(index, (plain, escaped))| if index % 2 == 1 { plain } else { escaped });
    pieces.collect::<Vec<_>>().join("`")
}

fn rust_table(spec: &Spec, side: Side) -> RustTable {
    let table = side.table(spec);
    let rows = view::rows(spec, side, spec.newest_version());
    RustTable {
        doc: doc(&format!("`{}`. {}", table.c_name, table.doc), ""),
        functions: table.slots().map(|slot| function(slot, side)).collect(),
        fields: rows.iter().map(|row| field(row, side)).collect(),
        size: view::table_size(spec, side, spec.newest_version()),
    }
}

fn function(slot: &Slot, side: Side) -> Function {
    Function {
        doc: doc(&slot_text(slot), ""),
        alias: alias(&alias_name(slot, side), &slot.params, &slot.returns),
    }
}

/// `ConfigGetFn`; the two `free_string` are told apart by their side.
fn alias_name(slot: &Slot, side: Side) -> String {
    let camel = names::upper_camel(&slot.name);
    if slot.name == "free_string" {
        format!("{}{camel}Fn", side.word())
    } else {
        format!("{camel}Fn")
    }
}

fn field(row: &Row<'_>, side: Side) -> Field {
    let (summary, ty) = match row.member {
        Member::Version { doc, .. } => (doc.clone(), "u32".to_owned()),
        Member::Slot(slot) => (text::first_sentence(&slot.doc), alias_name(slot, side)),
    };
    let since = view::since_text(row.member.since());
    Field {
        doc: doc(
            &format!("{} Since version {since}.", text::sentence(&summary)),
            "    ",
        ),
        name: row.member.name().to_owned(),
        ty,
        offset: row.offset,
    }
}

fn slot_text(slot: &Slot) -> String {
    let mut parts = vec![slot.doc.trim().to_owned()];
    parts.extend(phrases::status(slot));
    let mut rows: Vec<String> = slot
        .params
        .iter()
        .map(|param| format!("- `{}`: {}", param.name, phrases::param_text(param)))
        .collect();
    let returns = phrases::return_text(&slot.returns);
    if !returns.is_empty() {
        rows.push(format!("- Returns: {returns}"));
    }
    rows.push(format!(
        "- Since version {}.",
        view::since_text(&slot.since)
    ));
    rows.push(format!("- Thread: {}.", phrases::thread(slot.thread)));
    rows.push(format!("- Blocks: {}.", phrases::blocking(&slot.blocking)));
    if !slot.errors.is_empty() {
        rows.push(format!("- Errors: `{}`.", slot.errors.join("`, `")));
    }
    parts.push(rows.join("\n"));
    parts.join("\n\n")
}

/// A parameter's name, escaped where it is a keyword.
fn rust_name(name: &str) -> String {
    const KEYWORDS: [&str; 8] = ["type", "ref", "match", "move", "fn", "in", "use", "mod"];
    if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

fn rust_type(ty: &CType) -> &'static str {
    match ty {
        CType::String => "*const c_char",
        CType::Int => "c_int",
        CType::Opaque => "*mut c_void",
        CType::Context => "PluginCtx",
        CType::ChunkCallback => {
            "Option<unsafe extern \"C\" fn(chunk_json: *const c_char, user_data: *mut c_void)>"
        }
        CType::HostApi => "*const HostApi",
        CType::PluginApi => "*const PluginApi",
        CType::Void => "()",
    }
}

/// A nullable function pointer type, broken into lines as rustfmt breaks it.
///
/// `Option` is inside the alias: cbindgen sees a nullable pointer only when it is spelled so.
fn alias(name: &str, params: &[Param], returns: &Return) -> String {
    let list: Vec<String> = params
        .iter()
        .map(|param| format!("{}: {}", rust_name(&param.name), rust_type(&param.ty)))
        .collect();
    let result = match returns.ty {
        CType::Void => String::new(),
        ref ty => format!(" -> {}", rust_type(ty)),
    };
    let rows: String = list
        .iter()
        .map(|param| format!("        {param},\n"))
        .collect();
    let pointer = format!("unsafe extern \"C\" fn({}){result}", list.join(", "));
    let forms = [
        format!("pub type {name} = Option<{pointer}>;"),
        format!("pub type {name} =\n    Option<{pointer}>;"),
        format!("pub type {name} = Option<\n    {pointer},\n>;"),
        format!("pub type {name} = Option<\n    unsafe extern \"C\" fn(\n{rows}    ){result},\n>;"),
    ];
    let fits = |form: &&String| form.lines().all(|line| line.len() <= COLUMNS);
    forms.iter().find(fits).unwrap_or(&forms[3]).clone()
}

fn rust_entry(spec: &Spec, entry: &Entry) -> RustEntry {
    let newest = spec.newest_version();
    let users = spec
        .versions
        .iter()
        .filter(|one| one.entry == entry.symbol)
        .count();
    let name = format!("EntryV{}Fn", entry.since.version);
    RustEntry {
        doc: doc(
            &format!("Type of the symbol `{}`. {}", entry.symbol, entry.doc),
            "",
        ),
        alias: alias(&name, &entry.params, &entry.returns),
        symbol: entry.symbol.clone(),
        constant: format!("ENTRY_V{}", entry.since.version),
        since: entry.since.version,
        later: if users > 1 && entry.since.version < newest {
            " and later"
        } else {
            ""
        },
    }
}

fn rust_slot(row: &Row<'_>, slot: &Slot) -> RustSlot {
    RustSlot {
        name: slot.name.clone(),
        variant: names::upper_camel(&slot.name),
        summary: summary_line(&slot.doc),
        index: row.index,
        offset: row.offset,
        since: slot.since.version,
        revision: match &slot.since.revision {
            Some(revision) => format!("Some(V2Revision::{})", revision_variant(revision)),
            None => "None".to_owned(),
        },
        returns_json: slot.returns.record.is_some() || slot.returns.error_record.is_some(),
        any_thread: slot.thread == ThreadRule::Any,
        declaration: declaration(slot),
        agent_bound: slot.agent_bound,
        reserved: slot.reserved.is_some(),
    }
}

/// `2a` to `A`.
fn revision_variant(name: &str) -> String {
    name.trim_start_matches(|first: char| first.is_ascii_digit())
        .to_uppercase()
}

/// `config_get ConfigGet(key: string) -> string`.
fn declaration(slot: &Slot) -> String {
    let params: Vec<String> = slot
        .params
        .iter()
        .map(|param| format!("{}: {}", rust_name(&param.name), kind(param)))
        .collect();
    let result = match slot.returns.ty {
        CType::Void => "void",
        _ => "string",
    };
    let variant = names::upper_camel(&slot.name);
    format!("{} {variant}({}) -> {result}", slot.name, params.join(", "))
}

/// The kind of a parameter, as `ParamKind` has it in camel case.
fn kind(param: &Param) -> &'static str {
    match param.ty {
        CType::String if param.ownership == Ownership::Consumed => "consumed_string",
        CType::String if phrases::null_is_useful(param) => "nullable_string",
        CType::String => "string",
        CType::ChunkCallback => "chunk_callback",
        CType::Int => "int",
        _ => "opaque",
    }
}

fn summary_line(text: &str) -> String {
    text::sentence(&text::first_sentence(text))
        .replace('[', "\\[")
        .replace(']', "\\]")
}

/// One arm per size: versions of equal size share it, the last also takes what is to come.
fn sizes(spec: &Spec, side: Side) -> Vec<Size> {
    let mut arms: Vec<(Vec<u32>, usize)> = Vec::new();
    for version in 0..=spec.newest_version() {
        // Version 0 in a table means that its author left the field alone: the oldest layout.
        let bytes = view::table_size(spec, side, version.max(1));
        match arms.last_mut() {
            Some((versions, same)) if *same == bytes => versions.push(version),
            _ => arms.push((vec![version], bytes)),
        }
    }
    let last = arms.len().saturating_sub(1);
    let arms = arms.into_iter().enumerate();
    arms.map(|(index, (versions, bytes))| Size {
        pattern: if index == last {
            "_".to_owned()
        } else {
            pattern(&versions)
        },
        bytes,
    })
    .collect()
}

fn pattern(versions: &[u32]) -> String {
    let strings: Vec<String> = versions.iter().map(u32::to_string).collect();
    strings.join(" | ")
}

fn revisions(spec: &Spec) -> Vec<RustRevision> {
    let before = once(None).chain(spec.revisions.iter().map(Some));
    let revisions = spec.revisions.iter().zip(before);
    let revisions = revisions.map(|(revision, before)| RustRevision {
        name: revision.name.clone(),
        doc: doc(&revision_text(spec, revision, before), "    "),
        variant: revision_variant(&revision.name),
        date: revision.date.clone(),
        host_size: view::revision_size(spec, Side::Host, revision),
        plugin_size: view::revision_size(spec, Side::Plugin, revision),
        plugin_last: revision.plugin_last.clone(),
    });
    revisions.collect()
}

/// What a revision's table has that the one before it lacked.
fn revision_text(spec: &Spec, revision: &Revision, before: Option<&Revision>) -> String {
    let size = |one: &Revision| view::revision_size(spec, Side::Host, one);
    let start = before.map_or(0, size);
    let slots: Vec<String> = view::host_slots(spec)
        .into_iter()
        .filter(|(row, _)| row.offset >= start && row.offset < size(revision))
        .map(|(_, slot)| format!("`{}`", slot.name))
        .collect();
    let bytes = size(revision);
    if slots.is_empty() {
        return format!("{bytes} bytes of the host's table, as before.");
    }
    format!(
        "{bytes} bytes of the host's table: adds {}.",
        slots.join(", ")
    )
}

fn string(text: &NamedString) -> Text {
    Text {
        doc: doc(&text.doc, "    "),
        constant: names::screaming(&text.name),
        literal: format!("{:?}", text.value),
    }
}

fn worker(constant: &WorkerConstant, indent: &str) -> Text {
    Text {
        doc: doc(&constant.doc, indent),
        constant: names::screaming(&constant.name),
        literal: constant.value.to_string(),
    }
}

fn group(group: &ConstantGroup) -> Group {
    let int = if group.name == "abi_version" {
        "u32"
    } else {
        "i32"
    };
    Group {
        doc: doc(&group.doc, ""),
        name: group.name.clone(),
        camel: names::upper_camel(&group.name),
        int,
        items: group.items.iter().map(item).collect(),
    }
}

fn item(item: &Constant) -> Item {
    let snake = identifier(&item.name);
    let since = format!("Since version {}", view::since_text(&item.since));
    let text = phrases::sentences(&[&item.doc, &since]);
    Item {
        indented_doc: doc(&text, "    "),
        constant: names::screaming(&snake),
        variant: names::upper_camel(&snake),
        name: snake,
        value: item.value,
    }
}

/// A constant that is only a number (`OSR_ABI_VERSION_6`) is named `v6` where names need a letter.
fn identifier(name: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("v{name}")
    } else {
        name.to_owned()
    }
}
