//! Our end of a connection with a worker: a socket, or two pipes beside one. A write to a pipe wakes
//! the reader in about two thirds of the time (docs/measured.md). Used by `worker`, and by embedded Node for its control
//! socket. Knows bytes, not messages.
use super::sigpipe::without_sigpipe;
use super::socket;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// As much as a socket holds, so that long messages take as few turns. A wish: Linux has a limit
/// for each user.
#[cfg(target_os = "linux")]
const PIPE_SIZE: libc::c_int = 256 << 10;

/// See the module. Any thread may use it.
pub struct Link {
    /// The connection; with pipes, how both sides notice the end of the other.
    socket: OwnedFd,
    pipes: OnceLock<Pipes>,
}

/// Our ends of two pipes. Neither of them blocks.
pub struct Pipes {
    input: OwnedFd,
    output: OwnedFd,
}

impl Pipes {
    /// Both pipes; the other side's ends, which block: where it reads, and where it writes.
    pub fn new() -> io::Result<(Self, [OwnedFd; 2])> {
        let (their_input, output) = socket::pipe_within()?;
        let (input, their_output) = socket::pipe_within()?;
        for ours in [&input, &output] {
            do_not_block(ours)?;
            #[cfg(target_os = "linux")]
            // SAFETY: fcntl(2) on a descriptor that we own, with a number.
            unsafe {
                libc::fcntl(ours.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE_SIZE)
            };
        }
        Ok((Self { input, output }, [their_input, their_output]))
    }
}

impl Link {
    /// Over one of two sockets, and the other one. See [`socket::socket_pair`].
    pub fn pair(first_wait: Duration) -> io::Result<(Self, OwnedFd)> {
        let (socket, theirs) = socket::socket_pair(first_wait)?;
        let pipes = OnceLock::new();
        Ok((Self { socket, pipes }, theirs))
    }

    /// Goes on over pipes. Not while another thread sends or receives.
    pub fn go_on_over(&self, pipes: Pipes) {
        let _ = self.pipes.set(pipes);
    }

    /// Sends some of `bytes`. `WouldBlock`: wait for `POLLOUT`.
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.pipes.get() {
            None => socket::send(&self.socket, bytes),
            Some(pipes) => without_sigpipe(|| {
                // SAFETY: write(2) reads `bytes.len()` bytes from a live slice.
                let count = unsafe {
                    libc::write(pipes.output.as_raw_fd(), bytes.as_ptr().cast(), bytes.len())
                };
                usize::try_from(count).map_err(|_| io::Error::last_os_error())
            }),
        }
    }

    /// Receives into the spare room of `buffer`; 0 at the end. A socket waits a moment for bytes if
    /// it may; then, and with pipes at once, `WouldBlock`: wait for `POLLIN`.
    pub fn receive(&self, buffer: &mut Vec<u8>, may_wait: bool) -> io::Result<usize> {
        let Some(pipes) = self.pipes.get() else {
            return socket::receive(&self.socket, buffer, may_wait);
        };
        let room = buffer.spare_capacity_mut();
        // SAFETY: read(2) writes at most as many bytes as the room has.
        let count = unsafe {
            libc::read(
                pipes.input.as_raw_fd(),
                room.as_mut_ptr().cast(),
                room.len(),
            )
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        // SAFETY: so many bytes were written after the vector's length, within its capacity.
        unsafe { buffer.set_len(buffer.len() + count) };
        Ok(count)
    }

    /// Whether a reader should wait before it receives, because `receive` never does.
    pub fn never_blocks(&self) -> bool {
        self.pipes.get().is_some()
    }

    /// Waits until it can be read (`POLLIN`) or written (`POLLOUT`), or has ended; false when the
    /// deadline passed first.
    pub fn wait(&self, events: i16, deadline: Instant) -> bool {
        let Some(pipes) = self.pipes.get() else {
            return wait_for(&mut [asked(&self.socket, events)], deadline);
        };
        let pipe = match events {
            libc::POLLOUT => &pipes.output,
            _ => &pipes.input,
        };
        // The socket's end counts, too: a program that the worker has left may keep its pipes open.
        wait_for(&mut [asked(pipe, events), asked(&self.socket, 0)], deadline)
    }

    /// Whether the connection ended, seen after `wait` where `receive` found nothing.
    pub fn has_ended(&self) -> bool {
        self.pipes.get().is_some() && wait_for(&mut [asked(&self.socket, 0)], Instant::now())
    }

    /// Ends it: threads that wait on either side wake up.
    pub fn hang_up(&self) {
        socket::shut_down(&self.socket);
    }
}

/// Waits until a descriptor is ready; false when the deadline passed first.
pub(super) fn wait(descriptor: &OwnedFd, events: i16, deadline: Instant) -> bool {
    wait_for(&mut [asked(descriptor, events)], deadline)
}

fn asked(descriptor: &OwnedFd, events: i16) -> libc::pollfd {
    libc::pollfd {
        fd: descriptor.as_raw_fd(),
        events,
        revents: 0,
    }
}

/// Looks at least once.
fn wait_for(asked: &mut [libc::pollfd], deadline: Instant) -> bool {
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        // Rounded up: the deadline has passed when it returns.
        let part = u64::from(remaining.subsec_nanos().div_ceil(1_000_000));
        let millis = remaining
            .as_secs()
            .saturating_mul(1000)
            .saturating_add(part);
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        // SAFETY: poll(2) writes into these pollfds, which outlive the call.
        let ready = unsafe { libc::poll(asked.as_mut_ptr(), asked.len() as libc::nfds_t, millis) };
        if ready > 0 || (ready < 0 && io::Error::last_os_error().kind() != ErrorKind::Interrupted) {
            return true;
        }
        if remaining.is_zero() {
            return false;
        }
    }
}

pub(super) fn do_not_block(pipe: &OwnedFd) -> io::Result<()> {
    // SAFETY: fcntl(2) on a descriptor that we own.
    let flags = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_GETFL) };
    // SAFETY: as above, with a number.
    let set = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) };
    if flags < 0 || set < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
