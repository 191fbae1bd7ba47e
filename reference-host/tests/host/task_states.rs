//! Running tasks: limits, status, drafts, interrupting, cancelling, and what is kept.

use crate::running::*;
use crate::support::*;
use osaurus_reference_host::{AgentId, Host, Profile};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_sixth_task_of_an_agent_and_a_twenty_first_of_all_are_queued() {
    let (host, plugin) = loaded(endless());
    let agent = |name: usize| Some(AgentId::named(&format!("agent {name}")));
    let mut sixth = String::new();
    for name in 0..4 {
        for _ in 0..5 {
            assert_eq!(dispatch(&plugin, agent(name))["status"], "running");
        }
        if name == 0 {
            let answer = dispatch(&plugin, agent(name));
            assert_eq!(answer["status"], "running", "dispatch does not tell");
            sixth = id_of(&answer);
        }
    }
    let second = host.load(&probe_with(&manifest("dev.second"))).unwrap();
    let other = id_of(&dispatch(&second, agent(9)));
    let probe = Probe(&plugin, None);
    assert_eq!(
        probe.status(&sixth),
        json!({"id": sixth, "title": "Chat", "status": "queued", "current_step": "Queued"})
    );
    assert_eq!(
        Probe(&second, None).status(&other)["status"],
        "queued",
        "of all plugins"
    );
    assert_eq!(
        probe.json(&["17", "t0"])["tasks"].as_array().unwrap().len(),
        21,
        "of all agents, queued ones too"
    );
    let running = |probe: &Probe<'_>, id: &str| probe.status(id)["status"] == "running";
    let of_another_agent = probe.json(&["17", "t0"])["tasks"]
        .as_array()
        .unwrap()
        .clone();
    let last = of_another_agent
        .iter()
        .rfind(|task| task["status"] == "running")
        .unwrap();
    probe.call(&["9", "v1", last["id"].as_str().unwrap()]);
    let one_got_the_slot = running(&probe, &sixth) || running(&Probe(&second, None), &other);
    assert!(one_got_the_slot);
    Probe(&second, None).call(&["9", "v1", &other]);
    cancel_all(&host, &plugin);
    cancel_all(&host, &second);
}

#[test]
fn a_queued_task_starts_when_one_ends_and_its_feed_says_so() {
    let (host, plugin) = loaded(endless().max_active_tasks(1));
    let probe = Probe(&plugin, alice());
    let first = id_of(&dispatch(&plugin, alice()));
    let second = id_of(&probe.dispatch(&json!({"prompt": "hello"})));
    let third = id_of(&dispatch(&plugin, alice()));
    probe.call(&["19", "v2", &third, "talk more"]);
    until("it is told as started, though it only waits", || {
        kinds(&probe, &second) == [0]
    });
    probe.call(&["9", "v1", &first]);
    until("the second ended", || {
        probe.status(&second)["status"] == "completed"
    });
    until("the third talks", || {
        probe.status(&third)["output"].is_string()
    });
    let feed = probe.status(&third)["activity"].as_array().unwrap().clone();
    let titles: Vec<&str> = feed
        .iter()
        .map(|item| item["title"].as_str().unwrap())
        .collect();
    let expected = [
        "Running in background",
        "Queued — waiting for a free slot",
        "Started",
    ];
    assert_eq!(titles, expected);
    assert!(feed.iter().all(|item| item["kind"] == "info"));
    assert_eq!(kinds(&probe, &second), [0, 4]);
    cancel_all(&host, &plugin);
}

#[test]
fn a_cancelled_queued_task_never_starts() {
    let (host, plugin) = loaded(endless().max_active_tasks(1));
    let probe = Probe(&plugin, alice());
    let first = id_of(&dispatch(&plugin, alice()));
    let second = id_of(&dispatch(&plugin, alice()));
    probe.call(&["9", "v1", &second]);
    probe.call(&["9", "v1", &first]);
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&probe, &second), [0, 6]);
    assert_eq!(probe.status(&second).get("output"), None);
}

