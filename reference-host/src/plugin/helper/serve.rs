//! The helper itself: reads requests from standard input until it ends. Loading happens on the
//! reading thread, so a host call during loading cannot be answered; calls, settings and the end
//! run one after the other on one queue, while the reading thread keeps answering `ping`.

use super::copy::PluginCopy;
use super::link::Link;
use super::protocol::{self, text};
use crate::common::pool::{Pool, SerialQueue};
use crate::host::abi::AbiLevel;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::io::{BufRead, stdin};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a host call of the plugin waits for the host.
const HOST_CALL_WAIT: Duration = Duration::from_secs(30);

type Copied = Arc<Mutex<Option<PluginCopy>>>;

/// Serves until standard input ends or the host asks for the end, then exits the process with
/// status 0.
pub fn serve() -> ! {
    serve_with(HOST_CALL_WAIT)
}

/// [`serve`] with another time for the plugin's host calls to wait for the host; then they get
/// NULL.
pub fn serve_with(host_call_wait: Duration) -> ! {
    run(host_call_wait, AbiLevel::LATEST)
}

/// [`serve`] with the host table of another version. Osaurus' helper always offers the newest.
pub fn serve_as(level: AbiLevel) -> ! {
    run(HOST_CALL_WAIT, level)
}

fn run(host_call_wait: Duration, level: AbiLevel) -> ! {
    let link = Link::open(host_call_wait).unwrap_or_else(|error| {
        eprintln!("error: the helper cannot use its standard output: {error}");
        std::process::exit(1)
    });
    let server = Server {
        link,
        queue: SerialQueue::new(&Pool::default()),
        plugin: Copied::default(),
        level,
    };
    for line in stdin().lock().lines() {
        let Ok(line) = line else { break };
        if let Ok(message) = crate::common::json::parse::<Value>(&line) {
            server.take(&message);
        }
    }
    std::process::exit(0)
}

struct Server {
    link: &'static Link,
    queue: SerialQueue,
    plugin: Copied,
    level: AbiLevel,
}

impl Server {
    fn take(&self, message: &Value) {
        let id = message["id"].clone();
        if let Some(id) = id.as_str() {
            return self.link.answered(id, message);
        }
        let (method, params) = (text(message, "method"), message["params"].clone());
        match method.unwrap_or_default() {
            "load" => self.answer(&id, self.load(&params)),
            "ping" => self.answer(&id, Ok(json!({"pid": std::process::id()}))),
            "shutdown" => self.shut_down(id),
            "invoke" => self.with_plugin(id, params, |plugin, link, params| {
                plugin.invoke(link, params)
            }),
            "config_changed" => self.with_plugin(id, params, |plugin, link, params| {
                plugin.config_changed(link, params);
                Ok(json!({}))
            }),
            other => self.answer(&id, Err(format!("unknown method: {other}"))),
        }
    }

    fn load(&self, params: &Value) -> Result<Value, String> {
        let mut plugin = self.plugin.lock();
        if plugin.is_some() {
            return Err("plugin already loaded".into());
        }
        let path = text(params, "path").ok_or("load needs a path")?;
        let loaded =
            PluginCopy::load(Path::new(path), self.level).map_err(|error| error.to_string())?;
        *plugin = Some(loaded.0);
        Ok(json!({"manifest": loaded.1}))
    }

    fn with_plugin(
        &self,
        id: Value,
        params: Value,
        work: fn(&PluginCopy, &Link, &Value) -> Result<Value, String>,
    ) {
        let (plugin, link) = (Arc::clone(&self.plugin), self.link);
        self.queue.push(move || {
            let plugin = plugin.lock();
            let outcome = plugin
                .as_ref()
                .ok_or_else(|| "no plugin loaded".to_string())
                .and_then(|plugin| work(plugin, link, &params));
            answer(link, &id, outcome);
        });
    }

    fn shut_down(&self, id: Value) {
        let (plugin, link) = (Arc::clone(&self.plugin), self.link);
        self.queue.push(move || {
            let plugin = plugin.lock().take();
            if let Some(plugin) = plugin {
                plugin.destroy();
            }
            answer(link, &id, Ok(json!({})));
            std::process::exit(0);
        });
    }

    fn answer(&self, id: &Value, outcome: Result<Value, String>) {
        answer(self.link, id, outcome);
    }
}

fn answer(link: &Link, id: &Value, outcome: Result<Value, String>) {
    link.send(&match outcome {
        Ok(result) => protocol::result(id, result),
        Err(message) => protocol::error(id, &message),
    });
}
