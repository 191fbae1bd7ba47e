//! Calls into a plugin and back: where they run, what is recorded of them, how they are counted,
//! and who calls.

pub(crate) mod call;
pub(crate) mod callers;
pub(crate) mod gate;
pub(crate) mod invocation;
pub(crate) mod isolation;
pub(crate) mod scope;
