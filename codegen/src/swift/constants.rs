//! Integer groups as enumerations, strings, error hints, the host's slots with their places, and
//! task events.

use super::{declared, doc, lower_camel};
use crate::{
    names,
    target::Error,
    text::{first_sentence, one_line, sentence},
    view,
};
use askama::Template;
use osaurus_abi_spec::model::{Constant, ConstantGroup, Slot, Spec};

#[derive(Template)]
#[template(path = "swift/Constants.swift", escape = "none")]
struct Constants {
    groups: Vec<Group>,
    newest: u32,
    events: Vec<Group>,
    strings: Vec<Item>,
    hints: Vec<Item>,
    revisions: Vec<Item>,
    slots: Vec<SlotFacts>,
}

struct Group {
    doc: String,
    name: String,
    cases: Vec<Item>,
}

/// A case or a constant: its comment, its name, and what stands for it.
struct Item {
    doc: String,
    name: String,
    value: String,
    /// The number of an event's name.
    number: i64,
}

struct SlotFacts {
    doc: String,
    name: String,
    value: String,
    offset: usize,
    since: u32,
    revision: String,
}

/// The text of `Constants.swift`.
pub fn text(spec: &Spec) -> Result<String, Error> {
    let (events, groups): (Vec<_>, Vec<_>) = spec.constants.iter().partition(|one| is_event(one));
    let words = groups.iter().filter(|group| group.name != "abi_version");
    let slots = view::host_slots(spec);
    let constants = Constants {
        groups: words.map(|group| made(group, number)).collect(),
        newest: spec.newest_version(),
        events: events.iter().map(|group| made(group, payload)).collect(),
        strings: strings(spec),
        hints: hints(spec),
        revisions: revisions(spec),
        slots: slots
            .iter()
            .map(|(row, slot)| facts(slot, row.offset))
            .collect(),
    };
    constants.render().map_err(|source| Error::Template {
        file: "Constants.swift",
        source,
    })
}

/// Events come with payloads.
fn is_event(group: &ConstantGroup) -> bool {
    group.items.iter().any(|item| item.payload.is_some())
}

fn made(group: &ConstantGroup, value: fn(&Constant) -> Option<String>) -> Group {
    let case = |constant: &Constant| {
        let mut case = item(&constant.doc, declared(&constant.name), value(constant)?);
        case.number = constant.value;
        Some(case)
    };
    Group {
        doc: doc(&sentence(&group.doc), ""),
        name: names::upper_camel(&group.name),
        cases: group.items.iter().filter_map(case).collect(),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "beside `payload`, which may be missing"
)]
fn number(constant: &Constant) -> Option<String> {
    Some(constant.value.to_string())
}

fn payload(constant: &Constant) -> Option<String> {
    constant.payload.clone()
}

fn item(about: &str, name: String, value: String) -> Item {
    Item {
        doc: doc(&sentence(about), "    "),
        name,
        value,
        number: 0,
    }
}

fn strings(spec: &Spec) -> Vec<Item> {
    let strings = spec.strings.iter();
    let one = strings.map(|one| item(&one.doc, lower_camel(&one.name), quoted(&one.value)));
    one.collect()
}

fn hints(spec: &Spec) -> Vec<Item> {
    let errors = spec.errors.iter();
    let one = errors.map(|one| item("", quoted(&one.code), quoted(&one_line(&one.hint))));
    one.collect()
}

fn revisions(spec: &Spec) -> Vec<Item> {
    let revisions = spec.revisions.iter();
    let one = revisions.map(|one| {
        let name = format!("v{}", one.name);
        item(&first_sentence(&one.doc), name, quoted(&one.name))
    });
    one.collect()
}

fn facts(slot: &Slot, offset: usize) -> SlotFacts {
    let revision = slot.since.revision.clone();
    SlotFacts {
        doc: doc(&first_sentence(&slot.doc), "    "),
        name: lower_camel(&slot.name),
        value: quoted(&slot.name),
        offset,
        since: slot.since.version,
        revision: revision.unwrap_or_else(|| "2e".to_owned()),
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}
