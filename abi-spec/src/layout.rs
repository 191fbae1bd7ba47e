//! Where each member of a table is in memory: LP64, default C alignment. Generators assert it,
//! hosts place by it.

use crate::model::{Member, Since, Spec, Table};

/// Alignment and size of a pointer on every supported target.
const POINTER: usize = 8;
/// Size of the version field, `uint32_t`.
const VERSION_FIELD: usize = 4;

/// The layout of one table at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLayout {
    /// Members in memory order.
    pub members: Vec<MemberLayout>,
    /// Size in bytes, padding included.
    pub size: usize,
    /// Alignment in bytes.
    pub align: usize,
}

/// Where one member lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLayout {
    /// C member name.
    pub name: String,
    /// Bytes from the table's beginning.
    pub offset: usize,
    /// Size in bytes.
    pub size: usize,
    /// Unused bytes after it.
    pub padding: usize,
}

impl TableLayout {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<&MemberLayout> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// The host table as a host of this level has it; `None` below version 2, which has no host table.
pub fn host(spec: &Spec, level: &Since) -> Option<TableLayout> {
    (level.version >= 2).then(|| of(names(&spec.host, level)))
}

/// The plugin table as a plugin of this level has it.
pub fn plugin(spec: &Spec, level: &Since) -> TableLayout {
    let mut members = names(&spec.plugin, level);
    let revision = spec
        .revisions
        .iter()
        .find(|r| level.revision.as_ref() == Some(&r.name));
    // Revision 2b had another function where `on_task_event` is today.
    if let Some(slot) = revision.and_then(|revision| revision.superseded.as_ref()) {
        members.push((slot.name.clone(), POINTER));
    }
    of(members)
}

fn names(table: &Table, level: &Since) -> Vec<(String, usize)> {
    let size = |member: &Member| {
        if member.as_slot().is_some() {
            POINTER
        } else {
            VERSION_FIELD
        }
    };
    table
        .members_at(level)
        .map(|member| (member.name().to_owned(), size(member)))
        .collect()
}

fn of(sized: Vec<(String, usize)>) -> TableLayout {
    let mut offset = 0;
    let mut members = Vec::with_capacity(sized.len());
    for (name, size) in sized {
        // Every member is followed by a pointer or by the end of a pointer-aligned table.
        let padding = size.next_multiple_of(POINTER) - size;
        members.push(MemberLayout {
            name,
            offset,
            size,
            padding,
        });
        offset += size + padding;
    }
    TableLayout {
        members,
        size: offset,
        align: POINTER,
    }
}
