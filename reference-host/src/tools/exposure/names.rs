//! What the tools are called that load others. The built-in model knows them too.

/// Loads tools in chats and tasks.
pub(crate) const GATEWAY: &str = "capabilities";
/// The older pair, which is used outside of chats, and was used everywhere in June 2026.
pub(crate) const LOAD: &str = "capabilities_load";
pub(crate) const DISCOVER: &str = "capabilities_discover";
