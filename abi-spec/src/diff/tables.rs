//! Changes of the tables in memory: what was added, moved, removed, renamed.

use super::Change;
use super::hits::{built, landing};
use super::rules;
use super::surface::{Surface, VisibleItem, VisibleMember};
use std::collections::HashSet;

/// Every change of a table that both have.
pub(super) fn changes(old: &Surface, new: &Surface) -> Vec<Change> {
    let pairs = old.tables.iter().filter_map(|before| {
        let after = new
            .tables
            .iter()
            .find(|after| after.c_name == before.c_name)?;
        Some(Pair {
            old,
            new,
            before,
            after,
        })
    });
    pairs.flat_map(|pair| pair.changes()).collect()
}

struct Pair<'a> {
    old: &'a Surface,
    new: &'a Surface,
    before: &'a VisibleItem,
    after: &'a VisibleItem,
}

impl Pair<'_> {
    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let moved = self.out_of_order();
        for member in &self.before.members {
            changes.extend(self.fate(member, &moved));
        }
        for member in &self.after.members {
            changes.extend(self.arrival(member));
        }
        self.explain_shifts(&mut changes, &moved);
        if changes.is_empty() {
            changes.extend(self.shape());
        }
        changes.extend(self.types());
        changes
    }

    /// What became of a member, unless it is in its place or only shifted by others.
    fn fate(&self, member: &VisibleMember, moved: &HashSet<&str>) -> Option<Change> {
        let name = &member.name;
        if let Some(now) = self.after.member(name) {
            let text = format!("{name} moved from {} to {}", member.offset, now.offset);
            let change = Change::new(&rules::SLOT_MOVED, self.item(name), text);
            return moved
                .contains(name.as_str())
                .then(|| change.hitting([self.lands(member)]));
        }
        let successor = self.successor(member);
        Some(match successor {
            Some(now) if now.c_type == member.c_type => {
                let text = format!("{name} is now called {}", now.name);
                let hit = format!("source code that names {name}");
                Change::new(&rules::SLOT_RENAMED, self.item(name), text).hitting([hit])
            }
            Some(now) => {
                let text = format!("{} stands where {name} was, at {}", now.name, now.offset);
                let change = Change::new(&rules::SLOT_REPLACED, self.item(name), text);
                change.hitting([self.lands(member)])
            }
            None => {
                let text = format!("{name} was removed from {}", member.offset);
                let change = Change::new(&rules::SLOT_REMOVED, self.item(name), text);
                change.hitting([self.lands(member)])
            }
        })
    }

    /// The new member that took an old one's place.
    fn successor(&self, member: &VisibleMember) -> Option<&VisibleMember> {
        let now = self.after.at(member.offset)?;
        self.before.member(&now.name).is_none().then_some(now)
    }

    fn arrival(&self, member: &VisibleMember) -> Option<Change> {
        let name = &member.name;
        let replaces = |old: &&VisibleMember| self.after.member(&old.name).is_none();
        if self.before.member(name).is_some()
            || self.before.at(member.offset).filter(replaces).is_some()
        {
            return None;
        }
        if member.offset < self.before.size {
            let text = format!("{name} was inserted at {}", member.offset);
            return Some(Change::new(&rules::SLOT_INSERTED, self.item(name), text));
        }
        Some(self.appended(member))
    }

    fn appended(&self, member: &VisibleMember) -> Change {
        let (name, offset) = (&member.name, member.offset);
        let (old, new) = (self.old.level.version, self.new.level.version);
        let since = member.since.as_ref().map_or(new, |since| since.version);
        let text = format!("{name} was added at the end, at {offset}, in version {since}");
        if since <= old && self.old.level.revision.is_none() {
            let hit = format!(
                "{} of a host that says {since} and lacks it",
                built(since, new)
            );
            let change = Change::new(&rules::SLOT_APPENDED_SILENTLY, self.item(name), text);
            return change.hitting([hit]);
        }
        let rule = if self.before.is_host {
            &rules::SLOT_APPENDED
        } else {
            &rules::CALLBACK_APPENDED
        };
        Change::new(rule, self.item(name), text)
    }

    /// Members that keep their order but not their place are hit by what came or went before them.
    fn explain_shifts(&self, found: &mut [Change], moved: &HashSet<&str>) {
        let cause = found.iter_mut().find(|change| {
            let causes = [
                &rules::SLOT_INSERTED,
                &rules::SLOT_REMOVED,
                &rules::SLOT_MOVED,
            ];
            causes.contains(&change.rule)
        });
        let shifted = self.before.members.iter().filter(|member| {
            let now = self.after.member(&member.name);
            now.is_some_and(|now| now.offset != member.offset)
                && !moved.contains(member.name.as_str())
        });
        if let Some(cause) = cause {
            cause.hits.extend(shifted.map(|member| self.lands(member)));
        }
    }

    /// Names of the members that must be taken out so that the others keep their order: as few as
    /// can be.
    fn out_of_order(&self) -> HashSet<&str> {
        let common: Vec<(&str, usize)> = self
            .before
            .members
            .iter()
            .filter_map(|member| {
                let at = self
                    .after
                    .members
                    .iter()
                    .position(|m| m.name == member.name)?;
                Some((member.name.as_str(), at))
            })
            .collect();
        let in_order = longest_rising(&common);
        let names = common.into_iter().map(|(name, _)| name);
        names.filter(|name| !in_order.contains(name)).collect()
    }

    /// Without any member gone or come, a table can still be laid out otherwise.
    fn shape(&self) -> Option<Change> {
        let (before, after) = (self.before, self.after);
        let name = &before.c_name;
        if before.align != after.align {
            let text = format!(
                "{name} was aligned to {} bytes and is to {}",
                before.align, after.align
            );
            return Some(Change::new(&rules::TABLE_ALIGNMENT, name, text));
        }
        let text = format!("{name} had {} bytes and has {}", before.size, after.size);
        (before.size != after.size).then(|| Change::new(&rules::TABLE_SIZE, name, text))
    }

    /// Where both have a specification, the functions are compared part by part.
    fn types(&self) -> Vec<Change> {
        if self.old.spec.is_some() && self.new.spec.is_some() {
            return Vec::new();
        }
        let change = |member: &VisibleMember| {
            let now = self.after.member(&member.name)?;
            let (was, is) = (member.c_type.as_ref()?, now.c_type.as_ref()?);
            let text = format!("{} was `{was}` and is `{is}`", member.name);
            let since = member.since.as_ref().map_or(1, |since| since.version);
            let hit = built(since, self.old.level.version);
            let change = Change::new(&rules::SLOT_TYPE, self.item(&member.name), text);
            (was != is).then(|| change.hitting([hit]))
        };
        self.before.members.iter().filter_map(change).collect()
    }

    fn lands(&self, member: &VisibleMember) -> String {
        landing((self.old, self.before), (self.new, self.after), member)
    }

    fn item(&self, name: &str) -> String {
        format!("{}.{name}", self.before.c_name)
    }
}

/// The names of a longest run of rising places.
fn longest_rising<'a>(places: &[(&'a str, usize)]) -> HashSet<&'a str> {
    // Tables have some dozens of members: the square of that is nothing.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(places.len());
    for (index, (_, at)) in places.iter().enumerate() {
        let before = (0..index).filter(|earlier| places[*earlier].1 < *at);
        let before = before.max_by_key(|earlier| best[*earlier].0);
        best.push((before.map_or(0, |earlier| best[earlier].0) + 1, before));
    }
    let mut next = (0..places.len()).max_by_key(|index| best[*index].0);
    let mut in_order = HashSet::new();
    while let Some(index) = next {
        in_order.insert(places[index].0);
        next = best[index].1;
    }
    in_order
}
