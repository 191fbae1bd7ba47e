//! Agents, plugins' settings on their way to them, and the settings page.

pub(crate) mod agent;
pub(crate) mod agents;
pub(crate) mod delivery;
pub(crate) mod first_delivery;
pub(crate) mod redelivery;
pub(crate) mod settings_page;
pub(crate) mod validation;
