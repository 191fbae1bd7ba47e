//! A plugin's SQLite file: opened at the first statement, encrypted, one statement at a time, with
//! Osaurus' limits and its exact results. The db slots call it; it does not know who is calling.

use crate::storage::encrypted::EncryptedFiles;
use crate::storage::sql_guard::Guard;
use crate::storage::statement::{Form, Statement, quoted};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, InterruptHandle, ffi};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The most that one plugin's database may hold.
const MAX_BYTES: i64 = 104_857_600;

/// Bytes that SQLite holds for the databases of all hosts in this process, their page caches above
/// all. Any thread.
pub fn database_memory() -> u64 {
    // SAFETY: SQLite reads a counter, under its own lock.
    let bytes = unsafe { ffi::sqlite3_memory_used() };
    u64::try_from(bytes).unwrap_or(0)
}

pub(crate) struct Database {
    path: PathBuf,
    name: String,
    form: Form,
    latched: AtomicBool,
    state: Mutex<State>,
    /// Ends what the open connection runs.
    interrupt: Mutex<Option<InterruptHandle>>,
    /// Whether the file was there before this host opened it.
    is_old: bool,
    /// Asked by the connection in `state`, so it goes after it; in a box it does not move.
    guard: Box<Guard>,
    /// Holds the file system that the connection uses, so it goes last.
    files: EncryptedFiles,
}

enum State {
    Closed,
    Open(Connection),
    ShutDown,
}

/// How long a statement that was interrupted may take to end.
const INTERRUPTED: Duration = Duration::from_secs(5);
const SHUTTING_DOWN: &str = "Plugin is shutting down";

impl Database {
    /// The database of a plugin; the file is made at the first statement.
    pub(crate) fn new(
        path: PathBuf,
        plugin_id: &str,
        form: Form,
        is_strict: bool,
        files: EncryptedFiles,
    ) -> Database {
        Database {
            is_old: path.exists(),
            path,
            name: format!("plugin {plugin_id}"),
            form,
            latched: AtomicBool::new(false),
            state: Mutex::new(State::Closed),
            interrupt: Mutex::new(None),
            guard: Box::new(Guard::new(is_strict, MAX_BYTES / 4096)),
            files,
        }
    }

    /// `db_exec`: one step of the first statement; `{"changes":N,"last_insert_rowid":N}`.
    pub(crate) fn exec(&self, sql: &str, params: Option<&str>) -> String {
        self.run(sql, |connection| {
            let mut statement = Statement::first(connection, sql, self.form)?;
            if statement.is_empty() {
                return Err("bad parameter or other API misuse".into());
            }
            statement.bind(params);
            statement.step_once()?;
            drop(statement);
            // SAFETY: the handle is the open connection's, which outlives both calls; the caller
            // holds its lock.
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
            let mut statement = Statement::first(connection, sql, self.form)?;
            if statement.is_empty() {
                return Ok("{\"columns\":[],\"rows\":[]}".into());
            }
            statement.bind(params);
            Ok(statement.rows())
        })
    }

    /// Whether a statement has opened it.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.state.lock();
        matches!(*state, State::Open(_))
    }

    /// Closes it, and removes the file if this host made it, with the folders above that are empty
    /// then.
    pub(crate) fn discard(&self, limit: Duration) {
        self.shut_down(limit);
        if self.is_old {
            return;
        }
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
        for folder in self.path.ancestors().skip(1).take(2) {
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }

    /// No statement begins from now on. Waits up to `limit` for a running one; then the file stays
    /// open, and this is false.
    pub(crate) fn shut_down(&self, limit: Duration) -> bool {
        self.latched.store(true, Ordering::SeqCst);
        let state = self.state.try_lock_for(limit);
        state.map(|mut state| *state = State::ShutDown).is_some()
    }

    /// Closes the connection between two statements; the next one opens the file again.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        if matches!(*state, State::Open(_)) {
            *state = State::Closed;
        }
    }

    /// At the end of the host: a statement that still runs is ended, and the file is closed.
    pub(crate) fn close_now(&self) {
        if let Some(handle) = &*self.interrupt.lock() {
            handle.interrupt();
        }
        self.shut_down(INTERRUPTED);
    }

    fn run(&self, sql: &str, action: impl FnOnce(&Connection) -> Result<String, String>) -> String {
        if is_forbidden(sql) {
            return self.error("Forbidden SQL statement");
        }
        let mut state = self.state.lock();
        match self.connection(&mut state).and_then(action) {
            Ok(result) => result,
            Err(message) => self.error(&message),
        }
    }

    fn connection<'a>(
        &self,
        state: &'a mut MutexGuard<'_, State>,
    ) -> Result<&'a Connection, String> {
        if self.latched.load(Ordering::SeqCst) {
            return Err(SHUTTING_DOWN.into());
        }
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
            _ => Err(SHUTTING_DOWN.into()),
        }
    }

    fn open(&self) -> Result<Connection, String> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        self.configured(&self.path)
            .map_err(|error| error.to_string())
    }

    fn configured(&self, path: &Path) -> rusqlite::Result<Connection> {
        let connection = self.files.open(path, &self.name, "NORMAL")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -20000)?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        cap(&connection)?;
        // SAFETY: the guard's box lives as long as this database, whose state is dropped before it.
        unsafe { self.guard.watch(&connection) };
        let handle = Some(connection.get_interrupt_handle());
        *self.interrupt.lock() = handle;
        Ok(connection)
    }

    /// What the last statement tried beyond the plugin's own file, and whether that was refused.
    pub(crate) fn take_beyond(&self) -> Option<(String, bool)> {
        Some((self.guard.take_met()?, self.guard.refuses()))
    }

    /// The implementation gives SQLite's text alone; the documents promise a code and a message.
    fn error(&self, message: &str) -> String {
        match self.form {
            Form::Actual => format!("{{\"error\":{}}}", quoted(message, self.form)),
            Form::Documented => crate::common::json::canonical(&crate::common::json::error(
                "database_error",
                message,
            )),
        }
    }
}

