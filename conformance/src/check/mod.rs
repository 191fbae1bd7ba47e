//! Checks one plugin library against rules, each in a child process of its own.
//! The program `osaurus-bridge` calls [`run`]; the child's side is [`child`]. A rule is data
//! (`conformance/rules/GROUP.toml`) and one function (`rules/GROUP.rs`) that gets a [`Case`].

mod by_hand;
mod case;
mod child;
mod envelope;
mod evidence;
mod exercise;
mod folder_copy;
pub mod fuzz;
mod job;
mod loaded;
mod observed;
mod offline;
mod outcome;
mod platform;
mod process;
mod project;
mod random;
mod raw;
pub mod report;
mod rule;
mod rules;
mod runner;
mod samples;
mod schedule;
mod script;
mod session;
mod spec_item;
mod spec_walk;
mod surroundings;
pub mod tracked;
mod trail;
mod wait;

pub use by_hand::ByHand;
pub use case::{Case, HostOptions};
pub(crate) use child::run_rules;
pub use evidence::Evidence;
pub(crate) use job::KIND;
pub use loaded::Loaded;
pub use outcome::{Problem, RuleResult, Status, Verdict};
pub use project::FILE_NAME as PROJECT_FILE;
pub use project::{Project, ProjectError, ToolSamples};
pub use rule::{Rule, Severity, catalogue};
pub use rules::registry_problems;
pub use runner::{CheckError, Options, Report, run};
pub use samples::Sample;
pub(crate) use samples::{of_settings, of_tools};
pub use schedule::Selection;
pub use script::{Read, Script};
