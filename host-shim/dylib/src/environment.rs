//! The host's environment: paths in it, and the variables that no interpreter of a plugin gets.
//! Used by the searches for interpreters, by the questions that these are asked, by workers of
//! every kind, and by the program that builds.
use std::ffi::{CStr, OsStr, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A path in a variable; `None` where it is not set or empty. Only our own variables may name one
/// from the current folder: in others it would have programs run that happen to be there.
pub fn path(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() || name.starts_with("OSAURUS_BRIDGE_"))
}

/// The user's home folders: as the environment has it, and as the account has it where that
/// differs.
pub fn homes() -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> = path("HOME").into_iter().chain(account_home()).collect();
    homes.dedup();
    homes
}

fn account_home() -> Option<PathBuf> {
    let mut buffer: Vec<c_char> = vec![0; 16 << 10];
    // SAFETY: all zeros are a valid passwd: numbers and NULL pointers.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut result = std::ptr::null_mut();
    // SAFETY: entry, buffer and result are live for the call; the buffer's length is given.
    let status = unsafe {
        let user = libc::geteuid();
        libc::getpwuid_r(
            user,
            &raw mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut result,
        )
    };
    if status != 0 || result.is_null() || entry.pw_dir.is_null() {
        return None;
    }
    // SAFETY: a string in the buffer, which is still there.
    let home = unsafe { CStr::from_ptr(entry.pw_dir) };
    let home = PathBuf::from(OsStr::from_bytes(home.to_bytes()));
    home.is_absolute().then_some(home)
}

/// The variables that are set and must not reach an interpreter.
pub fn unwanted() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| is_unwanted(&name.to_string_lossy()))
}

/// The whole environment of an interpreter: what this process has but for the unwanted, and what is
/// `added`.
pub fn for_interpreter(
    added: impl IntoIterator<Item = (&'static str, OsString)>,
) -> Vec<(OsString, OsString)> {
    let added: Vec<(OsString, OsString)> = added
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    let is_kept = |name: &OsString| {
        !is_unwanted(&name.to_string_lossy()) && added.iter().all(|(other, _)| other != name)
    };
    let mut all: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| is_kept(name))
        .collect();
    all.extend(added);
    all
}

/// They change what an interpreter loads or writes down, or were meant for another worker.
fn is_unwanted(name: &str) -> bool {
    // Where libraries are stays: an interpreter in a place of its own may not start without it.
    let of_the_loader = name.starts_with("LD_") || name.starts_with("DYLD_");
    let preloads = of_the_loader && !name.ends_with("_PATH");
    let of_node = name.starts_with("NODE_") && !WANTED_BY_NODE.contains(&name);
    let families = ["PYTHON", "OPENSSL_", "BASH_FUNC_"];
    let of_family = families.iter().any(|family| name.starts_with(family));
    preloads || of_node || of_family || UNWANTED.contains(&name)
}

/// Who made the certificates of a company's network, and how a program of Node shall behave.
const WANTED_BY_NODE: [&str; 3] = ["NODE_ENV", "NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA"];

/// Beside families: what the C library itself ignores in programs with more rights than their
/// caller, and what shells run, of which some interpreters are started.
const UNWANTED: [&str; 23] = [
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV",
    "OSAURUS_BRIDGE_DEBUG",
    "OSAURUS_BRIDGE_FDS",
    "OSAURUS_BRIDGE_PIPES",
    "OSAURUS_BRIDGE_WORKER",
    "SSLKEYLOGFILE",
    "BASH_ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "LOCPATH",
    "MALLOC_TRACE",
    "NIS_PATH",
    "NLSPATH",
    "RESOLV_HOST_CONF",
    "RES_OPTIONS",
    "TZDIR",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_into_an_interpreter_is_unwanted_and_where_its_libraries_are_is_not() {
        for name in [
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "PYTHONPATH",
            "NODE_OPTIONS",
            "NODE_REPL_EXTERNAL_MODULE",
            "NODE_TLS_REJECT_UNAUTHORIZED",
            "OPENSSL_CONF",
            "OPENSSL_MODULES",
            "GCONV_PATH",
            "BASH_ENV",
        ] {
            assert!(is_unwanted(name), "{name}");
        }
        for name in [
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "PATH",
            "NODE_ENV",
            "NODE_EXTRA_CA_CERTS",
            "SSL_CERT_FILE",
        ] {
            assert!(!is_unwanted(name), "{name}");
        }
    }
}
