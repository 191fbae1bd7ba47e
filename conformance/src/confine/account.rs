//! The home folder that the account database has for this user: a process may run with another `HOME`.

use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

pub(super) fn home() -> Option<PathBuf> {
    let mut buffer: Vec<c_char> = vec![0; 16 << 10];
    // SAFETY: all zeros are a valid passwd: numbers and NULL pointers.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found = std::ptr::null_mut();
    // SAFETY: entry, buffer and result are live for the call; the buffer's length is given.
    let status = unsafe {
        libc::getpwuid_r(
            libc::geteuid(),
            &raw mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if status != 0 || found.is_null() || entry.pw_dir.is_null() {
        return None;
    }
    // SAFETY: a string in the buffer, which is still there.
    let home = unsafe { CStr::from_ptr(entry.pw_dir) };
    Some(PathBuf::from(OsStr::from_bytes(home.to_bytes())))
}
