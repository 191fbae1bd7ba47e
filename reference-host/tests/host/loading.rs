//! Loading: every failure's text, what happens before and after it, and the first delivery.

use crate::support::*;
use osaurus_reference_host::{ActivityQuery, AgentId, Host, LoadError};
use serde_json::json;
use std::path::Path;

fn failure(macros: &[&str]) -> String {
    let host = Host::builder().build().unwrap();
    host.load(&probe(macros)).unwrap_err().to_string()
}

#[test]
fn failures_have_the_messages_of_osaurus() {
    assert_eq!(
        failure(&["WITH_V2", "NULL_TABLE"]),
        "Plugin v2 entry returned null API"
    );
    assert_eq!(
        failure(&["NOTHING"]),
        "Missing plugin entry point (osaurus_plugin_entry_v2 or osaurus_plugin_entry)"
    );
    assert_eq!(
        failure(&["WITH_V2", "FAIL_INIT"]),
        "Plugin initialization failed"
    );
    assert_eq!(
        failure(&["WITH_V2", "NO_MANIFEST"]),
        "Plugin failed to return manifest"
    );
    assert_eq!(
        failure(&["WITH_V2", "MANIFEST=\"{}\""]),
        "Failed to parse plugin manifest"
    );
    let text = failure(&["WITH_V2", "REQUIRED=0, init, 0, get_manifest, 0"]);
    let expected =
        "Plugin ABI table is missing required function(s): free_string, destroy, invoke in probe";
    assert!(
        text.starts_with(expected) && text.ends_with(".so"),
        "{text}"
    );
    let host = Host::builder().build().unwrap();
    let text = host
        .load(Path::new("/nowhere/plugin.so"))
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("Failed to load library: ") && text.contains("/nowhere/plugin.so"),
        "{text}"
    );
}

#[test]
fn the_old_symbol_of_a_version_1_host_is_named() {
    let host = Host::builder().abi(1).build().unwrap();
    let error = host.load(&probe(&["WITH_V2"])).unwrap_err();
    assert_eq!(error, LoadError::MissingEntry("osaurus_plugin_entry"));
}

#[test]
fn any_table_version_loads_and_the_newer_entry_wins() {
    for (version, effective) in [(0, 2), (1, 2), (2, 2), (6, 6), (99, 99)] {
        let host = Host::builder().build().unwrap();
        let version = format!("TABLE_VERSION={version}");
        let plugin = host
            .load(&probe(&["WITH_V2", "WITH_V1", &version]))
            .unwrap();
        assert_eq!(plugin.abi(), effective);
        assert!(plugin.handles_routes());
    }
}

#[test]
fn a_version_1_table_is_read_for_40_bytes_only() {
    let host = Host::builder().build().unwrap();
    let macros = [
        "WITH_V1",
        "TABLE_VERSION=6",
        &manifest_macro(&manifest("dev.old")),
    ];
    let plugin = host.load(&probe(&macros)).unwrap();
    assert_eq!(plugin.abi(), 1, "whatever the bytes after the table say");
    assert!(!plugin.handles_routes() && !plugin.handles_config() && !plugin.handles_task_events());
    assert_eq!(
        plugin.invoke("raw", "hello", None),
        r#"{"ok":true,"result":{"text":"hello"},"tool":"raw"}"#
    );
    assert!(
        host.log_lines()
            .iter()
            .any(|line| line.plugin == "dev.old" || line.message.contains("legacy ABI 1"))
    );
}

#[test]
fn ids_are_checked_against_the_install_folder() {
    let host = Host::builder().build().unwrap();
    let library = probe_with(&manifest("dev.mine"));
    let text = host
        .load_as(&library, "dev.theirs")
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with(
            "Plugin manifest declares plugin_id 'dev.mine' but is installed as 'dev.theirs'."
        ),
        "{text}"
    );
    let folder = tempfile::tempdir().unwrap();
    let version = folder.path().join("Tools/dev.folder/1.0.0");
    std::fs::create_dir_all(&version).unwrap();
    let installed = version.join("plugin.so");
    std::fs::copy(&library, &installed).unwrap();
    let text = host.load(&installed).unwrap_err().to_string();
    assert!(text.contains("installed as 'dev.folder'"), "{text}");
    assert_eq!(
        host.load(&library).unwrap().id(),
        "dev.mine",
        "outside of such a layout the manifest decides"
    );
}

