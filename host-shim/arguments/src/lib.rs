//! A tool's arguments: its JSON Schema compiled, what the host sends coerced to it and then
//! validated strictly. Used by the shim for every call and by `build` for every schema, so both
//! judge alike. Knows nothing of hosts, engines or FFI.

mod arguments;
mod budget;
mod check;
mod coerce;
mod json;
mod lint;
mod message;
mod number;
mod pattern;
mod refusal;
mod schema;

pub use arguments::{ArgumentSchema, Arguments};
pub use lint::lint;
pub use message::shorten;
pub use refusal::Refusal;
pub use schema::SchemaFault;

#[cfg(test)]
mod tests;
