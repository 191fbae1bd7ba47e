//! What a plugin is debugged with while `dev` runs: a folder that the shim is told of, with the
//! word that says whether deadlines hold, what a debugger attaches to, and the socket over which
//! pdb has this terminal. `follow` gives it the lines that are typed meanwhile.

use super::Event;
use super::inspector::Inspector;
use crate::failure::{Failure, OrFail};
use crate::terminal;
use osaurus_shim::debugging::{DEADLINES, END, FOLDER_VARIABLE, HOLD, INSPECTOR, TERMINAL, WAIT};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most that is printed at once of what a debugger writes.
const CHUNK: usize = 16 * 1024;

/// What is there to debug with.
pub struct Debugger {
    folder: tempfile::TempDir,
    inspector: Option<Inspector>,
    /// A debugger that has the terminal.
    attached: Mutex<Option<UnixStream>>,
}

impl Debugger {
    /// Tells plugins that are loaded from now on.
    ///
    /// # Safety
    /// No other thread of this program runs.
    pub unsafe fn start(inspector: Option<Inspector>) -> Result<Arc<Self>, Failure> {
        let folder = tempfile::Builder::new().prefix("osaurus-debug-").tempdir();
        let folder = folder.or_fail("cannot create a folder", "free some disk space")?;
        // SAFETY: the caller's promise.
        unsafe { std::env::set_var(FOLDER_VARIABLE, folder.path()) };
        if let Some(inspector) = &inspector {
            // SAFETY: as above.
            unsafe { std::env::set_var(osaurus_shim::runtime::MODE_VARIABLE, "worker") };
            let file = folder.path().join(INSPECTOR);
            std::fs::write(file, inspector.settings())
                .or_fail("cannot write for the debugger", "free some disk space")?;
        }
        let debugger = Self {
            folder,
            inspector,
            attached: Mutex::default(),
        };
        debugger.rest()?;
        Ok(Arc::new(debugger))
    }

    /// Gives the terminal to calls that stop at a `breakpoint()`.
    pub fn offer_terminal(self: &Arc<Self>, events: Sender<Event>) -> Result<(), Failure> {
        let listener = UnixListener::bind(self.folder.path().join(TERMINAL));
        let listener = listener.or_fail("cannot open a socket for breakpoints", "")?;
        let debugger = Arc::clone(self);
        std::thread::spawn(move || {
            // One after the other; who comes second waits.
            for connection in listener.incoming().flatten() {
                debugger.follow(connection);
                if events.send(Event::Continued).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    /// Prints what a debugger writes until it goes on.
    fn follow(&self, connection: UnixStream) {
        *self.attached() = connection.try_clone().ok();
        // A word that cannot be written leaves deadlines as they are.
        let _ = self.write(WAIT);
        let mut output = connection;
        let mut pending = Vec::new();
        let mut chunk = [0; CHUNK];
        while let Ok(length @ 1..) = output.read(&mut chunk) {
            pending.extend_from_slice(&chunk[..length]);
            let whole = whole_characters(&pending);
            let text = String::from_utf8_lossy(&pending[..whole]).into_owned();
            pending.drain(..whole);
            terminal::unfinished(&text);
        }
        let _ = self.rest();
        *self.attached() = None;
    }

    /// Whether an editor's debugger may attach.
    pub fn has_inspector(&self) -> bool {
        self.inspector.is_some()
    }

    /// Whether lines that are typed are for a debugger.
    pub fn has_terminal(&self) -> bool {
        self.attached().is_some()
    }

    /// A line that was typed; false where it is not for a debugger, or for one that has just gone
    /// on.
    pub fn hears(&self, line: &str) -> bool {
        let mut attached = self.attached();
        let debugger = attached.as_mut();
        debugger.is_some_and(|debugger| debugger.write_all(line.as_bytes()).is_ok())
    }

    /// Nothing is read any more: calls that have stopped go on, and none stops again.
    pub fn take_terminal_back(&self) {
        let _ = std::fs::remove_file(self.folder.path().join(TERMINAL));
        if let Some(debugger) = &*self.attached() {
            let _ = debugger.shutdown(Shutdown::Both);
        }
    }

    /// Runs what unloads a plugin: calls that an editor's debugger has stopped end.
    pub fn ending_calls<T>(&self, unload: impl FnOnce() -> T) -> T {
        if self.inspector.is_none() {
            return unload();
        }
        let _ = self.write(END);
        let unloaded = unload();
        let _ = self.rest();
        unloaded
    }

    /// With an editor's debugger there are no deadlines.
    fn rest(&self) -> Result<(), Failure> {
        self.write(match self.inspector {
            Some(_) => WAIT,
            None => HOLD,
        })
    }

    /// As a whole: it may be read at any time.
    fn write(&self, word: &str) -> Result<(), Failure> {
        let (file, new) = (
            self.folder.path().join(DEADLINES),
            self.folder.path().join("new"),
        );
        std::fs::write(&new, word)
            .and_then(|()| std::fs::rename(new, file))
            .or_fail("cannot write for the debugger", "free some disk space")
    }

    fn attached(&self) -> MutexGuard<'_, Option<UnixStream>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much of it does not end within a character.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}