#[test]
fn a_queued_dispatch_counts_as_a_call() {
    let (host, plugin) = loaded(endless().max_active_tasks(1));
    for _ in 0..10 {
        assert_eq!(dispatch(&plugin, alice())["status"], "running");
    }
    assert_eq!(dispatch(&plugin, alice())["error"], "rate_limit_exceeded");
    cancel_all(&host, &plugin);
}

#[test]
fn many_dispatches_at_once_start_exactly_five() {
    let (host, plugin) = loaded(endless());
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| dispatch(&plugin, alice()));
        }
    });
    let tasks = Probe(&plugin, None).json(&["17", "t0"])["tasks"].clone();
    let tasks = tasks.as_array().unwrap();
    let with = |status: &str| tasks.iter().filter(|task| task["status"] == status).count();
    assert_eq!((with("running"), with("queued")), (5, 5), "{tasks:?}");
    cancel_all(&host, &plugin);
}

#[test]
fn a_running_task_is_drafted_interrupted_and_its_message_kept() {
    let (host, plugin) = loaded(endless());
    let probe = Probe(&plugin, alice());
    let id = id_of(&probe.dispatch(&json!({"prompt": "talk", "session_id": "s"})));
    until("it speaks", || probe.status(&id)["output"].is_string());
    let status = probe.status(&id);
    assert_eq!(
        (&status["status"], &status["current_step"]),
        (&json!("running"), &json!("Running..."))
    );
    assert_eq!(status["activity"][0]["title"], "Running in background");
    probe.call(&["18", "v2", &id, r#"{"text":7,"more":[1]}"#]);
    assert_eq!(
        probe.status(&id)["draft"],
        json!({"text": 7, "more": [1]}),
        "as given"
    );
    probe.call(&["18", "v2", &id, "not an object"]);
    assert_eq!(probe.status(&id).get("draft"), None);
    probe.call(&["19", "v2", &id, " and now call raw "]);
    assert!(host.wait_for_tasks(LONG));
    let events = probe.task_events(&id);
    assert_eq!(kinds(&probe, &id), [0, 8, 8, 4], "it completes normally");
    assert_eq!(
        events[1].1,
        json!({"draft": {"more": [1], "text": 7}, "title": "Chat"})
    );
    assert_eq!(events[2].1, json!({"title": "Chat"}));
    let completed = &events[3].1;
    assert_eq!(
        (&completed["success"], &completed["summary"]),
        (&json!(true), &json!("Chat completed"))
    );
    assert_eq!(
        completed["output"], "and now call raw",
        "the last turn is the message"
    );
    let again = id_of(&probe.dispatch(&json!({"prompt": "hello", "session_id": "s"})));
    assert_eq!(again, id);
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(
        probe.status(&id)["output"],
        "You said: hello",
        "no completion of its own for the message"
    );
}

#[test]
fn an_interrupt_may_come_without_a_message() {
    for message in ["NULL", "  "] {
        let (host, plugin) = loaded(endless());
        let probe = Probe(&plugin, alice());
        let id = id_of(&dispatch(&plugin, alice()));
        probe.call(&["19", "v2", &id, message]);
        assert!(host.wait_for_tasks(LONG));
        assert_eq!(kinds(&probe, &id), [0, 4]);
    }
}

#[test]
fn a_cancelled_task_is_reported_as_completed_first_and_loses_its_output_after_a_while() {
    let (host, plugin) = loaded(endless().ended_task_held(Duration::from_secs(1)));
    let probe = Probe(&plugin, alice());
    let id = id_of(&dispatch(&plugin, alice()));
    until("it speaks", || probe.status(&id)["output"].is_string());
    probe.call(&["9", "v1", &id]);
    let status = probe.status(&id);
    assert_eq!(status["status"], "cancelled");
    assert!(status.get("success").is_none() && status.get("summary").is_none());
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&probe, &id), [0, 4, 6], "stopping ends the stream");
    assert_eq!(probe.task_events(&id)[2].1, json!({"title": "Chat"}));
    until("its output goes", || {
        probe.status(&id).get("output").is_none()
    });
    assert_eq!(
        probe.status(&id),
        json!({"id": id, "title": "Chat", "status": "cancelled"})
    );
}

