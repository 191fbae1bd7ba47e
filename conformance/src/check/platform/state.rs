//! What a process has that a plugin shares with its host: signals, standard streams, folder,
//! environment, limits.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Each signal's handler and flags, by the signal's number.
pub(crate) fn signal_handlers() -> BTreeMap<i32, String> {
    (1..32)
        .filter(|signal| ![libc::SIGKILL, libc::SIGSTOP].contains(signal))
        .filter_map(|signal| Some((signal, handler(signal)?)))
        .collect()
}

fn handler(signal: i32) -> Option<String> {
    // SAFETY: zero is a valid value of a plain struct, which the system fills.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: asks only.
    let code = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    let function = match action.sa_sigaction {
        libc::SIG_DFL => "the default".to_string(),
        libc::SIG_IGN => "ignored".to_string(),
        address => format!("a handler at {address:#x}"),
    };
    (code == 0).then_some(function)
}

/// What the three standard descriptors are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stdio([Option<(u64, u64, i32)>; 3]);

impl Stdio {
    pub(crate) fn now() -> Stdio {
        Stdio([0, 1, 2].map(identity))
    }

    /// The descriptors that are something else now, with what happened to them.
    pub(crate) fn changes(&self, now: &Stdio) -> Vec<String> {
        let pairs = self.0.iter().zip(&now.0).enumerate();
        let message =
            |(number, (before, after)): (usize, (&Option<_>, &Option<_>))| match (before, after) {
                (before, after) if before == after => None,
                (_, None) => Some(format!("descriptor {number} was closed")),
                (Some((device, file, _)), Some((new_device, new_file, _)))
                    if (device, file) == (new_device, new_file) =>
                {
                    Some(format!(
                        "descriptor {number} has other flags (blocking or append)"
                    ))
                }
                _ => Some(format!("descriptor {number} leads elsewhere")),
            };
        pairs.filter_map(message).collect()
    }
}

#[cfg_attr(
    target_os = "linux",
    expect(
        clippy::useless_conversion,
        reason = "the types differ between systems"
    )
)]
fn identity(descriptor: i32) -> Option<(u64, u64, i32)> {
    // SAFETY: zero is a valid value of a plain struct, which the system fills.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: asks only.
    let (code, flags) = unsafe {
        (
            libc::fstat(descriptor, &raw mut stat),
            libc::fcntl(descriptor, libc::F_GETFL),
        )
    };
    let device = u64::try_from(stat.st_dev).unwrap_or(0);
    (code == 0).then_some((device, u64::from(stat.st_ino), flags))
}

/// Sends descriptor 1 to a file of its own, until it is read.
#[derive(Debug)]
pub(crate) struct StdoutCatch {
    before: i32,
    file: File,
    path: std::path::PathBuf,
}

impl StdoutCatch {
    pub(crate) fn start(folder: &Path) -> io::Result<StdoutCatch> {
        let path = folder.join("stdout");
        let file = File::create(&path)?;
        // SAFETY: duplicates descriptors of this process; the copy is put back in `read`.
        let before = unsafe { libc::dup(1) };
        // SAFETY: as above.
        if before < 0 || unsafe { libc::dup2(file.as_raw_fd(), 1) } < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(StdoutCatch { before, file, path })
    }

    /// Puts descriptor 1 back; what was written to it meanwhile.
    pub(crate) fn read(self) -> io::Result<Vec<u8>> {
        // SAFETY: flushes the C library's streams, then puts back the descriptor that `start` kept.
        unsafe {
            libc::fflush(std::ptr::null_mut());
            libc::dup2(self.before, 1);
            libc::close(self.before);
        }
        self.file.sync_all()?;
        std::fs::read(self.path)
    }
}

/// What else belongs to the whole process, by name.
pub(crate) fn process_state() -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    let folder = std::env::current_dir().unwrap_or_default();
    state.insert("the working folder".into(), folder.display().to_string());
    state.insert("the umask".into(), format!("{:03o}", umask()));
    state.insert("the locale".into(), locale());
    state.extend(limits());
    state.extend(std::env::vars_os().map(|(name, value)| {
        let name = format!("the environment's {}", name.to_string_lossy());
        (name, value.to_string_lossy().into_owned())
    }));
    state
}

#[cfg_attr(
    target_os = "linux",
    expect(
        clippy::useless_conversion,
        reason = "the type differs between systems"
    )
)]
fn umask() -> u32 {
    // SAFETY: sets the mask and puts it back; no other thread makes files meanwhile.
    let mask = unsafe { libc::umask(0o22) };
    // SAFETY: as above.
    unsafe { libc::umask(mask) };
    mask.into()
}

fn locale() -> String {
    // SAFETY: NULL asks only; the answer is a string that lives until the next change.
    let name = unsafe { libc::setlocale(libc::LC_ALL, std::ptr::null()) };
    if name.is_null() {
        return String::new();
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(name) }
        .to_string_lossy()
        .into_owned()
}

fn limits() -> impl Iterator<Item = (String, String)> {
    let names = [
        ("open files", libc::RLIMIT_NOFILE),
        ("the stack", libc::RLIMIT_STACK),
        ("core files", libc::RLIMIT_CORE),
        ("processor time", libc::RLIMIT_CPU),
        ("address space", libc::RLIMIT_AS),
    ];
    names.into_iter().map(|(name, kind)| {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: asks only, into a struct of ours.
        unsafe { libc::getrlimit(kind, &raw mut limit) };
        let text = format!("{} of {}", limit.rlim_cur, limit.rlim_max);
        (format!("the limit of {name}"), text)
    })
}
