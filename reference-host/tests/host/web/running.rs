//! The server itself: where it listens, how it stops, and routes without one.

use super::client::{Ask, Response};
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::Value;
use std::net::TcpStream;

#[test]
fn only_this_machine_is_served() {
    let host = Host::builder().build().unwrap();
    let error = host.serve("0.0.0.0:0".parse().unwrap()).unwrap_err();
    let text = "0.0.0.0:0 cannot be served: plugin routes are for this machine only; use 127.0.0.1";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_port_that_is_taken_is_an_error_with_a_next_step() {
    let host = Host::builder().build().unwrap();
    let first = host.serve("127.0.0.1:0".parse().unwrap()).unwrap();
    let text = host.serve(first.address()).unwrap_err().to_string();
    let start = format!("cannot listen on {}: ", first.address());
    assert!(text.starts_with(&start), "{text}");
    assert!(
        text.ends_with("choose another port, or 0 for any free one"),
        "{text}"
    );
}

#[test]
fn stopping_waits_for_answers_and_takes_no_more_requests() {
    let site = Site::new();
    let gate = site.folder.path().join("gate");
    let address = site.address();
    let idle = TcpStream::connect(address).unwrap();
    let waiting = site
        .ask("POST", "/wait")
        .body(gate.to_str().unwrap())
        .begin(address);
    wait_for_file(&gate.with_extension("entered"));
    let Site {
        server,
        host,
        plugin,
        ..
    } = site;
    let stopping = std::thread::spawn(move || server.stop());
    eventually("the listener's end", || {
        TcpStream::connect(address).is_err().then_some(())
    });
    assert!(!stopping.is_finished(), "a call still runs");
    std::fs::write(&gate, "").unwrap();
    assert_eq!(Response::read(waiting).text(), "waited");
    stopping.join().unwrap();
    drop((idle, plugin, host));
}

#[test]
fn without_a_server_the_configured_port_is_given() {
    let host = Host::builder().port(4321).build().unwrap();
    let (_folder, library) = installed(&web_manifest(), &[], &[]);
    let plugin = host.load(&library).unwrap();
    let answer = plugin.route(RouteCall::new("get", "/echo/1?x=1", alice()).header("X-One", "1"));
    let request: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(request["osaurus"]["base_url"], "http://127.0.0.1:4321");
    assert_eq!(
        (&request["method"], &request["query"]["x"]),
        (&"GET".into(), &"1".into())
    );
    let headers = request["headers"].as_object().unwrap();
    assert_eq!((headers.len(), &headers["x-one"]), (2, &"1".into()));
    assert_eq!(headers["x-osaurus-agent-id"], alice().unwrap().to_string());
}

#[test]
fn a_call_without_a_server_is_refused_as_the_server_would() {
    let host = Host::builder().build().unwrap();
    let (_folder, library) = installed(&web_manifest(), &[], &[("index.html", b"index")]);
    let plugin = host.load(&library).unwrap();
    let call = |path: &str| RouteCall::new("GET", path, alice());
    let status = |call: RouteCall| plugin.route(call).status;
    assert_eq!(status(call("/../x")), 400);
    assert_eq!(
        status(RouteCall {
            agent: None,
            ..call("/echo/1")
        }),
        401
    );
    assert_eq!(
        status(RouteCall {
            authorized: false,
            ..call("/owner")
        }),
        401
    );
    assert_eq!(status(call("/owner")), 200);
    assert_eq!(
        status(RouteCall {
            loopback: false,
            ..call("/agent")
        }),
        404
    );
    assert_eq!(plugin.route(call("/ui")).text(), "index");
}

#[test]
fn many_clients_at_once_get_their_own_answers() {
    let site = Site::new();
    let ask =
        |number: usize| Ask::get(&format!("/plugins/{ID}/echo/{number}")).agent(alice().unwrap());
    let streams: Vec<TcpStream> = (0..60)
        .map(|number| ask(number).begin(site.address()))
        .collect();
    for (number, stream) in streams.into_iter().enumerate() {
        let request: Value = serde_json::from_slice(&Response::read(stream).body).unwrap();
        assert_eq!(request["path_params"]["x"], number.to_string());
    }
}
