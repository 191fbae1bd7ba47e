//! A tool call from lookup to envelope, the tools of the host itself, and what models get to see of
//! them all.

pub(crate) mod arguments;
pub(crate) mod artifacts;
pub(crate) mod built_in;
pub(crate) mod call;
pub(crate) mod compaction;
pub(crate) mod definitions;
pub(crate) mod envelope;
pub(crate) mod exposure;
pub(crate) mod permissions;
