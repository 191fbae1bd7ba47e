//! Changes of numbers, strings, error codes, limits, versions and symbols.

use super::hits::{built, from};
use super::rules::{self, Rule};
use super::{Change, Surface};
use crate::model::{Constant, Spec};

/// Constants by their C names; headers have those too.
pub(super) fn constants(old: &Surface, new: &Surface) -> Vec<Change> {
    let is_header = old.spec.is_none() || new.spec.is_none();
    let hit = || built(1, old.level.version);
    let mut changes = Vec::new();
    for (name, was) in &old.constants {
        match new.constants.get(name) {
            Some(is) if is != was => {
                let text = format!("{name} was {was} and is {is}");
                changes.push(Change::new(&rules::CONSTANT_VALUE, name, text).hitting([hit()]));
            }
            Some(_) => {}
            // A header may leave constants out.
            None if is_header => {}
            None => {
                let text = format!("{name} ({was}) was removed");
                changes.push(Change::new(&rules::CONSTANT_REMOVED, name, text).hitting([hit()]));
            }
        }
    }
    let added = new
        .constants
        .iter()
        .filter(|(name, _)| !is_header && !old.constants.contains_key(*name));
    changes.extend(added.map(|(name, value)| {
        Change::new(
            &rules::CONSTANT_ADDED,
            name,
            format!("{name} ({value}) was added"),
        )
    }));
    changes
}

/// The rest of two specifications.
pub(super) fn changes(old: &Spec, new: &Spec) -> Vec<Change> {
    let mut changes = emissions(old, new);
    changes.extend(strings(old, new));
    changes.extend(errors(old, new));
    changes.extend(limits(old, new));
    changes.extend(versions(old, new));
    changes.extend(entries(old, new));
    changes
}

fn emissions(old: &Spec, new: &Spec) -> Vec<Change> {
    let find = |group: &str, name: &str| {
        let groups = new.constants.iter().filter(|known| known.name == group);
        let mut items = groups.flat_map(|group| &group.items);
        items.find(|item| item.name == name)
    };
    let groups = old.constants.iter();
    let items = groups.flat_map(|group| group.items.iter().map(move |item| (group, item)));
    items
        .filter_map(|(group, was)| emission(&group.name, was, find(&group.name, &was.name)?, old))
        .collect()
}

fn emission(group: &str, was: &Constant, is: &Constant, old: &Spec) -> Option<Change> {
    let (rule, text): (&'static Rule, _) = match (was.emitted, is.emitted) {
        (false, true) => (&rules::CONSTANT_EMITTED, "is sent now"),
        (true, false) => (&rules::CONSTANT_SILENT, "is no longer sent"),
        _ => return None,
    };
    let item = format!("{group}.{}", was.name);
    let text = format!("{} of {group} {text}", was.name);
    Some(Change::new(rule, item, text).hitting([from(&was.since, old)]))
}

fn strings(old: &Spec, new: &Spec) -> Vec<Change> {
    let mut changes = Vec::new();
    let hit = || built(1, old.newest_version());
    for was in &old.strings {
        let name = &was.name;
        match new.string(name) {
            Some(is) if is != was.value => {
                let text = format!("{name} was \"{}\" and is \"{is}\"", was.value);
                changes.push(Change::new(&rules::TEXT_VALUE, name, text).hitting([hit()]));
            }
            Some(_) => {}
            None => {
                let text = format!("{name} (\"{}\") was removed", was.value);
                changes.push(Change::new(&rules::TEXT_REMOVED, name, text).hitting([hit()]));
            }
        }
    }
    let added = new
        .strings
        .iter()
        .filter(|text| old.string(&text.name).is_none());
    changes.extend(added.map(|text| {
        let sentence = format!("{} (\"{}\") was added", text.name, text.value);
        Change::new(&rules::TEXT_ADDED, &text.name, sentence)
    }));
    changes
}

