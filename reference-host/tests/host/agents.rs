//! What plugins are told when agents come and go, when tunnels change, and by the settings page.

// The probe keeps what it was sent in its library, and libraries are shared by manifest: each test
// has an id of its own.

use crate::support::*;
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, SettingsError};
use serde_json::{Value, json};
use std::sync::Arc;

fn with_settings(id: &str) -> Value {
    let mut manifest = manifest(id);
    let fields = json!([
        {"key": "limit", "type": "number", "label": "Limit", "default": 42,
        "validation": {"max": 100}},
        {"key": "token", "type": "secret", "label": "Token"},
        {"key": "names", "type": "multiselect", "label": "Names", "default": ["a", "b"]},
        {"key": "link", "type": "status", "label": "Link", "connected_when": "token",
        "disconnect_action": {"clear_keys": ["token"]}},
    ]);
    manifest["capabilities"]["config"] = json!({"sections": [{"title": "s", "fields": fields}]});
    manifest
}

fn with_route(mut manifest: Value) -> Value {
    let route = json!({"id": "r", "path": "/r", "methods": ["GET"], "auth": "none"});
    manifest["capabilities"]["routes"] = json!([route]);
    manifest
}

/// The settings that the plugin got since the last time, after everything that is queued.
fn news(plugin: &Arc<LoadedPlugin>, seen: &mut usize) -> Vec<String> {
    plugin.config_changed(AgentId::named("other"), "end", &seen.to_string());
    let events = Probe(plugin, None).events();
    let new = events[*seen..events.len() - 1].to_vec();
    *seen = events.len();
    new
}

fn lines(agent: &str, pairs: &[&str]) -> Vec<String> {
    let id = AgentId::named(agent);
    pairs
        .iter()
        .map(|pair| format!("config|{id}|{pair}"))
        .collect()
}

const DEFAULTS: [&str; 2] = ["limit|42.0", r#"names|["a","b"]"#];

#[test]
fn an_added_agent_gets_settings_once_and_a_removed_one_loses_its_tunnel_and_secrets() {
    let host = Host::builder().build().unwrap();
    let text = manifest_macro(&with_route(with_settings("dev.added")));
    let library = probe(&["WITH_V2", &text, "TOKEN_AT_TUNNEL"]);
    let plugin = host.load(&library).unwrap();
    let mut checked = 1;
    let alice = AgentId::named("alice");
    let probe = &Probe(&plugin, None).events()[0];
    assert!(
        probe.contains(&AgentId::DEFAULT.to_string()),
        "no agents: the probe has the Default agent"
    );
    host.add_agent("alice");
    assert_eq!(news(&plugin, &mut checked), lines("alice", &DEFAULTS));
    host.add_agent("alice");
    assert!(news(&plugin, &mut checked).is_empty());
    host.store_config(alice, "dev.added", "token", "t").unwrap();
    assert!(host.remove_agent(alice) && !host.remove_agent(alice));
    let expected = [
        format!("config|{alice}|tunnel_url|"),
        format!("token|{alice}|t|"),
    ];
    assert_eq!(
        news(&plugin, &mut checked),
        expected,
        "its secrets are still there"
    );
    assert_eq!(host.config_value(alice, "dev.added", "token"), None);
}

#[test]
fn a_tunnel_that_comes_back_repeats_everything() {
    let host = Host::builder().agents(["alice"]).build().unwrap();
    let plugin = host
        .load(&probe_with(&with_route(with_settings("dev.tunnel"))))
        .unwrap();
    let deaf = host.load(&probe_with(&manifest("dev.deaf"))).unwrap();
    let (alice, mut seen) = (AgentId::named("alice"), 3);
    let mut set = |url: Option<&str>| {
        host.set_tunnel(alice, url);
        let stored = host.config_value(alice, "dev.tunnel", "tunnel_url");
        (news(&plugin, &mut seen), stored)
    };
    assert_eq!(
        set(None),
        (vec![], None),
        "the first observation is where it starts"
    );
    let up = ["limit|42.0", r#"names|["a","b"]"#, "tunnel_url|https://a"];
    assert_eq!(
        set(Some("https://a")),
        (lines("alice", &up), Some("https://a".into()))
    );
    assert_eq!(set(Some("https://a")).0, Vec::<String>::new());
    assert_eq!(
        set(Some("https://b")).0,
        lines("alice", &["tunnel_url|https://b"])
    );
    assert_eq!(set(None), (lines("alice", &["tunnel_url|"]), None));
    let up = ["limit|42.0", r#"names|["a","b"]"#, "tunnel_url|https://b"];
    assert_eq!(
        set(Some("https://b")).0,
        lines("alice", &up),
        "forced, though equal"
    );
    assert_eq!(
        Probe(&deaf, None).events().len(),
        1,
        "no routes, no tunnel: the probe only"
    );
    let late = host
        .load(&probe_with(&with_route(manifest("dev.late"))))
        .unwrap();
    assert_eq!(
        news(&late, &mut 1),
        lines("alice", &["tunnel_url|https://b"])
    );
}

#[test]
fn the_settings_page_checks_saves_and_disconnects() {
    let host = Host::builder().agents(["alice"]).build().unwrap();
    let plugin = host.load(&probe_with(&with_settings("dev.page"))).unwrap();
    let (alice, mut seen) = (AgentId::named("alice"), 3);
    host.open_settings("dev.page", alice).unwrap();
    assert!(news(&plugin, &mut seen).is_empty(), "nothing is new");
    let bad = [("limit", "101"), ("token", "t")];
    let text = host
        .save_settings("dev.page", alice, &bad)
        .unwrap_err()
        .to_string();
    assert_eq!(text, "not saved: Limit must be at most 100");
    assert_eq!(host.config_value(alice, "dev.page", "token"), None);
    host.save_settings("dev.page", alice, &[("limit", "7"), ("token", "t")])
        .unwrap();
    assert_eq!(
        news(&plugin, &mut seen),
        lines("alice", &["limit|7", "token|t"])
    );
    Probe(&plugin, Some(alice)).config_set("limit", "8");
    assert!(
        news(&plugin, &mut seen).is_empty(),
        "its own config_set is not told to it"
    );
    let text = host.expand_template(
        "dev.page",
        alice,
        "{{config.limit}} {{plugin_url}} {{tunnel_url}}",
    );
    assert_eq!(text.unwrap(), "8 http://127.0.0.1:1338/plugins/dev.page ");
    host.disconnect("dev.page", alice, "link").unwrap();
    assert_eq!(news(&plugin, &mut seen), lines("alice", &["token|"]));
    assert_eq!(host.config_value(alice, "dev.page", "token"), None);
    let error = host.disconnect("dev.page", alice, "limit").unwrap_err();
    assert_eq!(error, SettingsError::NoDisconnect("limit".into()));
}
