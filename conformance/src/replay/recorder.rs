//! Writes what crosses the boundary to a session file while a plugin is used. It is the reference
//! host's tap; lines are written as things happen, so that a crash of the plugin leaves what led to
//! it.

use super::header::{self, FORMAT, Header, Recorded};
use super::redact::Secrets;
use super::session::Event;
use osaurus_reference_host::{Crossing, Tap};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A recording under way, of one plugin. Give it to `HostBuilder::tap`, load the plugin, use it,
/// shut the host down, then call [`Recorder::finish`].
#[derive(Debug)]
pub struct Recorder {
    state: Mutex<State>,
    path: PathBuf,
}

/// Why a recording failed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The library cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Library {
        /// The library.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The session cannot be written.
    #[error("cannot write the session {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The plugin never gave a manifest, so there is no session of it.
    #[error("the plugin gave no manifest, so nothing was recorded")]
    NoManifest,
}

#[derive(Debug)]
struct State {
    file: File,
    abi: String,
    sha256: String,
    /// None: strings are kept as they are.
    secrets: Option<Secrets>,
    /// Events before the manifest, which the header needs.
    waiting: Option<Vec<Event>>,
    threads: HashMap<u64, u64>,
    /// The functions of calls that have not ended.
    open: HashMap<u64, &'static str>,
    host_open: HashMap<u64, &'static str>,
    failed: Option<io::Error>,
}

impl Recorder {
    /// Begins a recording of `library`, in a host of this ABI level, in a new file. Secrets are
    /// replaced unless `with_secrets`.
    ///
    /// # Errors
    /// When the library cannot be read, or the file cannot be written.
    pub fn start(
        library: &Path,
        abi: &str,
        path: &Path,
        with_secrets: bool,
    ) -> Result<Recorder, RecordError> {
        let sha256 = header::hash(library).map_err(|source| RecordError::Library {
            path: library.to_path_buf(),
            source,
        })?;
        let file = private_file(path).map_err(|source| file_error(path, source))?;
        let state = State {
            file,
            abi: abi.to_owned(),
            sha256,
            secrets: (!with_secrets).then(Secrets::default),
            waiting: Some(Vec::new()),
            threads: HashMap::new(),
            open: HashMap::new(),
            host_open: HashMap::new(),
            failed: None,
        };
        Ok(Recorder {
            state: Mutex::new(state),
            path: path.to_path_buf(),
        })
    }

    /// Ends the recording with its last line. Nothing is written afterwards.
    ///
    /// # Errors
    /// When a line could not be written, or there was no manifest.
    pub fn finish(&self) -> Result<(), RecordError> {
        let mut state = self.lock();
        if state.waiting.take().is_some() {
            return Err(RecordError::NoManifest);
        }
        state.write(&Event::End {});
        match state.failed.replace(io::ErrorKind::BrokenPipe.into()) {
            Some(source) => Err(file_error(&self.path, source)),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_error(path: &Path, source: io::Error) -> RecordError {
    RecordError::File {
        path: path.to_path_buf(),
        source,
    }
}

impl Tap for Recorder {
    fn crosses(&self, crossing: Crossing<'_>) {
        self.lock().crosses(crossing);
    }
}

impl State {
    fn crosses(&mut self, crossing: Crossing<'_>) {
        match crossing {
            Crossing::CallBegins { .. } => self.call(crossing),
            Crossing::CallEnds { call, result } => self.call_ends(call, result),
            Crossing::HostCallBegins { .. } => self.host_call(crossing),
            Crossing::Chunk { host_call, text } => {
                let text = self.clean(text);
                self.event(Event::Chunk {
                    call: host_call,
                    text,
                });
            }
            Crossing::HostCallEnds { host_call, result } => self.host_ends(host_call, result),
        }
    }

    fn call(&mut self, crossing: Crossing<'_>) {
        let Crossing::CallBegins {
            call,
            thread,
            agent,
            slot,
            args,
            ..
        } = crossing
        else {
            return;
        };
        self.open.insert(call, slot);
        let args = match &mut self.secrets {
            Some(secrets) => secrets.call(slot, args),
            None => args.iter().map(|text| text.map(str::to_owned)).collect(),
        };
        let thread = self.thread(thread);
        self.event(Event::Call {
            frame: call,
            thread,
            agent: agent.map(|agent| agent.to_string()),
            slot: slot.to_owned(),
            args,
        });
    }

    fn call_ends(&mut self, frame: u64, result: Option<&str>) {
        if self.open.remove(&frame) == Some("get_manifest") {
            self.begin(result.unwrap_or_default());
        }
        let result = result.map(|text| self.clean(text));
        self.event(Event::Return { frame, result });
    }

    fn host_call(&mut self, crossing: Crossing<'_>) {
        let Crossing::HostCallBegins {
            host_call,
            call,
            thread,
            slot,
            args,
        } = crossing
        else {
            return;
        };
        self.host_open.insert(host_call, slot);
        let args = match &mut self.secrets {
            Some(secrets) => secrets.host_call(host_call, slot, args),
            None => args.to_vec(),
        };
        let thread = self.thread(thread);
        self.event(Event::HostCall {
            call: host_call,
            frame: call,
            thread,
            slot: slot.to_owned(),
            args,
        });
    }

    fn host_ends(&mut self, call: u64, result: Option<&str>) {
        let slot = self.host_open.remove(&call).unwrap_or_default();
        let result = result.map(|text| match &mut self.secrets {
            Some(secrets) => secrets.host_return(call, slot, text),
            None => text.to_owned(),
        });
        self.event(Event::HostReturn { call, result });
    }

    /// The manifest is there: the header, and what came before it.
    fn begin(&mut self, manifest: &str) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        if let Some(secrets) = &mut self.secrets {
            secrets.read_manifest(manifest);
        }
        let header = Header {
            osaurus_session: FORMAT,
            plugin: Recorded::new(manifest, &self.sha256),
            abi: self.abi.clone(),
            redacted: self.secrets.is_some(),
        };
        self.write(&header);
        waiting.iter().for_each(|event| self.write(event));
    }

    fn event(&mut self, event: Event) {
        match &mut self.waiting {
            Some(waiting) => waiting.push(event),
            None => self.write(&event),
        }
    }

    /// The first failure is kept, and ends the writing.
    fn write(&mut self, line: &impl serde::Serialize) {
        if self.failed.is_some() {
            return;
        }
        let text = serde_json::to_string(line).map_err(io::Error::other);
        let outcome = text.and_then(|text| self.file.write_all(format!("{text}\n").as_bytes()));
        self.failed = outcome.err();
    }

    fn clean(&self, text: &str) -> String {
        match &self.secrets {
            Some(secrets) => secrets.clean(text),
            None => text.to_owned(),
        }
    }

    /// Threads are numbered anew, so that two recordings of the same thing are the same.
    fn thread(&mut self, number: u64) -> u64 {
        let next = self.threads.len() as u64 + 1;
        *self.threads.entry(number).or_insert(next)
    }
}

/// What a plugin was asked and said is for the user alone; an old file of that name may be open to
/// others.
fn private_file(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}
