//! Settings and secrets of plugins, per agent, encrypted on disk, and the key file for everything at rest.
//! Accounts are `<AGENT>.<plugin id>.<key>` joined by dots, as in Osaurus' keychain; so plugin `a` with key `b.c`
//! and plugin `a.b` with key `c` share one.

use crate::errors::BuildError;
use crate::ids::AgentId;
use rusqlite::{Connection, OptionalExtension, params};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The raw key of the encrypted files, as 64 hexadecimal digits.
#[derive(Clone)]
pub(crate) struct StorageKey(String);

impl StorageKey {
    /// Gives the key to a freshly opened connection.
    pub(crate) fn unlock(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.pragma_update(None, "key", format!("x'{}'", self.0))?;
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
    }
}

pub(crate) struct Store {
    key: StorageKey,
    connection: Mutex<Connection>,
}

impl Store {
    pub(crate) fn open(data_dir: &Path) -> Result<Store, BuildError> {
        let key_file = data_dir.join("host.key");
        let key = load_key(&key_file).map_err(|source| BuildError::DataDir {
            path: key_file,
            source,
        })?;
        let path = data_dir.join("secrets.db");
        let connection = open_store(&path, &key).map_err(|error| BuildError::Store {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        Ok(Store {
            key,
            connection: Mutex::new(connection),
        })
    }

    pub(crate) fn key(&self) -> StorageKey {
        self.key.clone()
    }

    pub(crate) fn get(
        &self,
        agent: AgentId,
        plugin: &str,
        key: &str,
    ) -> rusqlite::Result<Option<String>> {
        let connection = self.connection();
        let mut found =
            connection.prepare_cached("SELECT value FROM secrets WHERE account = ?1")?;
        found
            .query_row(params![account(agent, plugin, key)], |row| row.get(0))
            .optional()
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
        self.connection()
            .execute(sql, params![account(agent, plugin, key), value])
            .map(drop)
    }

    pub(crate) fn delete(&self, agent: AgentId, plugin: &str, key: &str) -> rusqlite::Result<()> {
        let sql = "DELETE FROM secrets WHERE account = ?1";
        self.connection()
            .execute(sql, params![account(agent, plugin, key)])
            .map(drop)
    }

    /// All keys and values of a plugin under one agent, in key order.
    pub(crate) fn all(
        &self,
        agent: AgentId,
        plugin: &str,
    ) -> rusqlite::Result<Vec<(String, String)>> {
        let prefix = account(agent, plugin, "");
        let connection = self.connection();
        let mut rows = connection.prepare_cached(
            "SELECT substr(account, length(?1) + 1), value FROM secrets \
             WHERE substr(account, 1, length(?1)) = ?1 ORDER BY account",
        )?;
        rows.query_map(params![prefix], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn account(agent: AgentId, plugin: &str, key: &str) -> String {
    format!("{agent}.{plugin}.{key}")
}

fn open_store(path: &Path, key: &StorageKey) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    key.unlock(&connection)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS secrets(account TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    )?;
    Ok(connection)
}

/// Reads the key, or makes one. Two hosts that start at once end up with the same key.
fn load_key(path: &Path) -> io::Result<StorageKey> {
    if let Some(key) = read_key(path)? {
        return Ok(key);
    }
    let fresh = path.with_extension(format!("key-{}", crate::ids::fresh_uuid()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(random_key()?.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&fresh, path);
    std::fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read_key(path)?
            .ok_or_else(|| io::Error::other("the key file vanished while it was made")),
    }
}

fn read_key(path: &Path) -> io::Result<Option<StorageKey>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let text = text.trim();
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(io::Error::other(
            "expected 64 hexadecimal digits; restore the file or remove the data folder",
        ));
    }
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "others may read the key; run chmod 600 on it",
        ));
    }
    Ok(Some(StorageKey(text.to_string())))
}

fn random_key() -> io::Result<String> {
    let mut bytes = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_and_the_file_alone_tells_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let agent = AgentId::named("alice");
        {
            let store = Store::open(folder.path()).unwrap();
            store
                .set(agent, "dev.x", "token", "very-secret-value")
                .unwrap();
        }
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(
            store.get(agent, "dev.x", "token").unwrap().as_deref(),
            Some("very-secret-value")
        );
        assert_eq!(
            store.all(agent, "dev.x").unwrap(),
            [("token".into(), "very-secret-value".into())]
        );
        assert_eq!(
            store.get(AgentId::named("bob"), "dev.x", "token").unwrap(),
            None
        );
        let bytes = std::fs::read(folder.path().join("secrets.db")).unwrap();
        assert!(
            !bytes.starts_with(b"SQLite format 3"),
            "the store must be encrypted"
        );
        let mode = std::fs::metadata(folder.path().join("host.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_lost_key_is_an_error_that_says_so() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        std::fs::remove_file(folder.path().join("host.key")).unwrap();
        let text = Store::open(folder.path()).err().unwrap().to_string();
        assert!(
            text.contains("secrets.db") && text.contains("key file was lost"),
            "{text}"
        );
    }
}
