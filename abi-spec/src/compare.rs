//! A table that a compiler laid out, compared with the spec: what moved, what a call would reach
//! instead, how to fix it. Pure: who measured the table, and from what, is for the caller
//! (`osaurus-bridge abi verify`, the tests).

use crate::fixes;
use crate::layout::{self, TableLayout};
use crate::model::{Member, Since, Slot, Spec, Table};

/// A table as someone's compiler sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// Its C type name.
    pub c_name: String,
    /// Members in the order of the declaration.
    pub members: Vec<FoundMember>,
    /// Size in bytes.
    pub size: usize,
    /// Alignment in bytes.
    pub align: usize,
}

/// A member of a [`FoundTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMember {
    /// Its name.
    pub name: String,
    /// Bytes from the beginning of the table.
    pub offset: usize,
    /// Size in bytes.
    pub size: usize,
    /// False when the spec knows the name with another type.
    pub type_fits: bool,
}

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The table does not have it.
    Missing,
    /// It lies elsewhere than in the spec.
    Moved,
    /// It has another type or size.
    Type,
    /// The spec has no such member, and it stands before one that the spec has.
    Unknown,
    /// The table is aligned otherwise.
    Alignment,
}

impl Kind {
    /// The word for scripts.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Moved => "moved",
            Kind::Type => "type",
            Kind::Unknown => "unknown",
            Kind::Alignment => "alignment",
        }
    }
}

/// One thing that is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What sort of thing.
    pub kind: Kind,
    /// The member, or the table for [`Kind::Alignment`].
    pub member: String,
    /// Where it lies.
    pub found: Option<usize>,
    /// Where it must lie.
    pub expected: Option<usize>,
    /// A sentence about it.
    pub text: String,
    /// What a call of it reaches, as a sentence; only for what moved.
    pub lands: Option<String>,
}

/// All that is to say about one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Size that the table must have.
    pub expected_size: usize,
    /// What is wrong, in the order of the table. Empty: it is the spec's table.
    pub findings: Vec<Finding>,
    /// Steps that fix it, in order.
    pub fixes: Vec<String>,
    /// What is not wrong but worth knowing.
    pub notes: Vec<String>,
}

/// Compares a table with the spec's table of that name at a level. `None` when that level has no
/// such table.
pub fn compare(spec: &Spec, level: &Since, found: &FoundTable) -> Option<Comparison> {
    let (table, expected) = expected_table(spec, level, &found.c_name)?;
    let at = TablePair {
        spec,
        level,
        table,
        expected: &expected,
        found,
    };
    let (extra, notes) = at.extra_members();
    let mut findings = at.expected_members();
    findings.extend(extra);
    findings.extend(at.alignment());
    let expected_names: Vec<&str> = expected.members.iter().map(|m| m.name.as_str()).collect();
    let declared = |name: &str| at.declaration(name);
    let fixes = if findings.is_empty() {
        Vec::new()
    } else {
        fixes::steps(
            &expected_names,
            &at.names_to_fix(),
            &at.wrong_types(),
            declared,
        )
    };
    Some(Comparison {
        expected_size: expected.size,
        findings,
        fixes,
        notes,
    })
}

fn expected_table<'a>(
    spec: &'a Spec,
    level: &Since,
    c_name: &str,
) -> Option<(&'a Table, TableLayout)> {
    if c_name == spec.host.c_name {
        return Some((&spec.host, layout::host(spec, level)?));
    }
    (c_name == spec.plugin.c_name).then(|| (&spec.plugin, layout::plugin(spec, level)))
}

/// The slot of that name in a table; in revision 2b `on_task_completed` was one.
pub fn slot_named<'a>(spec: &'a Spec, table: &'a Table, name: &str) -> Option<&'a Slot> {
    let superseded = spec.revisions.iter().filter_map(|r| r.superseded.as_ref());
    table.slot(name).or_else(|| {
        let mut old = superseded.filter(|slot| slot.name == name);
        old.next().filter(|_| table.c_name == spec.plugin.c_name)
    })
}

