//! The host API reference: an overview, a page for each group of functions, and pages for what the
//! host calls, task events, named values, errors, limits and quirks.

use super::{
    Pages, errors, grouped, prose,
    records::{self, Shown},
    row, slots, tick,
};
use crate::{
    target::Error,
    text,
    view::{self, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{Constant, Limit, Quirk, Spec};

use super::code;

const FILE: &str = "host-api.md";

/// Adds every page. Payloads are printed in reading order, each where it is met first.
pub fn add(spec: &Spec, pages: &mut Pages) -> Result<(), Error> {
    let mut payloads = Shown::new(spec);
    // The errors' page has their payloads, although functions mention them first.
    let error_records = errors::records(spec, &mut payloads);
    for name in groups(spec) {
        let about = format!(
            "The functions of this group: {}.",
            function_links(spec, name)
        );
        let body = format!("{about}\n\n{}", group(spec, name, &mut payloads));
        pages.add(&format!("host-api/{name}.md"), title(name), &body);
    }
    pages.add(
        "host-api/plugin.md",
        "What the host calls in a plugin",
        &plugin(spec, &mut payloads),
    );
    pages.add(
        "host-api/events.md",
        "Task events",
        &task_events(spec, &mut payloads),
    );
    pages.add(
        "host-api/values.md",
        "Named values and other payloads",
        &values(spec, &mut payloads),
    );
    pages.add(
        "host-api/errors.md",
        "Errors",
        &errors::page(spec, &error_records),
    );
    pages.add("host-api/limits.md", "Limits", &limits(spec));
    pages.add("host-api/quirks.md", "Quirks", &quirks(spec));
    pages.insert(FILE, overview(spec)?);
    Ok(())
}

#[derive(Template)]
#[template(path = "host-api.md", escape = "none")]
struct Overview {
    notice: String,
    count: usize,
    host_name: String,
    overview: Vec<String>,
    plugin_overview: Vec<String>,
    pages: Vec<String>,
    payloads: Vec<String>,
}

fn overview(spec: &Spec) -> Result<String, Error> {
    let mut payloads: Vec<&str> = spec
        .records
        .iter()
        .map(|record| record.name.as_str())
        .collect();
    payloads.sort_unstable();
    let page = Overview {
        notice: super::notice(),
        count: spec.host_slots().count(),
        host_name: spec.host.c_name.clone(),
        overview: spec
            .host_slots()
            .map(|slot| slots::overview(Side::Host, slot))
            .collect(),
        plugin_overview: spec
            .plugin_slots()
            .map(|slot| slots::overview(Side::Plugin, slot))
            .collect(),
        pages: page_rows(spec),
        payloads: payloads
            .into_iter()
            .map(|name| format!("- {}", records::link(name)))
            .collect(),
    };
    page.render()
        .map_err(|source| Error::Template { file: FILE, source })
}

fn page_rows(spec: &Spec) -> Vec<String> {
    let page = |name: &str, title: &str, what: &str| {
        row([&format!("[{title}](host-api/{name}.md)"), what])
    };
    let of_group = |name| page(name, title(name), &function_links(spec, name));
    let mut rows: Vec<String> = groups(spec).into_iter().map(of_group).collect();
    rows.push(page(
        "plugin",
        "What the host calls in a plugin",
        "the symbols, the plugin's functions, the manifest",
    ));
    rows.push(page(
        "events",
        "Task events",
        "what `on_task_event` receives",
    ));
    rows.push(page(
        "values",
        "Named values and other payloads",
        "strings that stand for one of a few things",
    ));
    rows.push(page(
        "errors",
        "Errors",
        "every code of a failed host call and every kind of a failed tool, with what to do",
    ));
    rows.push(page("limits", "Limits", "sizes, rates and times"));
    rows.push(page(
        "quirks",
        "Quirks",
        "where the host does not do what its documents say",
    ));
    rows
}

/// The groups, in the order of the table.
fn groups(spec: &Spec) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for slot in spec.host_slots() {
        if !names.contains(&slot.group.as_str()) {
            names.push(&slot.group);
        }
    }
    names
}

fn function_links(spec: &Spec, group: &str) -> String {
    let slots = spec.host_slots().filter(|slot| slot.group == group);
    let links: Vec<String> = slots.map(|slot| slots::link(Side::Host, slot)).collect();
    links.join(", ")
}

fn group(spec: &Spec, name: &str, shown: &mut Shown<'_>) -> String {
    view::host_slots(spec)
        .iter()
        .filter(|(_, slot)| slot.group == name)
        .map(|(place, slot)| slots::section(Side::Host, place, slot, shown))
        .collect()
}

/// Headings of the groups; a group without one is shown by its own name.
fn title(group: &str) -> &str {
    match group {
        "config" => "Configuration and secrets",
        "db" => "Database",
        "log" => "Logging",
        "tasks" => "Background tasks",
        "inference" => "Inference",
        "http" => "HTTP",
        "files" => "Files",
        "agent" => "Agent",
        "memory" => "Memory",
        other => other,
    }
}

fn plugin(spec: &Spec, shown: &mut Shown<'_>) -> String {
    let mut out = format!(
        "A plugin exports a symbol and returns its own table, `{}`.\n\n",
        spec.plugin.c_name
    );
    out.extend(spec.entries.iter().map(slots::entry));
    let rows = view::rows(spec, Side::Plugin, spec.newest_version());
    let with_slot = rows
        .iter()
        .filter_map(|place| place.member.as_slot().map(|slot| (place, slot)));
    out.extend(with_slot.map(|(place, slot)| slots::section(Side::Plugin, place, slot, shown)));
    out
}

fn task_events(spec: &Spec, shown: &mut Shown<'_>) -> String {
    let mut out = String::from(
        "What [`on_task_event`](#plugin-on_task_event) receives: the number in `event_type`, the payload in \
         `event_json`.\n\n| number | event | payload | since | sent | meaning |\n|---|---|---|---|---|---|\n",
    );
    out.extend(events(spec).map(|event| event_row(event) + "\n"));
    out.push('\n');
    let names = events(spec).filter_map(|event| event.payload.as_deref());
    out.extend(names.map(|name| shown.print(name)));
    out
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

fn values(spec: &Spec, shown: &mut Shown<'_>) -> String {
    let enums = spec.enums.iter().filter(|one| one.name != errors::KINDS);
    let mut out: String = enums.map(records::enumeration).collect();
    let rest = spec.records.iter().map(|record| shown.print(&record.name));
    let rest: String = rest.collect();
    if !rest.is_empty() {
        out.push_str(&format!("\n## Other payloads\n\n{rest}"));
    }
    out
}

fn limits(spec: &Spec) -> String {
    let mut out =
        String::from("| limit | value | what happens beyond it | functions |\n|---|---|---|---|\n");
    out.extend(spec.limits.iter().map(|limit| limit_row(limit) + "\n"));
    out
}

fn limit_row(limit: &Limit) -> String {
    let slots: Vec<String> = limit.slots.iter().map(|slot| code(slot)).collect();
    row([
        &format!("<a id=\"limit-{}\"></a>{}", limit.name, code(&limit.name)),
        &format!("{} {}", grouped(limit.value), limit.unit),
        &text::sentence(&limit.doc),
        &slots.join(", "),
    ])
}

fn quirks(spec: &Spec) -> String {
    let about = "Places where the host's documents say one thing and the host does another. Bindings accept both; \
                 the reference host does what the host does, and what the documents say under \
                 `--profile documented`.\n\n";
    let mut out = about.to_owned();
    out.extend(spec.quirks.iter().map(quirk));
    out
}

fn quirk(quirk: &Quirk) -> String {
    let number = quirk.number;
    format!(
        "<a id=\"quirk-{number}\"></a>\n\n## {number}. {}\n\n- Documents: {}\n- Host: {}\n\n",
        text::sentence(&quirk.topic).trim_end_matches('.'),
        text::sentence(&prose(&quirk.documented)),
        text::sentence(&prose(&quirk.actual)),
    )
}
