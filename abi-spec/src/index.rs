//! What a specification declares and refers to, with the lines: the parser fills it, the checks
//! read it.

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pos {
    pub file: String,
    pub line: usize,
}

/// Kinds of named things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Slot,
    Param,
    Record,
    Field,
    Enum,
    EnumValue,
    ConstantGroup,
    Constant,
    Text,
    Error,
    Limit,
    Entry,
    Quirk,
    Worker,
    Version,
    Revision,
    Table,
}

impl Kind {
    /// The kind in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Param => "parameter",
            Self::Record => "record",
            Self::Field => "field",
            Self::Enum => "enum",
            Self::EnumValue => "value",
            Self::ConstantGroup => "constant group",
            Self::Constant => "constant",
            Self::Text => "string",
            Self::Error => "error code",
            Self::Limit => "limit",
            Self::Entry => "entry symbol",
            Self::Quirk => "quirk",
            Self::Worker => "worker constant",
            Self::Version => "version",
            Self::Revision => "revision",
            Self::Table => "table",
        }
    }
}

/// A named thing. Names are unique per kind and scope; records and enums share one scope.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub kind: Kind,
    /// The slot, record, enum or group around it; empty at the top.
    pub scope: String,
    pub name: String,
    pub pos: Pos,
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Record,
    /// A record or an enum: the type of a field.
    Type,
    Error,
    Quirk,
    Slot,
    Entry,
}

/// A mention of something declared elsewhere.
#[derive(Debug)]
pub(crate) struct Reference {
    pub target: Target,
    pub name: String,
    /// The record whose field or variant it is; `None` when it makes the target used by itself.
    pub from: Option<String>,
    pub pos: Pos,
}

/// A name that may be a keyword, and why.
#[derive(Debug)]
pub(crate) struct Exception {
    pub scope: String,
    pub name: String,
    pub pos: Pos,
}

/// Everything the checks need beside the model itself.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub declarations: Vec<Declaration>,
    pub references: Vec<Reference>,
    pub exceptions: Vec<Exception>,
    /// Name of the first source: where a diagnostic about the whole goes.
    pub first_file: String,
}

impl Index {
    /// Declarations of one kind in source order.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Declaration> {
        self.declarations.iter().filter(move |d| d.kind == kind)
    }
}
