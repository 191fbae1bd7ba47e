//! Settings and secrets of plugins, per agent, encrypted on disk; what the keychain is to Osaurus.
//! Accounts are `<AGENT>.<plugin id>.<key>` joined by dots, as in Osaurus' keychain; so plugin `a`
//! with key `b.c` and plugin `a.b` with key `c` share one.

use crate::common::ids::AgentId;
use crate::host::errors::BuildError;
use crate::host::settings::Settings;
use crate::storage::encrypted::EncryptedFiles;
use crate::storage::keys::StorageKey;
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use std::sync::Arc;

pub(crate) struct Store {
    /// None once the host has ended.
    connection: Mutex<Option<Connection>>,
    /// Holds the file system that the connection uses, so it goes last.
    files: EncryptedFiles,
}

impl Store {
    pub(crate) fn open(settings: &Settings) -> Result<Store, BuildError> {
        let path = settings.data_dir.join("secrets.db");
        let failed = |reason: String| BuildError::Store {
            path: path.clone(),
            reason,
        };
        let key =
            StorageKey::of_folder(&settings.data_dir, settings.key_place, settings.durability)
                .map_err(|error| failed(error.to_string()))?;
        let files = EncryptedFiles {
            key,
            durability: settings.durability,
            faults: Arc::clone(&settings.faults),
        };
        let connection = open_store(&path, &files).map_err(|error| failed(error.to_string()))?;
        Ok(Store {
            connection: Mutex::new(Some(connection)),
            files,
        })
    }

    /// How the other files of the data folder are opened.
    pub(crate) fn files(&self) -> &EncryptedFiles {
        &self.files
    }

    pub(crate) fn get(
        &self,
        agent: AgentId,
        plugin: &str,
        key: &str,
    ) -> rusqlite::Result<Option<String>> {
        self.with(|connection| {
            let sql = "SELECT value FROM secrets WHERE account = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            statement
                .query_row(params![account(agent, plugin, key)], |row| row.get(0))
                .optional()
        })
    }

    /// What `config_get` reads: the agent's own value, else the Default agent's, else one that was
    /// stored before settings belonged to agents (`<plugin id>.<key>`), which then becomes the
    /// Default agent's.
    pub(crate) fn get_or_default(
        &self,
        agent: AgentId,
        plugin: &str,
        key: &str,
    ) -> rusqlite::Result<Option<String>> {
        for agent in [agent, AgentId::DEFAULT] {
            if let Some(value) = self.get(agent, plugin, key)? {
                return Ok(Some(value));
            }
        }
        let sql = "UPDATE OR IGNORE secrets SET account = ?2 WHERE account = ?1";
        let (old, new) = (
            format!("{plugin}.{key}"),
            account(AgentId::DEFAULT, plugin, key),
        );
        let moved = self.with(|connection| connection.execute(sql, params![old, new]))?;
        if moved == 0 {
            return Ok(None);
        }
        self.get(AgentId::DEFAULT, plugin, key)
    }

    pub(crate) fn set(
        &self,
        agent: AgentId,
        plugin: &str,
        key: &str,
        value: &str,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT INTO secrets(account, value) VALUES (?1, ?2) \
                   ON CONFLICT(account) DO UPDATE SET value = excluded.value";
        let account = account(agent, plugin, key);
        self.with(|connection| connection.execute(sql, params![account, value]))
            .map(drop)
    }

    /// The Default agent's value goes with its twin from before settings belonged to agents, which
    /// would come back else.
    pub(crate) fn delete(&self, agent: AgentId, plugin: &str, key: &str) -> rusqlite::Result<()> {
        let twin = agent.is_default().then(|| format!("{plugin}.{key}"));
        let sql = "DELETE FROM secrets WHERE account = ?1 OR account = ?2";
        let account = account(agent, plugin, key);
        self.with(|connection| connection.execute(sql, params![account, twin]))
            .map(drop)
    }

    /// All keys and values of a plugin under one agent, in key order.
    pub(crate) fn all(
        &self,
        agent: AgentId,
        plugin: &str,
    ) -> rusqlite::Result<Vec<(String, String)>> {
        let prefix = account(agent, plugin, "");
        self.with(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT substr(account, length(?1) + 1), value FROM secrets \
                 WHERE substr(account, 1, length(?1)) = ?1 ORDER BY account",
            )?;
            rows.query_map(params![prefix], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// Closes the file. Nothing is stored or read afterwards.
    pub(crate) fn close(&self) {
        *self.connection() = None;
    }

    fn with<T>(
        &self,
        action: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        match &*self.connection() {
            Some(connection) => action(connection),
            None => Err(closed()),
        }
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock()
    }
}

fn closed() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISUSE);
    rusqlite::Error::SqliteFailure(code, Some("the host has ended".into()))
}

fn account(agent: AgentId, plugin: &str, key: &str) -> String {
    format!("{agent}.{plugin}.{key}")
}

fn open_store(path: &Path, files: &EncryptedFiles) -> rusqlite::Result<Connection> {
    let connection = files.open(path, "secrets", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS secrets(account TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT \
         ROWID",
    )?;
    Ok(connection)
}
