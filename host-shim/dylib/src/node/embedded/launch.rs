//! Starts a plugin in a Worker of the Node in this process. Used by the worker engine through
//! [`Launch`].
use super::process::Running;
use super::shared::tell;
use crate::worker::{Launch, OnEnd, Started, TheirEnds, WorkerRun};
use crate::{environment, platform};
use serde_json::json;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::path::PathBuf;
use std::sync::Arc;

/// What a plugin's heap may take when it says nothing, in MiB.
const MEMORY_MB: u32 = 512;

/// A plugin's module and the Node that runs it.
#[derive(Debug)]
pub struct WorkerThread {
    pub(super) node: Running,
    pub(super) main: PathBuf,
    pub(super) memory_mb: Option<u32>,
    pub(super) name: String,
}

impl Launch for WorkerThread {
    fn launch(&self, ends: TheirEnds, on_end: OnEnd) -> io::Result<Started> {
        let addon = platform::own_image().map(|image| image.path());
        let (out_read, out) = platform::pipe_within()?;
        let (err_read, err) = platform::pipe_within()?;
        let (status_read, status) = platform::pipe_within()?;
        // Numbers are unique among open descriptors, and this one stays open until the Worker has
        // ended.
        let id = status.as_raw_fd();
        let unwanted = environment::unwanted().filter_map(|name| name.into_string().ok());
        let start = json!({
            "do": "start", "id": id, "main": self.main, "addon": addon, "name": self.name,
            "memoryMb": self.memory_mb.unwrap_or(MEMORY_MB),
            "unwanted": unwanted.collect::<Vec<_>>(), "lane": ends.lane.as_raw_fd(), "mux": ends.mux.as_raw_fd(),
            "out": out.as_raw_fd(), "err": err.as_raw_fd(),
        });
        tell(&start.to_string())?;
        for given in [ends.lane, ends.mux, out, err, status] {
            // The bootstrap closes them when the Worker has ended, unless the Worker has done so.
            let _ = given.into_raw_fd();
        }
        let worker = WorkerRun::new("the plugin's thread", move || {
            let _ = tell(&json!({"do": "stop", "id": id}).to_string());
        });
        let watched = Arc::clone(&worker);
        std::thread::Builder::new()
            .name("osaurus-thread".into())
            .spawn(move || {
                let how = read_to_end(status_read.into());
                watched.ends(|| how);
                on_end();
            })?;
        Ok(Started {
            run: worker,
            output: (out_read, err_read),
        })
    }

    fn describe(&self) -> String {
        let Running {
            version,
            library,
            jitless,
        } = &self.node;
        let jit = match jitless {
            true => ", without JIT: no WebAssembly, and fetch goes through the host",
            false => "",
        };
        format!("embedded Node {version}, {}{jit}", library.display())
    }
}

fn read_to_end(mut status: File) -> String {
    let mut text = String::new();
    let _ = status.read_to_string(&mut text);
    match text.as_str() {
        "" => "ended".into(),
        _ => text,
    }
}
