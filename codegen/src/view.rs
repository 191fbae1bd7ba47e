//! The tables of one ABI version as every generator needs them: members with row, offset and size.

use osaurus_abi_spec::{
    layout::{self, TableLayout},
    model::{Member, Revision, Since, Slot, Spec, Table},
};

/// Bytes of a pointer and of each table row: the ABI exists on 64-bit systems only.
pub const POINTER: usize = 8;

/// Which of the two function tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `osr_host_api`.
    Host,
    /// `osr_plugin_api`.
    Plugin,
}

impl Side {
    /// The table of this side.
    pub const fn table(self, spec: &Spec) -> &Table {
        match self {
            Side::Host => &spec.host,
            Side::Plugin => &spec.plugin,
        }
    }

    /// `Host` or `Plugin`, for names.
    pub const fn word(self) -> &'static str {
        match self {
            Side::Host => "Host",
            Side::Plugin => "Plugin",
        }
    }

    fn layout(self, spec: &Spec, level: &Since) -> Option<TableLayout> {
        match self {
            Side::Host => layout::host(spec, level),
            Side::Plugin => Some(layout::plugin(spec, level)),
        }
    }
}

/// A member at its place in memory.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The member.
    pub member: &'a Member,
    /// Row in the table, counted from 0.
    pub index: usize,
    /// Bytes from the start of the table.
    pub offset: usize,
    /// Bytes of the member itself, without padding.
    pub size: usize,
}

/// The members that a version's table has; none when the version has no such table.
pub fn rows(spec: &Spec, side: Side, version: u32) -> Vec<Row<'_>> {
    rows_at(spec, side, &Since::version(version))
}

/// As [`rows`], for a revision too; without the function that is in revision 2b alone: see
/// [`superseded`].
pub fn rows_at<'a>(spec: &'a Spec, side: Side, level: &Since) -> Vec<Row<'a>> {
    let Some(layout) = side.layout(spec, level) else {
        return Vec::new();
    };
    let places = layout.members.iter().enumerate();
    let members = side.table(spec).members_at(level).zip(places);
    let row = |(member, (index, place)): (_, (usize, &layout::MemberLayout))| Row {
        member,
        index,
        offset: place.offset,
        size: place.size,
    };
    members.map(row).collect()
}

/// Every function of the host in the newest version, with its place.
pub fn host_slots(spec: &Spec) -> Vec<(Row<'_>, &Slot)> {
    let rows = rows(spec, Side::Host, spec.newest_version()).into_iter();
    rows.filter_map(|row| row.member.as_slot().map(|slot| (row, slot)))
        .collect()
}

/// The function that ends a table in this revision and that a later one put another in place of,
/// with its offset.
pub fn superseded<'a>(spec: &'a Spec, side: Side, level: &Since) -> Option<(&'a Slot, usize)> {
    let named = |one: &&Revision| level.revision.as_ref() == Some(&one.name);
    let slot = spec.revisions.iter().find(named)?.superseded.as_ref()?;
    let layout = side.layout(spec, level)?;
    Some((slot, layout.member(&slot.name)?.offset))
}

/// Bytes of a table in a version; 0 when the version has no such table.
pub fn table_size(spec: &Spec, side: Side, version: u32) -> usize {
    size_at(spec, side, &Since::version(version))
}

/// As [`table_size`], for a revision too.
pub fn size_at(spec: &Spec, side: Side, level: &Since) -> usize {
    side.layout(spec, level).map_or(0, |layout| layout.size)
}

/// Bytes of a table in a revision of version 2.
pub fn revision_size(spec: &Spec, side: Side, revision: &Revision) -> usize {
    let level = Since {
        version: 2,
        revision: Some(revision.name.clone()),
    };
    size_at(spec, side, &level)
}

/// `3`, `2d`: a level as the CLI takes it.
pub fn level_word(level: &Since) -> String {
    let revision = level.revision.clone();
    revision.unwrap_or_else(|| level.version.to_string())
}

/// `2`, `2 (2d)`: a since for people.
pub fn since_text(since: &Since) -> String {
    match &since.revision {
        Some(revision) => format!("{} ({revision})", since.version),
        None => since.version.to_string(),
    }
}
