//! The dev proxy against a small server of the tests' own.

use super::site::*;
use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::{Value, json};
use std::net::TcpListener;

const PAGE: &str = "<head></head>dev";

fn proxied(site: &Site, plugin: &str, target: &str) {
    set(
        site,
        &json!({"plugin_id": plugin, "web_proxy": target}).to_string(),
    );
}

fn set(site: &Site, text: &str) {
    let folder = site.host.data_dir().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("dev-proxy.json"), text).unwrap();
}

fn site() -> Site {
    Site::full(
        Host::builder(),
        &web_manifest(),
        &[],
        &[("index.html", b"file")],
    )
}

fn html_server() -> (Server, String) {
    let head = "Content-Type: text/html; charset=utf-8\r\nX-Dev: 1\r\nSet-Cookie: a=b\r\n";
    let server = Server::start(move |_| respond("200 OK", head, PAGE));
    let url = format!("http://{}", server.address);
    (server, url)
}

#[test]
fn the_setting_is_read_for_every_request_and_for_its_plugin_alone() {
    let site = site();
    let (_server, url) = html_server();
    assert_eq!(site.get("/ui").text(), "file");
    proxied(&site, ID, &url);
    assert!(site.get("/ui").text().ends_with("dev"));
    proxied(&site, "dev.other", &url);
    assert_eq!(site.get("/ui").text(), "file");
    set(&site, "{not json");
    assert_eq!(site.get("/ui").text(), "file");
}

#[test]
fn html_is_injected_and_only_the_type_of_its_headers_comes_through() {
    let site = site();
    let (_server, url) = html_server();
    proxied(&site, ID, &url);
    let response = site.get("/ui/");
    assert!(
        response.text().contains("window.__osaurus"),
        "{}",
        response.text()
    );
    assert_eq!(response.one("content-type"), "text/html; charset=utf-8");
    assert_eq!(response.one("access-control-allow-origin"), "*");
    assert_eq!(response.headers.len(), 4, "{:?}", response.headers);
}

#[test]
fn status_and_other_bodies_pass_as_they_are() {
    let site = site();
    let server = Server::start(|_| respond("404 Not Found", "", PAGE));
    proxied(&site, ID, &format!("http://{}", server.address));
    let response = site.get("/ui/x");
    assert_eq!((response.status, response.text().as_str()), (404, PAGE));
    assert_eq!(response.one("content-type"), "application/octet-stream");
}

#[test]
fn method_body_and_most_headers_go_on_and_the_query_does_not() {
    let site = site();
    let (server, url) = html_server();
    proxied(&site, ID, &format!("{url}/base//"));
    let ask = site
        .ask("POST", "/ui/a%20b?t=1")
        .header("Authorization", "Bearer x");
    site.send(
        &ask.header("X-Mine", "yes")
            .header("Accept", "text/html")
            .body("sent"),
    );
    site.get("/ui");
    let requests = server.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("POST", "/base/a%20b")
    );
    assert_eq!(
        (requests[0].body.as_str(), requests[0].header("x-mine")),
        ("sent", Some("yes"))
    );
    assert_eq!(requests[0].header("accept"), Some("text/html"));
    let own = server.address.to_string();
    assert_eq!(requests[0].header("host"), Some(own.as_str()));
    for dropped in ["authorization", "x-osaurus-agent-id"] {
        assert_eq!(requests[0].header(dropped), None, "{dropped}");
    }
    assert_eq!(
        (requests[1].method.as_str(), requests[1].path.as_str()),
        ("GET", "/base/")
    );
    assert_eq!(requests[1].body, "");
}

#[test]
fn it_serves_the_mount_and_not_the_routes() {
    let site = site();
    let (server, url) = html_server();
    proxied(&site, ID, &url);
    let echoed: Value = serde_json::from_slice(&site.get("/echo/1").body).unwrap();
    assert_eq!(echoed["route_id"], "echo");
    assert!(server.requests().is_empty());
}

#[test]
fn failures_are_bad_gateways_that_say_which() {
    let site = site();
    let refused = |target: &str| {
        proxied(&site, ID, target);
        let response = site.get("/ui");
        assert_eq!(response.status, 502);
        response.message()
    };
    assert_eq!(refused("not a url"), "Invalid proxy URL");
    assert_eq!(refused("ftp://127.0.0.1"), "Invalid proxy URL");
    // Nothing listens on port 1.
    let unreachable = refused("http://127.0.0.1:1");
    assert!(
        unreachable.starts_with("Dev server unreachable: "),
        "{unreachable}"
    );
    let babbling = Server::start(|_| vec!["this is not HTTP\r\n\r\n".into()]);
    assert_eq!(
        refused(&format!("http://{}", babbling.address)),
        "Invalid response from dev server"
    );
}

#[test]
fn a_server_that_is_silent_for_ten_seconds_is_unreachable() {
    let site = site();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    proxied(
        &site,
        ID,
        &format!("http://{}", silent.local_addr().unwrap()),
    );
    let start = std::time::Instant::now();
    let response = site.get("/ui");
    assert_eq!(response.status, 502);
    assert!(
        response.message().starts_with("Dev server unreachable: "),
        "{}",
        response.message()
    );
    assert!(start.elapsed() >= std::time::Duration::from_secs(10));
}

#[test]
fn the_tunnel_and_owner_rules_hold_for_the_proxy_too() {
    let mut manifest = web_manifest();
    manifest["capabilities"]["web"]["auth"] = json!("owner");
    let site = Site::full(Host::builder(), &manifest, &[], &[]);
    let (server, url) = html_server();
    proxied(&site, ID, &url);
    let relayed = site.ask("GET", "/ui").header("X-Osaurus-Relay-Origin", "1");
    assert_eq!(site.send(&relayed).status, 404);
    assert_eq!(site.get("/ui").status, 401);
    assert!(server.requests().is_empty());
    assert_eq!(
        site.send(&site.ask("GET", "/ui").agent(bob().unwrap()))
            .status,
        401
    );
}
