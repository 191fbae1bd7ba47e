//! Where requests may come from: this machine, the tunnel, and no page of a web site that a browser
//! here has open.

use super::client::{Ask, Response};
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;

const TUNNEL: &str = "https://bot.example.com";

/// A GET of an open route with these headers and no others but the agent's.
fn get(site: &Site, subpath: &str, headers: &[(&str, &str)]) -> Response {
    let ask = Ask::bare("GET", &format!("/plugins/{ID}{subpath}")).agent(alice().unwrap());
    let ask = headers
        .iter()
        .fold(ask, |ask, (name, value)| ask.header(name, value));
    site.send(&ask)
}

#[test]
fn a_name_that_was_made_to_mean_this_machine_is_refused() {
    let site = Site::new();
    for host in [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1:99",
        "[::1]:5",
        "plugin.localhost",
    ] {
        assert_eq!(
            get(&site, "/agent", &[("Host", host)]).status,
            200,
            "{host}"
        );
    }
    assert_eq!(
        get(&site, "/agent", &[]).status,
        200,
        "no browser leaves it out"
    );
    for host in [
        "evil.example",
        "evil.example:1338",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "",
    ] {
        let response = get(&site, "/agent", &[("Host", host)]);
        assert_eq!(response.status, 403, "{host}");
        let text = format!(
            "The Host header names '{}'",
            host.split(':').next().unwrap()
        );
        assert!(
            response.message().starts_with(&text),
            "{}",
            response.message()
        );
    }
    let absolute = Ask::bare("GET", "http://evil.example/plugins/dev.web/agent");
    let absolute = absolute.header("Host", "localhost").agent(alice().unwrap());
    assert_eq!(site.send(&absolute).status, 403);
    let options = Ask::bare("OPTIONS", "/elsewhere").header("Host", "evil.example");
    assert_eq!(site.send(&options).status, 403);
    assert_eq!(
        site.notes(),
        ["stricter than Osaurus: refused by the Host header (DNS rebinding)"]
    );
}

#[test]
fn a_page_of_another_site_is_refused_unless_its_origin_is_allowed() {
    let site = Site::with(
        Host::builder().allow_origins(["https://app.example"]),
        &web_manifest(),
    );
    let here = ("Host", "localhost");
    for origin in [
        "http://localhost:5173",
        "http://127.0.0.1:1338",
        "http://[::1]:3",
        "https://app.example",
    ] {
        assert_eq!(
            get(&site, "/agent", &[here, ("Origin", origin)]).status,
            200,
            "{origin}"
        );
    }
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.evil.example",
        "file://",
    ] {
        let response = get(&site, "/agent", &[here, ("Origin", origin)]);
        let text = format!("Pages of {origin} may not call this server");
        assert_eq!(
            (response.status, response.message().starts_with(&text)),
            (403, true),
            "{origin}"
        );
    }
    let of_browser = |mode: &str| {
        get(
            &site,
            "/agent",
            &[
                here,
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Mode", mode),
            ],
        )
    };
    assert_eq!(
        of_browser("no-cors").status,
        403,
        "an image of another page"
    );
    assert_eq!(
        of_browser("navigate").status,
        200,
        "a link, such as the end of a login"
    );
    let all = Site::with(Host::builder().allow_origins(["*"]), &web_manifest());
    assert_eq!(
        get(&all, "/agent", &[here, ("Origin", "https://evil.example")]).status,
        200
    );
}

#[test]
fn the_exact_profile_looks_at_neither_as_osaurus_does() {
    let site = Site::with(
        Host::builder().profile(Profile::OsaurusExact),
        &web_manifest(),
    );
    let headers = [("Host", "evil.example"), ("Origin", "https://evil.example")];
    assert_eq!(get(&site, "/agent", &headers).status, 200);
}

#[test]
fn what_is_sent_to_the_address_of_a_tunnel_is_foreign_and_of_its_agent() {
    let site = Site::with(Host::builder().agents(["bob"]), &web_manifest());
    let bob = AgentId::named("bob");
    let there = ("Host", "bot.example.com");
    assert_eq!(
        get(&site, "/echo/1", &[there]).status,
        403,
        "no tunnel has this address yet"
    );
    site.host.set_tunnel(bob, Some(TUNNEL));
    let echoed = Ask::bare("GET", "/plugins/dev.web/echo/1").header("Host", "BOT.example.com:443");
    let request = site.echoed(&echoed.header("Origin", "https://anywhere.example"));
    assert_eq!(request["headers"]["x-osaurus-agent-id"], bob.to_string());
    assert_eq!(request["osaurus"]["base_url"], TUNNEL);
    assert_eq!(get(&site, "/agent", &[there]).status, 404, "not exposed");
    site.host.set_tunnel(bob, None);
    assert_eq!(get(&site, "/echo/1", &[there]).status, 403, "it is down");
}

#[test]
fn a_key_of_one_run_is_nowhere_but_in_its_process() {
    let site = Site::new();
    let key = site.host.create_access_key_for_this_run("run").unwrap();
    let bearer = format!("Bearer {}", key.key);
    let ask = site.ask("GET", "/owner").header("Authorization", &bearer);
    assert_eq!(site.send(&ask).status, 200);
    assert!(site.host.access_keys().unwrap().is_empty());
    assert!(
        !site
            .host
            .data_dir()
            .join("config/access-keys.json")
            .exists()
    );
}
