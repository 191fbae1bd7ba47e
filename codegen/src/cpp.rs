//! The C++20 layer over the C header: one header, made of the parts in `templates/cpp`.
//! What the spec decides is here (functions, versions, enumerations); the rest is in the templates.

use crate::{
    c, names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{
    CType, Constant, ConstantGroup, Param, Since, Slot, Spec, StringEnum, ThreadRule,
};

const FILE: &str = "osaurus_plugin.hpp";
const WIDTH: usize = 98;

#[derive(Template)]
#[template(path = "cpp/osaurus_plugin.hpp", escape = "none")]
struct Layer {
    notice: String,
    version: u32,
    groups: Vec<Group>,
    enums: Vec<Group>,
    slots: Vec<Function>,
    revisions: Vec<Revision>,
    newest_revision: String,
}

struct Group {
    doc: String,
    name: String,
    items: Vec<Item>,
    /// The items as string literals.
    words: String,
}

struct Item {
    name: String,
    value: i64,
    doc: String,
}

struct Revision {
    name: String,
    date: String,
    host_size: usize,
}

struct Function {
    name: String,
    doc: String,
    summary: String,
    since: u32,
    end: usize,
    any_thread: bool,
    callable: bool,
    streams: bool,
    gives_value: bool,
    gives_json: bool,
    result: &'static str,
    thrown_result: &'static str,
    /// `const Text& key, LogLevel level`.
    parameters: String,
    /// What goes into the host's function.
    arguments: String,
    /// What the call checks: name, text and whether NULL is fine.
    checked: String,
    /// What goes from one wrapper into the other.
    forwarded: String,
}

/// The layer for `version`, with the C header that it includes.
pub fn generate(spec: &Spec, version: u32) -> Result<Files, Error> {
    if view::table_size(spec, Side::Host, version) == 0 {
        return Err(Error::NoHostTable { wanted: version });
    }
    let text = layer(spec, version)
        .render()
        .map_err(|source| Error::Template { file: FILE, source })?;
    let mut files = c::generate(spec, &Since::version(version))?;
    files.insert(FILE.to_owned(), text::tidy_prose(&text));
    Ok(files)
}

fn layer(spec: &Spec, version: u32) -> Layer {
    let named = |name| spec.string_enum(name).map(string_enum);
    let rows = view::rows(spec, Side::Host, version);
    let revisions = spec.revisions.iter();
    Layer {
        notice: phrases::notice(&format!("osaurus-bridge gen cpp --abi {version}")),
        version,
        groups: spec
            .constants
            .iter()
            .filter(|group| group.name != "abi_version")
            .map(|group| constants(group, version))
            .collect(),
        enums: ["ToolErrorKind", "PermissionPolicy", "RouteAuth"]
            .into_iter()
            .filter_map(named)
            .collect(),
        slots: rows
            .iter()
            .filter_map(|row| Some(function(row, row.member.as_slot()?)))
            .collect(),
        revisions: revisions
            .map(|one| Revision {
                name: format!("v{}", one.name),
                date: one.date.clone(),
                host_size: view::revision_size(spec, Side::Host, one),
            })
            .collect(),
        newest_revision: spec
            .revisions
            .last()
            .map_or(String::new(), |one| format!("v{}", one.name)),
    }
}

fn constants(group: &ConstantGroup, version: u32) -> Group {
    let items = group
        .items
        .iter()
        .filter(|item| item.since.version <= version);
    let item = |item: &Constant| Item {
        name: item.name.clone(),
        value: item.value,
        doc: text::sentence(&item.doc),
    };
    Group {
        doc: doc(&group.doc, ""),
        name: names::upper_camel(&group.name),
        items: items.map(item).collect(),
        words: String::new(),
    }
}

fn string_enum(found: &StringEnum) -> Group {
    let names = found.values.iter().map(|(name, _)| format!("{name:?}"));
    let items = found.values.iter().zip(0..);
    Group {
        doc: doc(&found.doc, ""),
        name: found.name.clone(),
        words: names.collect::<Vec<_>>().join(", "),
        items: items
            .map(|((name, meaning), value)| Item {
                name: member_name(name),
                value,
                doc: text::sentence(meaning),
            })
            .collect(),
    }
}

/// `auto` is a keyword of C++.
fn member_name(name: &str) -> String {
    if name == "auto" {
        "automatic".to_owned()
    } else {
        name.to_owned()
    }
}

fn doc(text: &str, indent: &str) -> String {
    let lines = text::prefixed(text, &format!("{indent}/// "), WIDTH);
    let safe = lines.lines().map(|line| line.trim_end_matches('\\'));
    safe.collect::<Vec<_>>().join("\n")
}

fn function(row: &Row<'_>, slot: &Slot) -> Function {
    let streams = slot.params.iter().any(|p| p.ty == CType::ChunkCallback);
    let gives_value = slot.returns.ty == CType::String;
    let gives_json = slot.returns.record.is_some();
    let (result, thrown_result) = match (gives_value, gives_json) {
        (true, true) => ("Expected<HostText>", "HostText"),
        (true, false) => (
            "Expected<std::optional<HostText>>",
            "std::optional<HostText>",
        ),
        (false, _) => ("Expected<void>", "void"),
    };
    Function {
        name: slot.name.clone(),
        doc: doc(&slot_text(slot), "    "),
        summary: text::first_sentence(&slot.doc),
        since: slot.since.version,
        end: row.offset + row.size,
        any_thread: slot.thread == ThreadRule::Any,
        // Strings free themselves: no one calls it by hand.
        callable: slot.name != "free_string",
        streams,
        gives_value,
        gives_json,
        result,
        thrown_result,
        parameters: listed(slot, parameter),
        arguments: listed(slot, argument),
        checked: listed(slot, checked),
        forwarded: listed(slot, forwarded),
    }
}

fn listed(slot: &Slot, write: impl Fn(&Param) -> Option<String>) -> String {
    let fields: Vec<String> = slot.params.iter().filter_map(write).collect();
    fields.join(", ")
}

fn parameter(param: &Param) -> Option<String> {
    let name = &param.name;
    match param.ty {
        CType::String if phrases::null_is_useful(param) => {
            Some(format!("const Text& {name} = nullptr"))
        }
        CType::String => Some(format!("const Text& {name}")),
        CType::Int => Some(format!("LogLevel {name}")),
        CType::ChunkCallback => Some(format!("OnChunk&& {name}")),
        _ => None,
    }
}

fn argument(param: &Param) -> Option<String> {
    match param.ty {
        CType::String => Some(format!("{}.c_str()", param.name)),
        CType::Int => Some(format!("static_cast<int>({})", param.name)),
        _ => None,
    }
}

fn checked(param: &Param) -> Option<String> {
    let name = &param.name;
    let nullable = phrases::null_is_useful(param);
    (param.ty == CType::String).then(|| format!("{{\"{name}\", {name}, {nullable}}}"))
}

fn forwarded(param: &Param) -> Option<String> {
    let name = &param.name;
    match param.ty {
        CType::ChunkCallback => Some(format!("std::forward<OnChunk>({name})")),
        CType::Opaque => None,
        _ => Some(name.clone()),
    }
}

fn slot_text(slot: &Slot) -> String {
    let mut parts = vec![slot.doc.trim().to_owned()];
    parts.extend(phrases::status(slot));
    let params = slot.params.iter().filter(|p| p.ty != CType::Opaque);
    let mut rows: Vec<String> = params
        .map(|param| {
            let null = phrases::null_is_useful(param).then(|| phrases::null_meaning(param));
            let null = null.flatten().unwrap_or_default();
            let text = phrases::sentences(&[&param.doc, &null]);
            format!("@param {} {text}", param.name)
        })
        .collect();
    if slot.returns.ty != CType::Void {
        rows.push(format!("@return {}", text::sentence(&slot.returns.doc)));
    }
    rows.extend(c::rule_rows(slot));
    parts.push(rows.join("\n"));
    parts.join("\n\n")
}