struct TablePair<'a> {
    spec: &'a Spec,
    level: &'a Since,
    table: &'a Table,
    expected: &'a TableLayout,
    found: &'a FoundTable,
}

impl TablePair<'_> {
    fn expected_members(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for wanted in &self.expected.members {
            let member = self.found.members.iter().find(|m| m.name == wanted.name);
            let finding = match member {
                None => Some(self.missing(&wanted.name, wanted.offset)),
                Some(m) if m.offset != wanted.offset => Some(self.moved(m, wanted.offset)),
                Some(m) if m.size != wanted.size || !m.type_fits => Some(self.other_type(m)),
                Some(_) => None,
            };
            findings.extend(finding);
        }
        findings
    }

    fn missing(&self, name: &str, offset: usize) -> Finding {
        let since = self.since(name);
        Finding {
            kind: Kind::Missing,
            member: name.to_owned(),
            found: None,
            expected: Some(offset),
            text: format!("{name} is missing; since version {since} it is at {offset}"),
            lands: self.missing_callback(name, offset),
        }
    }

    /// The host calls the plugin's functions by their place, also one that the table does not have.
    fn missing_callback(&self, name: &str, offset: usize) -> Option<String> {
        let ours = self.table.c_name == self.spec.plugin.c_name;
        let slot = slot_named(self.spec, self.table, name)?;
        ours.then(|| self.landing(slot, offset, offset))
    }

    fn moved(&self, found: &FoundMember, wanted: usize) -> Finding {
        let (name, offset) = (&found.name, found.offset);
        Finding {
            kind: Kind::Moved,
            member: name.clone(),
            found: Some(offset),
            expected: Some(wanted),
            text: format!("{name} is at {offset}, must be at {wanted}"),
            lands: slot_named(self.spec, self.table, name)
                .map(|slot| self.landing(slot, offset, wanted)),
        }
    }

    fn other_type(&self, found: &FoundMember) -> Finding {
        let declared = self.declaration(&found.name);
        Finding {
            kind: Kind::Type,
            member: found.name.clone(),
            found: Some(found.offset),
            expected: Some(found.offset),
            text: format!("{} has another type, must be `{declared}`", found.name),
            lands: None,
        }
    }

    /// Of the host's table: what the plugin's call reaches. Of the plugin's: what the host's call
    /// reaches.
    fn landing(&self, slot: &Slot, offset: usize, wanted: usize) -> String {
        if self.table.c_name == self.spec.host.c_name {
            let target = self.what_is_at_in_the_spec(offset);
            return format!("host->{} would {target}", call_text(slot));
        }
        let there = self.found.members.iter().find(|m| m.offset == wanted);
        let target = match there {
            Some(member) => format!("run {}", self.shown(&member.name)),
            None if wanted >= self.found.size => {
                "read past the end of the plugin's table".to_owned()
            }
            None => "read from the middle of a member".to_owned(),
        };
        format!("the host's call of {} would {target}", call_text(slot))
    }

    fn what_is_at_in_the_spec(&self, offset: usize) -> String {
        let there = self.expected.members.iter().find(|m| m.offset == offset);
        let level = level_text(self.level);
        match there.map(|m| slot_named(self.spec, self.table, &m.name)) {
            Some(Some(slot)) => format!("run {}", call_text(slot)),
            Some(None) => "take the version number for the address of a function".to_owned(),
            None if offset >= self.expected.size => format!(
                "read past the end of a version {level} host's table ({} bytes)",
                self.expected.size
            ),
            None => "take parts of two members for the address of a function".to_owned(),
        }
    }

    fn shown(&self, name: &str) -> String {
        let slot = slot_named(self.spec, self.table, name);
        slot.map_or(name.to_owned(), call_text)
    }

    /// Members that the level does not have: an error before what it has, a note after it.
    fn extra_members(&self) -> (Vec<Finding>, Vec<String>) {
        let (mut findings, mut notes) = (Vec::new(), Vec::new());
        for (index, member) in self.found.members.iter().enumerate() {
            if self.expected.member(&member.name).is_some() || self.is_padding(member) {
                continue;
            }
            if self.found.members[index..]
                .iter()
                .any(|m| self.expected.member(&m.name).is_some())
            {
                findings.push(self.unknown(member));
            } else {
                notes.push(self.later(member));
            }
        }
        (findings, notes)
    }

    /// An explicit filler where the compiler would leave a gap anyway.
    fn is_padding(&self, member: &FoundMember) -> bool {
        self.expected.members.iter().any(|m| {
            let gap = m.offset + m.size..m.offset + m.size + m.padding;
            gap.contains(&member.offset) && member.offset + member.size <= gap.end
        })
    }

    fn unknown(&self, member: &FoundMember) -> Finding {
        let level = level_text(self.level);
        Finding {
            kind: Kind::Unknown,
            member: member.name.clone(),
            found: Some(member.offset),
            expected: None,
            text: format!(
                "{} at {} is not in version {level}",
                member.name, member.offset
            ),
            lands: None,
        }
    }

    fn later(&self, member: &FoundMember) -> String {
        let name = &member.name;
        match self.table.members.iter().find(|m| m.name() == name) {
            Some(known) => format!(
                "{name} came with version {}: look at the host's version before calling it",
                since_text(known.since())
            ),
            None => format!(
                "{name} at {} is not in this spec, whose newest version is {}",
                member.offset,
                self.spec
                    .versions
                    .iter()
                    .map(|v| v.number)
                    .max()
                    .unwrap_or(0)
            ),
        }
    }

    fn alignment(&self) -> Option<Finding> {
        let (found, wanted) = (self.found.align, self.expected.align);
        (found != wanted).then(|| Finding {
            kind: Kind::Alignment,
            member: self.found.c_name.clone(),
            found: Some(found),
            expected: Some(wanted),
            text: format!("the table is aligned to {found} bytes, must be {wanted}: no packing"),
            lands: None,
        })
    }

    /// What must be in order: without fillers and without what comes after everything known.
    fn names_to_fix(&self) -> Vec<&str> {
        let is_known = |m: &FoundMember| self.expected.member(&m.name).is_some();
        let end = self
            .found
            .members
            .iter()
            .rposition(is_known)
            .map_or(0, |last| last + 1);
        let counted = self.found.members[..end]
            .iter()
            .filter(|m| !self.is_padding(m));
        counted.map(|m| m.name.as_str()).collect()
    }

    fn wrong_types(&self) -> Vec<&str> {
        let wrong = |m: &&FoundMember| {
            let expected = self.expected.member(&m.name);
            expected.is_some_and(|expected| expected.size != m.size || !m.type_fits)
        };
        self.found
            .members
            .iter()
            .filter(wrong)
            .map(|m| m.name.as_str())
            .collect()
    }

    fn declaration(&self, name: &str) -> String {
        let slot = slot_named(self.spec, self.table, name);
        slot.map_or_else(|| format!("uint32_t {name}"), Slot::c_declaration)
    }

    fn since(&self, name: &str) -> String {
        let member = self.table.members.iter().find(|m| m.name() == name);
        let since = member.map(Member::since);
        let old = slot_named(self.spec, self.table, name).map(|slot| &slot.since);
        since
            .or(old)
            .map_or_else(|| level_text(self.level), since_text)
    }
}

/// `log(int level, const char* message)`.
pub(crate) fn call_text(slot: &Slot) -> String {
    let declared = slot.c_declaration();
    let params = declared.split_once(")(").map_or("", |(_, params)| params);
    format!("{}({params}", slot.name)
}

fn since_text(since: &Since) -> String {
    match &since.revision {
        Some(revision) => format!("{} ({revision})", since.version),
        None => since.version.to_string(),
    }
}

/// `6`, `2b`.
pub fn level_text(level: &Since) -> String {
    level
        .revision
        .clone()
        .unwrap_or_else(|| level.version.to_string())
}
