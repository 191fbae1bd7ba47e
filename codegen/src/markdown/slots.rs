//! One function of the host API reference: what it does, its C form, rules, parameters, payloads.

use super::{
    code, prose,
    records::{self, Shown, quirk_links},
    row,
};
use crate::{
    phrases, text,
    view::{self, Row, Side},
};
use osaurus_abi_spec::model::{Entry, Param, Return, Slot};

/// The section of a function.
pub fn section(side: Side, place: &Row<'_>, slot: &Slot, shown: &mut Shown<'_>) -> String {
    let mut out = format!(
        "<a id=\"{}\"></a>\n\n## {}\n\n",
        anchor(side, slot),
        slot.name
    );
    out.push_str(&prose(&slot.doc));
    out.push_str("\n\n");
    for note in phrases::status(slot) {
        out.push_str(&format!("> **{}\n\n", note.replacen(':', ":**", 1)));
    }
    out.push_str(&format!("```c\n{}\n```\n\n", prototype(slot)));
    out.push_str(&rules(side, place, slot));
    out.push_str(&parameters(&slot.params));
    out.push_str(&returns(&slot.returns));
    out.push_str(&troubles(slot));
    out.push_str(&payloads(slot, shown));
    out
}

/// The anchor of a function; both tables have a `free_string`.
pub fn anchor(side: Side, slot: &Slot) -> String {
    format!("{}-{}", side.word().to_ascii_lowercase(), slot.name)
}

/// The function's name as a link to its section.
pub fn link(side: Side, slot: &Slot) -> String {
    format!("[{}](#{})", code(&slot.name), anchor(side, slot))
}

fn prototype(slot: &Slot) -> String {
    slot.c_declaration()
        .replacen(&format!("(*{})", slot.name), &slot.name, 1)
        + ";"
}

fn rules(side: Side, place: &Row<'_>, slot: &Slot) -> String {
    let since = format!(
        "version {}, at offset {}",
        view::since_text(&slot.since),
        place.offset
    );
    let mut out = String::from("| | |\n|---|---|\n");
    let mut add = |name: &str, text: &str| {
        out.push_str(&row([&format!("**{name}**"), text]));
        out.push('\n');
    };
    add("Since", &since);
    add("Thread", phrases::thread(slot.thread));
    add("Blocks", &phrases::blocking(&slot.blocking));
    if slot.agent_bound {
        add("Agent", "that of the calling frame");
    }
    if let Some(without) = &slot.without {
        add("On older hosts", without);
    }
    if side == Side::Plugin {
        let needed = if slot.required {
            "a table without it is refused"
        } else {
            "NULL when unused"
        };
        add("Needed", needed);
    }
    out.push('\n');
    out
}

fn parameters(params: &[Param]) -> String {
    if params.is_empty() {
        return String::new();
    }
    let mut out = String::from("| parameter | payload | meaning |\n|---|---|---|\n");
    for param in params {
        let record = param
            .record
            .as_deref()
            .map(records::link)
            .unwrap_or_default();
        out.push_str(&row([
            &code(&param.name),
            &record,
            &phrases::param_text(param),
        ]));
        out.push('\n');
    }
    out.push('\n');
    out
}

fn returns(returns: &Return) -> String {
    let text = phrases::return_text(returns);
    if text.is_empty() {
        return String::new();
    }
    let payload = |name: &Option<String>, word: &str| {
        name.as_deref().map_or(String::new(), |name| {
            format!("{word}: {}", records::link(name))
        })
    };
    let links = phrases::sentences(&[
        &payload(&returns.record, "Payload"),
        &payload(&returns.error_record, "On failure"),
    ]);
    let text = format!("**Returns** {} {links}", text.trim());
    prose(&text) + "\n\n"
}

fn troubles(slot: &Slot) -> String {
    let mut out = String::new();
    if !slot.errors.is_empty() {
        let link = |error: &String| format!("[{}](#error-{error})", code(error));
        let codes: Vec<String> = slot.errors.iter().map(link).collect();
        out.push_str(&format!("**Errors**: {}.\n\n", codes.join(", ")));
    }
    if !slot.quirks.is_empty() {
        let links = quirk_links(&slot.quirks);
        out.push_str(&format!(
            "**Differs from the host's documents**: {links}.\n\n"
        ));
    }
    out
}

fn payloads(slot: &Slot, shown: &mut Shown<'_>) -> String {
    let of_params = slot
        .params
        .iter()
        .filter_map(|param| param.record.as_deref());
    let names = of_params.chain(slot.returns.record.as_deref());
    names.map(|name| shown.print(name)).collect()
}

/// An exported symbol.
pub fn entry(entry: &Entry) -> String {
    let mut out = format!(
        "<a id=\"entry-{0}\"></a>\n\n## {0}\n\n{1}\n\n",
        entry.symbol,
        prose(&entry.doc)
    );
    out.push_str(&format!("```c\n{};\n```\n\n", entry.c_declaration()));
    out.push_str(&parameters(&entry.params));
    out.push_str(&returns(&entry.returns));
    out
}

/// The row of a function in the overview.
pub fn overview(side: Side, slot: &Slot) -> String {
    // The anchor keeps old addresses alive: all functions were once on the overview's page.
    let name = format!("<a id=\"{}\"></a>{}", anchor(side, slot), link(side, slot));
    let mut summary = text::first_sentence(&slot.doc);
    if slot.reserved.is_some() {
        summary = format!("*Reserved.* {summary}");
    }
    row([
        &name,
        &view::since_text(&slot.since),
        phrases::blocking_short(&slot.blocking),
        phrases::thread_short(slot.thread),
        super::tick(slot.agent_bound),
        &summary,
    ])
}