fn cap(connection: &Connection) -> rusqlite::Result<()> {
    // SQLCipher answers this pragma with text.
    let page: String = connection.query_row("PRAGMA cipher_page_size", [], |row| row.get(0))?;
    let page = page.parse::<i64>().unwrap_or(4096).max(1);
    let sql = format!("PRAGMA max_page_count = {}", (MAX_BYTES / page).max(1));
    connection.query_row(&sql, [], |_| Ok(()))
}

fn is_forbidden(sql: &str) -> bool {
    let upper = sql.trim().to_uppercase();
    upper.starts_with("ATTACH") || upper.starts_with("DETACH") || upper.contains("LOAD_EXTENSION")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::faults::Faults;
    use crate::storage::durability::Durability;
    use crate::storage::keys::{KeyPlace, StorageKey};

    fn database(folder: &Path) -> Database {
        let files = EncryptedFiles {
            key: StorageKey::of_folder(folder, KeyPlace::File, Durability::Durable).unwrap(),
            durability: Durability::Durable,
            faults: Faults::new(None),
        };
        Database::new(folder.join("data.db"), "dev.x", Form::Actual, true, files)
    }

    #[test]
    fn the_guard_has_the_gaps_that_osaurus_has() {
        assert!(is_forbidden("  attach database 'x' as y"));
        assert!(is_forbidden("Detach y"));
        assert!(is_forbidden("SELECT 'load_extension'"));
        assert!(!is_forbidden("/* c */ ATTACH 'x' AS y"));
        assert!(!is_forbidden(";ATTACH 'x' AS y"));
        assert!(!is_forbidden("VACUUM INTO 'x'"));
        assert!(!is_forbidden("PRAGMA key = 'x'"));
    }

    /// The lock is held as a running statement holds it.
    #[test]
    fn teardown_refuses_new_statements_at_once_and_gives_up_on_a_running_one() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(folder.path());
        db.exec("CREATE TABLE t(x)", None);
        let running = db.state.lock();
        db.shut_down(Duration::from_millis(30));
        assert!(
            matches!(*running, State::Open(_)),
            "the connection is left open"
        );
        drop(running);
        let refused = r#"{"error":"Plugin is shutting down"}"#;
        assert_eq!(db.exec("INSERT INTO t VALUES(1)", None), refused);
        db.shut_down(Duration::from_secs(5));
        assert!(matches!(*db.state.lock(), State::ShutDown));
        assert_eq!(db.query("SELECT 1", None), refused, "and never re-opens");
    }

    #[test]
    fn a_file_that_is_not_a_database_of_this_host_is_not_open() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("data.db"), vec![7; 8192]).unwrap();
        let answer = database(folder.path()).query("SELECT 1", None);
        assert_eq!(answer, r#"{"error":"Database not open"}"#);
    }

    #[test]
    fn at_the_hosts_end_an_endless_statement_is_ended_and_the_file_closed() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(folder.path());
        db.exec("CREATE TABLE t(x)", None);
        std::thread::scope(|scope| {
            let endless =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n";
            let running = scope.spawn(|| db.query(endless, None));
            while db.state.try_lock().is_some() {
                std::thread::yield_now();
            }
            assert!(!db.shut_down(Duration::ZERO));
            // The statement may not have begun; then the first interruption meets none.
            let is_closed = || {
                let state = db.state.try_lock();
                state.is_some_and(|state| matches!(*state, State::ShutDown))
            };
            while !is_closed() {
                db.close_now();
            }
            running.join().unwrap();
        });
    }
}
