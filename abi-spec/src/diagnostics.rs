//! Every problem a specification can have, in one table, and how it is shown.
//! Reader and checks report here; nothing in this module knows the ABI.

use std::fmt;
use std::path::PathBuf;

/// A rule that a specification file can break.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name, for example `spec::unknown_key`.
    pub id: &'static str,
    /// What is wrong when it is reported.
    pub meaning: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $meaning:literal, $hint:literal;)*) => {
        $(#[doc = $meaning] pub(crate) static $name: Rule = Rule { id: $id, meaning: $meaning, hint: $hint };)*
        /// All rules, in the order of their ids' topics.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    SYNTAX = "spec::syntax",
        "The file is not TOML.",
        "Correct the syntax; everything after it is read as far as possible.";
    UNKNOWN_KEY = "spec::unknown_key",
        "A table has a key that means nothing there.",
        "Use one of the accepted keys, or remove it.";
    MISSING_KEY = "spec::missing_key",
        "A table lacks a key that it must have.",
        "Add the key.";
    WRONG_TYPE = "spec::wrong_type",
        "A value has another TOML type than its key needs.",
        "Write the value in the expected form.";
    UNKNOWN_VALUE = "spec::unknown_value",
        "A word is not one of the closed set that its key takes.",
        "Use one of the listed words.";
    UNKNOWN_TYPE = "spec::unknown_type",
        "A C or JSON type that does not exist here.",
        "C: string, int, opaque, context, chunk_callback, host_api, plugin_api, void. JSON: \
         string, integer, number, boolean, any, a record or enum, [list], {map}, a | b.";
    BAD_NAME = "spec::bad_name",
        "A name is not written as names of its kind are.",
        "Slots, parameters, fields and constants are snake_case; records and enums UpperCamelCase.";
    DUPLICATE_NAME = "spec::duplicate_name",
        "Two things of one kind have the same name in the same place.",
        "Rename or remove one of them.";
    DUPLICATE_VALUE = "spec::duplicate_value",
        "Two constants of one group have the same value.",
        "Constants never share or change values: give the new one the next free value.";
    KEYWORD = "spec::keyword",
        "A name is a reserved word in a target language.",
        "Choose another name. Where Osaurus fixed it, list it with a reason in exceptions.toml.";
    UNUSED_EXCEPTION = "spec::unused_exception",
        "An exception is listed that nothing needs.",
        "Remove it from exceptions.toml.";
    MISSING_DOC = "spec::missing_doc",
        "Something has no documentation.",
        "Add `doc` with a sentence for the people who will read it in a header.";
    MISSING_OWNERSHIP = "spec::missing_ownership",
        "A parameter or a returned value does not say who owns it.",
        "Add `ownership`: value, borrowed, free_with_host, free_with_plugin, static or consumed.";
    OWNERSHIP_MISMATCH = "spec::ownership_mismatch",
        "Ownership and type contradict each other.",
        "Numbers, opaque pointers and void are `value`; every other pointer has an owner.";
    MISSING_SINCE = "spec::missing_since",
        "Something does not say since which version it exists.",
        "Add `since`, for example \"v3\" or \"v2d\".";
    BAD_SINCE = "spec::bad_since",
        "A version is not written as versions are, or does not exist.",
        "Write \"v1\", \"v2a\" to \"v2e\", or \"v3\" to the newest version: \"v6\", or a later one \
         that has its `[[version]]`.";
    REVISION_OUTSIDE_V2 = "spec::revision_outside_v2",
        "A revision is given with a version that has none.",
        "Only version 2 has revisions: drop the letter.";
    MISSING_REVISION = "spec::missing_revision",
        "Version 2 is given without its revision.",
        "Version 2 was five layouts: say which of v2a to v2e.";
    SLOT_ORDER = "spec::slot_order",
        "A slot comes after one that came later: the table was not extended at its end.",
        "Tables only grow at the end. Move the slot after all older ones.";
    NUMBER_GAP = "spec::number_gap",
        "Numbered things are not numbered 1, 2, 3, ...",
        "Numbers are stable references: continue with the next one and keep the order.";
    UNKNOWN_RECORD = "spec::unknown_record",
        "A record or enum is named that does not exist.",
        "Correct the name, or add the record to records/.";
    UNKNOWN_ERROR = "spec::unknown_error",
        "An error code is named that does not exist.",
        "Correct the code, or add it to errors.toml.";
    UNKNOWN_QUIRK = "spec::unknown_quirk",
        "A quirk number is named that does not exist.",
        "Correct the number, or add the quirk to quirks.toml.";
    UNKNOWN_SLOT = "spec::unknown_slot",
        "A slot is named that does not exist.",
        "Correct the name: it must be a member of the host or the plugin table.";
    UNKNOWN_ENTRY = "spec::unknown_entry",
        "An entry symbol is named that does not exist.",
        "Correct the symbol, or add it to entries.toml.";
    UNUSED_RECORD = "spec::unused_record",
        "A record that no slot, constant or error reaches.",
        "Name it where it crosses the boundary (`record`, `payload`, a field's type), or remove \
         it.";
    UNUSED_ENUM = "spec::unused_enum",
        "An enum that no field uses.",
        "Use it as the type of a field, or remove it.";
    UNUSED_ERROR = "spec::unused_error",
        "An error code that no slot returns.",
        "Add it to the `errors` of a slot, or set `produced = false` if hosts never return it.";
    BAD_DEFAULT = "spec::bad_default",
        "A default is not JSON text.",
        "Write JSON inside the TOML string: \"30000\", \"\\\"utf8\\\"\", \"true\".";
    MIXED_RECORD = "spec::mixed_record",
        "A record has both fields and variants, or neither and is closed.",
        "A record either lists `fields`, or is one of its `variants`; an empty record must be \
         `open = true`.";
    MISSING_TABLE = "spec::missing_table",
        "The specification lacks one of its two tables.",
        "Both `[host]` and `[plugin]` must be given, each once.";
}

/// A broken rule, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule.
    pub rule: &'static Rule,
    /// Name of the source file.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { id, hint, .. } = self.rule;
        write!(
            f,
            "{}:{}: error[{id}]: {}\n  hint: {hint}",
            self.file, self.line, self.message
        )
    }
}

/// Why a specification could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The files were read, but break rules; all of them are listed.
    #[error("the ABI specification has {} error(s):\n{}", .0.len(), list(.0))]
    Invalid(Vec<Diagnostic>),
    /// A file or folder could not be read.
    #[error("cannot read the ABI specification at {}: {source}. Expected a folder of .toml files \
             such as abi-spec/spec.", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl LoadError {
    /// The diagnostics; empty when the files could not even be read.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Invalid(list) => list,
            Self::Unreadable { .. } => &[],
        }
    }
}

fn list(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(Diagnostic::to_string).collect();
    lines.join("\n")
}
