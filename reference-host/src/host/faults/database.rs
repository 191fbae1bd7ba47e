//! A file system for SQLite that is the platform's own, except that the Nth write into a file
//! fails. It lives as long as the host's faults, which every user of a connection holds.

use super::{Fault, Faults};
use rusqlite::{Connection, OpenFlags, ffi};
use std::ffi::{CString, c_int, c_void};
use std::path::Path;
use std::sync::Weak;

/// A registered file system; dropping it takes it out of SQLite's list.
pub(super) struct FaultyFiles {
    registered: Box<Files>,
    name: CString,
}

/// SQLite sees the first field; the functions below find the others after it.
#[repr(C)]
struct Files {
    table: ffi::sqlite3_vfs,
    platform: *mut ffi::sqlite3_vfs,
    faults: Weak<Faults>,
}

/// The functions of one open file: the platform's, with `write` and `close` replaced.
#[repr(C)]
struct Methods {
    table: ffi::sqlite3_io_methods,
    platform: *const ffi::sqlite3_io_methods,
    faults: Weak<Faults>,
}

// SAFETY: after registration the table is only read, by SQLite under its own locks; the counter is
// atomic.
unsafe impl Send for FaultyFiles {}
// SAFETY: as above.
unsafe impl Sync for FaultyFiles {}

impl FaultyFiles {
    pub(super) fn new(faults: Weak<Faults>) -> FaultyFiles {
        let name = CString::new(format!("faulty-{}", crate::common::ids::fresh_uuid()))
            .unwrap_or_default();
        crate::storage::initialize();
        // SAFETY: NULL asks for the default file system, which every SQLite has and which lives
        // until the process ends; copying its table is plain memory. The box and the name stay
        // where they are until `drop`.
        unsafe {
            let platform = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut table = *platform;
            table.zName = name.as_ptr();
            table.pNext = std::ptr::null_mut();
            table.xOpen = Some(open);
            let mut registered = Box::new(Files {
                table,
                platform,
                faults,
            });
            ffi::sqlite3_vfs_register(&raw mut registered.table, 0);
            FaultyFiles { registered, name }
        }
    }

    pub(super) fn open(&self, path: &Path) -> rusqlite::Result<Connection> {
        Connection::open_with_flags_and_vfs(path, OpenFlags::default(), self.name.as_c_str())
    }
}

impl Drop for FaultyFiles {
    fn drop(&mut self) {
        // SAFETY: registered in `new`; its connections are closed, as their owners held the faults
        // that own this.
        unsafe { ffi::sqlite3_vfs_unregister(&raw mut self.registered.table) };
    }
}

unsafe extern "C" fn open(
    files: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes the table that was registered, which begins a `Files`; the other
    // arguments go on to the platform's function as they came. A file that opened has a table of
    // functions that outlives it.
    unsafe {
        let files = &*files.cast::<Files>();
        let Some(platform) = (*files.platform).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let code = platform(files.platform, name, file, flags, out);
        if code == ffi::SQLITE_OK && !(*file).pMethods.is_null() {
            let platform = (*file).pMethods;
            let mut table = *platform;
            table.xWrite = Some(write);
            table.xClose = Some(close);
            let methods = Box::new(Methods {
                table,
                platform,
                faults: files.faults.clone(),
            });
            (*file).pMethods = Box::into_raw(methods).cast();
        }
        code
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: `open` gave this file a `Methods`, which `close` has not yet taken back.
    unsafe {
        let methods = &*(*file).pMethods.cast::<Methods>();
        let strikes = methods
            .faults
            .upgrade()
            .is_some_and(|faults| faults.strikes(Fault::DatabaseWrite));
        match (*methods.platform).xWrite {
            Some(write) if !strikes => write(file, bytes, count, at),
            _ => ffi::SQLITE_IOERR_WRITE,
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as in `write`; the table is taken back once, as SQLite closes a file once.
    unsafe {
        let methods = Box::from_raw((*file).pMethods.cast::<Methods>().cast_mut());
        (*file).pMethods = methods.platform;
        (*methods.platform)
            .xClose
            .map_or(ffi::SQLITE_OK, |close| close(file))
    }
}
