//! The Osaurus plugin ABI as data, and the model that reads it. Everyone who needs to know the ABI
//! (generators, hosts, the command line) asks here; this crate knows no one, has no foreign
//! functions, and touches no file but the specification it is told to read.
#![forbid(unsafe_code)]

mod check;
pub mod compare;
pub mod diagnostics;
pub mod diff;
pub mod draft;
mod fixes;
pub mod frozen;
mod index;
pub mod keywords;
pub mod layout;
pub mod model;
mod parse;
mod queries;
mod reader;
pub mod shipped;
mod source;

pub use diagnostics::{Diagnostic, LoadError, RULES, Rule};
pub use model::Spec;
pub use queries::ParseSinceError;
pub use source::{embedded, load, load_dir, load_sources, read_dir};
