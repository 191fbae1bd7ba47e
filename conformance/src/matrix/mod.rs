//! Every plugin in every host: the grid of plugins, the versions they are built for and the hosts
//! they run on. The expected result of every function comes from the ABI spec (`expect`), the
//! observed one from a run in a child process (`runner`, `child`); a difference is a failure.
//! `look` does the same for plugins that are not probes. Called by `osaurus-bridge matrix` and by
//! tests. Knows no language: plugins are libraries.

mod answers;
mod c_probe;
mod child;
mod differ;
mod entry;
mod expect;
mod grid;
mod job;
mod leftovers;
mod loading;
mod observation;
mod page;
mod runner;
mod scenarios;
mod server;
mod stage;
mod terminal;
mod view;

pub use c_probe::{BuildError, build_c_probes};
pub(crate) use child::run_child;
pub use entry::{Entry, EntryError, read_list};
pub use expect::{Expectation, Outcome, Pair};
pub use grid::{Cell, FunctionResult, Grid, Row};
pub(crate) use job::KIND;
pub use job::{Calls, ToolRun};
pub use observation::{Observation, Observations};
pub use page::page;
pub use runner::{Runner, RunnerError};
pub use terminal::terminal;
pub use view::View;
