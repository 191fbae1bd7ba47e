//! What a check found, for people ([`terminal`]), for scripts ([`json`]) and for build servers
//! ([`junit`]); and the rules themselves, as a list ([`list`]) and as a page ([`page`]). Pure
//! functions from data to strings.

pub mod json;
pub mod junit;
pub mod list;
pub mod page;
pub mod terminal;
mod wrap;

#[cfg(test)]
mod samples;
