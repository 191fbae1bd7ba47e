//! Changes of functions that both specifications have: what is passed, who owns it, which thread,
//! how long.

use super::Change;
use super::hits::users;
use super::rules::{self, Rule};
use crate::model::{Blocking, Param, Slot, Spec, Table, ThreadRule};

/// Every change of a function that both have, the host's first.
pub(super) fn changes(old: &Spec, new: &Spec) -> Vec<Change> {
    let tables = [
        (&old.host, &new.host, true),
        (&old.plugin, &new.plugin, false),
    ];
    tables
        .into_iter()
        .flat_map(|(before, after, is_host)| in_table(old, before, after, is_host))
        .collect()
}

fn in_table(old: &Spec, before: &Table, after: &Table, is_host: bool) -> Vec<Change> {
    let both = before
        .slots()
        .filter_map(|was| Some((was, after.slot(&was.name)?)));
    let pair = |(was, is)| Pair {
        was,
        is,
        is_host,
        item: format!("{}.{}", before.c_name, was.name),
        user: users(old, was),
    };
    both.map(pair).flat_map(|pair| pair.changes()).collect()
}

struct Pair<'a> {
    was: &'a Slot,
    is: &'a Slot,
    is_host: bool,
    item: String,
    user: String,
}

impl Pair<'_> {
    fn changes(&self) -> Vec<Change> {
        let mut changes = self.parameters();
        changes.extend(self.result());
        changes.extend(self.manners());
        changes.extend(self.standing());
        changes.extend(self.errors());
        changes
    }

    fn change(&self, rule: &'static Rule, text: String) -> Change {
        let text = format!("{}: {text}", self.was.name);
        let hit = (rule.class != rules::Class::Compatible).then(|| self.user.clone());
        Change::new(rule, &self.item, text).hitting(hit)
    }

    fn parameters(&self) -> Vec<Change> {
        let (was, is) = (&self.was.params, &self.is.params);
        let names = |params: &[Param]| {
            let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
            names.join(", ")
        };
        let lists = || format!("took ({}) and takes ({})", names(was), names(is));
        if was.len() < is.len() {
            return vec![self.change(&rules::PARAM_ADDED, lists())];
        }
        if was.len() > is.len() {
            return vec![self.change(&rules::PARAM_REMOVED, lists())];
        }
        let pairs = was.iter().zip(is);
        pairs
            .flat_map(|(was, is)| self.parameter(was, is))
            .collect()
    }

    fn parameter(&self, was: &Param, is: &Param) -> Vec<Change> {
        let name = &was.name;
        if was.ty != is.ty {
            let text = format!("{name} was {} and is {}", was.ty.c_name(), is.ty.c_name());
            return vec![self.change(&rules::PARAM_TYPE, text)];
        }
        let renamed = (was.name != is.name).then(|| {
            self.change(
                &rules::PARAM_NAME,
                format!("{name} is now called {}", is.name),
            )
        });
        let value = Value {
            name,
            null: (was.null.is_some(), is.null.is_some()),
            records: [(&was.record, &is.record), (&None, &None)],
            by_plugin: self.is_host,
        };
        let mut changes: Vec<Change> = renamed.into_iter().collect();
        changes.extend(self.value(&value));
        if was.ownership != is.ownership {
            changes.push(self.owner(name, was.ownership, is.ownership));
        }
        changes
    }

    fn result(&self) -> Vec<Change> {
        let (was, is) = (&self.was.returns, &self.is.returns);
        if was.ty != is.ty {
            let text = format!(
                "returned {} and returns {}",
                was.ty.c_name(),
                is.ty.c_name()
            );
            return vec![self.change(&rules::RETURN_TYPE, text)];
        }
        let value = Value {
            name: "the result",
            null: (was.null.is_some(), is.null.is_some()),
            records: [
                (&was.record, &is.record),
                (&was.error_record, &is.error_record),
            ],
            by_plugin: !self.is_host,
        };
        let mut changes = self.value(&value);
        if was.ownership != is.ownership {
            changes.push(self.owner("the result", was.ownership, is.ownership));
        }
        changes
    }

    fn owner(&self, name: &str, was: impl std::fmt::Debug, is: impl std::fmt::Debug) -> Change {
        let text = format!("{name} was {} and is {}", word(was), word(is));
        self.change(&rules::OWNERSHIP, text)
    }

    fn value(&self, value: &Value<'_>) -> Vec<Change> {
        let name = value.name;
        let null = match (value.null, value.by_plugin) {
            ((true, false), true) => Some((&rules::NULL_REFUSED, "may no longer be NULL")),
            ((false, true), true) => Some((&rules::NULL_ACCEPTED, "may be NULL now")),
            ((false, true), false) => Some((&rules::NULL_NEW, "may be NULL now")),
            ((true, false), false) => Some((&rules::NULL_GONE, "is never NULL now")),
            _ => None,
        };
        let null = null.map(|(rule, text)| self.change(rule, format!("{name} {text}")));
        let changed = value.records.iter().filter(|(was, is)| was != is);
        let record = |text: &Option<String>| text.clone().unwrap_or_else(|| "plain text".into());
        let records = changed.map(|(was, is)| {
            let text = format!("{name} was {} and is {}", record(was), record(is));
            self.change(&rules::PAYLOAD_TYPE, text)
        });
        null.into_iter().chain(records).collect()
    }

    /// Threads, time, agent.
    fn manners(&self) -> Vec<Change> {
        let (was, is) = (self.was, self.is);
        let thread = (was.thread != is.thread).then(|| {
            let rule = if freedom(is.thread, self.is_host) > freedom(was.thread, self.is_host) {
                &rules::THREAD_LOOSER
            } else {
                &rules::THREAD_STRICTER
            };
            let text = format!(
                "its thread was {} and is {}",
                word(was.thread),
                word(is.thread)
            );
            self.change(rule, text)
        });
        let (before, after) = (patience(&was.blocking), patience(&is.blocking));
        let blocking = (before != after).then(|| {
            let rule = if after > before {
                &rules::BLOCKS_LONGER
            } else {
                &rules::BLOCKS_SHORTER
            };
            let old = ["returned at once", "blocked briefly", "blocked"];
            let new = ["returns at once", "blocks briefly", "blocks"];
            self.change(rule, format!("{} and {} now", old[before], new[after]))
        });
        let agent = match (was.agent_bound, is.agent_bound) {
            (false, true) => Some((&rules::AGENT_BOUND, "depends on the bound agent now")),
            (true, false) => Some((&rules::AGENT_FREE, "no longer depends on the bound agent")),
            _ => None,
        };
        let agent = agent.map(|(rule, text)| self.change(rule, text.to_owned()));
        thread.into_iter().chain(blocking).chain(agent).collect()
    }

    /// Required, reserved, deprecated, since.
    fn standing(&self) -> Vec<Change> {
        let (was, is) = (self.was, self.is);
        let flips = [
            (
                was.required,
                is.required,
                &rules::SLOT_REQUIRED,
                &rules::SLOT_OPTIONAL,
                "required",
            ),
            (
                was.reserved.is_some(),
                is.reserved.is_some(),
                &rules::SLOT_RESERVED,
                &rules::SLOT_REVIVED,
                "reserved, without effect",
            ),
            (
                was.deprecated.is_some(),
                is.deprecated.is_some(),
                &rules::SLOT_DEPRECATED,
                &rules::SLOT_UNDEPRECATED,
                "deprecated",
            ),
        ];
        let flipped = flips
            .into_iter()
            .filter(|(before, after, ..)| before != after);
        let mut changes: Vec<Change> = flipped
            .map(|(_, after, on, off, word)| {
                let (rule, now) = if after {
                    (on, "is now")
                } else {
                    (off, "is no longer")
                };
                self.change(rule, format!("{now} {word}"))
            })
            .collect();
        if was.since != is.since {
            let text = format!("was there since {} and is since {}", was.since, is.since);
            changes.push(self.change(&rules::SLOT_SINCE, text));
        }
        changes
    }

    fn errors(&self) -> Vec<Change> {
        let (was, is) = (&self.was.errors, &self.is.errors);
        let new = is.iter().filter(|code| !was.contains(code));
        let removed = was.iter().filter(|code| !is.contains(code));
        let new = new.map(|code| (&rules::SLOT_ERROR_ADDED, format!("may answer {code} now")));
        let removed = removed.map(|code| {
            (
                &rules::SLOT_ERROR_REMOVED,
                format!("never answers {code} now"),
            )
        });
        new.chain(removed)
            .map(|(rule, text)| self.change(rule, text))
            .collect()
    }
}

/// What one side gives the other.
struct Value<'a> {
    name: &'a str,
    /// Whether it may be NULL: before, after.
    null: (bool, bool),
    records: [(&'a Option<String>, &'a Option<String>); 2],
    /// Whether the plugin gives it.
    by_plugin: bool,
}

/// How free plugins are under a rule: of the host's functions, where they may be called; of the
/// plugin's, how little they must expect at once.
fn freedom(rule: ThreadRule, is_host: bool) -> u8 {
    match (rule, is_host) {
        (ThreadRule::Any, true) | (ThreadRule::SerialPerPlugin, false) => 3,
        (ThreadRule::SerialPerTask, false) => 2,
        (ThreadRule::Concurrent, false) => 1,
        _ => 0,
    }
}

fn patience(blocking: &Blocking) -> usize {
    match blocking {
        Blocking::No => 0,
        Blocking::Short(_) => 1,
        Blocking::Yes(_) => 2,
    }
}

/// `FreeWithHost` as the specification writes it.
fn word(value: impl std::fmt::Debug) -> String {
    let mut text = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
