//! Opens SQLite files of a data folder, encrypted with its key. The store of settings and the
//! plugins' databases call it; it does not know what is in them.

use crate::host::faults::Faults;
use crate::storage::durability::Durability;
use crate::storage::keys::StorageKey;
use crate::storage::unsynced;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How files of one data folder are opened. Clones open them alike.
#[derive(Clone)]
pub(crate) struct EncryptedFiles {
    pub(crate) key: StorageKey,
    pub(crate) durability: Durability,
    /// Holds the file system that the connections use.
    pub(crate) faults: Arc<Faults>,
}

impl EncryptedFiles {
    /// Opens or makes the file of the database with this name. `synchronous` is SQLite's
    /// pragma.
    pub(crate) fn open(
        &self,
        path: &Path,
        name: &str,
        synchronous: &str,
    ) -> rusqlite::Result<Connection> {
        let file_system = match self.durability {
            Durability::Durable => None,
            Durability::Temporary => Some(unsynced::name()),
        };
        let connection = self.faults.open_database(path, file_system)?;
        self.key.unlock(&connection, name)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        Ok(connection)
    }
}
