//! Processes and threads.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The calling thread's name; empty when it has none.
pub(crate) fn thread_name() -> String {
    let mut name = [0; 64];
    // SAFETY: the buffer is as long as said, and the thread is the calling one.
    let code =
        unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr(), name.len()) };
    if code != 0 {
        return String::new();
    }
    // SAFETY: on success the buffer holds a NUL-terminated name.
    unsafe { CStr::from_ptr(name.as_ptr()) }
        .to_string_lossy()
        .into_owned()
}

/// A signal's name, with what it usually means.
pub(crate) fn signal_name(signal: i32) -> String {
    let limits = [
        (libc::SIGSEGV, "SIGSEGV (memory that it must not touch)"),
        (libc::SIGBUS, "SIGBUS (memory that is not there)"),
        (
            libc::SIGABRT,
            "SIGABRT (abort, or a failed check of the C library)",
        ),
        (libc::SIGILL, "SIGILL (no valid instruction)"),
        (
            libc::SIGTRAP,
            "SIGTRAP (a trap, such as Swift's failed checks)",
        ),
        (libc::SIGFPE, "SIGFPE (a division by zero)"),
        (libc::SIGKILL, "SIGKILL (ended from outside)"),
        (libc::SIGTERM, "SIGTERM (ended from outside)"),
        (libc::SIGPIPE, "SIGPIPE (a pipe without a reader)"),
    ];
    let name = limits.iter().find(|(number, _)| *number == signal);
    name.map_or(format!("signal {signal}"), |(_, name)| (*name).to_string())
}

/// The memory that this process has for itself, in bytes: not the pages of files, which the system
/// takes away and brings back as it likes.
#[cfg(target_os = "linux")]
pub(crate) fn private_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let counts = name == "RssAnon" || name == "VmSwap";
        let value = counts.then(|| value.trim().trim_end_matches(" kB"))?;
        value.parse::<u64>().ok()
    };
    status.lines().filter_map(kilobytes).sum::<u64>() * 1024
}

/// The most memory that this process has had at once, in bytes.
#[cfg(target_os = "macos")]
pub(crate) fn private_memory() -> u64 {
    // SAFETY: zero is a valid value for all of its numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is writable and as large as the system expects.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    u64::try_from(usage.ru_maxrss).unwrap_or(0)
}

/// The threads of this process by their system numbers, with their names. macOS tells only how many
/// there are.
#[cfg(target_os = "linux")]
pub(crate) fn threads() -> BTreeMap<u64, String> {
    let tasks = std::fs::read_dir("/proc/self/task");
    let tasks = tasks.into_iter().flatten().flatten();
    let named = tasks.filter_map(|task| {
        let id = task.file_name().to_string_lossy().parse().ok()?;
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        Some((id, name.trim_end().to_string()))
    });
    named.collect()
}

/// As above.
#[cfg(target_os = "macos")]
pub(crate) fn threads() -> BTreeMap<u64, String> {
    // SAFETY: zero is a valid value of a plain struct, which the system fills.
    let mut info: libc::proc_taskinfo = unsafe { std::mem::zeroed() };
    let size = i32::try_from(size_of::<libc::proc_taskinfo>()).unwrap_or(0);
    // SAFETY: the buffer is as long as said.
    unsafe {
        libc::proc_pidinfo(
            libc::getpid(),
            libc::PROC_PIDTASKINFO,
            0,
            (&raw mut info).cast(),
            size,
        );
    }
    let count = u64::try_from(info.pti_threadnum).unwrap_or(0);
    (0..count).map(|number| (number, String::new())).collect()
}

/// The children of this process, with what they run; those that have ended and were not collected
/// too.
pub(crate) fn children() -> BTreeMap<u32, String> {
    let ps = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,stat=,comm="])
        // Whatever is preloaded into this process for an investigation is not for `ps`.
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(ps) = ps else { return BTreeMap::new() };
    let own = [ps.id(), std::process::id()];
    let text = ps
        .wait_with_output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let row = |line: &str| {
        let mut fields = line.split_whitespace();
        let pid: u32 = fields.next()?.parse().ok()?;
        let parent: u32 = fields.next()?.parse().ok()?;
        let ended = fields.next()?.starts_with('Z');
        let name = fields.collect::<Vec<_>>().join(" ");
        let name = if ended {
            format!("{name}, which has ended and was never waited for")
        } else {
            name
        };
        (parent == own[1] && pid != own[0]).then_some((pid, name))
    };
    text.lines().filter_map(row).collect()
}

/// The open descriptors, with what they are where the system tells.
pub(crate) fn descriptors() -> BTreeMap<i32, String> {
    let listed = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let named = listed.filter_map(|entry| {
        let number = entry.file_name().to_string_lossy().parse().ok()?;
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        Some((number, target.display().to_string()))
    });
    // The one that lists is closed again by now.
    // SAFETY: asks about a number, whatever it is.
    let open = |(number, _): &(i32, String)| unsafe { libc::fcntl(*number, libc::F_GETFD) } >= 0;
    named.filter(open).collect()
}

/// Whether a library's image is in the process. Opening what is there already has no effect.
pub(crate) fn is_loaded(library: &Path) -> bool {
    let Ok(path) = CString::new(library.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: with RTLD_NOLOAD nothing is loaded and nothing of the library runs.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOLOAD | libc::RTLD_LAZY) };
    if !handle.is_null() {
        // SAFETY: gives back the reference that was just taken.
        unsafe { libc::dlclose(handle) };
    }
    !handle.is_null()
}

/// Whether an address is in memory that can be run.
#[cfg(target_os = "linux")]
pub(crate) fn is_code(address: usize) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().any(|line| {
        let mut fields = line.split_whitespace();
        let range = fields.next().and_then(|range| range.split_once('-'));
        let runs = fields.next().is_some_and(|rights| rights.contains('x'));
        let number = |text| usize::from_str_radix(text, 16).unwrap_or(0);
        runs && range.is_some_and(|(from, to)| (number(from)..number(to)).contains(&address))
    })
}

/// Whether an address is in an image's text. Code made at run time is not found.
#[cfg(target_os = "macos")]
pub(crate) fn is_code(address: usize) -> bool {
    // SAFETY: zero is a valid value of a plain struct, which dladdr fills.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: the address is looked up and not followed.
    unsafe { libc::dladdr(address as *const libc::c_void, &raw mut info) != 0 }
}
