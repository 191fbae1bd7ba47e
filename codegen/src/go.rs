//! Go: the tables with their layout, and a cgo binding over the C header. Called by `generate`.

use crate::{
    c, names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{CType, ConstantGroup, Member, Param, Since, Slot, Spec};

const WIDTH: usize = 118;

#[derive(Template)]
#[template(path = "go/table.go.txt", escape = "none")]
struct TableFile<'a> {
    notice: &'a str,
    groups: Vec<Group>,
    strings: Vec<Text>,
    tables: Vec<GoTable>,
    slots: &'a [Function],
}

#[derive(Template)]
#[template(path = "go/host.go.txt", escape = "none")]
struct HostFile<'a> {
    notice: &'a str,
    slots: &'a [Function],
}

#[derive(Template)]
#[template(path = "go/plugin.go.txt", escape = "none")]
struct PluginFile<'a> {
    notice: &'a str,
}

#[derive(Template)]
#[template(path = "go/entry.c.txt", escape = "none")]
struct EntryFile<'a> {
    notice: &'a str,
}

struct Group {
    doc: String,
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

struct GoTable {
    doc: String,
    name: String,
    members: Vec<GoMember>,
    size: usize,
}

struct GoMember {
    doc: String,
    name: String,
    ty: &'static str,
    offset: usize,
}

struct Function {
    name: String,
    go_name: String,
    doc: String,
    summary: String,
    since: u32,
    callable: bool,
    streams: bool,
    gives_value: bool,
    gives_json: bool,
    c_result: &'static str,
    c_params: String,
    c_args: String,
    go_params: String,
    go_result: &'static str,
    go_failed: &'static str,
    go_checked: String,
    go_args: String,
    strings: Vec<Local>,
}

/// A C copy of a Go string during a call.
struct Local {
    local: String,
    argument: String,
}

/// The Go package, at the newest version.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let notice = phrases::notice("osaurus-bridge gen go");
    let notice = notice.as_str();
    let rows = view::host_slots(spec);
    let slots: Vec<Function> = rows.iter().map(|(_, slot)| function(slot)).collect();
    let mut files = c::generate(spec, &Since::version(spec.newest_version()))?;
    let table = TableFile {
        notice,
        groups: spec.constants.iter().map(group).collect(),
        strings: spec.strings.iter().map(string).collect(),
        tables: vec![table(spec, Side::Host), table(spec, Side::Plugin)],
        slots: &slots,
    };
    let host = HostFile {
        notice,
        slots: &slots,
    };
    add(&mut files, "osaurus_table.go", table.render())?;
    add(&mut files, "osaurus_host.go", host.render())?;
    let plugin = PluginFile { notice };
    add(&mut files, "osaurus_plugin.go", plugin.render())?;
    add(&mut files, "osaurus_entry.c", EntryFile { notice }.render())?;
    Ok(files)
}

fn add(
    files: &mut Files,
    file: &'static str,
    rendered: Result<String, askama::Error>,
) -> Result<(), Error> {
    let text = rendered.map_err(|source| Error::Template { file, source })?;
    files.insert(file.to_owned(), text::tidy_prose(&text));
    Ok(())
}

fn doc(text: &str) -> String {
    text::prefixed(text, "// ", WIDTH)
}

fn group(group: &ConstantGroup) -> Group {
    let prefix = match group.name.as_str() {
        "log_level" => "Log",
        "task_event" => "Task",
        _ => "AbiVersion",
    };
    let items = group.items.iter().map(|item| Item {
        name: if prefix == "AbiVersion" {
            format!("{prefix}{}", item.value)
        } else {
            format!("{prefix}{}", names::upper_camel(&item.name))
        },
        value: item.value,
        doc: text::sentence(&item.doc),
    });
    Group {
        doc: doc(&group.doc),
        items: items.collect(),
    }
}

fn string(text: &osaurus_abi_spec::model::NamedString) -> Text {
    let name = names::upper_camel(&text.name);
    Text {
        doc: doc(&format!("{name}: {}", text.doc)),
        name,
        literal: format!("{:?}", text.value),
    }
}

fn table(spec: &Spec, side: Side) -> GoTable {
    let newest = spec.newest_version();
    let name = format!("{}Table", side.word());
    GoTable {
        doc: doc(&format!(
            "{name} is {}: {}",
            side.table(spec).c_name,
            side.table(spec).doc
        )),
        members: view::rows(spec, side, newest).iter().map(member).collect(),
        size: view::table_size(spec, side, newest),
        name,
    }
}

