//! Changes of what only people read. What came or went with something else is not counted again.

use super::Change;
use super::rules;
use crate::model::{Blocking, Member, Slot, Spec};
use std::collections::BTreeMap;

/// One change for each part of the specification whose prose differs.
pub(super) fn changes(old: &Spec, new: &Spec) -> Vec<Change> {
    let (was, is) = (prose(old), prose(new));
    let differs = |item: &str, old: &BTreeMap<String, String>| {
        let new = is.iter().find(|(other, _)| other == item);
        let changed = |(key, text): (&String, &String)| {
            new.is_some_and(|(_, new)| new.get(key).is_some_and(|new| new != text))
        };
        old.iter().any(changed)
    };
    let changed = was.iter().filter(|(item, old)| differs(item, old));
    changed
        .map(|(item, _)| {
            let text = format!("the text of {item} has changed");
            Change::new(&rules::DOCUMENTATION, item, text)
        })
        .collect()
}

/// Texts by what they are about, and within that by a key.
type Prose = Vec<(String, BTreeMap<String, String>)>;

fn prose(spec: &Spec) -> Prose {
    let mut prose = tables(spec);
    prose.extend(payloads(spec));
    prose.extend(facts(spec));
    prose
}

fn tables(spec: &Spec) -> Prose {
    let mut prose = Vec::new();
    for table in [&spec.host, &spec.plugin] {
        prose.push(one(&table.c_name, [("doc", &table.doc)]));
        for member in &table.members {
            let item = format!("{}.{}", table.c_name, member.name());
            prose.push(match member {
                Member::Version { doc, .. } => one(&item, [("doc", doc)]),
                Member::Slot(slot) => (item, slot_prose(slot)),
            });
        }
    }
    prose
}

fn slot_prose(slot: &Slot) -> BTreeMap<String, String> {
    let returns = &slot.returns;
    let mut strings = strings([
        ("doc", &slot.doc),
        ("group", &slot.group),
        ("returns", &returns.doc),
    ]);
    let mut keep = |key: String, text: Option<&String>| {
        strings.extend(text.map(|text| (key, text.clone())));
    };
    for param in &slot.params {
        keep(format!("param {}", param.name), Some(&param.doc));
        keep(format!("null {}", param.name), param.null.as_ref());
    }
    keep("null".into(), returns.null.as_ref());
    keep("reserved".into(), slot.reserved.as_ref());
    keep("deprecated".into(), slot.deprecated.as_ref());
    match &slot.blocking {
        Blocking::No => {}
        Blocking::Short(text) => keep("short".into(), Some(text)),
        Blocking::Yes(text) => keep("long".into(), Some(text)),
    }
    strings
}

fn payloads(spec: &Spec) -> Prose {
    let records = spec.records.iter().map(|record| {
        let fields = record.fields.iter();
        let fields = fields.map(|field| (format!("field {}", field.name), field.doc.clone()));
        let mut strings = strings([("doc", &record.doc)]);
        strings.extend(fields);
        (record.name.clone(), strings)
    });
    let enums = spec.enums.iter().map(|one| {
        let mut strings: BTreeMap<String, String> = one.values.iter().cloned().collect();
        strings.insert(String::new(), one.doc.clone());
        (one.name.clone(), strings)
    });
    records.chain(enums).collect()
}

fn facts(spec: &Spec) -> Prose {
    let strings = spec
        .strings
        .iter()
        .map(|text| one(&text.name, [("doc", &text.doc)]));
    let limits = spec
        .limits
        .iter()
        .map(|limit| one(&limit.name, [("doc", &limit.doc)]));
    let errors = spec.errors.iter();
    let errors = errors.map(|error| one(&error.code, [("doc", &error.doc), ("hint", &error.hint)]));
    let versions = spec.versions.iter().map(|version| {
        let strings = [("doc", &version.doc), ("shipped", &version.shipped)];
        one(&format!("v{}", version.number), strings)
    });
    let quirks = spec.quirks.iter().map(|quirk| {
        let (documented, actual) = (&quirk.documented, &quirk.actual);
        let strings = [("documented", documented), ("actual", actual)];
        one(&format!("quirk {}", quirk.number), strings)
    });
    let groups = spec.constants.iter().map(|group| {
        let items = group.items.iter();
        let mut strings: BTreeMap<_, _> = items.map(|c| (c.name.clone(), c.doc.clone())).collect();
        strings.insert(String::new(), group.doc.clone());
        (group.name.clone(), strings)
    });
    let entries = spec
        .entries
        .iter()
        .map(|entry| one(&entry.symbol, [("doc", &entry.doc)]));
    let all = strings.chain(limits).chain(errors).chain(versions);
    all.chain(quirks).chain(groups).chain(entries).collect()
}

fn one<const N: usize>(
    item: &str,
    parts: [(&str, &String); N],
) -> (String, BTreeMap<String, String>) {
    (item.to_owned(), strings(parts))
}

fn strings<const N: usize>(parts: [(&str, &String); N]) -> BTreeMap<String, String> {
    let parts = parts.into_iter();
    parts
        .map(|(key, text)| (key.to_owned(), text.clone()))
        .collect()
}
