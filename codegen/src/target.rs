//! What can be generated, with which options, and what can go wrong.

use crate::view;
use osaurus_abi_spec::model::{Since, Spec};
use std::{collections::BTreeMap, fmt};

/// Generated files: relative path (with `/`) to text, in path order.
pub type Files = BTreeMap<String, String>;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `osaurus_plugin.h` for one ABI version; C11, C23 and C++.
    C,
    /// The C++20 layer `osaurus_plugin.hpp` for one ABI version, with its C header.
    Cpp,
    /// Go: the tables, and a cgo binding of the host with its C header.
    Go,
    /// Zig: the tables as `extern struct`s.
    Zig,
    /// The `repr(C)` tables of crate `osaurus-abi`.
    RustTable,
    /// `_generated.py` of the Python package `osaurus_plugin`.
    Python,
    /// `generated.ts` of the npm package `osaurus-plugin`.
    TypeScript,
    /// The C module and the generated sources of the Swift package.
    Swift,
    /// One JSON Schema 2020-12 file per record.
    JsonSchema,
    /// The host API reference and the page of ABI versions.
    Markdown,
    /// `AGENTS.md` of new projects, for coding assistants.
    Agents,
}

impl Target {
    /// All targets, in the order in which the CLI lists them.
    pub const ALL: [Target; 11] = [
        Target::C,
        Target::Cpp,
        Target::Go,
        Target::Zig,
        Target::RustTable,
        Target::Python,
        Target::TypeScript,
        Target::Swift,
        Target::JsonSchema,
        Target::Markdown,
        Target::Agents,
    ];

    /// The words that the CLI takes, in the order of [`Target::ALL`].
    pub const WORDS: [&str; 11] = [
        "c",
        "cpp",
        "go",
        "zig",
        "rust",
        "python",
        "typescript",
        "swift",
        "schema",
        "markdown",
        "agents",
    ];

    /// The word that the CLI takes.
    pub const fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// The target of a word of [`Target::WORDS`].
    pub fn from_word(word: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|target| target.word() == word)
    }

    /// One line for the CLI's help.
    pub const fn about(self) -> &'static str {
        match self {
            Target::C => "C and C++ header for one ABI version (--abi 1 to 6, or 2a to 2e)",
            Target::Cpp => "C++20 layer over the C header (--abi N, 2 or later)",
            Target::Go => "Go tables and cgo binding",
            Target::Zig => "Zig tables",
            Target::RustTable => "Rust repr(C) tables (crate osaurus-abi)",
            Target::Python => "Python types and host call stubs",
            Target::TypeScript => "TypeScript types and host calls",
            Target::Swift => "Swift package: C module, payloads, host calls",
            Target::JsonSchema => "JSON Schema 2020-12 of every payload",
            Target::Markdown => "Host API reference and ABI version pages",
            Target::Agents => "AGENTS.md of new projects, for coding assistants",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Choices that only some targets look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// ABI version of the C header and the C++ layer; for the header also a revision of version 2.
    pub level: Since,
}

impl Options {
    /// The newest version of the spec.
    pub fn newest(spec: &Spec) -> Options {
        Options::version(spec.newest_version())
    }

    /// A version; of version 2 the last revision.
    pub fn version(number: u32) -> Options {
        Options {
            level: Since::version(number),
        }
    }

    /// Refuses a version or revision that the spec does not have.
    pub(crate) fn check(&self, spec: &Spec) -> Result<(), Error> {
        let Since { version, revision } = &self.level;
        let version = spec.versions.iter().any(|one| one.number == *version);
        let revision = revision.as_ref();
        if version && revision.is_none_or(|name| spec.revisions.iter().any(|one| one.name == *name))
        {
            return Ok(());
        }
        Err(Error::UnknownAbi {
            wanted: view::level_word(&self.level),
            newest: spec.newest_version(),
        })
    }

    /// The version, for a target that is not made for revisions.
    pub(crate) fn whole_version(&self) -> Result<u32, Error> {
        match &self.level.revision {
            None => Ok(self.level.version),
            Some(revision) => Err(Error::Revision {
                wanted: revision.clone(),
            }),
        }
    }
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The spec has no such version.
    #[error(
        "ABI version {wanted} does not exist: the spec has 1 to {newest}; pass --abi with one of \
         them"
    )]
    UnknownAbi {
        /// What was asked for.
        wanted: String,
        /// The newest version in the spec.
        newest: u32,
    },
    /// A revision of version 2 was asked for, of a layer that runs on all of them.
    #[error(
        "the C++ layer is made for whole versions: pass --abi 2 and have the plugin say \
         `.oldest_version_2 = Version2::v{wanted}`, \
         or generate `c` for revision {wanted}"
    )]
    Revision {
        /// What was asked for.
        wanted: String,
    },
    /// The version has no host table, so there is nothing to wrap.
    #[error(
        "the C++ layer wraps the host's functions, and ABI version {wanted} has none; pass --abi 2 or later \
         (the plugin loads in version 1 hosts too), or generate `c` for plain version {wanted}"
    )]
    NoHostTable {
        /// What was asked for.
        wanted: u32,
    },
    /// A record or enumeration is named but not defined.
    #[error(
        "{place} names `{name}`, which is neither a record nor an enum of the spec; \
         add it to abi-spec/spec or correct the name"
    )]
    Undefined {
        /// The missing name.
        name: String,
        /// Where it is used.
        place: String,
    },
    /// A default value in the spec is not JSON.
    #[error(
        "default `{text}` of {place} is not JSON ({reason}); text needs its own quotes, like \
         \"\\\"utf8\\\"\""
    )]
    BadDefault {
        /// Record and field.
        place: String,
        /// The text as found.
        text: String,
        /// What the JSON reader said.
        reason: String,
    },
    /// A page links to an anchor that is nowhere.
    #[error(
        "the page {page} links to #{anchor}, which the host API reference does not have; correct the \
         name in the spec or the rule"
    )]
    NoAnchor {
        /// The page, relative to docs/.
        page: String,
        /// The anchor, without `#`.
        anchor: String,
    },
    /// A template could not be rendered.
    #[error(
        "template of {file} failed: {source}; this is a defect of osaurus-codegen, please report it"
    )]
    Template {
        /// The file that was being made.
        file: &'static str,
        /// What askama said.
        source: askama::Error,
    },
    /// The disk did not do as asked (checking and writing only).
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// `read`, `write` or `create`.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}
