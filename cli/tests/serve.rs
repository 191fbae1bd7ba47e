//! `osaurus-bridge serve` as people run it: a process that serves a plugin made in C, and stops on
//! a signal.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use support::assert_fails;

const AGENT: &str = "0123ABCD-0000-4000-8000-00000000BEEF";

fn manifest() -> Value {
    let route = |id: &str, auth: &str| json!({"id": id, "path": format!("/{id}"), "methods": ["GET", "POST"], "auth": auth});
    let web = json!({"static_dir": "web", "entry": "index.html", "mount": "/ui", "auth": "none"});
    let tools = json!([{"id": "log", "description": "logs"}]);
    let routes = [
        route("echo", "owner"),
        route("agent", "none"),
        route("wait", "none"),
    ];
    json!({"plugin_id": "dev.web", "capabilities": {"routes": routes, "tools": tools, "web": web}})
}

/// The plugin of the reference host's web tests, with a page, in a folder of its own.
fn plugin(folder: &Path) -> PathBuf {
    let manifest = format!("#define MANIFEST {}", Value::from(manifest().to_string()));
    let library = support::plugin(
        folder,
        "plugin",
        "reference-host/tests/host/web/probe.c",
        &manifest,
    );
    std::fs::create_dir(folder.join("web")).unwrap();
    std::fs::write(folder.join("web/index.html"), "<head></head>page").unwrap();
    library
}

fn serve(arguments: &[&str]) -> Command {
    support::bridge(&[&["serve"], arguments].concat())
}

