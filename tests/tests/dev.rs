//! `osaurus-bridge dev` as an author uses it: files are saved, commands are typed, and the console
//! is asked.

use osaurus_bridge_tests::dev::{Dev, PATIENCE};
use osaurus_bridge_tests::project::Project;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

const MAIN: &str = include_str!("../fixtures/console/main.py");

fn project() -> Project {
    with_pages(Project::python("console", MAIN))
}

fn with_pages(project: Project) -> Project {
    project.file("web/index.html", "<!doctype html><title>Guests</title>")
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
fn commands_of_a_pipe_wait_for_the_one_before_and_settings_are_those_that_are_declared() {
    let project = project();
    let mut dev = Dev::start(project.path());
    for line in [
        "set stile=Ahoy",
        "set style=Ahoy",
        "call greet {\"name\": \"Ada\"}",
        "set style=Hey",
        "call greet {\"name\": \"Bob\"}",
        "quit",
    ] {
        dev.say(line);
    }
    dev.wait_for("error: the plugin has no setting \"stile\"; it declares ");
    for line in ["Ahoy Ada.", "style is saved", "Hey Bob.", "quit: stopping"] {
        dev.wait_for(line);
    }
    assert!(dev.process.wait().expect("an end").success());
}

#[test]
fn settings_of_the_command_line_wait_for_the_first_version_that_loads() {
    let project = with_pages(Project::python("console", "def broken(:\n"));
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
fn each_build_replaces_what_is_installed_in_osaurus_folder() {
    let project = project();
    let root = tempfile::tempdir().expect("a folder");
    let variables = [("OSAURUS_TEST_ROOT", root.path())];
    let mut dev = Dev::start_in(project.path(), &["--osaurus"], &variables);
    dev.wait_for("installed in ");
    let plugin = root.path().join("Tools").join(project.id());
    let names = || {
        let entries = std::fs::read_dir(plugin.join("current")).expect("a version");
        let names = entries.map(|entry| entry.expect("a file").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.into_string().expect("a name"))
            .collect();
        names.sort();
        names
    };
    let first = names();
    assert!(first[0].starts_with("dev.test.console_1"), "{first:?}");
    assert_eq!(first[1..], ["web"], "one library, no receipt: {first:?}");
    save(&project, &MAIN.replace("{name}.", "{name}!"));
    dev.wait_for("installed in ");
    let second = names();
    assert_ne!(first[0], second[0]);
    assert_eq!(second.len(), 2, "{second:?}");

    let page = project.path().join("web/index.html");
    std::fs::write(page, "<!doctype html><title>Others</title>").expect("a file");
    dev.wait_for("installed in ");
    let page = std::fs::read_to_string(plugin.join("current/web/index.html"));
    assert!(page.expect("a page").contains("Others"));
    let rest = std::fs::read_dir(root.path().join("Tools")).expect("a folder");
    assert_eq!(rest.count(), 1, "no stage is left");
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
    assert_eq!(status, 200, "{head}");
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

    let pages = state["pages"].as_str().expect("an address");
    let (pages, token) = pages["http://".len()..]
        .split_once("/?token=")
        .expect("a token");
    let page = format!("/plugins/{}/ui", plugin.as_str().expect("an id"));
    assert_eq!(request(pages, "GET", &page, &[], "").0, 401);
    let (status, head) = request(pages, "GET", &format!("/?token={token}&to={page}"), &[], "");
    assert_eq!(status, 200, "{head}");
    assert!(head.contains(&format!("refresh: 0;url={page}")), "{head}");
    let cookie = format!("osaurus_pages={token}");
    let cookie = ("Cookie", cookie.as_str());
    let (status, text) = request(pages, "GET", &page, &[cookie], "");
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("<title>Guests</title>"), "{text}");
    let sent_by_another = [cookie, ("Sec-Fetch-Site", "same-site")];
    assert_eq!(request(pages, "GET", &page, &sent_by_another, "").0, 403);
    let (status, _) = request(pages, "POST", &page, &[cookie, ("Origin", &origin)], "");
    assert_eq!(status, 403, "the console is another page, too");
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
