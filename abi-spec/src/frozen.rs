//! Snapshots of the tables, one per ABI version, to compare with the ones that were frozen when
//! they shipped. A frozen file never changes; a new version adds a file.

use serde::Serialize;

use crate::layout::{self, TableLayout};
use crate::model::{Member, Since, Slot, Spec, Table};

/// What is frozen of one ABI version.
#[derive(Debug, Serialize)]
pub struct Snapshot {
    /// ABI version, 1 to 6.
    pub abi_version: u32,
    /// Symbol that a plugin of this version exports, with its C type.
    pub entry: Symbol,
    /// The host table; absent in version 1.
    pub host: Option<FrozenTable>,
    /// The plugin table.
    pub plugin: FrozenTable,
    /// Constants known to this version, as `C_NAME` and value.
    pub constants: Vec<FrozenConstant>,
    /// The layouts inside version 2; empty elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<FrozenRevision>,
}

/// An exported symbol.
#[derive(Debug, Serialize)]
pub struct Symbol {
    /// Symbol name.
    pub symbol: String,
    /// C type of a pointer to it.
    pub c_signature: String,
}

/// A table at one level.
#[derive(Debug, Serialize)]
pub struct FrozenTable {
    /// C type name.
    pub c_name: String,
    /// Size in bytes.
    pub size: usize,
    /// Alignment in bytes.
    pub align: usize,
    /// Members in memory order.
    pub members: Vec<FrozenMember>,
}

/// A member of a table.
#[derive(Debug, Serialize)]
pub struct FrozenMember {
    /// C member name.
    pub name: String,
    /// Bytes from the table's beginning.
    pub offset: usize,
    /// Size in bytes.
    pub size: usize,
    /// C type.
    pub c_type: String,
    /// First version (and revision).
    pub since: String,
}

/// A constant.
#[derive(Debug, Serialize)]
pub struct FrozenConstant {
    /// C name with prefix.
    pub name: String,
    /// Value.
    pub value: i64,
}

/// A revision of version 2.
#[derive(Debug, Serialize)]
pub struct FrozenRevision {
    /// `2a` to `2e`.
    pub name: String,
    /// The host table.
    pub host: FrozenTable,
    /// The plugin table.
    pub plugin: FrozenTable,
}

/// The snapshot of a version as the specification has it now; `None` if there is no such version.
pub fn snapshot(spec: &Spec, version: u32) -> Option<Snapshot> {
    let described = spec.version(version)?;
    let entry = spec
        .entries
        .iter()
        .find(|entry| entry.symbol == described.entry)?;
    let level = Since::version(version);
    Some(Snapshot {
        abi_version: version,
        entry: Symbol {
            symbol: entry.symbol.clone(),
            c_signature: entry.c_signature(),
        },
        host: host(spec, &level),
        plugin: plugin(spec, &level),
        constants: constants(spec, &level),
        revisions: if version == 2 {
            revisions(spec)
        } else {
            Vec::new()
        },
    })
}

/// The snapshot as the text of a frozen file.
///
/// # Errors
/// Never in practice: the snapshot is plain data.
pub fn to_text(snapshot: &Snapshot) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(snapshot)? + "\n")
}

/// Both tables at a level; version 1 has no host table.
pub(crate) fn tables(spec: &Spec, level: &Since) -> (Option<FrozenTable>, FrozenTable) {
    (host(spec, level), plugin(spec, level))
}

fn host(spec: &Spec, level: &Since) -> Option<FrozenTable> {
    layout::host(spec, level).map(|layout| table(&spec.host, None, layout))
}

fn plugin(spec: &Spec, level: &Since) -> FrozenTable {
    let revision = spec
        .revisions
        .iter()
        .find(|r| level.revision.as_ref() == Some(&r.name));
    let superseded = revision.and_then(|revision| revision.superseded.as_ref());
    table(&spec.plugin, superseded, layout::plugin(spec, level))
}

fn table(table: &Table, superseded: Option<&Slot>, layout: TableLayout) -> FrozenTable {
    let member = |at: &layout::MemberLayout| {
        let member = table.members.iter().find(|member| member.name() == at.name);
        let (c_type, since) = match (member, superseded) {
            (Some(Member::Slot(slot)), _) | (None, Some(slot)) => {
                (slot.c_signature(), slot.since.to_string())
            }
            (Some(Member::Version { since, .. }), _) => ("uint32_t".to_owned(), since.to_string()),
            (None, None) => return None,
        };
        Some(FrozenMember {
            name: at.name.clone(),
            offset: at.offset,
            size: at.size,
            c_type,
            since,
        })
    };
    FrozenTable {
        c_name: table.c_name.clone(),
        size: layout.size,
        align: layout.align,
        members: layout.members.iter().filter_map(member).collect(),
    }
}

pub(crate) fn constants(spec: &Spec, level: &Since) -> Vec<FrozenConstant> {
    let mut out = Vec::new();
    for group in &spec.constants {
        for item in group
            .items
            .iter()
            .filter(|item| level.includes(&item.since))
        {
            let name = format!("{}{}", group.c_prefix, item.name.to_uppercase());
            out.push(FrozenConstant {
                name,
                value: item.value,
            });
        }
    }
    out
}

fn revisions(spec: &Spec) -> Vec<FrozenRevision> {
    let level = |name: &str| Since {
        version: 2,
        revision: Some(name.to_owned()),
    };
    let one = |name: &str| {
        let (host, plugin) = (host(spec, &level(name))?, plugin(spec, &level(name)));
        Some(FrozenRevision {
            name: name.to_owned(),
            host,
            plugin,
        })
    };
    spec.revisions
        .iter()
        .filter_map(|revision| one(&revision.name))
        .collect()
}
