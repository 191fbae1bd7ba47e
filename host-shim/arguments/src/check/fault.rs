//! What does not fit, and where. Made by the validator, told by `message`.
use crate::schema::Kind;
use serde_json::{Number, Value};
use std::fmt;

pub(crate) struct Fault<'a> {
    /// `notes[1].id`; empty for the arguments as a whole.
    pub(crate) field: String,
    /// Steps to the field.
    pub(crate) depth: usize,
    pub(crate) value: &'a Value,
    pub(crate) cause: Cause<'a>,
}

pub(crate) enum Cause<'a> {
    Type(&'a [Kind]),
    TypeOrNull(&'a [Kind]),
    Enum(&'a [Value]),
    Const(&'a Value),
    Minimum(&'a Number),
    Maximum(&'a Number),
    ExclusiveMinimum(&'a Number),
    ExclusiveMaximum(&'a Number),
    MultipleOf(&'a Number),
    MinLength(u64),
    MaxLength(u64),
    Pattern(&'a str),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    Contains {
        least: u64,
        most: Option<u64>,
    },
    MinProperties(u64),
    MaxProperties(u64),
    Required(&'a str),
    RequiredBy {
        name: &'a str,
        by: &'a str,
    },
    Unknown(&'a str),
    Name(&'a str),
    Branches(Vec<Vec<Fault<'a>>>),
    SeveralBranches,
    Not,
    Never,
    /// Deeper, or more to look at, than anything that a tool is called with.
    TooMuch,
}

/// A way into the arguments; lives on the stack.
pub(super) enum Location<'p, 'a> {
    Root,
    Key(&'p Location<'p, 'a>, &'a str),
    Item(&'p Location<'p, 'a>, usize),
}

impl<'p, 'a> Location<'p, 'a> {
    pub(super) fn key(&'p self, name: &'a str) -> Self {
        Self::Key(self, name)
    }

    pub(super) fn item(&'p self, index: usize) -> Self {
        Self::Item(self, index)
    }

    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Root => 0,
            Self::Key(outer, _) | Self::Item(outer, _) => 1 + outer.depth(),
        }
    }
}

impl fmt::Display for Location<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Location::Root, name) => f.write_str(name),
            Self::Key(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(outer, index) => write!(f, "{outer}[{index}]"),
        }
    }
}
