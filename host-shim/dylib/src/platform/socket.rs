//! Sockets and pipes of this process, which no child inherits and which raise no SIGPIPE where the
//! system has a way.
use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Two connected sockets that no child inherits and that never raise SIGPIPE: both may be written
/// in this process, by an embedded Node. The first is ours: it gives a blocked call back after
/// `first_wait`. The second is for the other side and blocks.
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

/// The ends of a pipe that code in this process writes: on macOS it gets an error where no one
/// reads, and no SIGPIPE. Linux has no such option; there it counts that the signal is ignored.
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
pub(super) fn above_stdio(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    // SAFETY: fcntl(2) on a descriptor that we own.
    let moved = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fcntl returned a new descriptor that no one else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

/// A descriptor of our own for what `fd` is; neither of them reaches the programs that this process
/// starts.
pub fn duplicate(fd: c_int) -> io::Result<OwnedFd> {
    // SAFETY: fcntl(2) on a number; a bad one is an error that is reported.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    // SAFETY: fcntl returned a new descriptor that no one else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

#[cfg(target_os = "macos")]
fn no_sigpipe(fd: &OwnedFd) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: setsockopt(2) reads one int, whose size is given.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NOSIGPIPE,
            (&raw const on).cast(),
            size_of::<c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
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
    let count = unsafe {
        libc::send(
            socket.as_raw_fd(),
            bytes.as_ptr().cast(),
            bytes.len(),
            SEND_FLAGS,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Receives into the spare room of `buffer`; 0 at the end of the stream.
pub fn receive(socket: &OwnedFd, buffer: &mut Vec<u8>, may_wait: bool) -> io::Result<usize> {
    let count = receive_into(socket, buffer.spare_capacity_mut(), may_wait)?;
    // SAFETY: so many bytes were written after the vector's length, within its capacity.
    unsafe { buffer.set_len(buffer.len() + count) };
    Ok(count)
}

/// Receives into the beginning of `room`; 0 at the end of the stream.
pub fn receive_into(
    socket: &OwnedFd,
    room: &mut [MaybeUninit<u8>],
    may_wait: bool,
) -> io::Result<usize> {
    let flags = if may_wait { 0 } else { libc::MSG_DONTWAIT };
    // SAFETY: recv(2) writes at most as many bytes as the room has.
    let count = unsafe {
        libc::recv(
            socket.as_raw_fd(),
            room.as_mut_ptr().cast(),
            room.len(),
            flags,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Ends both directions: whoever waits on the other thread wakes up with the end of the stream.
pub fn shut_down(socket: &OwnedFd) {
    // SAFETY: shutdown(2) on a descriptor that we own; an error means that it is shut down already.
    unsafe { libc::shutdown(socket.as_raw_fd(), libc::SHUT_RDWR) };
}
