//! A seatbelt profile, which the process gives itself. The last rule that fits an operation
//! decides.

use super::{Reach, Support};
use std::ffi::{CStr, CString, c_char, c_int};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

unsafe extern "C" {
    // Of libSystem; marked as deprecated, and what the system's own programs use.
    fn sandbox_init(profile: *const c_char, flags: u64, error: *mut *mut c_char) -> c_int;
    fn sandbox_free_error(error: *mut c_char);
}

pub(super) fn support() -> Support {
    Support::Full
}

pub(super) fn enforce(reach: &Reach) -> io::Result<bool> {
    let profile = CString::new(profile(reach)).map_err(io::Error::other)?;
    let mut error = null_mut();
    // SAFETY: a NUL-terminated profile; the error is written to a pointer of ours.
    if unsafe { sandbox_init(profile.as_ptr(), 0, &raw mut error) } == 0 {
        return Ok(true);
    }
    if error.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a NUL-terminated string of the system's, given back right after it was copied.
    let text = unsafe {
        let text = CStr::from_ptr(error).to_string_lossy().into_owned();
        sandbox_free_error(error);
        text
    };
    Err(io::Error::other(text))
}

fn profile(reach: &Reach) -> String {
    let mut text = String::from(
        "(version 1)\n(allow default)\n(deny file-write*)\n\
         (allow file-write* (subpath \"/dev\"))\n",
    );
    let mut rule = |rule: &str, path: &Path| {
        let _ = writeln!(text, "({rule} (subpath {}))", quoted(path));
    };
    reach
        .hidden
        .iter()
        .for_each(|path| rule("deny file-read-data", path));
    reach
        .readable
        .iter()
        .for_each(|path| rule("allow file-read*", &real(path)));
    for path in &reach.writable {
        rule("allow file-read* file-write*", &real(path));
    }
    text
}

/// The system compares real paths: /tmp is a link.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