#[test]
fn a_completed_task_keeps_its_summary_after_its_output_and_takes_a_reply() {
    let (host, plugin) = loaded(Host::builder().ended_task_held(Duration::from_millis(1)));
    let probe = Probe(&plugin, alice());
    let id = id_of(&probe.dispatch(&json!({"prompt": "hello"})));
    assert!(host.wait_for_tasks(LONG));
    until("its session goes", || {
        probe.status(&id).get("session_id").is_none()
    });
    assert_eq!(
        probe.status(&id),
        json!({"id": id, "title": "Chat", "status": "completed", "success": true, "summary": "Chat \
            completed"})
    );
    host.reply_to_task(&id, "and again").unwrap();
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&probe, &id), [0, 4, 4]);
    assert_eq!(probe.task_events(&id)[2].1["output"], "You said: and again");
    probe.call(&["9", "v1", &id]);
    let error = host.reply_to_task(&id, "more").unwrap_err().to_string();
    assert_eq!(error, format!("task {id} has not completed"));
}

#[test]
fn a_finished_task_can_still_be_cancelled_and_stays_until_it_is_dismissed() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let finished_task = || {
        let id = id_of(&probe.dispatch(&json!({"prompt": "hello"})));
        assert!(host.wait_for_tasks(LONG));
        id
    };
    let (id, other) = (finished_task(), finished_task());
    probe.call(&["9", "v1", &id]);
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&probe, &id), [0, 4, 6]);
    assert_eq!(probe.status(&id)["status"], "cancelled");
    assert_eq!(probe.status(&other)["status"], "completed");
    assert!(host.dismiss_task(&other) && !host.dismiss_task(&other) && !host.dismiss_task("x"));
    assert_eq!(probe.status(&other)["error"], "not_found");
}

#[test]
fn an_id_that_is_none_or_not_ones_own_changes_nothing_and_is_warned_of_once() {
    let (host, plugin) = loaded(Host::builder());
    let second = host.load(&probe_with(&manifest("dev.second"))).unwrap();
    let id = id_of(&Probe(&second, alice()).dispatch(&json!({"prompt": "hello"})));
    assert!(host.wait_for_tasks(LONG));
    let probe = Probe(&plugin, alice());
    assert_eq!(
        probe.status(&id),
        json!({"error": "not_found", "message": "Task not found"})
    );
    let invalid = json!({"error": "invalid_task_id", "message": "Invalid UUID format"});
    assert_eq!(probe.status("nonsense"), invalid);
    let own = id_of(&probe.dispatch(&json!({"prompt": "hello"})));
    assert!(host.wait_for_tasks(LONG));
    for _ in 0..2 {
        probe.call(&["9", "v1", "nonsense"]);
        probe.call(&["9", "v1", &id]);
        for slot in ["18", "19"] {
            probe.call(&[slot, "v2", "nonsense", "{}"]);
            probe.call(&[slot, "v2", &own, "{}"]);
        }
    }
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&Probe(&second, None), &id), [0, 4]);
    assert_eq!(
        kinds(&probe, &own),
        [0, 4],
        "no draft of a task that has ended"
    );
    let kinds: Vec<String> = warnings(&host)
        .iter()
        .map(|text| text.split('\'').next().unwrap().to_string())
        .collect();
    let starts = |start: &str| kinds.iter().filter(|text| text.starts_with(start)).count();
    for slot in ["dispatch_cancel", "send_draft", "dispatch_interrupt"] {
        assert_eq!(starts(&format!("{slot}: no such task")), 1, "{kinds:?}");
        assert_eq!(starts(&format!("{slot}: ")), 2, "{kinds:?}");
    }
}

