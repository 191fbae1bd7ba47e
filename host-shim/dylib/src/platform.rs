//! Everything that differs between macOS and Linux, and the few system calls that std does not offer.
//! The one place of this crate with `cfg(target_os)`. Used by `carried`, `runtime`, `worker`, `python` and `node`.
pub mod process;

pub use crate::cache_root::cache_root;
use std::ffi::{CStr, CString, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The ending of shared libraries, without a dot.
#[cfg(target_os = "macos")]
pub const LIBRARY_EXTENSION: &str = "dylib";
/// The ending of shared libraries, without a dot.
#[cfg(not(target_os = "macos"))]
pub const LIBRARY_EXTENSION: &str = "so";

/// How long an interpreter may take until a script is loaded. macOS scans a program before its first run.
pub const START_LIMIT: Duration =
    Duration::from_secs(if cfg!(target_os = "macos") { 40 } else { 20 });

/// Where this code was loaded from, as the loader knows it.
#[derive(Debug, Clone)]
pub struct Image {
    name: CString,
    #[cfg(target_os = "macos")]
    base: usize,
}

/// The image that holds this function; `None` when the loader does not know it (never seen).
pub fn own_image() -> Option<Image> {
    let here = own_image as *const () as *const c_void;
    // SAFETY: Dl_info is plain data, all zero is a value of it.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: dladdr(3) looks up an address and fills `info`; the strings in it live as long as the image.
    if unsafe { libc::dladdr(here, &raw mut info) } == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr said success, so `dli_fname` is a NUL-terminated string of the loader's.
    let name = unsafe { CStr::from_ptr(info.dli_fname) }.to_owned();
    Some(Image {
        name,
        #[cfg(target_os = "macos")]
        base: info.dli_fbase as usize,
    })
}

impl Image {
    /// The file, absolute where that can be found out.
    pub fn path(&self) -> PathBuf {
        let path = Path::new(std::ffi::OsStr::from_bytes(self.name.as_bytes()));
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }

    /// Keeps the image in memory until the process ends, whatever the host closes: code of ours runs in threads now.
    /// Returns false when the loader refused (a program that has this crate linked in, not a library).
    pub fn pin(&self) -> bool {
        let flags = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD;
        // SAFETY: dlopen(3) of an image that is loaded already runs no code of it; the handle is kept on purpose.
        !unsafe { libc::dlopen(self.name.as_ptr(), flags) }.is_null()
    }

    /// Makes the exported symbols of this image visible to all of the process, and keeps it, as [`Image::pin`] does.
    pub fn make_visible(&self) -> bool {
        let flags = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD | libc::RTLD_GLOBAL;
        // SAFETY: as in `pin`.
        !unsafe { libc::dlopen(self.name.as_ptr(), flags) }.is_null()
    }

    /// The payload section as the loader mapped it: the file may have been replaced since.
    #[cfg(target_os = "macos")]
    pub fn payload_section(&self) -> Option<&'static [u8]> {
        unsafe extern "C" {
            fn getsectiondata(
                header: *const c_void,
                segment: *const std::ffi::c_char,
                section: *const std::ffi::c_char,
                size: *mut std::ffi::c_ulong,
            ) -> *const u8;
        }
        let mut size = 0;
        // SAFETY: `base` is the Mach-O header of this loaded image, as dladdr gave it; both names are NUL-terminated.
        let data = unsafe {
            getsectiondata(
                self.base as *const c_void,
                c"__OSRPAY".as_ptr(),
                c"__payload".as_ptr(),
                &raw mut size,
            )
        };
        if data.is_null() || (size as usize) < osaurus_payload::HEADER_LEN {
            return None;
        }
        // SAFETY: getsectiondata returned `size` mapped, read-only bytes of this image. They are used only by code of
        // this image, so they live as long as anyone can look at them.
        Some(unsafe { std::slice::from_raw_parts(data, size as usize) })
    }
}

/// What the injector grows: present in every shim for macOS, so that no load command has to be added later.
#[cfg(target_os = "macos")]
#[used]
#[unsafe(link_section = "__OSRPAY,__payload")]
static RESERVED: [u8; 32] = *b"osaurus-bridge payload goes here";

/// Two connected sockets that no child inherits and that never raise SIGPIPE: both may be written in this process, by
/// an embedded Node. The first is ours: it gives a blocked call back after `first_wait`. The second is for the other
/// side and blocks.
pub fn socket_pair(first_wait: Duration) -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_read_timeout(Some(first_wait))?;
    ours.set_write_timeout(Some(first_wait))?;
    let ours = above_stdio(ours.into())?;
    let theirs = above_stdio(theirs.into())?;
    no_sigpipe(&ours)?;
    no_sigpipe(&theirs)?;
    Ok((ours, theirs))
}

/// The ends of a pipe that code in this process writes: on macOS it gets an error where nobody reads, and no SIGPIPE.
/// Linux has no such option; there it counts that the signal is ignored.
pub fn pipe_within() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = io::pipe()?;
    let write = above_stdio(write.into())?;
    #[cfg(target_os = "macos")]
    // SAFETY: fcntl(2) on a descriptor that we own, with a number.
    if unsafe { libc::fcntl(write.as_raw_fd(), libc::F_SETNOSIGPIPE, 1) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((above_stdio(read.into())?, write))
}

