//! A state of the ABI that can be compared: a specification at one of its versions, or what a
//! compiler made of a header.

use crate::compare::{FoundTable, slot_named};
use crate::frozen::{self, FrozenMember, FrozenTable};
use crate::model::{Since, Slot, Spec};
use std::collections::BTreeMap;

/// A state of the ABI.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Its newest version.
    pub level: Since,
    pub(super) tables: Vec<VisibleItem>,
    /// By their C names.
    pub(super) constants: BTreeMap<String, i64>,
    /// Without what came later; None for a header, which says nothing of payloads, owners and
    /// threads.
    pub(super) spec: Option<Spec>,
}

/// A table of a surface.
#[derive(Debug, Clone)]
pub(super) struct VisibleItem {
    pub(super) c_name: String,
    pub(super) is_host: bool,
    pub(super) size: usize,
    pub(super) align: usize,
    pub(super) members: Vec<VisibleMember>,
}

/// A member of a table.
#[derive(Debug, Clone)]
pub(super) struct VisibleMember {
    pub(super) name: String,
    pub(super) offset: usize,
    /// None where a header has a function that the spec does not know.
    pub(super) c_type: Option<String>,
    pub(super) since: Option<Since>,
}

impl VisibleItem {
    pub(super) fn member(&self, name: &str) -> Option<&VisibleMember> {
        self.members.iter().find(|member| member.name == name)
    }

    pub(super) fn at(&self, offset: usize) -> Option<&VisibleMember> {
        self.members.iter().find(|member| member.offset == offset)
    }
}

/// A version that a specification does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the specification has no version {0}")]
pub struct UnknownLevel(pub String);

impl Surface {
    /// A specification at its newest version.
    pub fn newest(spec: &Spec) -> Surface {
        let newest = spec.versions.iter().map(|version| version.number).max();
        Surface::at(spec, &Since::version(newest.unwrap_or(1)))
    }

    /// A specification at one of its versions, or at a revision of version 2.
    ///
    /// # Errors
    /// When it has no such version.
    pub fn of(spec: &Spec, level: &Since) -> Result<Surface, UnknownLevel> {
        let revision = |name: &String| spec.revisions.iter().any(|known| known.name == *name);
        let exists =
            spec.version(level.version).is_some() && level.revision.as_ref().is_none_or(revision);
        exists
            .then(|| Surface::at(spec, level))
            .ok_or_else(|| UnknownLevel(level.to_string()))
    }

    fn at(spec: &Spec, level: &Since) -> Surface {
        let (host, plugin) = frozen::tables(spec, level);
        let host = host.map(|table| seen(spec, table, true));
        let constants = frozen::constants(spec, level).into_iter();
        Surface {
            level: level.clone(),
            tables: host
                .into_iter()
                .chain([seen(spec, plugin, false)])
                .collect(),
            constants: constants.map(|c| (c.name, c.value)).collect(),
            spec: Some(reduced(spec, level)),
        }
    }

    /// A header that was measured against `spec`.
    pub fn of_header(
        spec: &Spec,
        tables: &[FoundTable],
        constants: &BTreeMap<String, i64>,
        level: Since,
    ) -> Surface {
        Surface {
            level,
            tables: tables.iter().map(|found| measured(spec, found)).collect(),
            constants: constants.clone(),
            spec: None,
        }
    }
}

fn seen(spec: &Spec, table: FrozenTable, is_host: bool) -> VisibleItem {
    let model = if is_host { &spec.host } else { &spec.plugin };
    let since = |name: &str| {
        let member = model.members.iter().find(|member| member.name() == name);
        let old = slot_named(spec, model, name).map(|slot| &slot.since);
        member.map(|member| member.since()).or(old).cloned()
    };
    let member = |member: FrozenMember| VisibleMember {
        since: since(&member.name),
        name: member.name,
        offset: member.offset,
        c_type: Some(member.c_type),
    };
    VisibleItem {
        c_name: table.c_name,
        is_host,
        size: table.size,
        align: table.align,
        members: table.members.into_iter().map(member).collect(),
    }
}

fn measured(spec: &Spec, found: &FoundTable) -> VisibleItem {
    let is_host = found.c_name == spec.host.c_name;
    let model = if is_host { &spec.host } else { &spec.plugin };
    let c_type = |name: &str, fits: bool| {
        let slot = match slot_named(spec, model, name) {
            Some(slot) => Slot::c_signature(slot),
            None if name == "version" => "uint32_t".to_owned(),
            None => return None,
        };
        Some(if fits {
            slot
        } else {
            "another type".to_owned()
        })
    };
    let members = found.members.iter().map(|member| VisibleMember {
        name: member.name.clone(),
        offset: member.offset,
        c_type: c_type(&member.name, member.type_fits),
        since: slot_named(spec, model, &member.name).map(|slot| slot.since.clone()),
    });
    VisibleItem {
        c_name: found.c_name.clone(),
        is_host,
        size: found.size,
        align: found.align,
        members: members.collect(),
    }
}

/// A specification without what came after a level.
fn reduced(spec: &Spec, level: &Since) -> Spec {
    let mut spec = spec.clone();
    for table in [&mut spec.host, &mut spec.plugin] {
        table
            .members
            .retain(|member| level.includes(member.since()));
    }
    for group in &mut spec.constants {
        group.items.retain(|item| level.includes(&item.since));
    }
    for record in &mut spec.records {
        record.fields.retain(|field| level.includes(&field.since));
    }
    spec.entries.retain(|entry| level.includes(&entry.since));
    spec.versions
        .retain(|version| version.number <= level.version);
    spec
}
