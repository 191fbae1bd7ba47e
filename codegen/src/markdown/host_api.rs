//! `docs/host-api.md`: every function, payload, error, limit and quirk.

use super::{
    code, grouped, prose,
    records::{self, Shown},
    row, slots, tick,
};
use crate::{
    phrases,
    target::Error,
    text,
    view::{self, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{Constant, ErrorCode, Limit, Quirk, Spec};

const FILE: &str = "host-api.md";

#[derive(Template)]
#[template(path = "host-api.md", escape = "none")]
struct Page {
    notice: String,
    count: usize,
    host_name: String,
    plugin_name: String,
    overview: Vec<String>,
    groups: Vec<Group>,
    entries: Vec<String>,
    plugin_slots: Vec<String>,
    events: Vec<String>,
    event_records: String,
    other_records: String,
    enums: Vec<String>,
    errors: Vec<String>,
    error_records: String,
    limits: Vec<String>,
    quirks: Vec<String>,
}

struct Group {
    title: String,
    slots: Vec<String>,
}

/// The text of the page.
pub fn page(spec: &Spec) -> Result<String, Error> {
    let rendered = content(spec).render();
    let text = rendered.map_err(|source| Error::Template { file: FILE, source })?;
    Ok(text::tidy_prose(&text))
}

/// Filled in reading order, so that each payload's table stands where it is met first.
fn content(spec: &Spec) -> Page {
    let mut page = Shown::new(spec);
    // Errors have a section of their own, which all functions point to.
    let error_records = error_records(spec, &mut page);
    let groups = groups(spec, &mut page);
    let plugin_slots = plugin_slots(spec, &mut page);
    let event_records = event_records(spec, &mut page);
    let rest: String = spec
        .records
        .iter()
        .map(|record| page.print(&record.name))
        .collect();
    Page {
        notice: phrases::notice("osaurus-bridge gen markdown"),
        count: spec.host_slots().count(),
        host_name: spec.host.c_name.clone(),
        plugin_name: spec.plugin.c_name.clone(),
        overview: spec
            .host_slots()
            .map(|slot| slots::overview(Side::Host, slot))
            .collect(),
        groups,
        entries: spec.entries.iter().map(slots::entry).collect(),
        plugin_slots,
        events: events(spec).map(event_row).collect(),
        event_records,
        other_records: rest,
        enums: spec.enums.iter().map(records::enumeration).collect(),
        errors: spec
            .errors
            .iter()
            .map(|error| error_row(spec, error))
            .collect(),
        error_records,
        limits: spec.limits.iter().map(limit_row).collect(),
        quirks: spec.quirks.iter().map(quirk).collect(),
    }
}

fn groups(spec: &Spec, shown: &mut Shown<'_>) -> Vec<Group> {
    let mut names: Vec<&str> = Vec::new();
    for slot in spec.host_slots() {
        if !names.contains(&slot.group.as_str()) {
            names.push(&slot.group);
        }
    }
    let rows = view::host_slots(spec);
    let group = |name: &str| Group {
        title: title(name),
        slots: rows
            .iter()
            .filter(|(_, slot)| slot.group == name)
            .map(|(place, slot)| slots::section(Side::Host, place, slot, shown))
            .collect(),
    };
    names.into_iter().map(group).collect()
}

/// Headings of the groups; a group without one is shown by its own name.
fn title(group: &str) -> String {
    let title = match group {
        "config" => "Configuration and secrets",
        "db" => "Database",
        "log" => "Logging",
        "tasks" => "Background tasks",
        "inference" => "Inference",
        "http" => "HTTP",
        "files" => "Files",
        "agent" => "Agent",
        "memory" => "Memory",
        other => return crate::names::upper_camel(other),
    };
    title.to_owned()
}

fn plugin_slots(spec: &Spec, shown: &mut Shown<'_>) -> Vec<String> {
    let rows = view::rows(spec, Side::Plugin, spec.newest_version());
    let with_slot = rows
        .iter()
        .filter_map(|place| place.member.as_slot().map(|slot| (place, slot)));
    with_slot
        .map(|(place, slot)| slots::section(Side::Plugin, place, slot, shown))
        .collect()
}

fn events(spec: &Spec) -> impl Iterator<Item = &Constant> {
    let groups = spec
        .constants
        .iter()
        .filter(|group| group.name == "task_event");
    groups.flat_map(|group| &group.items)
}

fn event_row(event: &Constant) -> String {
    let payload = event
        .payload
        .as_deref()
        .map(records::link)
        .unwrap_or_default();
    row([
        &event.value.to_string(),
        &code(&event.name),
        &payload,
        &view::since_text(&event.since),
        tick(event.emitted),
        &text::sentence(&event.doc),
    ])
}

fn event_records(spec: &Spec, shown: &mut Shown<'_>) -> String {
    let names = events(spec).filter_map(|event| event.payload.as_deref());
    names.map(|name| shown.print(name)).collect()
}

fn error_records(spec: &Spec, shown: &mut Shown<'_>) -> String {
    let names = spec
        .host_slots()
        .filter_map(|slot| slot.returns.error_record.as_deref());
    names.map(|name| shown.print(name)).collect()
}

fn error_row(spec: &Spec, error: &ErrorCode) -> String {
    let users = spec
        .host_slots()
        .filter(|slot| slot.errors.contains(&error.code));
    let users: Vec<String> = users.map(|slot| code(&slot.name)).collect();
    let extra: Vec<String> = error
        .extra
        .iter()
        .map(|field| format!("{}: {}", code(&field.name), records::field_text(field)))
        .collect();
    let extra = match extra.as_slice() {
        [] => String::new(),
        some => format!("Also carries {}", some.join(" ")),
    };
    row([
        &code(&error.code),
        &phrases::sentences(&[&error.doc, &extra]),
        &text::sentence(&error.hint),
        &users.join(", "),
    ])
}

fn limit_row(limit: &Limit) -> String {
    let slots: Vec<String> = limit.slots.iter().map(|slot| code(slot)).collect();
    row([
        &code(&limit.name),
        &format!("{} {}", grouped(limit.value), limit.unit),
        &text::sentence(&limit.doc),
        &slots.join(", "),
    ])
}

fn quirk(quirk: &Quirk) -> String {
    let number = quirk.number;
    format!(
        "<a id=\"quirk-{number}\"></a>\n\n**{number}. {}**\n\n- Documents: {}\n- Host: {}\n",
        text::sentence(&quirk.topic).trim_end_matches('.'),
        text::sentence(&prose(&quirk.documented)),
        text::sentence(&prose(&quirk.actual)),
    )
}
