//! The settings page: which values it lets through, what its templates become, and that plugins are
//! not bound by it.

use crate::support::*;
use osaurus_reference_host::{ActivityQuery, Host, RouteCall};
use serde_json::{Value, json};

fn with_fields(id: &str, fields: &Value) -> Value {
    let mut manifest = manifest(id);
    manifest["capabilities"]["config"] = json!({"sections": [{"title": "s", "fields": fields}]});
    manifest["capabilities"]["routes"] =
        json!([{"id": "r", "path": "/r", "methods": ["GET"], "auth": "none"}]);
    manifest
}

fn strict(id: &str) -> Value {
    let text = json!({"required": true, "min_length": 3, "max_length": 5, "pattern": "[0-9]",
        "pattern_hint": "a digit"});
    let odd = json!({"pattern": "(", "min": 5, "max": 6});
    let number = json!({"min": 1, "max": 2.5, "pattern": "^[0-9.]+$"});
    with_fields(
        id,
        &json!([
            {"key": "text", "type": "text", "label": "Text", "validation": text},
            {"key": "odd", "type": "text", "label": "Odd", "validation": odd},
            {"key": "number", "type": "number", "label": "Number", "validation": number},
        ]),
    )
}

#[test]
fn the_page_checks_in_its_order_and_one_error_keeps_everything_from_being_saved() {
    let host = Host::builder().build().unwrap();
    host.load(&probe_with(&strict("dev.strict"))).unwrap();
    let alice = alice().unwrap();
    let save = |values: &[(&str, &str)]| {
        let saved = host.save_settings("dev.strict", alice, values);
        saved
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    for (text, error) in [
        ("", "Text is required"),
        ("ab", "Text must have at least 3 characters"),
        ("äöüäöü", "Text must have at most 5 characters"),
        ("abc", "a digit"),
    ] {
        assert_eq!(
            save(&[("text", text), ("odd", "new")]),
            format!("not saved: {error}")
        );
        assert_eq!(
            host.config_value(alice, "dev.strict", "odd"),
            None,
            "nothing is saved"
        );
    }
    for (number, error) in [
        ("x", "Number does not have the expected form"),
        ("0.5", "Number must be at least 1"),
        ("3", "Number must be at most 2.5"),
    ] {
        assert_eq!(
            save(&[("text", "a1b"), ("number", number)]),
            format!("not saved: {error}")
        );
    }
    let odd = [("text", "a1b"), ("odd", "7"), ("number", "2")];
    assert_eq!(
        save(&odd),
        "",
        "a pattern that is none, and a range on a string"
    );
    assert_eq!(
        save(&[("text", ""), ("number", "9")]),
        "not saved: Text is required; Number must be at most 2.5"
    );
}

#[test]
fn a_plugins_own_settings_are_not_checked() {
    let host = Host::builder().build().unwrap();
    let plugin = host.load(&probe_with(&strict("dev.own"))).unwrap();
    let probe = Probe(&plugin, alice());
    probe.config_set("number", "no number at all");
    assert_eq!(probe.config_get("number"), "no number at all");
}

#[test]
fn addresses_come_from_the_tunnels_state_and_the_server_and_never_from_the_plugin() {
    let host = Host::builder()
        .agents(["alice"])
        .port(4321)
        .build()
        .unwrap();
    let plugin = host
        .load(&probe_with(&with_fields("dev.urls", &json!([]))))
        .unwrap();
    let alice = alice().unwrap();
    let addresses = || {
        let template = "{{tunnel_url}} {{plugin_url}} {{plugin_id}}";
        let text = host.expand_template("dev.urls", alice, template).unwrap();
        let request = plugin.route(RouteCall::new("GET", "/r", alice)).text();
        let request: Value = serde_json::from_str(&request).unwrap();
        let (base, url) = (
            &request["osaurus"]["base_url"],
            &request["osaurus"]["plugin_url"],
        );
        format!(
            "{text} {} {}",
            base.as_str().unwrap(),
            url.as_str().unwrap()
        )
    };
    let at = |tunnel: &str, base: &str| {
        format!("{tunnel} {base}/plugins/dev.urls dev.urls {base} {base}/plugins/dev.urls")
    };
    assert_eq!(addresses(), at("", "http://127.0.0.1:4321"));
    Probe(&plugin, Some(alice)).config_set("tunnel_url", "https://evil.example");
    assert_eq!(
        addresses(),
        at("", "http://127.0.0.1:4321"),
        "the plugin wrote it"
    );
    let server = host.serve("127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(addresses(), at("", &server.url()));
    host.set_tunnel(alice, Some("https://t.example"));
    assert_eq!(
        addresses(),
        at("https://t.example", "https://t.example"),
        "the first look at a tunnel counts"
    );
    Probe(&plugin, Some(alice)).config_set("tunnel_url", "https://evil.example");
    assert_eq!(addresses(), at("https://t.example", "https://t.example"));
    host.set_tunnel(alice, None);
    Probe(&plugin, Some(alice)).config_set("tunnel_url", "https://evil.example");
    assert_eq!(addresses(), at("", &server.url()));
}

#[test]
fn templates_know_four_names_and_leave_the_rest() {
    let host = Host::builder().agents(["alice"]).build().unwrap();
    let field = json!([{"key": "a_1", "type": "text", "label": "A", "default": "one"}]);
    host.load(&probe_with(&with_fields("dev.strings", &field)))
        .unwrap();
    let expanded = |template: &str| {
        host.expand_template("dev.strings", alice().unwrap(), template)
            .unwrap()
    };
    for (template, text) in [
        ("{{config.a_1}}/{{plugin_id}}", "one/dev.strings"),
        ("{{config.nothing}}", ""),
        (
            "{{config.a-1}} {{config.}} {{other}} {{ plugin_id }}",
            "{{config.a-1}} {{config.}} {{other}} {{ plugin_id }}",
        ),
        ("{{plugin_id", "{{plugin_id"),
    ] {
        assert_eq!(expanded(template), text);
    }
}

#[test]
fn records_hold_no_value_of_a_declared_secret() {
    let mut declared = with_fields(
        "dev.probe",
        &json!([{"key": "pin", "type": "secret", "label": "Pin"}, {"key": "open", "type": "text",
            "label": "Open"}]),
    );
    declared["secrets"] = json!([{"id": "api_key", "label": "Key", "required": false}]);
    let host = Host::builder().agents(["alice"]).build().unwrap();
    let loaded = host.load(&probe_with(&declared)).unwrap();
    let plugin = Probe(&loaded, alice());
    for (key, value) in [("pin", "s3cr3t-a"), ("open", "shown")] {
        host.save_settings("dev.probe", alice().unwrap(), &[(key, value)])
            .unwrap();
        assert_eq!(plugin.config_get(key), value);
    }
    plugin.config_set("api_key", "s3cr3t-b");
    let calls = host.records(&ActivityQuery::new());
    let of = |slot: &str| {
        let calls = calls.iter().filter(|call| call.slot == slot);
        let lines = calls.map(|call| format!("{} -> {:?}", call.request, call.response));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(
        of("config_get"),
        [r#"pin -> Some("(redacted)")"#, r#"open -> Some("shown")"#]
    );
    assert_eq!(
        of("config_set"),
        [r#"{"key":"api_key","value":"(redacted)"} -> None"#]
    );
    until("both settings are delivered", || {
        host.records(&ActivityQuery::new().slot("on_config_changed"))
            .len()
            >= 2
    });
    let delivered = host.records(&ActivityQuery::new().slot("on_config_changed"));
    assert!(
        delivered
            .iter()
            .all(|call| !call.request.contains("s3cr3t")),
        "{delivered:?}"
    );
}
