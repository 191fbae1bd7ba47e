//! What `handle_route` gets.

use super::client::Ask;
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::json;

#[test]
fn the_plugin_gets_a_full_canonical_request() {
    let site = Site::new();
    let ask = site.ask("POST", "/echo/a%20b?q=1&q=2").header("X-One", "1");
    let request = site.echoed(&ask.body("say \"hi\""));
    let base = site.server.url();
    let expected = json!({
        "body": "say \"hi\"", "body_encoding": "utf8",
        "headers": {
            "content-length": "8", "host": "localhost", "x-one": "1",
            "x-osaurus-agent-id": alice().unwrap().to_string(),
        },
        "method": "POST",
        "osaurus": {"agent_address": "", "base_url": base,
        "plugin_url": format!("{base}/plugins/{ID}")},
        "path": "/echo/a%20b", "path_params": {"x": "a b"}, "plugin_id": ID, "query": {"q": "2"},
        "remote_addr": "", "route_id": "echo",
    });
    assert_eq!(request, expected);
    let raw = site.get("/echo/x").text();
    assert_eq!(raw, sorted(&raw), "keys are sorted and slashes are bare");
    assert!(
        raw.starts_with(r#"{"body":"","body_encoding":"utf8","headers":{"#),
        "{raw}"
    );
}

/// The same JSON with its keys in order.
fn sorted(text: &str) -> String {
    let map: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_str(text).unwrap();
    serde_json::to_string(&map).unwrap()
}

#[test]
fn the_path_is_not_decoded_and_has_no_query_but_in_the_documents() {
    let site = Site::new();
    let path = |site: &Site| site.echoed(&site.ask("GET", "/echo/%2Fa%zz?b=c"))["path"].clone();
    assert_eq!(path(&site), "/echo/%2Fa%zz");
    let documented = Site::with(
        Host::builder().profile(Profile::Documented),
        &web_manifest(),
    );
    assert_eq!(path(&documented), "/echo/%2Fa%zz?b=c");
    assert_eq!(
        documented
            .record(&ActivityQuery::new().noted("Q23"))
            .quirks(),
        [23]
    );
}

#[test]
fn headers_are_lower_case_the_last_of_several_counts_and_authorization_is_there() {
    let site = Site::new();
    let ask = site
        .ask("GET", "/echo/1")
        .header("X-Two", "a")
        .header("x-TWO", "b");
    let request = site.echoed(&ask.header("Authorization", "Basic Zm9v"));
    assert_eq!(request["headers"]["x-two"], "b");
    assert_eq!(request["headers"]["authorization"], "Basic Zm9v");
    assert_eq!(
        request["headers"]["x-osaurus-agent-id"],
        alice().unwrap().to_string()
    );
}

#[test]
fn the_query_is_decoded_keeps_plus_and_contains_the_agent() {
    let site = Site::new();
    let agent = alice().unwrap();
    let query = format!("a=x+y%21&a=z%20&%zz=1&bad=%zz&flag&osr_agent={agent}");
    let request = site.echoed(&Ask::get(&format!("/plugins/{ID}/echo/1?{query}")));
    let expected = json!({"a": "z ", "bad": "", "flag": "", "osr_agent": agent.to_string()});
    assert_eq!(request["query"], expected);
    let headers = request["headers"].as_object().unwrap();
    assert!(
        !headers.contains_key("x-osaurus-agent-id"),
        "it was in the query"
    );
}

#[test]
fn the_address_of_the_sender_is_never_given() {
    let site = Site::new();
    assert_eq!(site.echoed(&site.ask("GET", "/echo/1"))["remote_addr"], "");
}

#[test]
fn a_connected_tunnel_is_the_base_url_also_for_requests_of_this_machine() {
    let site = Site::new();
    let tunnel = "https://tunnel.example";
    site.host.set_tunnel(alice().unwrap(), Some(tunnel));
    let addresses_of = |agent: AgentId| {
        let ask = Ask::get(&format!("/plugins/{ID}/echo/1")).agent(agent);
        site.echoed(&ask)["osaurus"].clone()
    };
    let alices = addresses_of(alice().unwrap());
    assert_eq!(alices["base_url"], tunnel);
    assert_eq!(alices["plugin_url"], format!("{tunnel}/plugins/{ID}"));
    assert_eq!(
        addresses_of(bob().unwrap())["base_url"],
        site.server.url(),
        "it is Alice's tunnel"
    );
}

#[test]
fn an_agents_address_is_given_when_it_has_one() {
    let mut agent = Agent::named("alice");
    agent.address = Some("0xA11CE".into());
    let site = Site::with(Host::builder().agents([agent]), &web_manifest());
    let address_of = |agent: AgentId| {
        let ask = Ask::get(&format!("/plugins/{ID}/echo/1")).agent(agent);
        site.echoed(&ask)["osaurus"]["agent_address"].clone()
    };
    assert_eq!(address_of(alice().unwrap()), "0xA11CE");
    assert_eq!(address_of(bob().unwrap()), "");
}

#[test]
fn binary_bodies_come_as_repaired_text_and_in_the_documents_as_base64() {
    let body_in = |site: &Site| {
        let ask = site.ask("POST", "/echo/1").body(&b"a\xff\x00b"[..]);
        let request = site.echoed(&ask);
        (request["body"].clone(), request["body_encoding"].clone())
    };
    let site = Site::new();
    assert_eq!(body_in(&site), (json!("a\u{fffd}\0b"), json!("utf8")));
    assert_eq!(
        site.record(&ActivityQuery::new().noted("Q24")).quirks(),
        [24]
    );
    let documented = Site::with(
        Host::builder().profile(Profile::Documented),
        &web_manifest(),
    );
    assert_eq!(body_in(&documented), (json!("Yf8AYg=="), json!("base64")));
    assert_eq!(
        documented
            .record(&ActivityQuery::new().noted("Q24"))
            .quirks(),
        [24]
    );
}

#[test]
fn text_bodies_are_text_in_every_profile() {
    for profile in [Profile::Actual, Profile::Documented, Profile::OsaurusExact] {
        let site = Site::with(Host::builder().profile(profile), &web_manifest());
        let request = site.echoed(&site.ask("POST", "/echo/1").body("grüße \u{1f995}"));
        assert_eq!(
            (&request["body"], &request["body_encoding"]),
            (&json!("grüße \u{1f995}"), &json!("utf8"))
        );
    }
}

#[test]
fn the_agent_of_the_request_is_the_active_one_during_the_call() {
    let site = Site::new();
    assert_eq!(site.get("/agent").text(), alice().unwrap().to_string());
    let default = Ask::get(&format!("/plugins/{ID}/agent")).agent(AgentId::DEFAULT);
    assert_eq!(site.send(&default).text(), AgentId::DEFAULT.to_string());
}
