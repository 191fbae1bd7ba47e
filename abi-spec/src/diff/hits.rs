//! Whom a change hits, in words.

use super::surface::{Surface, VisibleItem, VisibleMember};
use crate::compare::call_text;
use crate::model::{Since, Slot, Spec};

/// `plugins built for v3 to v5`.
pub(super) fn built(since: u32, newest: u32) -> String {
    if since >= newest {
        format!("plugins built for v{newest}")
    } else {
        format!("plugins built for v{since} to v{newest}")
    }
}

/// Plugins of a specification that use a function.
pub(super) fn users(spec: &Spec, slot: &Slot) -> String {
    let verb = if spec.host.slot(&slot.name) == Some(slot) {
        "that call"
    } else {
        "with"
    };
    format!(
        "{} {verb} {}",
        built(slot.since.version, spec.newest_version()),
        slot.name
    )
}

/// What a call of a function reaches that a plugin of the old surface makes, or, of a plugin's
/// function, the host.
pub(super) fn landing(
    (old, before): (&Surface, &VisibleItem),
    (new, after): (&Surface, &VisibleItem),
    member: &VisibleMember,
) -> String {
    let since = member.since.as_ref().map_or(1, |since| since.version);
    let who = built(since, old.level.version);
    if before.is_host {
        let there = reached(new, after, member.offset);
        return format!("{who}: a call of {} {there}", member.name);
    }
    let Some(wanted) = after.member(&member.name) else {
        let called = after.at(member.offset).map_or_else(
            || "no longer calls it".to_owned(),
            |now| format!("calls it as {}", call_of(new, &now.name)),
        );
        return format!("{who} with {}: the host {called}", member.name);
    };
    let there = reached(old, before, wanted.offset);
    format!("{who}: the host's call of {} {there}", member.name)
}

fn reached(names: &Surface, table: &VisibleItem, offset: usize) -> String {
    match table.at(offset) {
        Some(member) if member.name == "version" => {
            "takes the version number for a function".to_owned()
        }
        Some(member) => format!("now lands on {}", call_of(names, &member.name)),
        None if offset >= table.size => format!(
            "reads past the end of the table ({} bytes, the place is {offset})",
            table.size
        ),
        None => "takes parts of two members for a function".to_owned(),
    }
}

/// With its parameters, where a specification has them.
fn call_of(names: &Surface, name: &str) -> String {
    let slot = names.spec.as_ref().and_then(|spec| spec.slot(name));
    slot.map_or_else(|| name.to_owned(), call_text)
}

/// The version from which plugins know something.
pub(super) fn from(since: &Since, spec: &Spec) -> String {
    built(since.version, spec.newest_version())
}
