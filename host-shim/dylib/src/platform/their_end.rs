//! A worker's end of a connection, in the worker's own process: a socket, or two pipes. None of it
//! blocks, and none of it reaches the programs that the worker starts. Used by the addon of Node.
//! Knows bytes, not messages.
use super::link::{do_not_block, wait};
use super::socket::{self, duplicate};
use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// See the module.
pub enum TheirEnd {
    /// One socket for both directions.
    Socket(OwnedFd),
    /// A pipe for each. Node ignores SIGPIPE.
    Pipes {
        /// What is read.
        input: OwnedFd,
        /// What is written.
        output: OwnedFd,
    },
}

impl TheirEnd {
    /// A socket by its number, which stays open beside it.
    pub fn socket(descriptor: c_int) -> io::Result<Self> {
        duplicate(descriptor).map(Self::Socket)
    }

    /// Two pipes by their numbers, which stay open beside them.
    pub fn pipes(input: c_int, output: c_int) -> io::Result<Self> {
        let (input, output) = (duplicate(input)?, duplicate(output)?);
        do_not_block(&input)?;
        do_not_block(&output)?;
        Ok(Self::Pipes { input, output })
    }

    /// What an event loop watches.
    pub fn readable(&self) -> RawFd {
        match self {
            Self::Socket(socket) => socket.as_raw_fd(),
            Self::Pipes { input, .. } => input.as_raw_fd(),
        }
    }

    /// Sends some of `bytes`. `WouldBlock`: see [`TheirEnd::wait_for_room`].
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => socket::send(socket, bytes),
            Self::Pipes { output, .. } => {
                // SAFETY: write(2) reads `bytes.len()` bytes from a live slice.
                let count =
                    unsafe { libc::write(output.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
                usize::try_from(count).map_err(|_| io::Error::last_os_error())
            }
        }
    }

    /// Waits until it can be written, or has ended.
    pub fn wait_for_room(&self) {
        let far = Instant::now() + Duration::from_secs(3600);
        let (Self::Socket(output) | Self::Pipes { output, .. }) = self;
        wait(output, libc::POLLOUT, far);
    }

    /// Receives into the beginning of `room`, without waiting; 0 at the end.
    pub fn receive(&self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => socket::receive_into(socket, room, false),
            Self::Pipes { input, .. } => {
                // SAFETY: read(2) writes at most as many bytes as the room has.
                let count =
                    unsafe { libc::read(input.as_raw_fd(), room.as_mut_ptr().cast(), room.len()) };
                usize::try_from(count).map_err(|_| io::Error::last_os_error())
            }
        }
    }

    /// Ends a socket in both directions. Pipes end when they are dropped.
    pub fn shut_down(&self) {
        if let Self::Socket(socket) = self {
            socket::shut_down(socket);
        }
    }
}
