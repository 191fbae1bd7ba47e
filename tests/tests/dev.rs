//! `osaurus-bridge dev` as an author uses it: files are saved, commands are typed, and the console
//! is asked.

use osaurus_bridge_tests::built;
use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::pythons;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Nothing here takes so long; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

const MAIN: &str = include_str!("../fixtures/console/main.py");

/// A running `dev`.
struct Dev {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Dev {
    fn start(project: &Path) -> Dev {
        Dev::start_with(project, &[])
    }

    fn start_with(project: &Path, options: &[&str]) -> Dev {
        let mut command = Command::new(built("osaurus-bridge"));
        command
            .args(["dev", "--port", "0"])
            .args(options)
            .arg(project);
        command.env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable);
        let process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut process = process.spawn().expect("osaurus-bridge starts");
        let output = process.stdout.take().expect("its output");
        let input = process.stdin.take().expect("its input");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines
                .take_while(|line| sender.send(line.clone()).is_ok())
                .for_each(drop);
        });
        Dev {
            process,
            input,
            lines,
            seen: Vec::new(),
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("dev reads");
    }

    /// The next line that has this.
    fn wait_for(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line =
                line.unwrap_or_else(|_| panic!("no line with {part:?} after {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }
}

fn project() -> Project {
    Project::python("console", MAIN)
}

fn save(project: &Project, text: &str) {
    std::fs::write(project.path().join("main.py"), text).expect("a written file");
}

#[test]
fn a_saved_edit_is_there_for_the_next_call_and_a_broken_one_leaves_the_last_good_version() {
    let project = project();
    let mut dev = Dev::start(project.path());
    dev.wait_for("loaded in");
    dev.say("set style=Good morning");
    dev.wait_for("style is saved for you");
    dev.say("call greet {\"name\": \"Ada\"}");
    dev.wait_for("Good morning Ada.");

    save(&project, &MAIN.replace("{name}.", "{name}!"));
    dev.wait_for("reloaded in");
    dev.say("call greet {\"name\": \"Ada\"}");
    dev.wait_for("Good morning Ada!");

    save(
        &project,
        &MAIN.replace(
            "def greet(ctx: Context, name: str",
            "def greet(ctx: Context, name str",
        ),
    );
    dev.wait_for("main.py:10: SyntaxError");
    dev.say("call greet {\"name\": \"Bob\"}");
    dev.wait_for("Good morning Bob!");

    save(&project, &MAIN.replace("{name}.", "{name}?"));
    dev.wait_for("reloaded in");
    dev.say("call greet {\"name\": \"Bob\"}");
    dev.wait_for("Good morning Bob?");
    dev.say("quit");
    dev.wait_for("stopped");
    assert!(dev.process.wait().expect("an end").success());
}

#[test]
fn settings_of_the_command_line_wait_for_the_first_version_that_loads() {
    let project = Project::python("console", "def broken(:\n");
    let mut dev = Dev::start_with(project.path(), &["--config", "style=Ahoy"]);
    dev.wait_for("SyntaxError");
    save(&project, MAIN);
    dev.wait_for("loaded in");
    dev.say("call greet {\"name\": \"Ada\"}");
    dev.wait_for("Ahoy Ada.");
}

#[test]
fn a_file_in_a_new_folder_is_seen_and_a_wrong_command_says_what_was_meant() {
    let project = project();
    let mut dev = Dev::start(project.path());
    dev.wait_for("loaded in");
    let folder = project.path().join("words");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("__init__.py"), "NAME = 'one'\n").expect("a file");
    dev.wait_for("reloaded in");
    std::fs::write(folder.join("__init__.py"), "NAME = 'two'\n").expect("a file");
    dev.wait_for("reloaded in");
    dev.say("call gret {}");
    dev.wait_for("error: the plugin has no tool \"gret\"; it has greet");
    dev.wait_for("try: did you mean greet?");
    dev.say("event 0123ABCD-0000-4000-8000-00000000BEEF 0");
    dev.wait_for("heard started");
}

#[test]
fn the_console_calls_a_tool_only_with_the_token_of_this_run() {
    let project = project();
    let mut dev = Dev::start(project.path());
    let line = dev.wait_for("console: ");
    let url = line.split_once("http://").expect("an address").1;
    let (address, token) = url.split_once("/?token=").expect("a token");
    dev.wait_for("loaded in");

    let (status, _) = request(address, "GET", "/api/state", &[], "");
    assert_eq!(status, 401);
    let (status, head) = request(address, "GET", &format!("/?token={token}"), &[], "");
    assert_eq!(status, 303, "{head}");
    let cookie = format!("osaurus_console={token}");
    let origin = format!("http://{address}");
    let ours = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    let elsewhere = [
        ("Cookie", cookie.as_str()),
        ("Origin", "http://evil.example"),
    ];
    assert_eq!(request(address, "GET", "/api/state", &elsewhere, "").0, 403);
    let rebound = [("Cookie", cookie.as_str()), ("Host", "evil.example")];
    assert_eq!(request(address, "GET", "/api/state", &rebound, "").0, 403);

    let (status, state) = request(address, "GET", "/api/state", &ours, "");
    assert_eq!(status, 200, "{state}");
    let state: Value = serde_json::from_str(&state).expect("JSON");
    let (plugin, agent) = (&state["plugins"][0]["id"], &state["agents"][0]["id"]);
    let body = serde_json::json!({"plugin": plugin, "agent": agent, "tool": "greet", "arguments": {"name": "Ada"}});
    assert_eq!(
        request(
            address,
            "POST",
            "/api/call",
            &[("Cookie", &cookie)],
            &body.to_string()
        )
        .0,
        403
    );
    let (status, answer) = request(address, "POST", "/api/call", &ours, &body.to_string());
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("Hello Ada."), "{answer}");
}

/// One request; its status, and its head or its body.
fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time limit");
    let named = |name: &str| headers.iter().any(|(header, _)| *header == name);
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
    );
    if !named("Host") {
        text += &format!("Host: {address}\r\n");
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream
        .write_all(text.as_bytes())
        .expect("a written request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or_default();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (
        status,
        if body.is_empty() {
            head.to_owned()
        } else {
            body.to_owned()
        },
    )
}
