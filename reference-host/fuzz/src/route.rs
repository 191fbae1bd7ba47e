//! Requests for routes and pages, and what a plugin answers to them. Parts: method, path, headers,
//! body, the plugin's answer.

use crate::parts;
use crate::probe::{Stage, is_final_status, locked, take_answer, with};
use osaurus_reference_host::{AgentId, Host, RouteCall};
use serde_json::{Value, json};
use std::sync::{LazyLock, Mutex};

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| {
    let route = |id: &str, path: &str, auth: &str| {
        json!({"id": id, "path": path,
        "methods": ["GET", "POST", "PUT", "HEAD"], "auth": auth,
        "tunnel_exposed": id.len().is_multiple_of(2)})
    };
    let routes = [
        route("exact", "/items", "none"),
        route("param", "/items/:id", "verify"),
        route("params", "/:kind/:id/tail", "owner"),
        route("rest", "/files/*", "none"),
    ];
    let web = json!({"static_dir": "web", "entry": "index.html", "mount": "/app", "auth": "none"});
    let manifest =
        json!({"plugin_id": "fuzz.probe", "capabilities": {"routes": routes, "web": web}});
    Mutex::new(Stage::new(Host::builder(), &manifest))
});

/// The keys that a plugin always finds in a request.
const KEYS: [&str; 11] = [
    "body",
    "body_encoding",
    "headers",
    "method",
    "osaurus",
    "path",
    "path_params",
    "plugin_id",
    "query",
    "remote_addr",
    "route_id",
];

pub fn run(input: &[u8]) {
    let [method, path, headers, body, reply] = parts(input);
    let headers = headers.lines().filter_map(|line| line.split_once(':'));
    let call = RouteCall {
        method,
        path,
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        authorized: body.len().is_multiple_of(2),
        loopback: body.len() % 3 > 0,
        body: body.into_bytes(),
        agent: (!reply.is_empty()).then(|| AgentId::named("alice")),
    };
    let stage = locked(&STAGE);
    let answer = with("fuzz_reply", Some(&reply), || stage.plugin().route(call));
    assert!(is_final_status(answer.status), "{answer:?}");
    if let Some(request) = take_answer() {
        check_request(&request);
    }
}

fn check_request(text: &str) {
    let request: Value = serde_json::from_str(text).expect("a request in JSON");
    let keys: Vec<&String> = request.as_object().expect("an object").keys().collect();
    assert_eq!(keys, KEYS, "{text}");
    let maps = ["headers", "query", "path_params"];
    for map in maps.map(|name| request[name].as_object().expect("an object")) {
        assert!(map.values().all(Value::is_string), "{text}");
    }
    let path = request["path"].as_str().expect("a path");
    assert!(path.starts_with('/') && !path.contains('?'), "{path:?}");
}
