//! `docs/abi-versions.md`: versions and revisions, sizes and offsets, shipped hosts.

use super::{code, row, slots};
use crate::{
    names, phrases,
    target::Error,
    text,
    view::{self, Row, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{ConstantGroup, Entry, Member, NamedString, Revision, Spec, Version};

const FILE: &str = "abi-versions.md";

#[derive(Template)]
#[template(path = "abi-versions.md", escape = "none")]
struct Page {
    notice: String,
    newest: u32,
    host_name: String,
    plugin_name: String,
    versions: Vec<String>,
    revision_count: String,
    revisions: Vec<String>,
    host_rows: Vec<String>,
    plugin_rows: Vec<String>,
    entries: Vec<String>,
    constants: Vec<String>,
    strings: Vec<String>,
}

/// The text of the page.
pub fn page(spec: &Spec) -> Result<String, Error> {
    let newest = spec.newest_version();
    let page = Page {
        notice: phrases::notice("osaurus-bridge gen markdown"),
        newest,
        host_name: spec.host.c_name.clone(),
        plugin_name: spec.plugin.c_name.clone(),
        versions: spec
            .versions
            .iter()
            .map(|version| version_row(spec, version))
            .collect(),
        revision_count: in_words(spec.revisions.len()),
        revisions: spec
            .revisions
            .iter()
            .map(|revision| revision_row(spec, revision))
            .collect(),
        host_rows: view::rows(spec, Side::Host, newest)
            .iter()
            .map(host_row)
            .collect(),
        plugin_rows: view::rows(spec, Side::Plugin, newest)
            .iter()
            .map(plugin_row)
            .collect(),
        entries: spec.entries.iter().map(entry_row).collect(),
        constants: spec.constants.iter().map(constants).collect(),
        strings: spec.strings.iter().map(string_row).collect(),
    };
    let rendered = page.render();
    let text = rendered.map_err(|source| Error::Template { file: FILE, source })?;
    Ok(text::tidy_prose(&text))
}

fn in_words(count: usize) -> String {
    match count {
        5 => "five different".to_owned(),
        other => format!("{other} different"),
    }
}

fn size(bytes: usize, functions: usize) -> String {
    match bytes {
        0 => "none".to_owned(),
        _ => format!("{bytes} bytes, {functions} functions"),
    }
}

fn functions(spec: &Spec, side: Side, version: u32) -> usize {
    let rows = view::rows(spec, side, version);
    rows.iter()
        .filter(|row| row.member.as_slot().is_some())
        .count()
}

fn version_row(spec: &Spec, version: &Version) -> String {
    let number = version.number;
    let table = |side| {
        size(
            view::table_size(spec, side, number),
            functions(spec, side, number),
        )
    };
    row([
        &format!("**{number}**"),
        &code(&version.entry),
        &table(Side::Host),
        &table(Side::Plugin),
        &text::sentence(&version.doc),
        &text::sentence(&version.shipped),
    ])
}

fn revision_row(spec: &Spec, revision: &Revision) -> String {
    let bytes = |side| format!("{} bytes", view::revision_size(spec, side, revision));
    row([
        &format!("**{}**", revision.name),
        &revision.date,
        &bytes(Side::Host),
        &bytes(Side::Plugin),
        &code(&revision.plugin_last),
        &text::sentence(&revision.doc),
    ])
}

fn host_row(place: &Row<'_>) -> String {
    let name = match place.member {
        Member::Version { .. } => code("version"),
        Member::Slot(slot) => slots::link(Side::Host, slot),
    };
    row([
        &place.offset.to_string(),
        &name,
        &view::since_text(place.member.since()),
        &(place.offset + view::POINTER).to_string(),
        &text::first_sentence(place.member.doc()),
    ])
}

fn plugin_row(place: &Row<'_>) -> String {
    let (name, needed) = match place.member {
        Member::Version { .. } => (code("version"), false),
        Member::Slot(slot) => (slots::link(Side::Plugin, slot), slot.required),
    };
    row([
        &place.offset.to_string(),
        &name,
        &view::since_text(place.member.since()),
        super::tick(needed),
        &text::first_sentence(place.member.doc()),
    ])
}

fn entry_row(entry: &Entry) -> String {
    row([
        &code(&entry.symbol),
        &view::since_text(&entry.since),
        &code(&entry.c_signature()),
        &text::first_sentence(&entry.doc),
    ])
}

fn constants(group: &ConstantGroup) -> String {
    let mut out = format!(
        "### {}\n\n{}\n\n",
        heading(&group.name),
        text::sentence(&group.doc)
    );
    out.push_str("| name in C | value | since | meaning |\n|---|---|---|---|\n");
    for item in &group.items {
        let name = format!("{}{}", group.c_prefix, names::screaming(&item.name));
        let doc = text::sentence(&item.doc);
        let since = view::since_text(&item.since);
        out.push_str(&row([&code(&name), &item.value.to_string(), &since, &doc]));
        out.push('\n');
    }
    out
}

/// `task_event` to `Task event`.
fn heading(name: &str) -> String {
    let words = name.replace('_', " ").replace("abi ", "ABI ");
    text::sentence(&words).trim_end_matches('.').to_owned()
}

fn string_row(string: &NamedString) -> String {
    row([
        &code(&string.name),
        &code(&string.value),
        &text::sentence(&string.doc),
    ])
}