#[test]
fn the_feed_shows_twenty_activities_and_drops_repeats() {
    let mut script = "pace_ms = 50\n".to_string();
    let mut rule = |condition: &str, calls: &[String]| {
        let calls: Vec<String> = calls
            .iter()
            .map(|name| format!("{{ tool = \"{name}\" }}"))
            .collect();
        script += &format!("[[rule]]\n{condition}\ncall = [{}]\n", calls.join(", "));
    };
    let names = |from: usize, to: usize| (from..to).map(|n| format!("t{n}")).collect::<Vec<_>>();
    let twice = |name: &str| vec![name.to_string(), name.to_string()];
    rule(
        "when = \"go\"",
        &[names(0, 48), twice("last"), twice("last")].concat(),
    );
    script += &format!(
        "[[rule]]\nafter_tool = \"last\"\ntext = \"{}\"\n",
        "tick ".repeat(20_000)
    );
    let (host, plugin) = loaded(scripted(&script));
    let probe = Probe(&plugin, alice());
    let id = id_of(&probe.dispatch(&json!({"prompt": "go"})));
    until("the tools ran", || probe.status(&id)["output"].is_string());
    let status = probe.status(&id);
    assert_eq!(status["current_step"], "Running...");
    let details: Vec<&str> = status["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["detail"].as_str().unwrap())
        .collect();
    assert_eq!(details.len(), 20);
    // Repeats may straddle a full second, which makes them different.
    let distinct: Vec<&&str> = details.iter().filter(|name| **name != "last").collect();
    assert!(
        distinct.len() >= 18 && *details.last().unwrap() == "last",
        "{details:?}"
    );
    probe.call(&["9", "v1", &id]);
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(
        kinds(&probe, &id).iter().filter(|kind| **kind == 1).count(),
        52,
        "each call is told"
    );
    assert!(
        probe.status(&id).get("activity").is_none(),
        "while it runs only"
    );
}

#[test]
fn unloading_cancels_running_tasks_and_tells_the_plugin_first() {
    if child_case().is_none() {
        let name = "task_states::unloading_cancels_running_tasks_and_tells_the_plugin_first";
        return assert_ok(&in_child(name, "run"));
    }
    let marks = tempfile::NamedTempFile::new().unwrap();
    // SAFETY: this child runs one test, and no other thread reads the environment yet.
    unsafe { std::env::set_var("PROBE_MARKS", marks.path()) };
    let (host, plugin) = loaded(endless());
    let id = id_of(&dispatch(&plugin, alice()));
    assert!(host.unload(&plugin));
    let marks = std::fs::read_to_string(marks.path()).unwrap();
    let order: Vec<&str> = marks
        .lines()
        .filter(|line| line.starts_with("event") || *line == "destroy")
        .collect();
    assert_eq!(order, ["event 0", "event 6", "destroy"], "{id}");
}

#[test]
fn in_june_a_sixth_task_was_refused_and_cancelled_ones_went() {
    let delay = Duration::from_millis(30);
    let builder = endless().profile(Profile::June2026).ended_task_held(delay);
    let (host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    let first = id_of(&dispatch(&plugin, alice()));
    for _ in 0..4 {
        dispatch(&plugin, alice());
    }
    let refused = dispatch(&plugin, alice());
    assert_eq!(refused["error"], "task_limit_reached");
    assert_eq!(
        refused["message"],
        "At most 5 active tasks per agent and 20 in all."
    );
    probe.call(&["9", "v1", &first]);
    until("it is removed", || {
        probe.status(&first)["error"] == "not_found"
    });
    let task = id_of(&probe.dispatch(&json!({"prompt": "hello"})));
    until("it ended", || probe.status(&task)["status"] == "completed");
    std::thread::sleep(2 * delay);
    assert_eq!(probe.status(&task)["output"], "You said: hello", "kept");
    cancel_all(&host, &plugin);
}
