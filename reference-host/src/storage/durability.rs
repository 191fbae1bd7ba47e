//! How long the data of a host are kept. Everything that writes files asks.

/// Whether what was written is still there after the machine stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Durability {
    /// The disk is waited for as Osaurus waits for it.
    #[default]
    Durable,
    /// The data folder is removed soon: nothing waits for the disk.
    Temporary,
}
