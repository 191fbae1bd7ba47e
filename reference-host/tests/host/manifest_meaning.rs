//! What follows from a manifest: defaults that are delivered, requirements that are permissions, a
//! version that is not looked at.

use crate::support::*;
use osaurus_reference_host::Host;
use serde_json::{Value, json};

#[test]
fn a_default_is_tried_as_flag_number_string_and_list_and_delivered_as_a_string() {
    let defaults = [
        (json!(true), "true"),
        (json!(42), "42.0"),
        (json!(-0.5), "-0.5"),
        (json!("true"), "true"),
        (json!(""), ""),
        (json!([]), "[]"),
        (json!(["a", "b\"c"]), r#"["a","b\"c"]"#),
    ];
    let field = |(at, (default, _)): (usize, &(Value, &str))| {
        json!({"key": format!("k{at}"),
        "type": "text", "label": "l", "default": default})
    };
    let fields: Vec<Value> = defaults.iter().enumerate().map(field).collect();
    let mut manifest = manifest("dev.defaults");
    let nothing = json!({"key": "none", "type": "text", "label": "l", "default": null});
    let sections = json!([{"title": "t", "fields": fields}, {"title": "t", "fields": [nothing]}]);
    manifest["capabilities"]["config"] = json!({"sections": sections});
    let host = Host::builder().agents(["alice"]).build().unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    plugin.config_changed(alice().unwrap(), "end", "");
    let events = Probe(&plugin, None).events();
    let expected: Vec<String> = defaults
        .iter()
        .enumerate()
        .map(|(at, (_, text))| format!("config|{}|k{at}|{text}", alice().unwrap()))
        .collect();
    assert_eq!(
        events[1..events.len() - 1],
        expected,
        "the probe before, the end after"
    );
}

#[test]
fn a_manifests_version_is_compared_with_nothing() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("Tools/dev.full/2.0.0");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest =
        json!({"plugin_id": "dev.full", "version": "no version at all", "capabilities": {}});
    let library = probe(&["WITH_V2", &manifest_macro(&manifest)]);
    std::fs::copy(library, folder.join("plugin.so")).unwrap();
    let host = Host::builder()
        .data_dir(data.path())
        .release_build(false)
        .build()
        .unwrap();
    let report = host.load_all();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let version = report.loaded[0].manifest().version.as_deref();
    assert_eq!(version, Some("no version at all"), "in the folder 2.0.0");
}

#[test]
fn thirteen_requirements_are_permissions_of_the_system_and_no_others() {
    let system = "automation automation_calendar automation_mail calendar reminders location notes \
                  maps accessibility \
                  contacts disk microphone screen_recording";
    let others = "network filesystem camera automation_notes screen-recording calendars";
    let tool = |need: &str| {
        let needs = [need.to_uppercase()];
        json!({"id": need, "description": "d", "requirements": needs, "permission_policy": "auto"})
    };
    let tools: Vec<Value> = system
        .split(' ')
        .chain(others.split(' '))
        .map(tool)
        .collect();
    let manifest = json!({"plugin_id": "dev.needs", "capabilities": {"tools": tools}});
    let host = Host::builder().on_permission(|_| false).build().unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    for need in system.split(' ') {
        let answer = plugin.invoke(need, "{}", alice());
        let missing = format!(
            "Missing system permissions for tool: {need}. Required: {}.",
            need.to_uppercase()
        );
        assert!(
            answer.contains(&missing) && answer.contains("\"unavailable\""),
            "{answer}"
        );
    }
    for need in others.split(' ') {
        let answer = plugin.invoke(need, "{}", alice());
        assert!(
            answer.contains("no such tool"),
            "{need} reaches the plugin: {answer}"
        );
    }
}
