//! Changes of JSON objects that both specifications have. What a change means depends on who writes
//! the object.

use super::Change;
use super::hits::built;
use super::rules::{self, Class, Rule};
use crate::model::{CType, Field, Record, Slot, Spec, StringEnum};
use std::collections::{BTreeMap, BTreeSet};

/// Every change of a record or an enum that both have.
pub(super) fn changes(old: &Spec, new: &Spec) -> Vec<Change> {
    let uses = Uses::of(old);
    let mut changes = Vec::new();
    for was in &old.records {
        if let Some(is) = new.record(&was.name) {
            let routes = uses.routes(&was.name);
            changes.extend(routes.flat_map(|route| record_changes(was, is, &route)));
        }
    }
    for was in &old.enums {
        if let Some(is) = new.string_enum(&was.name) {
            let routes = uses.routes(&was.name);
            changes.extend(routes.flat_map(|route| enum_changes(was, is, &route)));
        }
    }
    changes
}

/// Who writes a record, and the functions that carry it.
#[derive(Default)]
struct Carried {
    by_plugin: BTreeSet<String>,
    by_host: BTreeSet<String>,
}

struct Uses<'a> {
    spec: &'a Spec,
    carried: BTreeMap<String, Carried>,
}

/// One way that a record goes.
struct Route<'a> {
    spec: &'a Spec,
    by_plugin: bool,
    slots: &'a BTreeSet<String>,
}

impl<'a> Uses<'a> {
    fn of(spec: &'a Spec) -> Uses<'a> {
        let mut uses = Uses {
            spec,
            carried: BTreeMap::new(),
        };
        for slot in spec.host_slots() {
            uses.slot(slot, true);
        }
        for slot in spec.plugin_slots() {
            uses.slot(slot, false);
        }
        for item in spec.constants.iter().flat_map(|group| &group.items) {
            if let Some(record) = &item.payload {
                uses.carry(record, false, "on_task_event");
            }
        }
        uses
    }

    fn slot(&mut self, slot: &Slot, is_host: bool) {
        for param in &slot.params {
            if let Some(record) = &param.record {
                let by_plugin = is_host && param.ty != CType::ChunkCallback;
                self.carry(record, by_plugin, &slot.name);
            }
        }
        let returned = [&slot.returns.record, &slot.returns.error_record];
        for record in returned.into_iter().flatten() {
            self.carry(record, !is_host, &slot.name);
        }
    }

    /// With everything inside of it.
    fn carry(&mut self, name: &str, by_plugin: bool, slot: &str) {
        let carried = self.carried.entry(name.to_owned()).or_default();
        let slots = if by_plugin {
            &mut carried.by_plugin
        } else {
            &mut carried.by_host
        };
        if !slots.insert(slot.to_owned()) {
            return;
        }
        let Some(record) = self.spec.record(name) else {
            return;
        };
        let inside = record.fields.iter().flat_map(|field| field.ty.named());
        for next in inside.chain(record.variants.iter().map(String::as_str)) {
            self.carry(next, by_plugin, slot);
        }
    }

    fn routes(&self, name: &str) -> impl Iterator<Item = Route<'_>> {
        let ways = self
            .carried
            .get(name)
            .into_iter()
            .flat_map(|carried| [(true, &carried.by_plugin), (false, &carried.by_host)]);
        ways.filter(|(_, slots)| !slots.is_empty())
            .map(|(by_plugin, slots)| Route {
                spec: self.spec,
                by_plugin,
                slots,
            })
    }
}

impl Route<'_> {
    /// `plugins built for v2 to v6 that use dispatch`.
    fn users(&self) -> String {
        let slots = self.slots.iter().filter_map(|name| self.spec.slot(name));
        let since = slots.map(|slot| slot.since.version).min().unwrap_or(1);
        let names: Vec<&str> = self.slots.iter().map(String::as_str).collect();
        let who = built(since, self.spec.newest_version());
        format!("{who} that use {}", names.join(", "))
    }

    fn change(&self, rule: &'static Rule, item: &str, text: String) -> Change {
        let hit = (rule.class != Class::Compatible).then(|| self.users());
        Change::new(rule, item, text).hitting(hit)
    }
}

fn record_changes(was: &Record, is: &Record, route: &Route<'_>) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for field in &was.fields {
        match is.fields.iter().find(|now| now.name == field.name) {
            Some(now) => changes.extend(field_changes(&was.name, field, now, route)),
            None => changes.push(field_removed(was, field, route)),
        }
    }
    let is_new = |field: &&Field| was.fields.iter().all(|old| old.name != field.name);
    let new = is.fields.iter().filter(is_new);
    changes.extend(new.map(|field| field_added(was, field, route)));
    changes.extend(openness(was, is, route));
    changes.extend(variants(was, is, route));
    changes
}

fn field_added(record: &Record, field: &Field, route: &Route<'_>) -> Change {
    let (item, place) = place(&record.name, &field.name);
    let (rule, text) = match (route.by_plugin, field.required) {
        (true, true) => (
            &rules::REQUEST_FIELD_REQUIRED,
            "was added and must be there",
        ),
        (true, false) => (&rules::REQUEST_FIELD_ADDED, "was added and may be left out"),
        (false, _) => (&rules::ANSWER_FIELD_ADDED, "was added"),
    };
    route.change(rule, &item, format!("{place} {text}"))
}

