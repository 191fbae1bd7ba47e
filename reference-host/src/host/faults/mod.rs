//! Faults by counter, for tests: the Nth database write, returned string, socket read or model
//! chunk of a host fails. Off by default. The places that can fail ask [`Faults`]; they do not know
//! what the test wants to see.

mod database;
mod model;
mod socket;

use crate::chat::model::Model;
use crate::storage;
use rusqlite::{Connection, OpenFlags};
use std::ffi::CStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What can be made to fail, counted over the whole host from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A write of SQLite into a database file: the disk gives an error.
    DatabaseWrite,
    /// The memory for a string that a host call returns: the plugin gets NULL.
    ReturnedString,
    /// A read of an HTTP connection of `http_request`: the connection is reset.
    SocketRead,
    /// A piece of the model's answer: the model's stream is cut.
    ModelChunk,
}

/// The one failure that a host causes, and how far its count is.
pub(crate) struct Faults {
    wanted: Option<(Fault, u64)>,
    seen: AtomicU64,
    files: Option<database::FaultyFiles>,
}

impl Faults {
    pub(crate) fn new(wanted: Option<(Fault, u64)>) -> Arc<Faults> {
        Arc::new_cyclic(|me| Faults {
            wanted,
            seen: AtomicU64::new(0),
            files: matches!(wanted, Some((Fault::DatabaseWrite, _)))
                .then(|| database::FaultyFiles::new(me.clone())),
        })
    }

    /// Counts one occasion; true when it is the one that fails.
    pub(crate) fn strikes(&self, kind: Fault) -> bool {
        match self.wanted {
            Some((wanted, number)) if wanted == kind => {
                self.seen.fetch_add(1, Ordering::SeqCst) + 1 == number
            }
            _ => false,
        }
    }

    /// Whether the fault has come.
    pub(crate) fn struck(&self) -> bool {
        self.wanted
            .is_some_and(|(_, number)| self.seen.load(Ordering::SeqCst) >= number)
    }

    /// Opens or makes a database file, on a disk that may fail, or else on the file system of
    /// SQLite with this name (None: the platform's).
    pub(crate) fn open_database(
        &self,
        path: &Path,
        file_system: Option<&CStr>,
    ) -> rusqlite::Result<Connection> {
        storage::initialize();
        match (&self.files, file_system) {
            (Some(files), _) => files.open(path),
            (None, Some(name)) => {
                Connection::open_with_flags_and_vfs(path, OpenFlags::default(), name)
            }
            (None, None) => Connection::open(path),
        }
    }

    /// The model, or one whose answers may break off.
    pub(crate) fn around_model(self: &Arc<Self>, model: Arc<dyn Model>) -> Arc<dyn Model> {
        match self.wanted {
            Some((Fault::ModelChunk, _)) => model::around(model, Arc::clone(self)),
            _ => model,
        }
    }

    /// A client for HTTP whose reads may fail.
    pub(crate) fn connector(self: &Arc<Self>) -> socket::FaultyConnector {
        socket::FaultyConnector::new(Arc::clone(self))
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Faults").field(&self.wanted).finish()
    }
}
