//! What users of the model ask it: lookups, C spellings, and which JSON belongs to which slot.

use std::fmt;
use std::str::FromStr;

use crate::model::{
    CType, Entry, ErrorCode, JsonType, Limit, Member, Param, Quirk, Record, Since, Slot, Spec,
    StringEnum, Table, Version,
};
use crate::parse::{BadSince, SHIPPED, parse_since};

impl Spec {
    /// The newest version; 0 where there is none.
    pub fn newest_version(&self) -> u32 {
        let numbers = self.versions.iter().map(|version| version.number);
        numbers.max().unwrap_or(0)
    }

    /// The functions of the host table in table order.
    pub fn host_slots(&self) -> impl Iterator<Item = &Slot> {
        self.host.slots()
    }

    /// The functions of the plugin table in table order.
    pub fn plugin_slots(&self) -> impl Iterator<Item = &Slot> {
        self.plugin.slots()
    }

    /// The function of that name, of the host table first (both tables have a `free_string`).
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.host.slot(name).or_else(|| self.plugin.slot(name))
    }

    /// The record of that name.
    pub fn record(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name)
    }

    /// The string enum of that name.
    pub fn string_enum(&self, name: &str) -> Option<&StringEnum> {
        self.enums.iter().find(|found| found.name == name)
    }

    /// The error with that code.
    pub fn error(&self, code: &str) -> Option<&ErrorCode> {
        self.errors.iter().find(|error| error.code == code)
    }

    /// The limit of that name.
    pub fn limit(&self, name: &str) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.name == name)
    }

    /// The quirk with that number.
    pub fn quirk(&self, number: u32) -> Option<&Quirk> {
        self.quirks.iter().find(|quirk| quirk.number == number)
    }

    /// The ABI version with that number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }

    /// The text constant of that name.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.strings
            .iter()
            .find(|text| text.name == name)
            .map(|text| text.value.as_str())
    }

    /// All levels that a table can have, oldest first: v1, v2a to v2e, v3 to v6.
    pub fn levels(&self) -> Vec<Since> {
        let of_version = |number: u32| match number {
            2 => self
                .revisions
                .iter()
                .map(|r| Since {
                    version: 2,
                    revision: Some(r.name.clone()),
                })
                .collect(),
            _ => vec![Since::version(number)],
        };
        self.versions
            .iter()
            .flat_map(|version| of_version(version.number))
            .collect()
    }

    /// The records that cross the boundary in a call of this slot, nested ones included, each once,
    /// in the order in which they are met.
    pub fn records_used_by(&self, slot: &Slot) -> Vec<&Record> {
        let params = slot
            .params
            .iter()
            .filter_map(|param| param.record.as_deref());
        let returned = [
            slot.returns.record.as_deref(),
            slot.returns.error_record.as_deref(),
        ];
        let mut limits = Vec::new();
        for name in params.chain(returned.into_iter().flatten()) {
            self.collect_records(name, &mut limits);
        }
        limits
    }

    fn collect_records<'a>(&'a self, name: &str, found: &mut Vec<&'a Record>) {
        let Some(record) = self.record(name) else {
            return;
        };
        if found.iter().any(|known| known.name == name) {
            return;
        }
        found.push(record);
        let in_fields = record.fields.iter().flat_map(|field| field.ty.named());
        for next in in_fields.chain(record.variants.iter().map(String::as_str)) {
            self.collect_records(next, found);
        }
    }
}

impl Table {
    /// The functions in table order.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.members.iter().filter_map(Member::as_slot)
    }

    /// The function of that name.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots().find(|slot| slot.name == name)
    }

    /// The members that a table of this level has.
    pub fn members_at(&self, level: &Since) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(|member| level.includes(member.since()))
    }
}

impl Member {
    /// The C member name.
    pub fn name(&self) -> &str {
        match self {
            Self::Version { .. } => "version",
            Self::Slot(slot) => &slot.name,
        }
    }

    /// First version (and revision) that has it.
    pub fn since(&self) -> &Since {
        match self {
            Self::Version { since, .. } => since,
            Self::Slot(slot) => &slot.since,
        }
    }

    /// The documentation.
    pub fn doc(&self) -> &str {
        match self {
            Self::Version { doc, .. } => doc,
            Self::Slot(slot) => &slot.doc,
        }
    }

