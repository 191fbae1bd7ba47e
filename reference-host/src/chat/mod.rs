//! Conversations with models: the loop, what goes into a request, the models, and the tasks that
//! run in the background.

pub(crate) mod conversation;
pub(crate) mod ending;
pub(crate) mod model;
pub(crate) mod request;
pub(crate) mod setup;
pub(crate) mod tasks;
