//! Who is turned away, in which order, with which status and text.

use super::client::{Ask, Response};
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::json;

#[track_caller]
fn assert_refused(response: &Response, status: u16, message: &str) {
    assert_eq!(
        (response.status, response.message().as_str()),
        (status, message)
    );
    assert_eq!(
        response.one("content-type"),
        "application/json; charset=utf-8"
    );
}

const NO_AGENT: &str = "Plugin routes require an agent context (X-Osaurus-Agent-Id header or \
                        osr_agent query parameter)";

#[test]
fn an_address_without_a_path_below_the_id_is_not_a_plugin_route() {
    let site = Site::new();
    let bare = Ask::get("/plugins/dev.web?x=/y");
    assert_refused(&site.send(&bare), 404, "Invalid plugin route");
    assert_refused(&site.send(&Ask::get("/elsewhere")), 404, "Not Found");
}

#[test]
fn two_dots_anywhere_in_the_path_are_refused_before_the_agent_is_looked_at() {
    let site = Site::new();
    for target in [
        "/plugins/dev..x/a",
        "/plugins/dev.web/a/../b",
        "/plugins/dev.web/a..b",
    ] {
        assert_refused(&site.send(&Ask::get(target)), 400, "Invalid path");
    }
    let in_query = site.get("/echo/1?x=..");
    assert_eq!(in_query.status, 200, "the query is not a path");
}

#[test]
fn the_agent_comes_from_the_header_or_the_query_and_the_header_wins_even_when_wrong() {
    let site = Site::new();
    let agent = alice().unwrap().to_string();
    let named = |query: &str| Ask::get(&format!("/plugins/{ID}/echo/1{query}"));
    let in_query = format!("?osr_agent={agent}");
    assert_eq!(site.send(&named(&in_query)).status, 200);
    assert_eq!(site.send(&named("").agent(&agent)).status, 200);
    assert_refused(&site.send(&named("")), 401, NO_AGENT);
    assert_refused(&site.send(&named("?osr_agent=me")), 401, NO_AGENT);
    let both = named(&in_query).agent("not-a-uuid");
    assert_refused(&site.send(&both), 401, NO_AGENT);
    let unhyphenated = named("").agent(agent.replace('-', ""));
    assert_refused(&site.send(&unhyphenated), 401, NO_AGENT);
}

#[test]
fn an_unknown_agent_is_accepted() {
    let site = Site::with(Host::builder().agents(["alice"]), &web_manifest());
    let stranger = "0123ABCD-0000-4000-8000-00000000BEEF";
    let ask = Ask::get(&format!("/plugins/{ID}/agent")).agent(stranger);
    assert_eq!(site.send(&ask).text(), stranger);
}

#[test]
fn an_agent_comes_before_the_plugin_and_the_plugin_before_its_routes() {
    let site = Site::new();
    let unknown = Ask::get("/plugins/dev.none/x");
    assert_refused(&site.send(&unknown), 401, NO_AGENT);
    let unknown = unknown.agent(alice().unwrap());
    assert_refused(&site.send(&unknown), 404, "Plugin not found: dev.none");
    assert_refused(&site.get("/none"), 404, "No matching route");
    let other_method = site.ask("DELETE", "/echo/1");
    assert_refused(&site.send(&other_method), 404, "No matching route");
    assert_refused(&site.get("/owner"), 401, "Authentication required");
}

#[test]
fn a_plugin_without_a_route_handler_says_so_after_the_limit_was_charged() {
    for macros in [&["NO_ROUTES"][..], &["ONLY_V1"]] {
        let mut manifest = web_manifest();
        manifest["capabilities"]["web"] = json!(null);
        let site = Site::full(Host::builder(), &manifest, macros, &[]);
        let refusal = "Plugin does not support route handling";
        assert_refused(&site.get("/echo/1"), 501, refusal);
        let limited = (0..100_000).any(|_| site.get("/echo/1").status == 429);
        assert!(
            limited,
            "the limit is looked at before the handler: {macros:?}"
        );
    }
}

#[test]
fn the_error_text_is_escaped_unless_the_exact_profile_is_chosen() {
    let quoted = Ask::get("/plugins/a\"b/x").agent(alice().unwrap());
    let site = Site::new();
    assert_refused(&site.send(&quoted), 404, "Plugin not found: a\"b");
    assert_eq!(
        site.notes(),
        ["stricter than Osaurus: the message is escaped"]
    );
    let exact = Site::with(
        Host::builder().profile(Profile::OsaurusExact),
        &web_manifest(),
    );
    let raw = exact.send(&quoted).text();
    assert_eq!(raw, r#"{"error":{"message":"Plugin not found: a"b"}}"#);
    assert!(exact.notes().is_empty());
}

#[test]
fn one_api_prefix_is_taken_off_once() {
    let site = Site::new();
    let status = |prefix: &str| {
        let target = format!("{prefix}/plugins/{ID}/echo/1");
        site.send(&Ask::get(&target).agent(alice().unwrap())).status
    };
    for prefix in ["", "/v1/api", "/api", "/v1"] {
        assert_eq!(status(prefix), 200, "{prefix}");
    }
    for prefix in ["/api/api", "/api/v1", "/apix", "/v2"] {
        assert_eq!(status(prefix), 404, "{prefix}");
    }
}

#[test]
fn a_plugin_that_gives_nothing_is_an_error_of_the_plugin() {
    let site = Site::new();
    let null = "Plugin error: Plugin returned NULL response";
    assert_refused(&site.get("/null"), 500, null);
}

#[test]
fn a_plugin_that_was_shut_down_is_not_there_any_more() {
    let site = Site::new();
    site.host.unload(&site.plugin);
    assert_refused(
        &site.get("/echo/1"),
        404,
        &format!("Plugin not found: {ID}"),
    );
    let answer = site.plugin.route(RouteCall::new("GET", "/echo/1", alice()));
    let body = r#"{"error":{"message":"Plugin error: Plugin has been shut down"}}"#;
    assert_eq!((answer.status, answer.text().as_str()), (500, body));
}
