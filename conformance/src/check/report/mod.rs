//! What a check found, for people ([`terminal`]), scripts ([`json`]) and build servers ([`junit`]). Pure texts.

pub mod terminal;