fn field_removed(record: &Record, field: &Field, route: &Route<'_>) -> Change {
    let (item, place) = place(&record.name, &field.name);
    let (rule, text) = match (route.by_plugin, record.open) {
        (true, true) => (&rules::REQUEST_FIELD_IGNORED, "was removed and is ignored"),
        (true, false) => (&rules::REQUEST_FIELD_REFUSED, "was removed and is refused"),
        (false, _) => (&rules::ANSWER_FIELD_REMOVED, "was removed"),
    };
    route.change(rule, &item, format!("{place} {text}"))
}

fn field_changes(record: &str, was: &Field, is: &Field, route: &Route<'_>) -> Vec<Change> {
    let (item, place) = place(record, &was.name);
    let mut changes = Vec::new();
    let mut add = |rule: &'static Rule, text: String| {
        changes.push(route.change(rule, &item, format!("{place} {text}")));
    };
    if was.ty != is.ty {
        add(
            &rules::FIELD_TYPE,
            format!("was {} and is {}", was.ty, is.ty),
        );
    }
    match (was.required, is.required, route.by_plugin) {
        (false, true, true) => add(&rules::REQUEST_FIELD_REQUIRED, "must be there now".into()),
        (true, false, true) => add(&rules::REQUEST_FIELD_OPTIONAL, "may be left out now".into()),
        (true, false, false) => add(&rules::ANSWER_FIELD_OPTIONAL, "may be missing now".into()),
        (false, true, false) => add(&rules::ANSWER_FIELD_REQUIRED, "is always there now".into()),
        _ => {}
    }
    match (was.nullable, is.nullable, route.by_plugin) {
        (true, false, true) => add(&rules::REQUEST_NULL_REFUSED, "may no longer be null".into()),
        (false, true, true) => add(&rules::REQUEST_NULL_ACCEPTED, "may be null now".into()),
        (false, true, false) => add(&rules::ANSWER_NULL_NEW, "may be null now".into()),
        (true, false, false) => add(&rules::ANSWER_NULL_GONE, "is never null now".into()),
        _ => {}
    }
    if was.default != is.default {
        let text = |default: &Option<String>| default.clone().unwrap_or_else(|| "none".into());
        let (old, new) = (text(&was.default), text(&is.default));
        add(
            &rules::FIELD_DEFAULT,
            format!("had the default {old} and has {new}"),
        );
    }
    match (&was.deprecated, &is.deprecated) {
        (None, Some(why)) => add(&rules::FIELD_DEPRECATED, format!("is deprecated: {why}")),
        (Some(_), None) => add(&rules::FIELD_UNDEPRECATED, "is no longer deprecated".into()),
        _ => {}
    }
    changes
}

fn openness(was: &Record, is: &Record, route: &Route<'_>) -> Option<Change> {
    let (rule, text) = match (was.open, is.open) {
        (true, false) if route.by_plugin => (&rules::RECORD_CLOSED, "refuses unknown keys now"),
        (false, true) => (&rules::RECORD_OPENED, "may have other keys now"),
        _ => return None,
    };
    Some(route.change(rule, &was.name, format!("{} {text}", was.name)))
}

fn variants(was: &Record, is: &Record, route: &Route<'_>) -> Vec<Change> {
    let name = &was.name;
    let new = is.variants.iter().filter(|one| !was.variants.contains(one));
    let removed_variants = was.variants.iter().filter(|one| !is.variants.contains(one));
    let new = new.map(|one| (&rules::VARIANT_ADDED, format!("{name} may be {one} now")));
    let removed_variants = removed_variants.map(|one| {
        (
            &rules::VARIANT_REMOVED,
            format!("{name} is never {one} now"),
        )
    });
    new.chain(removed_variants)
        .map(|(rule, text)| route.change(rule, name, text))
        .collect()
}

fn enum_changes(was: &StringEnum, is: &StringEnum, route: &Route<'_>) -> Vec<Change> {
    let has =
        |values: &[(String, String)], name: &str| values.iter().any(|(known, _)| known == name);
    let new = is.values.iter().filter(|(name, _)| !has(&was.values, name));
    let removed_values = was.values.iter().filter(|(name, _)| !has(&is.values, name));
    let (added, removed) = if route.by_plugin {
        (&rules::REQUEST_VALUE_ADDED, &rules::REQUEST_VALUE_REMOVED)
    } else {
        (&rules::ANSWER_VALUE_ADDED, &rules::ANSWER_VALUE_REMOVED)
    };
    let new = new.map(|(name, _)| (added, name, "has the value", "now"));
    let removed_values =
        removed_values.map(|(name, _)| (removed, name, "no longer has the value", ""));
    new.chain(removed_values)
        .map(|(rule, name, text, now)| {
            let text = format!("{} {text} \"{name}\" {now}", was.name);
            route.change(
                rule,
                &format!("{}.{name}", was.name),
                text.trim_end().to_owned(),
            )
        })
        .collect()
}

fn place(record: &str, field: &str) -> (String, String) {
    (
        format!("{record}.{field}"),
        format!("`{field}` of {record}"),
    )
}
