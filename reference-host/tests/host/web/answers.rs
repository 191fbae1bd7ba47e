//! What becomes of a plugin's answer, HEAD and time limits included.

use super::client::{Ask, Response};
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn status_headers_and_body_are_passed_on_with_length_and_close() {
    let site = Site::new();
    let response =
        site.say(r#"{"status":418,"headers":{"X-A":"b","Content-Type":"text/tea"},"body":"pot"}"#);
    assert_eq!((response.status, response.text().as_str()), (418, "pot"));
    assert_eq!(response.one("x-a"), "b");
    assert_eq!(response.one("content-type"), "text/tea");
    assert_eq!(response.one("content-length"), "3");
    assert_eq!(response.one("connection"), "close");
}

#[test]
fn there_is_no_default_content_type_and_a_missing_body_is_empty() {
    let response = Site::new().say(r#"{"status":200,"unknown":{"x":1}}"#);
    assert_eq!((response.status, response.body.len()), (200, 0));
    let names: BTreeSet<&str> = response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, BTreeSet::from(["connection", "content-length"]));
}

#[test]
fn base64_bodies_are_decoded_and_any_other_encoding_is_text() {
    let site = Site::new();
    let response_with = |body: &str, encoding: &str| {
        let answer = json!({"status": 200, "body": body, "body_encoding": encoding});
        site.say(&answer.to_string())
    };
    assert_eq!(response_with("AP8=", "base64").body, [0, 0xff]);
    assert_eq!(response_with("AP8=", "BASE64").text(), "AP8=");
    assert_eq!(response_with("AP8=", "utf8").text(), "AP8=");
    for broken in ["AP8", "A P8=", "AP8=!"] {
        let response = response_with(broken, "base64");
        let message =
            "Plugin response declared body_encoding=base64 but the body is not valid base64.";
        assert_eq!(
            (response.status, response.message().as_str()),
            (502, message),
            "{broken}"
        );
    }
}

#[test]
fn what_is_not_an_answer_is_invalid() {
    let site = Site::new();
    for answer in [
        "not json",
        "[]",
        r#"{"body":"no status"}"#,
        r#"{"status":"200"}"#,
        r#"{"status":200,"headers":{"X-Count":1}}"#,
        r#"{"status":200,"headers":["X-A"]}"#,
        r#"{"status":200,"body":{"a":1}}"#,
        r#"{"status":200,"headers":{"X A":"b"}}"#,
    ] {
        let response = site.say(answer);
        assert_eq!(
            (response.status, response.message().as_str()),
            (500, "Invalid plugin response"),
            "{answer}"
        );
        assert_eq!(site.notes().len(), 1, "the record says why: {answer}");
    }
}

#[test]
fn a_status_of_three_digits_from_200_is_passed_on_and_any_other_is_not_an_answer() {
    let site = Site::new();
    for status in [200, 204, 299, 304, 418, 599, 600, 752, 999] {
        let response = site.say(&json!({"status": status, "body": "x"}).to_string());
        assert_eq!(response.status, status);
    }
    // HTTP ends no exchange with an interim status, and a status line has three digits.
    for status in [
        "-1", "0", "99", "100", "101", "103", "199", "1000", "65736", "200.5", "null",
    ] {
        let response = site.say(&format!("{{\"status\":{status}}}"));
        let expected = (500, "Invalid plugin response");
        assert_eq!(
            (response.status, response.message().as_str()),
            expected,
            "{status}"
        );
        assert_eq!(site.notes().len(), 1, "the record says why: {status}");
    }
}

#[test]
fn headers_of_the_connection_are_left_to_the_server() {
    let site = Site::new();
    let response = site.say(
        r#"{"status":200,"headers":{"Content-Length":"999","Connection":"keep-alive"},"body":"x"}"#,
    );
    assert_eq!(
        (response.one("content-length"), response.one("connection")),
        ("1", "close")
    );
    let notes = site.notes();
    assert!(
        notes
            .iter()
            .all(|note| note.starts_with("stricter than Osaurus: header")),
        "{notes:?}"
    );
    assert_eq!(notes.len(), 2);
}

#[test]
fn a_plugins_own_cors_header_is_kept_beside_the_hosts() {
    let site = Site::with(Host::builder().allow_origins(["*"]), &web_manifest());
    let response =
        site.say(r#"{"status":200,"headers":{"Access-Control-Allow-Origin":"https://me"}}"#);
    assert_eq!(
        response.all("access-control-allow-origin"),
        ["*", "https://me"]
    );
}

fn with_head(methods: &[&str]) -> serde_json::Value {
    json!({"plugin_id": ID, "capabilities": {"routes": [
        {"id": "echo", "path": "/x", "methods": methods, "auth": "none"}
    ]}})
}

#[test]
fn head_needs_a_route_of_its_own_and_gets_a_body() {
    let site = Site::with(Host::builder(), &with_head(&["GET"]));
    assert_eq!(site.send(&site.ask("HEAD", "/x")).status, 404);
    assert_eq!(
        site.record(&ActivityQuery::new().noted("Q22")).quirks(),
        [22]
    );
    let site = Site::with(Host::builder(), &with_head(&["GET", "HEAD"]));
    let response = site.send(&site.ask("HEAD", "/x"));
    assert!(
        response.text().contains(r#""method":"HEAD""#),
        "{}",
        response.text()
    );
    assert_eq!(
        response.one("content-length"),
        response.body.len().to_string()
    );
}

#[test]
fn in_the_documents_head_is_like_get_without_a_body() {
    let documented = || Host::builder().profile(Profile::Documented);
    for methods in [&["GET"][..], &["GET", "HEAD"]] {
        let site = Site::with(documented(), &with_head(methods));
        let response = site.send(&site.ask("HEAD", "/x"));
        assert_eq!(
            (response.status, response.body.len()),
            (200, 0),
            "{methods:?}"
        );
    }
    let site = Site::with(documented(), &with_head(&["GET"]));
    site.send(&site.ask("HEAD", "/x"));
    assert_eq!(
        site.record(&ActivityQuery::new().noted("Q22")).quirks(),
        [22]
    );
}

#[test]
fn after_the_limit_the_client_is_answered_while_the_call_runs_on() {
    let site = Site::with(
        Host::builder().route_limit(Duration::from_secs(1)),
        &web_manifest(),
    );
    let gate = site.folder.path().join("gate");
    let response = site.send(&site.ask("POST", "/wait").body(gate.to_str().unwrap()));
    let message = "Plugin error: Plugin route handler timed out after 1s";
    assert_eq!(
        (response.status, response.message().as_str()),
        (500, message)
    );
    assert!(
        !gate.with_extension("left").exists(),
        "the call is still in the plugin"
    );
    // The record counts from the call's own start, which a busy machine may put off.
    wait_for_file(&gate.with_extension("entered"));
    std::thread::sleep(Duration::from_millis(1100));
    std::fs::write(&gate, "").unwrap();
    wait_for_file(&gate.with_extension("left"));
    let call = site.record(&ActivityQuery::new().slot("handle_route"));
    assert_eq!(call.notes, ["the host had stopped waiting after 1s"]);
}

#[test]
fn the_limit_is_thirty_seconds() {
    let site = Site::new();
    let gate = site.folder.path().join("gate");
    let start = std::time::Instant::now();
    let response = site.send(&site.ask("POST", "/wait").body(gate.to_str().unwrap()));
    std::fs::write(&gate, "").unwrap();
    let message = "Plugin error: Plugin route handler timed out after 30s";
    assert_eq!(
        (response.status, response.message().as_str()),
        (500, message)
    );
    assert!(start.elapsed() >= Duration::from_secs(30));
}

#[test]
fn a_client_that_goes_away_ends_the_waiting_and_not_the_call() {
    let site = Site::new();
    let gate = site.folder.path().join("gate");
    let stream = site
        .ask("POST", "/wait")
        .body(gate.to_str().unwrap())
        .begin(site.address());
    wait_for_file(&gate.with_extension("entered"));
    drop(stream);
    let record = site.record(&ActivityQuery::new().kind(CallKind::Request));
    assert_eq!(record.status, 499);
    assert!(!gate.with_extension("left").exists());
    std::fs::write(&gate, "").unwrap();
    let call = site.record(&ActivityQuery::new().slot("handle_route"));
    assert_eq!((call.status, call.notes.len()), (200, 0));
}

#[test]
fn routes_of_one_plugin_run_at_the_same_time() {
    let site = Site::new();
    let gate = |name: &str| site.folder.path().join(name);
    let ask = |name: &str| site.ask("POST", "/wait").body(gate(name).to_str().unwrap());
    let (one, two) = (
        ask("one").begin(site.address()),
        ask("two").begin(site.address()),
    );
    wait_for_file(&gate("one.entered"));
    wait_for_file(&gate("two.entered"));
    std::fs::write(gate("two"), "").unwrap();
    assert_eq!(Response::read(two).text(), "waited");
    std::fs::write(gate("one"), "").unwrap();
    assert_eq!(Response::read(one).text(), "waited");
}

#[test]
fn a_connection_serves_one_request() {
    let site = Site::new();
    let target = format!("/plugins/{ID}/echo/1");
    let ask = Ask::get(&target)
        .agent(alice().unwrap())
        .header("Connection", "keep-alive");
    let mut stream = ask.begin(site.address());
    std::io::Write::write_all(
        &mut stream,
        b"GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .unwrap();
    let response = Response::read(stream);
    assert_eq!(
        response.one("content-length"),
        response.body.len().to_string(),
        "nothing follows"
    );
}