#[test]
fn declarations_that_contradict_themselves_do_not_load() {
    let host = Host::builder().osaurus_version("0.20.3").build().unwrap();
    let load = |capabilities, extra: (&str, &str)| {
        let manifest =
            json!({"plugin_id": "dev.x", "capabilities": capabilities, extra.0: extra.1});
        host.load(&probe_with(&manifest)).unwrap_err().to_string()
    };
    let tools = json!({"tools": [{"id": " ", "description": ""}]});
    assert_eq!(
        load(tools, ("name", "")),
        "Plugin 'dev.x' declares a tool with an empty id"
    );
    let text = load(json!({}), ("min_osaurus", "1.0.0"));
    assert_eq!(
        text,
        "Plugin 'dev.x' requires Osaurus 1.0.0 or newer, but this is 0.20.3"
    );
    let web = json!({"static_dir": "web", "entry": "index.html", "mount": "/", "auth": "none"});
    let route = json!({"id": "r", "path": "/x", "methods": ["GET"], "auth": "none"});
    let text = load(json!({"web": web, "routes": [route]}), ("name", ""));
    assert!(
        text.contains("route 'r'")
            && text.contains("the static web branch would shadow this route"),
        "{text}"
    );
}

#[test]
fn a_second_plugin_of_one_id_is_turned_away_and_the_first_still_works() {
    let (host, plugin) = loaded(Host::builder());
    let text = host
        .load(&probe_with(&manifest("dev.probe")))
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("Duplicate plugin id 'dev.probe': already loaded from "),
        "{text}"
    );
    Probe(&plugin, alice()).config_set("k", "v");
    assert_eq!(Probe(&plugin, alice()).config_get("k"), "v");
}

#[test]
fn failed_loads_are_undone_and_successful_ones_are_never_closed() {
    let marks = std::env::temp_dir().join(format!("probe-marks-{}", std::process::id()));
    if let Some(case) = child_case() {
        let host = Host::builder().build().unwrap();
        let id = if case == "fails" {
            "MANIFEST=\"{}\"".to_string()
        } else {
            manifest_macro(&manifest("dev.probe"))
        };
        if let Ok(plugin) = host.load(&probe(&["WITH_V2", &id])) {
            assert!(
                host.unload(&plugin) && host.unload(&plugin),
                "the second time is nothing"
            );
            assert!(plugin.invoke_raw("tool", "raw", "x", None).is_none());
            let text = plugin
                .try_invoke_raw("tool", "raw", "x", None)
                .unwrap_err()
                .to_string();
            assert_eq!(text, "Plugin has been shut down");
        }
        drop(host);
        let marks = std::fs::read_to_string(std::env::var("PROBE_MARKS").unwrap()).unwrap();
        let closed = if case == "fails" { "closed\n" } else { "" };
        assert_eq!(marks, format!("entry v2\ninit\ndestroy\n{closed}"));
        return;
    }
    for case in ["fails", "loads"] {
        let marks = marks.with_extension(case);
        let test = "loading::failed_loads_are_undone_and_successful_ones_are_never_closed";
        let output = child(test, case).env("PROBE_MARKS", &marks).output();
        let output = output.unwrap();
        let _ = std::fs::remove_file(&marks);
        assert_ok(&output);
    }
}

