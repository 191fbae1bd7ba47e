//! What every plugin must do in every host. Each scenario names the functions that it calls: where one is missing, the
//! probe must say so instead.

mod basics;
mod inference;
mod tasks;
mod web;

use crate::stage::Stage;

/// A row of the table.
pub struct Scenario {
    /// What is true when it passes.
    pub name: &'static str,
    /// The functions of the host that it calls.
    pub calls: &'static [&'static str],
    /// Whether the host must call routes or events.
    pub needs_callbacks: bool,
    /// Does it, and panics when something is otherwise.
    pub play: fn(&Stage),
}

/// Every row.
pub const ALL: [&Scenario; 20] = [
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

/// A row that needs no callback.
const fn calling(name: &'static str, calls: &'static [&'static str], play: fn(&Stage)) -> Scenario {
    Scenario {
        name,
        calls,
        needs_callbacks: false,
        play,
    }
}
