//! Projects that `osaurus-bridge new` makes in languages which compile to the library themselves:
//! each builds, passes its own tests and `check`, answers in the reference host, and a broken one
//! fails its tests. With `--web`, the page and the route that it calls answer there too.

use osaurus_bridge_tests::built;
use osaurus_bridge_tests::compilers::quick_compilers;
use osaurus_bridge_tests::project::text_of;
use osaurus_reference_host::{AgentId, Host};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

fn bridge(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(built("osaurus-bridge"));
    command.args(arguments).current_dir(folder);
    quick_compilers(&mut command)
        .output()
        .expect("osaurus-bridge runs")
}

/// Makes a project, tests it, calls the tool of its library, breaks it and tests again.
fn works_and_notices_a_mistake(language: &str, source: &str, library: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let new_project = bridge(folder.path(), &["new", "hello", "--lang", language]);
    assert!(new_project.status.success(), "{}", text_of(&new_project));
    let project = folder.path().join("hello");
    let tested = bridge(&project, &["test", "--junit", "report.xml"]);
    let text = text_of(&tested);
    assert!(tested.status.success(), "{text}");
    for part in ["build  passed", "tests  passed", "check  passed"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let report = std::fs::read_to_string(project.join("report.xml")).expect("a report");
    assert!(
        report.contains("name=\"entry-symbol-exported\""),
        "{report}"
    );

    let library = library.replace(".so", std::env::consts::DLL_SUFFIX);
    let call = ["invoke", &library, "greet", "{\"name\": \"Ada\"}"];
    let text = text_of(&bridge(&project, &call));
    assert!(text.contains("Hello Ada. (greeting number 1)"), "{text}");

    let source = project.join(source);
    let code = std::fs::read_to_string(&source).expect("the source");
    std::fs::write(&source, code.replace("(\"Hello ", "(\"Bye ")).expect("the source");
    let broken = bridge(&project, &["test", "--no-check"]);
    let text = text_of(&broken);
    assert_eq!(broken.status.code(), Some(1), "{text}");
    for part in ["Bye Ada. (greeting number 1)", "Hello Ada", "tests  FAILED"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_new_plugin_in_c_works_and_its_tests_notice_a_mistake() {
    works_and_notices_a_mistake("c", "main.c", "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_cpp_works_and_its_tests_notice_a_mistake() {
    works_and_notices_a_mistake("cpp", "main.cpp", "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_rust_works_and_its_tests_notice_a_mistake() {
    works_and_notices_a_mistake("rust", "src/lib.rs", "target/release/libhello.so");
}

/// Makes a project with a page, builds it with `command`, and asks a host for what a browser gets.
fn has_a_page_with_its_route(language: &str, command: &str, library: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let new = ["new", "hello", "--lang", language, "--web"];
    let new_project = bridge(folder.path(), &new);
    assert!(new_project.status.success(), "{}", text_of(&new_project));
    let project = folder.path().join("hello");
    let output = bridge(&project, &[command]);
    assert!(output.status.success(), "{}", text_of(&output));

    let host = Host::builder().agents(["ada"]).build();
    let host = host.expect("the host starts");
    let library = library.replace(".so", std::env::consts::DLL_SUFFIX);
    let plugin = host.load(&project.join(library)).expect("the plugin loads");
    let ada = AgentId::named("ada");
    plugin.invoke("greet", "{\"name\": \"Ada\"}", Some(ada));
    let server = host.serve(SocketAddr::from(([127, 0, 0, 1], 0)));
    let server = server.expect("the server starts");
    let key = host.create_access_key_for_this_run("page").expect("a key");
    let who = format!(
        "Authorization: Bearer {}\r\nX-Osaurus-Agent-Id: {ada}",
        key.key
    );
    let get = |path: &str| get(server.address(), &who, path);
    let page = get("/ui/");
    assert!(
        page.contains("/plugins/dev.example.hello/ui/app.js"),
        "{page}"
    );
    let script = get("/ui/app.js");
    assert!(script.contains("window.__osaurus"), "{script}");
    let greetings = get("/api/greetings");
    assert!(greetings.starts_with("HTTP/1.1 200 "), "{greetings}");
    let (_, body) = greetings.split_once("\r\n\r\n").expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body, json!([{"name": "Ada", "times": 1}]));
    drop(server);
    host.shutdown();
}

/// What the plugin's server answers to its owner.
fn get(server: SocketAddr, who: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(server).expect("a connection");
    let request = format!(
        "GET /plugins/dev.example.hello{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         {who}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_new_plugin_in_c_has_a_page_that_gets_the_greetings() {
    has_a_page_with_its_route("c", "test", "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_cpp_has_a_page_that_gets_the_greetings() {
    has_a_page_with_its_route("cpp", "test", "dist/dev.example.hello.so");
}

#[test]
fn a_new_plugin_in_rust_has_a_page_that_gets_the_greetings() {
    has_a_page_with_its_route("rust", "test", "target/release/libhello.so");
}

#[test]
fn a_new_plugin_in_python_has_a_page_that_gets_the_greetings() {
    has_a_page_with_its_route("python", "build", "dist/dev.example.hello.so");
}