/// A host may have closed 0, 1 or 2; they are not ours to occupy.
fn above_stdio(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    // SAFETY: fcntl(2) on a descriptor that we own.
    let moved = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fcntl returned a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

/// A descriptor of our own for what `fd` is; neither of them reaches the programs that this process starts.
pub fn duplicate(fd: c_int) -> io::Result<OwnedFd> {
    // SAFETY: fcntl(2) on a number; a bad one is an error that is reported.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    // SAFETY: fcntl returned a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

#[cfg(target_os = "macos")]
fn no_sigpipe(fd: &OwnedFd) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: setsockopt(2) reads one int, whose size is given.
    let done = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NOSIGPIPE,
            (&raw const on).cast(),
            size_of::<c_int>() as libc::socklen_t,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(not(target_os = "macos"))]
fn no_sigpipe(_fd: &OwnedFd) -> io::Result<()> {
    // MSG_NOSIGNAL does it, per call.
    Ok(())
}

#[cfg(target_os = "macos")]
const SEND_FLAGS: c_int = 0;
#[cfg(not(target_os = "macos"))]
const SEND_FLAGS: c_int = libc::MSG_NOSIGNAL;

/// Sends some of `bytes`.
pub fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: send(2) reads `bytes.len()` bytes from a live slice.
    let sent = unsafe {
        libc::send(
            socket.as_raw_fd(),
            bytes.as_ptr().cast(),
            bytes.len(),
            SEND_FLAGS,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Receives into the spare room of `buffer`; 0 at the end of the stream.
pub fn receive(socket: &OwnedFd, buffer: &mut Vec<u8>, may_wait: bool) -> io::Result<usize> {
    let got = receive_into(socket, buffer.spare_capacity_mut(), may_wait)?;
    // SAFETY: so many bytes were written behind the vector's length, within its capacity.
    unsafe { buffer.set_len(buffer.len() + got) };
    Ok(got)
}

/// Receives into the beginning of `room`; 0 at the end of the stream.
pub fn receive_into(
    socket: &OwnedFd,
    room: &mut [MaybeUninit<u8>],
    may_wait: bool,
) -> io::Result<usize> {
    let flags = if may_wait { 0 } else { libc::MSG_DONTWAIT };
    // SAFETY: recv(2) writes at most as many bytes as the room has.
    let got = unsafe {
        libc::recv(
            socket.as_raw_fd(),
            room.as_mut_ptr().cast(),
            room.len(),
            flags,
        )
    };
    usize::try_from(got).map_err(|_| io::Error::last_os_error())
}

/// Ends both directions: whoever waits on the other thread wakes up with the end of the stream.
pub fn shut_down(socket: &OwnedFd) {
    // SAFETY: shutdown(2) on a descriptor that we own; an error means that it is shut down already.
    unsafe { libc::shutdown(socket.as_raw_fd(), libc::SHUT_RDWR) };
}

/// For a worker that may loop for ever: ends this process when its parent is gone.
#[cfg(target_os = "linux")]
pub fn follow_parent() {
    // `process::fork` has asked the kernel for it.
}

/// For a worker that may loop for ever: ends this process when its parent is gone.
#[cfg(not(target_os = "linux"))]
pub fn follow_parent() {
    // SAFETY: getppid(2) has no arguments.
    let parent = unsafe { libc::getppid() };
    let watch = move || {
        // SAFETY: as above.
        while unsafe { libc::getppid() } == parent {
            std::thread::sleep(Duration::from_secs(1));
        }
        // SAFETY: kill(2) of this very process.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    };
    // Without the thread, the worker still ends when its sockets do and it does not loop.
    let _ = std::thread::Builder::new()
        .name("osaurus-parent".into())
        .spawn(watch);
}

#[cfg(target_os = "macos")]
const JIT_MEMORY: c_int = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_JIT;
#[cfg(not(target_os = "macos"))]
const JIT_MEMORY: c_int = libc::MAP_PRIVATE | libc::MAP_ANON;

/// Whether this process may make code: a hardened runtime without `allow-jit` and some sandboxes refuse it.
pub fn may_jit() -> bool {
    const SIZE: usize = 16 << 10;
    let rights = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    // SAFETY: mmap(2) of new memory that nobody uses.
    let memory = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, rights, JIT_MEMORY, -1, 0) };
    if memory == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: what mmap gave a moment ago.
    unsafe { libc::munmap(memory, SIZE) };
    true
}

/// How many descriptors this process may have open. Node raises that at its start.
pub struct DescriptorLimit(libc::rlimit);

impl DescriptorLimit {
    /// The limit now.
    pub fn read() -> Option<Self> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: getrlimit(2) writes one structure.
        let done = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
        (done == 0).then_some(Self(limit))
    }

    /// Sets it again.
    pub fn restore(&self) {
        // SAFETY: setrlimit(2) reads one structure, which the system gave.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const self.0) };
    }
}

/// Folders with shared libraries of the system and of its package managers.
#[cfg(target_os = "macos")]
pub const LIBRARY_FOLDERS: &[&str] = &["/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"];
/// Folders with shared libraries of the system and of its package managers.
#[cfg(not(target_os = "macos"))]
pub const LIBRARY_FOLDERS: &[&str] = &[
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/home/linuxbrew/.linuxbrew/lib",
];

/// How a user gives a variable to the application that loads plugins, as the end of a sentence.
#[cfg(target_os = "macos")]
pub fn how_to_set(variable: &str, value: &str) -> String {
    format!(
        "set {variable} to {value} (a shell's variables do not reach an application from the Dock: run `launchctl setenv \
         {variable} PATH` and open the application again)"
    )
}

/// How a user gives a variable to the application that loads plugins, as the end of a sentence.
#[cfg(not(target_os = "macos"))]
pub fn how_to_set(variable: &str, value: &str) -> String {
    format!("set {variable} to {value}")
}

/// The name of a signal, as people know it.
pub fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGINT => "SIGINT",
        libc::SIGHUP => "SIGHUP",
        libc::SIGPIPE => "SIGPIPE",
        _ => "another signal",
    }
}