fn errors(old: &Spec, new: &Spec) -> Vec<Change> {
    let added = new
        .errors
        .iter()
        .filter(|error| old.error(&error.code).is_none());
    let removed = old
        .errors
        .iter()
        .filter(|error| new.error(&error.code).is_none());
    let added = added.map(|error| (&rules::ERROR_ADDED, &error.code, "was added"));
    let removed = removed.map(|error| (&rules::ERROR_REMOVED, &error.code, "was removed"));
    added
        .chain(removed)
        .map(|(rule, code, text)| Change::new(rule, code, format!("the error {code} {text}")))
        .collect()
}

fn limits(old: &Spec, new: &Spec) -> Vec<Change> {
    let mut changes = Vec::new();
    for was in &old.limits {
        let name = &was.name;
        let Some(is) = new.limit(name) else {
            changes.push(Change::new(
                &rules::LIMIT_REMOVED,
                name,
                format!("{name} was removed"),
            ));
            continue;
        };
        let text = format!(
            "{name} was {} {} and is {} {}",
            was.value, was.unit, is.value, is.unit
        );
        let rule = match () {
            () if is.value < was.value || is.unit != was.unit => &rules::LIMIT_LOWERED,
            () if is.value > was.value => &rules::LIMIT_RAISED,
            () => continue,
        };
        let slots = was.slots.join(", ");
        let hit = format!("{} that use {slots}", built(1, old.newest_version()));
        let hit = (rule.class == rules::Class::Breaking).then_some(hit);
        changes.push(Change::new(rule, name, text).hitting(hit));
    }
    let added = new
        .limits
        .iter()
        .filter(|limit| old.limit(&limit.name).is_none());
    changes.extend(added.map(|limit| {
        let text = format!("{} of {} {} was added", limit.name, limit.value, limit.unit);
        Change::new(&rules::LIMIT_ADDED, &limit.name, text)
    }));
    changes
}

fn versions(old: &Spec, new: &Spec) -> Vec<Change> {
    let removed = old
        .versions
        .iter()
        .filter(|v| new.version(v.number).is_none());
    let removed = removed.map(|version| {
        let name = format!("v{}", version.number);
        let hit = built(version.number, version.number);
        let text = format!("version {} was removed", version.number);
        Change::new(&rules::VERSION_REMOVED, name, text).hitting([hit])
    });
    // A version that adds a function shows by that function.
    let members = |spec: &'_ Spec| -> Vec<u32> {
        let tables = [&spec.host, &spec.plugin].into_iter();
        let members = tables.flat_map(|table| &table.members);
        members.map(|member| member.since().version).collect()
    };
    let brings = members(new);
    let added = new.versions.iter().filter(|version| {
        old.version(version.number).is_none() && !brings.contains(&version.number)
    });
    let added = added.map(|version| {
        let text = format!("version {} was added", version.number);
        Change::new(&rules::VERSION_ADDED, format!("v{}", version.number), text)
    });
    removed.chain(added).collect()
}

fn entries(old: &Spec, new: &Spec) -> Vec<Change> {
    let mut changes = Vec::new();
    for was in &old.entries {
        let symbol = &was.symbol;
        let hit = || from(&was.since, old);
        match new.entries.iter().find(|is| is.symbol == *symbol) {
            Some(is) if is.c_signature() != was.c_signature() => {
                let (old, new) = (was.c_signature(), is.c_signature());
                let text = format!("{symbol} was `{old}` and is `{new}`");
                changes.push(Change::new(&rules::ENTRY_TYPE, symbol, text).hitting([hit()]));
            }
            Some(_) => {}
            None => {
                let text = format!("{symbol} was removed");
                changes.push(Change::new(&rules::ENTRY_REMOVED, symbol, text).hitting([hit()]));
            }
        }
    }
    let is_old = |symbol: &str| old.entries.iter().any(|entry| entry.symbol == symbol);
    let added = new.entries.iter().filter(|entry| !is_old(&entry.symbol));
    changes.extend(added.map(|entry| {
        let text = format!("{} was added", entry.symbol);
        Change::new(&rules::ENTRY_ADDED, &entry.symbol, text)
    }));
    changes
}
