//! Which tool calls leave the host's process. The builder sets it; calls and the helper ask it.

/// Which tool calls run in a helper process instead of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// None.
    #[default]
    Off,
    /// Those that Osaurus isolates: tools that need accessibility or automation.
    SystemTools,
    /// All, so that a crash is a result and not the end. Osaurus does not do this.
    EveryCall,
}

impl Isolation {
    pub(crate) fn from_environment() -> Isolation {
        match std::env::var("OSAURUS_PLUGIN_PROCESS_HOST").as_deref() {
            Ok("1") => Isolation::SystemTools,
            _ => Isolation::Off,
        }
    }
}