fn member(row: &Row<'_>) -> GoMember {
    let since = view::since_text(row.member.since());
    let summary = text::first_sentence(row.member.doc());
    GoMember {
        doc: format!("{} Since version {since}.", text::sentence(&summary)),
        name: names::upper_camel(row.member.name()),
        ty: match row.member {
            Member::Version { .. } => "uint32",
            Member::Slot(_) => "unsafe.Pointer",
        },
        offset: row.offset,
    }
}

fn function(slot: &Slot) -> Function {
    let gives_value = slot.returns.ty == CType::String;
    let gives_json = slot.returns.record.is_some();
    let (go_result, go_failed) = match (gives_value, gives_json) {
        (true, true) => ("(string, error)", "\"\", err"),
        (true, false) => ("(string, bool, error)", "\"\", false, err"),
        (false, _) => ("error", "err"),
    };
    let go_name = names::upper_camel(&slot.name);
    Function {
        doc: doc(&format!("{go_name}: {}", slot.doc.trim())),
        name: slot.name.clone(),
        go_name,
        summary: text::first_sentence(&slot.doc),
        since: slot.since.version,
        callable: slot.name != "free_string",
        streams: slot.params.iter().any(|p| p.ty == CType::ChunkCallback),
        gives_value,
        gives_json,
        c_result: slot.returns.ty.c_name(),
        c_params: prefixed(slot, c_param),
        c_args: listed(slot, c_arg).join(", "),
        go_params: listed(slot, go_param).join(", "),
        go_result,
        go_failed,
        go_checked: prefixed(slot, go_checked),
        go_args: prefixed(slot, go_arg),
        strings: slot.params.iter().filter_map(local).collect(),
    }
}

fn listed(slot: &Slot, write: impl Fn(&Param) -> Option<String>) -> Vec<String> {
    slot.params.iter().filter_map(write).collect()
}

/// Each with a comma before it.
fn prefixed(slot: &Slot, write: impl Fn(&Param) -> Option<String>) -> String {
    let each = listed(slot, write);
    each.iter().map(|one| format!(", {one}")).collect()
}

/// A stream's receiver crosses as the number of a cgo handle.
fn c_param(param: &Param) -> Option<String> {
    match param.ty {
        CType::ChunkCallback => None,
        CType::Opaque => Some(format!("uintptr_t {}", param.name)),
        _ => Some(param.c_declaration()),
    }
}

fn c_arg(param: &Param) -> Option<String> {
    Some(match param.ty {
        CType::ChunkCallback => "(osr_on_chunk_fn)osaurusGoChunk".to_owned(),
        CType::Opaque => format!("(void*){}", param.name),
        _ => param.name.clone(),
    })
}

fn go_name(param: &Param) -> String {
    let camel = names::upper_camel(&param.name);
    let id = camel.strip_suffix("Id").map(|stem| format!("{stem}ID"));
    let camel = id.unwrap_or(camel);
    let mut letters = camel.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_ascii_lowercase().to_string() + letters.as_str()
    })
}

fn go_param(param: &Param) -> Option<String> {
    let name = go_name(param);
    match param.ty {
        CType::String if phrases::null_is_useful(param) => Some(format!("{name} *string")),
        CType::String => Some(format!("{name} string")),
        CType::Int => Some(format!("{name} int")),
        CType::ChunkCallback => Some(format!("{name} func(chunk string)")),
        _ => None,
    }
}

fn go_checked(param: &Param) -> Option<String> {
    let name = go_name(param);
    match param.ty {
        CType::String if phrases::null_is_useful(param) => Some(format!("optional({name})")),
        CType::String => Some(name),
        _ => None,
    }
}

fn go_arg(param: &Param) -> Option<String> {
    let name = go_name(param);
    match param.ty {
        CType::String => Some(format!("{name}C")),
        CType::Int => Some(format!("C.int({name})")),
        _ => None,
    }
}

fn local(param: &Param) -> Option<Local> {
    let name = go_name(param);
    let argument = if phrases::null_is_useful(param) {
        format!("cText({name})")
    } else {
        format!("C.CString({name})")
    };
    (param.ty == CType::String).then(|| Local {
        local: format!("{name}C"),
        argument,
    })
}
