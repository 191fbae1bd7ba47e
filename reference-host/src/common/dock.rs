//! What an application has that was started from the Dock: neither a shell's variables nor its PATH
//! nor its folder. For programs that run plugins as Osaurus does.
use std::ffi::{OsStr, OsString};

/// Its PATH, without Homebrew and whatever else a shell's profile adds.
pub const PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin";
/// Its current folder, in which nothing can be written.
pub const FOLDER: &str = "/";

/// What the system gives to applications as to terminals.
const KEPT: [&str; 9] = [
    "HOME",
    "LOGNAME",
    "SHELL",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "USER",
    "XPC_FLAGS",
    "XPC_SERVICE_NAME",
    "__CF_USER_TEXT_ENCODING",
];

/// Whether such an application has this variable of a terminal's, with the same value.
pub fn keeps(name: &OsStr) -> bool {
    KEPT.iter().any(|kept| name == *kept)
}

/// All variables of such an application of this user.
pub fn variables() -> Vec<(OsString, OsString)> {
    let variables = std::env::vars_os().filter(|(name, _)| keeps(name));
    variables.chain([("PATH".into(), PATH.into())]).collect()
}
