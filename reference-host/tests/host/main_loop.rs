//! The host's main loop, which task slots wait for, and the two reserved slots.

use crate::running::*;
use crate::support::*;
use osaurus_reference_host::{Host, Profile};
use serde_json::json;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// Occupies the main loop until the sender is dropped.
fn hold_main_loop(host: &Host) -> Sender<()> {
    let (release, held) = channel::<()>();
    host.on_main_loop(move || {
        let _ = held.recv();
    });
    release
}

#[test]
fn task_slots_wait_for_the_main_loop_and_no_longer_than_their_limit() {
    let (host, plugin) = loaded(endless().main_loop_limit(Duration::from_secs(2)));
    let probe = Probe(&plugin, alice());
    let id = id_of(&dispatch(&plugin, alice()));
    let release = hold_main_loop(&host);
    let message =
        |slot: &str| format!("Host {slot} call exceeded its time budget and was cancelled.");
    let status = probe.status(&id);
    assert_eq!(
        status,
        json!({"error": "host_timeout", "message": message("task_status")})
    );
    let list = probe.json(&["17", "t0"]);
    assert_eq!(
        list,
        json!({"error": "host_timeout", "message": message("list_active_tasks")})
    );
    assert_eq!(
        probe.status("nonsense")["error"],
        "invalid_task_id",
        "needs no turn"
    );
    probe.call(&["9", "v1", &id]);
    probe.call(&["18", "v2", &id, "{}"]);
    probe.call(&["19", "v2", &id, "x"]);
    drop(release);
    until("its turn comes", || {
        probe.status(&id)["status"] == "running"
    });
    assert_eq!(
        probe.status(&id).get("draft"),
        None,
        "what came too late was not done"
    );
    cancel_all(&host, &plugin);
    assert_eq!(kinds(&probe, &id), [0, 4, 6]);
}

#[test]
fn a_dispatch_that_gets_no_turn_starts_nothing() {
    let (host, plugin) = loaded(endless().host_call_limit(Duration::from_millis(50)));
    let release = hold_main_loop(&host);
    let answer = dispatch(&plugin, alice());
    assert_eq!(answer["error"], "host_timeout");
    assert_eq!(
        answer["message"],
        "Host dispatch call exceeded its time budget and was cancelled."
    );
    drop(release);
    assert_eq!(
        Probe(&plugin, alice()).json(&["17", "t0"]),
        json!({"tasks": []})
    );
}

#[test]
fn reserved_slots_answer_as_they_should_and_are_recorded() {
    let last = |host: &Host, slot: &str| {
        host.activity()
            .into_iter()
            .rfind(|call| call.slot == slot)
            .unwrap()
            .status
    };
    for (profile, status) in [(Profile::Actual, 501), (Profile::Documented, 410)] {
        let (host, plugin) = loaded(Host::builder().profile(profile));
        let probe = Probe(&plugin, alice());
        let issue = probe.json(&["20", "t2", "nonsense", "NULL"]);
        let message =
            "dispatch_add_issue is no longer supported. Call dispatch() to start a fresh task.";
        assert_eq!(issue, json!({"error": "not_supported", "message": message}));
        assert_eq!(probe.call(&["20", "t2", "NULL", "x"]), "NULL");
        probe.call(&["10", "v2", "any", "answer"]);
        assert_eq!(
            (
                last(&host, "dispatch_add_issue"),
                last(&host, "dispatch_clarify")
            ),
            (status, 410)
        );
    }
}
