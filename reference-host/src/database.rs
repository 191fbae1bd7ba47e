//! A plugin's SQLite file: opened at the first statement, encrypted, one statement at a time, with Osaurus' limits
//! and its exact result texts. The db slots call it; it does not know who is calling.

use crate::statement::{Statement, quoted};
use crate::store::StorageKey;
use rusqlite::{Connection, ffi};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// The most that one plugin's database may hold.
const MAX_BYTES: i64 = 104_857_600;

pub(crate) struct Database {
    path: PathBuf,
    key: StorageKey,
    state: Mutex<State>,
}

enum State {
    Closed,
    Open(Connection),
    ShutDown,
}

impl Database {
    pub(crate) fn new(path: PathBuf, key: StorageKey) -> Database {
        Database {
            path,
            key,
            state: Mutex::new(State::Closed),
        }
    }

    /// `db_exec`: one step of the first statement; `{"changes":N,"last_insert_rowid":N}`.
    pub(crate) fn exec(&self, sql: &str, params: Option<&str>) -> String {
        self.run(sql, |connection| {
            let mut statement = Statement::first(connection, sql)?;
            if statement.is_empty() {
                return Err("bad parameter or other API misuse".into());
            }
            statement.bind(params);
            statement.step_once()?;
            drop(statement);
            // SAFETY: the handle is the open connection's, which outlives both calls; the caller holds its lock.
            let (changes, rowid) = unsafe {
                let handle = connection.handle();
                (
                    ffi::sqlite3_changes(handle),
                    ffi::sqlite3_last_insert_rowid(handle),
                )
            };
            Ok(format!(
                "{{\"changes\":{changes},\"last_insert_rowid\":{rowid}}}"
            ))
        })
    }

    /// `db_query`: `{"columns":[...],"rows":[[...],...]}`, rows as arrays in column order.
    pub(crate) fn query(&self, sql: &str, params: Option<&str>) -> String {
        self.run(sql, |connection| {
            let mut statement = Statement::first(connection, sql)?;
            if statement.is_empty() {
                return Ok("{\"columns\":[],\"rows\":[]}".into());
            }
            statement.bind(params);
            Ok(statement.rows())
        })
    }

    /// No statement runs from now on. Waits up to `limit` for a running one; then the file stays open.
    pub(crate) fn shut_down(&self, limit: Duration) {
        let until = Instant::now() + limit;
        loop {
            match self.state.try_lock() {
                Ok(mut state) => return *state = State::ShutDown,
                Err(TryLockError::Poisoned(state)) => return *state.into_inner() = State::ShutDown,
                Err(TryLockError::WouldBlock) if Instant::now() >= until => return,
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn run(&self, sql: &str, action: impl FnOnce(&Connection) -> Result<String, String>) -> String {
        if is_forbidden(sql) {
            return error("Forbidden SQL statement");
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match self.connection(&mut state).and_then(action) {
            Ok(result) => result,
            Err(message) => error(&message),
        }
    }

    fn connection<'a>(
        &self,
        state: &'a mut MutexGuard<'_, State>,
    ) -> Result<&'a Connection, String> {
        if matches!(**state, State::Closed) {
            **state = State::Open(self.open().map_err(|reason| {
                eprintln!(
                    "reference host: cannot open {}: {reason}",
                    self.path.display()
                );
                "Database not open".to_string()
            })?);
        }
        match &**state {
            State::Open(connection) => Ok(connection),
            _ => Err("Plugin is shutting down".into()),
        }
    }

    fn open(&self) -> Result<Connection, String> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        configured(&self.path, &self.key).map_err(|error| error.to_string())
    }
}

fn configured(path: &std::path::Path, key: &StorageKey) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    key.unlock(&connection)?;
    connection.busy_timeout(Duration::from_millis(5000))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -20000)?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // SQLCipher answers this pragma with text.
    let page: String = connection.query_row("PRAGMA cipher_page_size", [], |row| row.get(0))?;
    let page = page.parse::<i64>().unwrap_or(4096).max(1);
    connection.query_row(
        &format!("PRAGMA max_page_count = {}", (MAX_BYTES / page).max(1)),
        [],
        |_| Ok(()),
    )?;
    Ok(connection)
}

fn is_forbidden(sql: &str) -> bool {
    let upper = sql.trim().to_uppercase();
    upper.starts_with("ATTACH") || upper.starts_with("DETACH") || upper.contains("LOAD_EXTENSION")
}

fn error(message: &str) -> String {
    format!("{{\"error\":{}}}", quoted(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_has_the_gaps_that_osaurus_has() {
        assert!(is_forbidden("  attach database 'x' as y"));
        assert!(is_forbidden("SELECT 'load_extension'"));
        assert!(!is_forbidden("/* c */ ATTACH 'x' AS y"));
        assert!(!is_forbidden("VACUUM INTO 'x'"));
    }
}
