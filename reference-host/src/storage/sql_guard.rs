//! What a plugin's SQL may do beyond its own file: SQLite asks before it prepares a statement.
//! Osaurus allows all of it; the stricter profiles refuse what reaches other files or the whole
//! process. Used by `database`; knows no statement's text.

use parking_lot::Mutex;
use rusqlite::{Connection, ffi};
use std::ffi::{CStr, c_char, c_int, c_void};

/// Settings that change or tell something of this one database only. Others write files, hold for
/// all databases of the process (`hard_heap_limit`), change the key, or let a statement break the
/// file's own tables.
const HARMLESS: &[&str] = &[
    "analysis_limit",
    "application_id",
    "auto_vacuum",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "collation_list",
    "compile_options",
    "count_changes",
    "data_version",
    "database_list",
    "defer_foreign_keys",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "freelist_count",
    "full_column_names",
    "fullfsync",
    "function_list",
    "ignore_check_constraints",
    "incremental_vacuum",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "journal_size_limit",
    "legacy_alter_table",
    "locking_mode",
    "module_list",
    "optimize",
    "page_count",
    "page_size",
    "pragma_list",
    "query_only",
    "quick_check",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "schema_version",
    "secure_delete",
    "short_column_names",
    "synchronous",
    "table_info",
    "table_list",
    "table_xinfo",
    "temp_store",
    "user_version",
    "wal_autocheckpoint",
    "wal_checkpoint",
];
/// Settings that are harmless to read.
const HARMLESS_TO_READ: &[&str] = &[
    "cipher_version",
    "max_page_count",
    "mmap_size",
    "trusted_schema",
];

/// What one connection's statements tried. It stays where it is for as long as the connection is
/// open.
pub(crate) struct Guard {
    refuses: bool,
    max_pages: i64,
    met: Mutex<Option<String>>,
}

impl Guard {
    /// One that refuses, or one that lets pass and only remembers.
    pub(crate) fn new(refuses: bool, max_pages: i64) -> Guard {
        Guard {
            refuses,
            max_pages,
            met: Mutex::new(None),
        }
    }

    /// Asks this guard from now on, for as long as the connection is open.
    ///
    /// # Safety
    /// The guard must not move or go before the connection is closed.
    pub(crate) unsafe fn watch(&self, connection: &Connection) {
        let guard = std::ptr::from_ref(self).cast_mut().cast::<c_void>();
        // SAFETY: the handle is open; the callback gets the guard, which outlives the connection by
        // the caller's promise.
        unsafe { ffi::sqlite3_set_authorizer(connection.handle(), Some(ask), guard) };
    }

    /// Whether what is met is refused.
    pub(crate) fn refuses(&self) -> bool {
        self.refuses
    }

    /// What the last statement tried beyond its own file; it is told once.
    pub(crate) fn take_met(&self) -> Option<String> {
        self.met.lock().take()
    }

    fn judge(&self, action: c_int, first: Option<&str>, second: Option<&str>) -> c_int {
        let Some(what) = self.objection(action, first, second) else {
            return ffi::SQLITE_OK;
        };
        *self.met.lock() = Some(what);
        if self.refuses {
            ffi::SQLITE_DENY
        } else {
            ffi::SQLITE_OK
        }
    }

    fn objection(
        &self,
        action: c_int,
        first: Option<&str>,
        second: Option<&str>,
    ) -> Option<String> {
        match action {
            // VACUUM opens a nameless file of its own; VACUUM INTO opens the one that it names. A
            // name that is computed is not told.
            ffi::SQLITE_ATTACH if first != Some("") => Some("opening another database file".into()),
            ffi::SQLITE_FUNCTION if is_function_of_files(second.unwrap_or_default()) => {
                Some(format!("the function {}", second.unwrap_or_default()))
            }
            ffi::SQLITE_PRAGMA => {
                let name = first.unwrap_or_default().to_lowercase();
                (!self.is_harmless(&name, second)).then(|| format!("PRAGMA {name}"))
            }
            _ => None,
        }
    }

    fn is_harmless(&self, name: &str, value: Option<&str>) -> bool {
        if name == "max_page_count" {
            let lowers = |value: &str| {
                value
                    .parse()
                    .is_ok_and(|pages: i64| pages <= self.max_pages)
            };
            return value.is_none_or(lowers);
        }
        HARMLESS.contains(&name) || (value.is_none() && HARMLESS_TO_READ.contains(&name))
    }
}

fn is_function_of_files(name: &str) -> bool {
    let names = [
        "load_extension",
        "sqlcipher_export",
        "fts3_tokenizer",
        "readfile",
        "writefile",
        "edit",
    ];
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The callback that SQLite calls while it prepares a statement.
unsafe extern "C" fn ask(
    guard: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: `watch` gave a guard that outlives the connection.
    let guard = unsafe { &*guard.cast::<Guard>() };
    // SAFETY: SQLite's arguments are NULL or NUL-terminated and live for the call.
    let (first, second) = unsafe { (text(first), text(second)) };
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        guard.judge(action, first.as_deref(), second.as_deref())
    }));
    judged.unwrap_or(ffi::SQLITE_DENY)
}

/// # Safety
/// NULL, or a NUL-terminated text.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: by the contract.
    let text = unsafe { CStr::from_ptr(pointer) };
    Some(text.to_string_lossy().into_owned())
}
