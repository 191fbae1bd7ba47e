//! The behaviour table's rows: what every plugin must do in every host that has what it takes. A
//! scenario fails by panicking; `child` catches that. Each names the functions that it needs: it is
//! played where all of them work.
#![expect(
    clippy::expect_used,
    reason = "a scenario is a test: the panic's text is its result"
)]

mod basics;
mod inference;
mod tasks;
mod web;

use super::stage::Stage;
use osaurus_reference_host::BuiltinModel;

/// A row of the table.
pub(crate) struct Scenario {
    /// What is true when it passes.
    pub(crate) name: &'static str,
    /// The functions of both tables that it needs, as in `host.log` and `plugin.invoke`.
    pub(crate) needs: &'static [&'static str],
    /// What else it shows to work, where that is there.
    pub(crate) also: &'static [&'static str],
    /// Does it, and panics when something is otherwise.
    pub(crate) play: fn(&Stage),
}

/// Every row.
pub(crate) const ALL: [&Scenario; 20] = [
    &basics::TOOLS_ANSWER,
    &basics::FAILURES_KEEP_THEIR_KIND,
    &basics::MANIFEST,
    &basics::CONFIG_VALUES,
    &basics::CONFIG_OF_ANOTHER_AGENT,
    &basics::DATABASE,
    &basics::DATABASE_ERRORS,
    &basics::LOG,
    &basics::STRUCTURED_LOG,
    &basics::AGENT,
    &inference::COMPLETION,
    &inference::STREAM,
    &inference::CANCELLED_STREAM,
    &inference::EMBEDDINGS_AND_MODELS,
    &tasks::LIFE_OF_A_TASK,
    &tasks::REFUSED_TASKS,
    &tasks::RESERVED,
    &web::HTTP,
    &web::FILES,
    &web::ROUTES_AND_SETTINGS,
];

/// The model that the scenarios speak to.
pub(crate) fn model() -> BuiltinModel {
    inference::model()
}

/// A row with a plugin's tools alone.
const fn tools(name: &'static str, play: fn(&Stage)) -> Scenario {
    Scenario {
        name,
        needs: &["plugin.invoke", "plugin.free_string"],
        also: &[],
        play,
    }
}

/// A row that calls functions of the host.
const fn calling(name: &'static str, needs: &'static [&'static str], play: fn(&Stage)) -> Scenario {
    Scenario {
        name,
        needs,
        also: &[],
        play,
    }
}
