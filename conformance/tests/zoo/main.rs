//! The checker against the zoo: every bad plugin breaks its own rule and no other, good plugins
//! break none, and every rule has a bad plugin.

#![expect(clippy::expect_used, reason = "a helper that fails is a failing test")]

mod bad;
mod build;
mod corpus;
mod dock;
mod good;
mod planted;
mod scripts;
mod verdicts;