/// A running `serve`; killed when the test ends early.
struct Serving {
    process: Child,
    out: BufReader<ChildStdout>,
    said: String,
    address: String,
    folder: tempfile::TempDir,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Serving {
    /// The plugin alone; waits until it says that it serves.
    fn start(more: &[&str]) -> Serving {
        let folder = tempfile::tempdir().unwrap();
        plugin(folder.path());
        Serving::start_in(folder, &[&["plugin.so"], more].concat())
    }

    fn start_in(folder: tempfile::TempDir, arguments: &[&str]) -> Serving {
        let mut process = serve(arguments)
            .args(["--port", "0"])
            .current_dir(folder.path())
            .env("PROBE_DESTROYED", folder.path().join("destroyed"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let mut serving = Serving {
            process,
            out,
            said: String::new(),
            address: String::new(),
            folder,
        };
        let line = serving.wait_for("serving on http://");
        let rest = line.strip_prefix("serving on http://").unwrap();
        serving.address = rest.split(';').next().unwrap().to_string();
        serving
    }

    /// Reads its output up to a line with this text.
    #[track_caller]
    fn wait_for(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self.out.read_line(&mut line).unwrap();
            self.said.push_str(&line);
            assert!(length > 0, "{text:?} never came:\n{}", self.said);
            if line.contains(text) {
                return line.trim_end().to_string();
            }
        }
    }

    /// Sends a request and leaves the answer to be read.
    fn begin(&self, target: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let agent = format!("X-Osaurus-Agent-Id: {AGENT}\r\n");
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\n{agent}{headers}Content-Length: \
             {length}\r\n\r\n"
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
        stream
    }

    fn post(&self, target: &str, headers: &str) -> String {
        read(self.begin(target, headers, ""))
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// Its exit code and everything it said.
    fn finish(&mut self) -> (Option<i32>, String) {
        self.out.read_to_string(&mut self.said).unwrap();
        let code = self.process.wait().unwrap().code();
        (code, std::mem::take(&mut self.said))
    }

    fn destroyed(&self) -> usize {
        let marks = std::fs::read_to_string(self.folder.path().join("destroyed"));
        marks.unwrap_or_default().lines().count()
    }
}

fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn wait_for_file(path: &Path) {
    let until = Instant::now() + Duration::from_secs(120);
    while !path.exists() {
        assert!(Instant::now() < until, "{} never came", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn it_says_where_things_are_serves_them_logs_and_stops_in_order() {
    let mut serving = Serving::start(&["--agents", "alice,bob"]);
    let root = format!("http://{}/plugins/dev.web", serving.address);
    for line in [
        format!("  pages: {root}/ui?osr_agent="),
        format!("  GET POST {root}/echo  (with the owner key)\n"),
        format!("  GET POST {root}/agent\n"),
        "  tools: log\n".to_string(),
        "agent alice: X-Osaurus-Agent-Id: ".to_string(),
        "agent bob: X-Osaurus-Agent-Id: ".to_string(),
    ] {
        assert!(serving.said.contains(&line), "{line} in\n{}", serving.said);
    }
    assert!(serving.post("/plugins/dev.web/agent", "").ends_with(AGENT));
    assert!(serving.post("/plugins/dev.web/ui", "").ends_with("page"));
    let key = serving.said.split("Authorization: ").nth(1).unwrap();
    let key = format!("Authorization: {}\r\n", key.lines().next().unwrap());
    assert!(
        serving
            .post("/plugins/dev.web/echo", &key)
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        serving
            .post("/plugins/dev.web/echo", "")
            .starts_with("HTTP/1.1 401")
    );
    // A client that never sends its body, which the server would wait for for half a minute.
    let mut stalled = TcpStream::connect(&serving.address).unwrap();
    let head = format!(
        "POST /plugins/dev.web/agent HTTP/1.1\r\nHost: localhost\r\nX-Osaurus-Agent-Id: \
         {AGENT}\r\nContent-Length: 9\r\n\r\n"
    );
    stalled.write_all(head.as_bytes()).unwrap();
    let began = Instant::now();
    serving.signal("INT");
    let (code, said) = serving.finish();
    assert_eq!(code, Some(0), "{said}");
    assert!(began.elapsed() < Duration::from_secs(15), "{said}");
    for line in [
        "s [dev.web] POST /plugins/dev.web/agent 200 ",
        "s [Plugin:dev.web] [INFO] agent asked\n",
        "s [dev.web] /host-api/get_active_agent_id 200 ",
        "s [dev.web] POST /plugins/dev.web/echo 401 ",
        "s Ctrl-C: stopping; no more requests are taken (Ctrl-C again quits at once)\n",
        "s dev.web has been shut down\n",
    ] {
        assert!(said.contains(line), "{line} in\n{said}");
    }
    assert!(said.ends_with("s stopped\n"), "{said}");
    assert!(!said.contains('\x1b'), "no colour without a terminal");
    assert_eq!(serving.destroyed(), 1);
}

#[test]
fn sigterm_waits_for_a_running_call() {
    let mut serving = Serving::start(&[]);
    let gate = serving.folder.path().join("gate");
    let waiting = serving.begin("/plugins/dev.web/wait", "", gate.to_str().unwrap());
    wait_for_file(&gate.with_extension("entered"));
    serving.signal("TERM");
    serving.wait_for("SIGTERM: stopping");
    assert_eq!(serving.destroyed(), 0);
    std::fs::write(&gate, "").unwrap();
    assert!(read(waiting).ends_with("waited"));
    let (code, said) = serving.finish();
    assert_eq!((code, serving.destroyed()), (Some(0), 1), "{said}");
}

#[test]
fn a_second_ctrl_c_quits_at_once() {
    let mut serving = Serving::start(&[]);
    let gate = serving.folder.path().join("gate");
    let _waiting = serving.begin("/plugins/dev.web/wait", "", gate.to_str().unwrap());
    wait_for_file(&gate.with_extension("entered"));
    serving.signal("INT");
    serving.wait_for("Ctrl-C: stopping");
    serving.signal("INT");
    assert_eq!((serving.finish().0, serving.destroyed()), (Some(130), 0));
}

#[test]
fn the_owner_key_of_a_run_does_not_outlive_it_even_when_it_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let keys = data.path().join("config/access-keys.json");
    std::fs::create_dir_all(keys.parent().unwrap()).unwrap();
    let rest =
        r#"[{"id":"1","name":"osaurus-bridge serve","agent":null,"created_ms":1,"digest":"00"}]"#;
    std::fs::write(&keys, rest).unwrap();
    let options = ["--data", data.path().to_str().unwrap()];
    let serving = Serving::start(&options);
    assert_eq!(
        std::fs::read_to_string(&keys).unwrap(),
        "[]",
        "of an older version's crash"
    );
    let key = serving.said.split("Authorization: ").nth(1).unwrap();
    let key = format!("Authorization: {}\r\n", key.lines().next().unwrap());
    let status = |serving: &Serving| serving.post("/plugins/dev.web/echo", &key)[9..12].to_string();
    assert_eq!(status(&serving), "200");
    // Killed.
    drop(serving);
    let mut next = Serving::start(&options);
    assert_eq!(status(&next), "401");
    next.signal("INT");
    assert_eq!(next.finish().0, Some(0));
    assert!(data.path().join("secrets.db").exists());
}

#[test]
fn the_profile_reaches_the_host() {
    for (profile, status) in [("documented", "200"), ("actual", "404")] {
        let mut serving = Serving::start(&["--profile", profile]);
        let mut stream = TcpStream::connect(&serving.address).unwrap();
        let head = format!(
            "HEAD /plugins/dev.web/agent HTTP/1.1\r\nHost: localhost\r\nX-Osaurus-Agent-Id: \
             {AGENT}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let answer = read(stream);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{profile}: {answer}"
        );
        serving.signal("INT");
        assert_eq!(serving.finish().0, Some(0));
    }
}

#[test]
fn without_a_library_it_serves_what_is_installed_and_names_what_is_not_approved() {
    let folder = tempfile::tempdir().unwrap();
    let version = folder.path().join("data/Tools/dev.web/1.0.0");
    std::fs::create_dir_all(&version).unwrap();
    let library = plugin(folder.path());
    std::fs::rename(library, version.join("plugin.dylib")).unwrap();
    let mut serving = Serving::start_in(folder, &["--data", "data"]);
    let refused = "dev.web is not loaded: Missing receipt.json - plugin cannot be verified";
    assert!(serving.said.contains(refused), "{}", serving.said);
    serving.signal("INT");
    assert_eq!(serving.finish().0, Some(0));
}

#[test]
fn the_library_in_dist_is_served_with_data_that_are_gone_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let library = plugin(folder.path());
    std::fs::create_dir(folder.path().join("dist")).unwrap();
    std::fs::rename(library, folder.path().join("dist/plugin.so")).unwrap();
    let mut serving = Serving::start_in(folder, &[]);
    let mut lines = serving.said.lines();
    let data = lines.find_map(|line| line.strip_prefix("data: "));
    let data = PathBuf::from(data.unwrap());
    assert!(data.starts_with(std::env::temp_dir()), "{}", data.display());
    serving.signal("INT");
    assert_eq!(serving.finish().0, Some(0));
    assert!(!data.exists(), "{}", data.display());
}

#[test]
fn what_cannot_be_served_is_said_with_a_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let library = plugin(folder.path());
    let library = library.to_str().unwrap();
    let output_of = |arguments: &[&str]| serve(arguments).output().unwrap();
    let missing = output_of(&["nothing.so", "--port", "0"]);
    assert_fails(
        &missing,
        1,
        &[
            "error: nothing.so does not exist",
            "  try: run: osaurus-bridge build",
        ],
    );
    let is_folder = output_of(&[folder.path().to_str().unwrap()]);
    assert_fails(
        &is_folder,
        1,
        &[
            "is a folder, not a plugin library",
            "  try: name the library itself",
        ],
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let busy = output_of(&[library, "--port", &port]);
    assert_fails(
        &busy,
        1,
        &[
            "is in use by another program",
            "  try: --port takes another one, and --port 0 any that is free",
        ],
    );
    let profile = output_of(&[library, "--profile", "real"]);
    assert_fails(
        &profile,
        2,
        &["unknown profile \"real\": expected actual, documented, osaurus-exact or june-2026"],
    );
    let mapped = output_of(&[library, "--map-host", "a.example"]);
    assert_fails(&mapped, 2, &["expected NAME=ADDRESS:PORT"]);
    let empty = folder.path().join("empty");
    let nothing = output_of(&["--data", empty.to_str().unwrap()]);
    let lines = [
        "nothing is installed in ",
        "osaurus-bridge install FILE.zip --consent",
    ];
    assert_fails(&nothing, 1, &lines);
}
