//! A host with a plugin that has routes and pages, and its server.

use super::client::{Ask, Response};
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const ID: &str = "dev.web";

/// Fields in this order stop the server before the host.
pub struct Site {
    pub server: Server,
    pub host: Host,
    pub plugin: Arc<LoadedPlugin>,
    /// The folder of the library: what Osaurus calls the version folder.
    pub folder: tempfile::TempDir,
}

/// Routes for every kind of access; `/ui` is the mount of the pages.
pub fn web_manifest() -> Value {
    let route = |id: &str, path: &str, auth: &str, exposed: bool| {
        let methods = ["GET", "POST", "PUT"];
        json!({"id": id, "path": path, "methods": methods, "auth": auth, "tunnel_exposed": exposed})
    };
    let routes = json!([
        route("echo", "/echo/:x", "none", true),
        route("say", "/say", "verify", false),
        route("null", "/null", "none", false),
        route("wait", "/wait", "none", false),
        route("agent", "/agent", "none", false),
        route("echo_owner", "/owner", "owner", false),
    ]);
    let tools = ["ok", "fail", "log"].map(|id| json!({"id": id, "description": id}));
    let web =
        json!({"static_dir": "web", "entry": "index.html", "mount": " /ui/ ", "auth": "none"});
    json!({"plugin_id": ID, "capabilities": {"routes": routes, "tools": tools, "web": web}})
}

/// The library, in a folder of its own with these pages below `web`.
pub fn installed(
    manifest: &Value,
    macros: &[&str],
    pages: &[(&str, &[u8])],
) -> (tempfile::TempDir, PathBuf) {
    let text = manifest_macro(manifest);
    let macros: Vec<&str> = macros.iter().copied().chain([text.as_str()]).collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host/web/probe.c");
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("plugin.so");
    std::fs::copy(compiled(&source, &macros), &library).unwrap();
    for (name, content) in pages {
        let path = folder.path().join("web").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    (folder, library)
}

impl Site {
    pub fn new() -> Site {
        Site::with(Host::builder(), &web_manifest())
    }

    pub fn with(builder: HostBuilder, manifest: &Value) -> Site {
        Site::full(builder, manifest, &[], &[])
    }

    pub fn full(
        builder: HostBuilder,
        manifest: &Value,
        macros: &[&str],
        pages: &[(&str, &[u8])],
    ) -> Site {
        let (folder, library) = installed(manifest, macros, pages);
        let host = builder.build().unwrap();
        let plugin = host.load(&library).unwrap();
        let server = host.serve("127.0.0.1:0".parse().unwrap()).unwrap();
        Site {
            server,
            host,
            plugin,
            folder,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// A request below the plugin's prefix, in Alice's name.
    pub fn ask(&self, method: &str, subpath: &str) -> Ask {
        Ask::new(method, &format!("/plugins/{ID}{subpath}")).agent(alice().unwrap())
    }

    pub fn get(&self, subpath: &str) -> Response {
        self.send(&self.ask("GET", subpath))
    }

    pub fn send(&self, ask: &Ask) -> Response {
        ask.send(self.address())
    }

    /// What the plugin got.
    #[track_caller]
    pub fn echoed(&self, ask: &Ask) -> Value {
        let response = self.send(ask);
        assert_eq!(response.status, 200, "{}", response.text());
        serde_json::from_slice(&response.body).unwrap()
    }

    /// Lets the plugin answer with exactly this text.
    pub fn say(&self, answer: &str) -> Response {
        self.send(&self.ask("POST", "/say").body(answer))
    }

    /// The newest record that a query finds, which may take a moment to appear.
    #[track_caller]
    pub fn record(&self, query: &ActivityQuery) -> CallRecord {
        eventually("a record", || self.host.records(query).pop())
    }

    /// The newest request's notes.
    pub fn notes(&self) -> Vec<String> {
        self.record(&ActivityQuery::new().kind(CallKind::Request))
            .notes
    }
}

/// Waits until there is something.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "{what} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a file is there.
#[track_caller]
pub fn wait_for_file(path: &Path) {
    eventually(&path.display().to_string(), || path.exists().then_some(()));
}
