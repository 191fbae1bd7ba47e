//! A file system for SQLite that is the platform's own, except that nothing waits for the disk.
//! Files of temporary folders are opened with it; plugins see no difference, not even in pragmas.

use rusqlite::ffi;
use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

const NAME: &CStr = c"osaurus-unsynced";

/// What the platform's file system has for its files, and the same without `sync`.
struct Methods {
    platform: *const ffi::sqlite3_io_methods,
    unsynced: ffi::sqlite3_io_methods,
}

// SAFETY: both are only read once they are here; the platform's table lives until the process ends.
unsafe impl Send for Methods {}
// SAFETY: as above.
unsafe impl Sync for Methods {}

/// One for each table that the platform gives its files: databases have locks, journals and logs
/// have none. A file with a table beyond these is opened as it is.
static METHODS: [OnceLock<Methods>; 4] = [const { OnceLock::new() }; 4];

/// The file system's name, registered at the first call.
pub(super) fn name() -> &'static CStr {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        super::initialize();
        // SAFETY: every SQLite has a default file system, which lives until the process ends;
        // copying its table is plain memory. The copy is never freed.
        unsafe {
            let mut table = *platform();
            table.zName = NAME.as_ptr();
            table.pNext = std::ptr::null_mut();
            table.xOpen = Some(open);
            table.xDelete = Some(delete);
            ffi::sqlite3_vfs_register(Box::into_raw(Box::new(table)), 0);
        }
    });
    NAME
}

fn platform() -> *mut ffi::sqlite3_vfs {
    // SAFETY: NULL asks for the default, which `name` does not become.
    unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: the arguments go on to the platform's function as they came. A file that opened has a
    // table of functions that lives until the process ends.
    unsafe {
        let Some(open) = (*platform()).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let code = open(platform(), name, file, flags, out);
        if code == ffi::SQLITE_OK && !(*file).pMethods.is_null() {
            let ours = METHODS.iter().find_map(|methods| {
                let methods = methods.get_or_init(|| Methods {
                    platform: (*file).pMethods,
                    unsynced: ffi::sqlite3_io_methods {
                        xSync: Some(sync),
                        ..*(*file).pMethods
                    },
                });
                (methods.platform == (*file).pMethods).then_some(&methods.unsynced)
            });
            if let Some(unsynced) = ours {
                (*file).pMethods = unsynced;
            }
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    // SAFETY: the name goes on to the platform's function as it came; 0 is for a folder that is not
    // synced.
    unsafe {
        (*platform())
            .xDelete
            .map_or(ffi::SQLITE_IOERR_DELETE, |delete| {
                delete(platform(), name, 0)
            })
    }
}

unsafe extern "C" fn sync(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, OpenFlags};

    /// Whether a file of a connection is synced: its database or its log, as the control says.
    fn is_synced(connection: &Connection, control: c_int) -> bool {
        let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
        // SAFETY: the connection is open, and these controls write the address of a file.
        let table = unsafe {
            let code = ffi::sqlite3_file_control(
                connection.handle(),
                c"main".as_ptr(),
                control,
                (&raw mut file).cast(),
            );
            assert_eq!(code, ffi::SQLITE_OK);
            (*file).pMethods
        };
        let mut ours = METHODS.iter().filter_map(OnceLock::get);
        !ours.any(|methods| std::ptr::eq(&raw const methods.unsynced, table))
    }

    #[test]
    fn only_files_of_this_file_system_are_not_synced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.db");
        let flags = OpenFlags::default();
        let connection = Connection::open_with_flags_and_vfs(&path, flags, name()).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t(x)")
            .unwrap();
        let usual = Connection::open(&path).unwrap();
        usual.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        for control in [
            ffi::SQLITE_FCNTL_FILE_POINTER,
            ffi::SQLITE_FCNTL_JOURNAL_POINTER,
        ] {
            assert!(!is_synced(&connection, control), "{control}");
            assert!(is_synced(&usual, control), "{control}");
        }
    }
}
