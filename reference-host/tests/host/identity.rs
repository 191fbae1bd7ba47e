//! Whose call is it: scopes, threads of the plugin's own, and the process-wide fallback.

use crate::support::*;
use osaurus_reference_host::{Host, ResolvedBy};

/// In a child, because the fallback is process-wide.
#[test]
fn calls_from_foreign_threads_go_to_the_plugin_called_last_without_an_agent() {
    if child_case().is_none() {
        let test =
            "identity::calls_from_foreign_threads_go_to_the_plugin_called_last_without_an_agent";
        return assert_ok(&in_child(test, "run"));
    }
    let (host, one) = loaded(Host::builder());
    let two = host.load(&probe_with(&manifest("dev.two"))).unwrap();
    let (one, two) = (Probe(&one, alice()), Probe(&two, bob()));
    one.config_set("k", "of one");
    assert_eq!(one.config_get("k"), "of one");
    assert_eq!(two.config_get("k"), "NULL", "another plugin, another agent");
    assert_eq!(one.active_agent(), alice().unwrap().to_string());
    assert_eq!(
        one.thread(&["22", "t0"]),
        "NULL",
        "the agent is bound to the host's thread"
    );
    let warnings = || {
        host.log_lines()
            .into_iter()
            .filter(|l| l.from_host && l.message.contains("called last"))
            .count()
    };
    assert_eq!(warnings(), 0, "asking for the agent charges no plugin");
    assert_eq!(
        one.thread(&["1", "t1", "k"]),
        "NULL",
        "no agent, no setting"
    );
    one.thread(&["4", "t2", "CREATE TABLE here(x)", ""]);
    assert!(
        two.query("SELECT * FROM here", "")
            .contains("no such table")
    );
    let record = host
        .activity()
        .into_iter()
        .rfind(|call| call.slot == "db_exec")
        .unwrap();
    assert_eq!(
        (record.plugin.as_str(), record.resolved, record.agent),
        ("dev.probe", ResolvedBy::GlobalFallback, None)
    );
    assert_eq!(warnings(), 1, "once per plugin");
    // The trap itself: while one's call runs, two is called, and a thread of one is charged to two.
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    let path = gate.to_str().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| one.late_thread(&[path, "4", "t2", "CREATE TABLE astray(x)", ""]));
        until("its thread waits", || {
            gate.with_extension("entered").exists()
        });
        two.active_agent();
        std::fs::write(&gate, "").unwrap();
    });
    assert_eq!(
        two.query("SELECT * FROM astray", ""),
        r#"{"columns":["x"],"rows":[]}"#
    );
    assert!(
        one.query("SELECT * FROM astray", "")
            .contains("no such table")
    );
}

#[test]
fn eight_threads_and_two_plugins_are_never_mixed_up() {
    let (host, one) = loaded(Host::builder());
    let two = host.load(&probe_with(&manifest("dev.two"))).unwrap();
    for (plugin, agent) in [
        (&one, alice()),
        (&one, bob()),
        (&two, alice()),
        (&two, bob()),
    ] {
        Probe(plugin, agent).config_set("who", &format!("{} {}", plugin.id(), agent.unwrap()));
    }
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let plugin = if worker % 2 == 0 { &one } else { &two };
            let agent = if worker % 4 < 2 { alice() } else { bob() };
            scope.spawn(move || {
                for _ in 0..100 {
                    let expected = format!("{} {}", plugin.id(), agent.unwrap());
                    assert_eq!(Probe(plugin, agent).config_get("who"), expected);
                    assert_eq!(
                        Probe(plugin, agent).active_agent(),
                        agent.unwrap().to_string()
                    );
                }
            });
        }
    });
    assert!(
        host.activity()
            .iter()
            .all(|call| call.resolved == ResolvedBy::Scope)
    );
}

#[test]
fn after_unloading_a_foreign_threads_calls_find_no_plugin() {
    if child_case().is_none() {
        return assert_ok(&in_child(
            "identity::after_unloading_a_foreign_threads_calls_find_no_plugin",
            "run",
        ));
    }
    let (host, plugin) = loaded(Host::builder());
    assert!(host.unload(&plugin));
    let table = osaurus_reference_host::GuardedTable::new(osaurus_reference_host::AbiLevel::LATEST)
        .unwrap();
    let null = std::ptr::null();
    // SAFETY: the table is a live version 6 table and the arguments fit its slots.
    unsafe {
        let api = &*table.as_ptr();
        let text = api.db_query.unwrap()(c"SELECT 1".as_ptr(), null);
        let answer = std::ffi::CStr::from_ptr(text).to_str().unwrap().to_string();
        assert!(
            answer.starts_with(r#"{"error":"context_unavailable","message":"#),
            "{answer}"
        );
        api.free_string.unwrap()(text);
        api.free_string.unwrap()(null);
        assert!(api.config_get.unwrap()(c"k".as_ptr()).is_null());
        assert!(api.get_active_agent_id.unwrap()().is_null());
        assert!(
            api.db_query.unwrap()(null, null).is_null(),
            "NULL before everything else"
        );
        api.log.unwrap()(2, c"not recorded".as_ptr());
    }
}