#[test]
fn the_abi_probe_comes_first_then_each_agents_settings() {
    let mut manifest = manifest("dev.probe");
    let field = |key: &str, kind: &str, default| {
        json!({"key": key, "type": kind, "label": key,
        "default": default})
    };
    let fields = json!([
        field("limit", "number", json!(42)),
        field("token", "secret", json!(null)),
        field("on", "toggle", json!(true))
    ]);
    manifest["capabilities"]["config"] = json!({"sections": [{"title": "s", "fields": fields}]});
    let host = Host::builder().agents(["alice", "bob"]).build().unwrap();
    host.store_config(AgentId::DEFAULT, "dev.probe", "limit", "7")
        .unwrap();
    host.store_config(AgentId::named("bob"), "dev.probe", "token", "t")
        .unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    plugin.config_changed(AgentId::named("bob"), "on", "true");
    plugin.config_changed(AgentId::named("bob"), "on", "false");
    let events = Probe(&plugin, None).events();
    let (alice, bob) = (AgentId::named("alice"), AgentId::named("bob"));
    assert!(
        events[0].starts_with(&format!("config|{alice}|__osaurus_abi_probe__|")),
        "{events:?}"
    );
    let rest: Vec<String> = [
        (alice, "limit|7"),
        (alice, "on|true"),
        (bob, "limit|7"),
        (bob, "token|t"),
        (bob, "on|true"),
        (bob, "on|false"),
    ]
    .map(|(agent, pair)| format!("config|{agent}|{pair}"))
    .into();
    assert_eq!(events[1..], rest, "equal values are delivered once");
}

#[test]
fn while_loading_a_plugin_has_an_identity_but_no_agent() {
    let host = Host::builder().build().unwrap();
    for (order, expected) in [
        ("22\\x1f\" \"t0", "NULL"),
        (
            "4\\x1f\" \"t2\\x1f\" \"CREATE TABLE x(y)",
            "{\"changes\":0,\"last_insert_rowid\":0}",
        ),
        ("1\\x1f\" \"t1\\x1f\" \"key", "NULL"),
    ] {
        let id = format!("dev.probe{}", order.len());
        let call = format!("CALL_IN_INIT=\"{order}\"");
        let plugin = host
            .load(&probe(&["WITH_V2", &manifest_macro(&manifest(&id)), &call]))
            .unwrap();
        assert_eq!(Probe(&plugin, None).events()[0], expected);
    }
}

#[test]
fn a_later_tool_takes_the_name_of_an_earlier_one_and_of_the_hosts_own() {
    let (host, first) = loaded(Host::builder());
    let tool = |id: &str| json!({"id": id, "description": "of the second"});
    let tools = json!([tool("raw"), tool("capabilities_load")]);
    let second = json!({"plugin_id": "dev.second", "capabilities": {"tools": tools}});
    let who_ran = |tool: &str| {
        let prompt = json!({"prompt": format!("call {tool}")});
        assert_eq!(
            Probe(&first, alice()).dispatch(&prompt)["status"],
            "running"
        );
        assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
        let calls = host.records(&ActivityQuery::new().slot("invoke"));
        let last = calls.into_iter().rfind(|call| call.path.ends_with(tool));
        last.map(|call| call.plugin)
    };
    assert_eq!(
        who_ran("raw").as_deref(),
        Some("dev.probe"),
        "offered at once"
    );
    assert_eq!(who_ran("capabilities_load"), None, "the host's own");
    host.load(&probe_with(&second)).unwrap();
    assert_eq!(who_ran("raw").as_deref(), Some("dev.second"));
    assert_eq!(who_ran("capabilities_load").as_deref(), Some("dev.second"));
}

/// In a child, because the probe calls from a thread of its own too.
#[test]
fn a_plugin_is_loaded_on_a_thread_of_the_hosts_own() {
    if child_case().is_none() {
        let test = "loading::a_plugin_is_loaded_on_a_thread_of_the_hosts_own";
        return assert_ok(&in_child(test, "run"));
    }
    let call = r#"CALL_IN_INIT="6\x1f" "l2\x1f" "2\x1f" "hello""#;
    let macros = ["WITH_V2", &manifest_macro(&manifest("dev.probe")), call];
    let host = Host::builder().build().unwrap();
    let plugin = host.load(&probe(&macros)).unwrap();
    let order = "6\x1fl2\x1f2\x1fhello";
    plugin
        .invoke_on_this_thread("tool", "call", order, None)
        .unwrap();
    let mut calls = own_calls(&host);
    calls.retain(|call| call.slot == "log");
    let [in_init, here] = &calls[..] else {
        panic!("{calls:?}")
    };
    assert_ne!(in_init.thread, here.thread);
}