    /// The function, if it is one.
    pub fn as_slot(&self) -> Option<&Slot> {
        match self {
            Self::Version { .. } => None,
            Self::Slot(slot) => Some(slot),
        }
    }
}

impl Slot {
    /// The C type of the function pointer: `const char* (*)(const char* key)`.
    pub fn c_signature(&self) -> String {
        format!(
            "{} (*)({})",
            self.returns.ty.c_name(),
            c_params(&self.params)
        )
    }

    /// The C declaration of the member: `const char* (*config_get)(const char* key)`.
    pub fn c_declaration(&self) -> String {
        format!(
            "{} (*{})({})",
            self.returns.ty.c_name(),
            self.name,
            c_params(&self.params)
        )
    }
}

impl Entry {
    /// The C type of a pointer to the symbol.
    pub fn c_signature(&self) -> String {
        format!(
            "{} (*)({})",
            self.returns.ty.c_name(),
            c_params(&self.params)
        )
    }

    /// The C declaration of the symbol.
    pub fn c_declaration(&self) -> String {
        format!(
            "{} {}({})",
            self.returns.ty.c_name(),
            self.symbol,
            c_params(&self.params)
        )
    }
}

impl Param {
    /// The C declaration: `const char* key`.
    pub fn c_declaration(&self) -> String {
        match self.ty {
            CType::ChunkCallback => {
                self.ty
                    .c_name()
                    .replacen("(*)", &format!("(*{})", self.name), 1)
            }
            _ => format!("{} {}", self.ty.c_name(), self.name),
        }
    }
}

fn c_params(params: &[Param]) -> String {
    let declared: Vec<String> = params.iter().map(Param::c_declaration).collect();
    if declared.is_empty() {
        "void".to_owned()
    } else {
        declared.join(", ")
    }
}

impl CType {
    /// The type as C writes it.
    pub fn c_name(&self) -> &'static str {
        match self {
            Self::String => "const char*",
            Self::Int => "int",
            Self::Opaque => "void*",
            Self::Context => "osr_plugin_ctx_t",
            Self::ChunkCallback => "void (*)(const char* chunk_json, void* user_data)",
            Self::HostApi => "const osr_host_api*",
            Self::PluginApi => "const osr_plugin_api*",
            Self::Void => "void",
        }
    }
}

impl JsonType {
    /// Names of the records and enums in it.
    pub fn named(&self) -> Vec<&str> {
        match self {
            Self::Enum(name) | Self::Record(name) => vec![name],
            Self::Array(item) | Self::Map(item) => item.named(),
            Self::OneOf(types) => types.iter().flat_map(Self::named).collect(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::Any => f.write_str("any"),
            Self::Enum(name) | Self::Record(name) => f.write_str(name),
            Self::Array(item) => write!(f, "[{item}]"),
            Self::Map(value) => write!(f, "{{{value}}}"),
            Self::OneOf(types) => {
                let strings: Vec<String> = types.iter().map(Self::to_string).collect();
                f.write_str(&strings.join(" | "))
            }
        }
    }
}

impl Since {
    /// A version without revision; as a level, version 2 then means its last revision.
    pub fn version(version: u32) -> Self {
        Self {
            version,
            revision: None,
        }
    }

    /// Does a table of this level have what exists since `member`?
    pub fn includes(&self, member: &Self) -> bool {
        match &self.revision {
            Some(revision) if member.version == self.version => member
                .revision
                .as_ref()
                .is_none_or(|first| first <= revision),
            _ => member.version <= self.version,
        }
    }
}

impl fmt::Display for Since {
    /// `v3`, or `v2d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revision {
            Some(revision) => write!(f, "v{revision}"),
            None => write!(f, "v{}", self.version),
        }
    }
}

/// A string that names no ABI version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an ABI version: {why}. Write 1 to 6, or 2a to 2e for a revision of version 2"
)]
pub struct ParseSinceError {
    /// What was given.
    pub text: String,
    why: &'static str,
}

impl FromStr for Since {
    type Err = ParseSinceError;

    /// Reads `3`, `v3`, `2` (the last revision, as a level), `2d` or `v2d`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_since(text, SHIPPED).map_err(|bad| ParseSinceError {
            text: text.to_owned(),
            why: match bad {
                BadSince::Malformed => "there is no such version",
                BadSince::RevisionOutsideV2 => "only version 2 has revisions",
            },
        })
    }
}
