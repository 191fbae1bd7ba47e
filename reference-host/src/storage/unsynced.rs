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

/// Those of the first file that was opened. A file with others is opened as it is.
static METHODS: OnceLock<Methods> = OnceLock::new();

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
            let methods = METHODS.get_or_init(|| Methods {
                platform: (*file).pMethods,
                unsynced: ffi::sqlite3_io_methods {
                    xSync: Some(sync),
                    ..*(*file).pMethods
                },
            });
            if methods.platform == (*file).pMethods {
                (*file).pMethods = &raw const methods.unsynced;
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

    /// Whether the file of a connection is one that is synced.
    fn is_synced(connection: &Connection) -> bool {
        let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
        // SAFETY: the connection is open, and this control writes the address of its file.
        let table = unsafe {
            let code = ffi::sqlite3_file_control(
                connection.handle(),
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_FILE_POINTER,
                (&raw mut file).cast(),
            );
            assert_eq!(code, ffi::SQLITE_OK);
            *(*file).pMethods
        };
        !table.xSync.is_some_and(|function| {
            std::ptr::fn_addr_eq(function, sync as unsafe extern "C" fn(_, _) -> _)
        })
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
        assert!(!is_synced(&connection));
        assert!(is_synced(&Connection::open(&path).unwrap()));
    }
}
