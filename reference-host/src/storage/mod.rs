//! What is kept on disk: plugins' databases, settings and secrets, and the key that encrypts them.

pub(crate) mod database;
pub(crate) mod durability;
pub(crate) mod durable_file;
pub(crate) mod encrypted;
pub(crate) mod keys;
pub(crate) mod sql_guard;
pub(crate) mod statement;
pub(crate) mod store;
mod unsynced;

use std::sync::Once;

/// To be called before anything of SQLite: it calls itself initialised before SQLCipher is, so that
/// of two threads which open their first databases at once, one would be refused its key.
pub(crate) fn initialize() {
    static INITIALIZED: Once = Once::new();
    INITIALIZED.call_once(|| {
        // SAFETY: sqlite3_initialize(3) may be called at any time. What it returns comes again from
        // the next call of SQLite, which says it.
        let _ = unsafe { rusqlite::ffi::sqlite3_initialize() };
    });
}
