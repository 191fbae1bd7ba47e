//! Routes: the order of refusals, what the plugin sees, and what becomes of its answers.

use crate::support::*;
use osaurus_reference_host::{Host, RouteCall};
use serde_json::{Value, json};
use std::time::Duration;

fn routed(
    builder: osaurus_reference_host::HostBuilder,
    extra: &[&str],
) -> (Host, std::sync::Arc<osaurus_reference_host::LoadedPlugin>) {
    let route = |id: &str, auth: &str| json!({"id": id, "path": format!("/{id}/:x"), "methods": ["GET", "POST"], "auth": auth, "tunnel_exposed": id == "echo"});
    let mut manifest = manifest("dev.probe");
    manifest["capabilities"]["routes"] = json!([
        route("echo", "none"),
        route("bad", "owner"),
        route("slow", "verify"),
        route("binary", "owner")
    ]);
    let host = builder.build().unwrap();
    let text = manifest_macro(&manifest);
    let macros: Vec<&str> = ["WITH_V2", text.as_str()]
        .into_iter()
        .chain(extra.iter().copied())
        .collect();
    let plugin = host.load(&probe(&macros)).unwrap();
    (host, plugin)
}

#[test]
fn the_plugin_gets_a_full_canonical_request() {
    let (_host, plugin) = routed(Host::builder().port(4321), &[]);
    let call = RouteCall::new("post", "/echo/a%20b?q=1&q=2", alice())
        .header("X-One", "1")
        .body("say \"hi\"");
    let answer = plugin.route(call);
    assert_eq!(answer.status, 200);
    let request: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(
        request,
        json!({
            "body": "say \"hi\"", "body_encoding": "utf8",
            "headers": {"x-one": "1", "x-osaurus-agent-id": alice().unwrap().to_string()},
            "method": "POST",
            "osaurus": {"agent_address": "", "base_url": "http://127.0.0.1:4321", "plugin_url": "http://127.0.0.1:4321/plugins/dev.probe"},
            "path": "/echo/a%20b", "path_params": {"x": "a b"}, "plugin_id": "dev.probe", "query": {"q": "2"},
            "remote_addr": "", "route_id": "echo",
        })
    );
    let keys: Vec<&String> = request.as_object().unwrap().keys().collect();
    assert!(keys.is_sorted(), "{keys:?}");
}

#[test]
fn refusals_come_in_order_with_their_status() {
    let (_host, plugin) = routed(Host::builder().route_limit(Duration::from_millis(100)), &[]);
    let status = |call: RouteCall| {
        let answer = plugin.route(call);
        (answer.status, answer.text())
    };
    let get = |path: &str| RouteCall::new("GET", path, alice());
    assert_eq!(
        status(get("/../x")),
        (400, r#"{"error":{"message":"Invalid path"}}"#.into())
    );
    assert_eq!(
        status(RouteCall {
            agent: None,
            ..get("/echo/1")
        })
        .0,
        401
    );
    assert_eq!(
        status(RouteCall {
            agent: None,
            ..get(&format!("/echo/1?osr_agent={}", alice().unwrap()))
        })
        .0,
        200
    );
    assert_eq!(status(get("/none/1")).0, 404);
    assert_eq!(status(RouteCall::new("DELETE", "/echo/1", alice())).0, 404);
    assert_eq!(
        status(RouteCall {
            loopback: false,
            ..get("/slow/1")
        })
        .0,
        404
    );
    assert_eq!(
        status(RouteCall {
            loopback: false,
            ..get("/echo/1")
        })
        .0,
        200
    );
    assert_eq!(
        status(RouteCall {
            authorized: false,
            ..get("/bad/1")
        })
        .0,
        401
    );
    assert_eq!(
        status(get("/bad/1")),
        (
            500,
            r#"{"error":{"message":"Invalid plugin response"}}"#.into()
        )
    );
    let slow = status(get("/slow/1"));
    assert_eq!(
        slow,
        (
            500,
            r#"{"error":{"message":"Plugin error: Plugin route handler timed out after 0s"}}"#
                .into()
        )
    );
    let binary = plugin.route(get("/binary/1"));
    assert_eq!(
        (binary.status, binary.body.as_slice()),
        (201, &[0u8, 0xff][..])
    );
    assert_eq!(binary.headers["X-A"], "b");
    let limited = (0..120)
        .filter(|_| plugin.route(get("/echo/1")).status == 429)
        .count();
    assert!(
        (18..=25).contains(&limited),
        "100 at once, and a few refilled: {limited}"
    );
    assert_eq!(
        plugin.route(get("/binary/1")).status,
        201,
        "owner routes have no limit"
    );
}
