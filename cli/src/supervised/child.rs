//! The worker's end of the connection with the process that watches it: what crosses the boundary
//! is told as it happens, and the orders of the user come in. Each line is written before the call
//! it tells of is made, so what was told last is what ran.

use super::{BEGUN, DESCRIPTOR, story};
use osaurus_reference_host::{Crossing, HostBuilder, Tap};
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Ctrl-C.
pub(super) const INTERRUPT: u8 = b'I';
/// SIGTERM.
pub(super) const TERMINATE: u8 = b'T';

/// What the user wants of a running command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, or the watching process is gone.
    Terminate,
}

/// This process as a worker that is watched, or as a process of its own.
#[derive(Clone)]
pub struct Worker(Option<Arc<Mutex<UnixStream>>>);

impl Worker {
    /// This process' connection; every call gives the same.
    pub fn get() -> Worker {
        static CONNECTION: OnceLock<Worker> = OnceLock::new();
        let connect = || Worker(connection().map(|stream| Arc::new(Mutex::new(stream))));
        CONNECTION.get_or_init(connect).clone()
    }

    /// Whether a process watches this one.
    pub fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    /// A host whose calls are told.
    pub fn watch(&self, builder: HostBuilder) -> HostBuilder {
        match &self.0 {
            Some(_) => builder.tap(Arc::new(self.clone())),
            None => builder,
        }
    }

    /// What the program does beside calls, such as opening a library; empty when that is over.
    pub fn stage(&self, what: &str) {
        self.say(&story::stage(what));
    }

    /// A temporary folder of this process, which a crash would leave.
    pub fn owns(&self, folder: &Path) {
        self.say(&story::folder(folder));
    }

    /// The process ends in order, whatever its exit code.
    pub fn done(&self) {
        self.say(story::DONE);
    }

    /// Takes orders on a thread, until the watching process is gone; that is an order, too.
    pub fn take_orders(&self, to: Sender<Order>) {
        let connection = self
            .0
            .as_ref()
            .map(|connection| lock(connection).try_clone());
        let Some(Ok(mut connection)) = connection else {
            return;
        };
        std::thread::spawn(move || {
            let mut order = [0];
            while connection.read(&mut order).is_ok_and(|bytes| bytes > 0) {
                let order = match order[0] {
                    INTERRUPT => Order::Interrupt,
                    _ => Order::Terminate,
                };
                let _ = to.send(order);
            }
            let _ = to.send(Order::Terminate);
        });
    }

    fn say(&self, line: &str) {
        if let Some(connection) = &self.0 {
            // One that is gone is noticed by whoever takes orders.
            let _ = lock(connection).write_all(format!("{line}\n").as_bytes());
        }
    }
}

impl Tap for Worker {
    fn crosses(&self, crossing: Crossing<'_>) {
        if let Some(line) = story::line(&crossing) {
            self.say(&line);
        }
    }
}

/// The descriptor that the watching process named. It is closed in processes that this one starts.
fn connection() -> Option<UnixStream> {
    let named = BEGUN.get()?.as_ref()?;
    let descriptor: RawFd = named.strip_prefix(DESCRIPTOR)?.parse().ok()?;
    // SAFETY: fcntl(2) with F_SETFD changes the flags of a descriptor, or fails where there is
    // none.
    if unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return None;
    }
    // SAFETY: the watching process left this descriptor open for this one and named it; it is taken
    // once.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) }.into())
}

fn lock(connection: &Mutex<UnixStream>) -> std::sync::MutexGuard<'_, UnixStream> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
