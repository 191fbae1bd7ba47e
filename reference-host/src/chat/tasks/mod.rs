//! Background tasks: one task with its events, the list of all, the loop that works on one. The
//! slots dispatch them.

pub(crate) mod agent_loop;
pub(crate) mod events;
pub(crate) mod main_loop;
pub(crate) mod order;
pub(crate) mod registry;
pub(crate) mod state;
pub(crate) mod task;
