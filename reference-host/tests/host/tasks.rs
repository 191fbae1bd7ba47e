//! Tasks end to end: what dispatch checks and starts, the agent loop with tools, and events in
//! order.

use crate::server::{Server, respond};
use crate::support::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use osaurus_reference_host::{Agent, AgentId, BuiltinModel, Host, Profile, Reply, Rule};
use serde_json::{Value, json};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn started(probe: &Probe<'_>, request: Value) -> String {
    let answer = probe.dispatch(&request);
    assert_eq!(answer["status"], "running", "{answer}");
    assert_eq!(answer.as_object().unwrap().len(), 2);
    answer["id"].as_str().unwrap().to_string()
}

#[test]
fn a_task_calls_the_plugins_tool_as_its_agent_and_tells_the_plugin() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let id = started(
        &probe,
        json!({"prompt": "please call agent", "title": "T", "session_id": "s", "tools": ["agent"]}),
    );
    assert!(host.wait_for_tasks(LONG));
    let events = probe.task_events(&id);
    let agent = alice().unwrap().to_string();
    let kinds: Vec<i32> = events.iter().map(|event| event.0).collect();
    assert_eq!(kinds, [0, 1, 4]);
    assert!(
        events.iter().all(|event| event.2 == agent),
        "each with the task's agent"
    );
    assert_eq!(events[0].1, json!({"status": "running", "title": "T"}));
    let mut activity = events[1].1.clone();
    let stamp = activity
        .as_object_mut()
        .unwrap()
        .remove("timestamp")
        .unwrap();
    assert_eq!(
        activity,
        json!({"detail": "agent", "kind": "tool", "title": "Tool"})
    );
    let stamp = stamp.as_str().unwrap();
    assert!(
        stamp.len() == 20 && stamp.ends_with('Z') && stamp.as_bytes()[10] == b'T',
        "{stamp}"
    );
    let output = format!("agent returned: {{\"ok\":true,\"result\":{{\"text\":\"{agent}\"}}}}");
    let completed = json!({"output": output, "session_id": id, "success": true, "summary": "Chat \
        completed", "title": "T"});
    assert_eq!(events[2].1, completed);
    let status = json!({"id": id, "title": "T", "status": "completed", "output": output,
        "success": true,
                        "summary": "Chat completed", "session_id": id});
    assert_eq!(probe.status(&id.to_lowercase()), status);
    assert_eq!(probe.json(&["17", "t0"]), json!({"tasks": []}));
}

#[test]
fn a_session_goes_on_for_the_same_plugin_agent_and_key() {
    let (host, plugin) = loaded(Host::builder());
    let second = host.load(&probe_with(&manifest("dev.second"))).unwrap();
    let probe = Probe(&plugin, alice());
    let mine = AgentId::named("mine").to_string();
    let finished = |probe: &Probe<'_>, request: Value| {
        let id = started(probe, request);
        assert!(host.wait_for_tasks(LONG));
        id
    };
    let first = finished(
        &probe,
        json!({"prompt": "a", "session_id": "any text", "id": mine.to_lowercase()}),
    );
    assert_eq!(first, mine, "the plugin's own id, in upper case");
    let other = AgentId::named("other").to_string();
    let again = finished(
        &probe,
        json!({"prompt": "b", "session_id": "any text", "id": other}),
    );
    assert_eq!(again, mine, "the session's id, not the one asked for");
    let key = json!({"prompt": "c", "session_id": "any text"});
    let strangers = [
        finished(&Probe(&plugin, bob()), key.clone()),
        finished(&Probe(&second, alice()), key),
        finished(&probe, json!({"prompt": "d", "session_id": "another"})),
        finished(&probe, json!({"prompt": "e", "session_id": "  "})),
        finished(&probe, json!({"prompt": "f"})),
        finished(&probe, json!({"prompt": "g", "id": "no uuid"})),
        finished(&Probe(&second, alice()), json!({"prompt": "h", "id": mine})),
    ];
    for id in strangers {
        assert_ne!(id, mine);
        assert!(
            AgentId::parse(&id).is_some() && id == id.to_uppercase(),
            "a fresh UUID: {id}"
        );
    }
}

#[test]
fn a_session_remembers_what_was_said() {
    let server = Server::start(|_| {
        respond(
            "200 OK",
            "",
            "data: \
             {\"choices\":[{\"delta\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}]}\n\ndata: \
             [DONE]\n\n",
        )
    });
    let agent = Agent {
        model: Some("m".into()),
        system_prompt: Some("System.".into()),
        tools: Some(Vec::new()),
        ..Agent::named("alice")
    };
    let builder = Host::builder()
        .agents([agent])
        .model_url(format!("http://{}", server.address));
    let (host, plugin) = loaded(builder);
    for prompt in [" one ", "two"] {
        started(
            &Probe(&plugin, alice()),
            json!({"prompt": prompt, "session_id": "s"}),
        );
        assert!(host.wait_for_tasks(LONG));
    }
    let body: Value = serde_json::from_str(&server.requests().last().unwrap().body).unwrap();
    let contents: Vec<&str> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["content"].as_str().unwrap())
        .collect();
    assert_eq!(
        contents,
        ["System.\n\nProbe instructions.", " one ", "fine", "two"],
        "the prompt goes untrimmed"
    );
}

#[test]
fn dispatch_refuses_in_its_order() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let without_agent = Probe(&plugin, None);
    for (request, message) in [
        ("{}", "Missing required field: prompt"),
        ("[]", "Missing required field: prompt"),
        ("nonsense", "Missing required field: prompt"),
        (r#"{"prompt":7}"#, "Missing required field: prompt"),
        (r#"{"prompt":" \n"}"#, "Prompt is empty"),
    ] {
        let answer = without_agent.json(&["7", "t1", request]);
        assert_eq!(
            answer,
            json!({"error": "invalid_request", "message": message}),
            "before the agent"
        );
    }
    for agent in [None, Some(AgentId::DEFAULT)] {
        let answer = Probe(&plugin, agent).dispatch(&json!({"prompt": "x"}));
        assert_eq!(answer["error"], "built_in_agent_not_exposable");
        let message = answer["message"].as_str().unwrap();
        assert!(
            message.starts_with(
                "Built-in agent 00000000-0000-0000-0000-000000000001 is not reachable"
            )
        );
    }
    for _ in 0..10 {
        started(&probe, json!({"prompt": "x", "agent_id": "bob"}));
        assert!(host.wait_for_tasks(LONG));
        assert_eq!(
            probe.dispatch(&json!({}))["error"],
            "invalid_request",
            "does not count"
        );
    }
    for _ in 0..2 {
        assert_eq!(
            probe.dispatch(&json!({"prompt": "x"}))["error"],
            "rate_limit_exceeded"
        );
    }
    started(&Probe(&plugin, bob()), json!({"prompt": "x"}));
    let second = host.load(&probe_with(&manifest("dev.second"))).unwrap();
    started(&Probe(&second, alice()), json!({"prompt": "x"}));
    let warnings = warnings(&host);
    assert_eq!(
        warnings
            .iter()
            .filter(|text| text.contains("agent_id and agent_address"))
            .count(),
        1
    );
    let statuses: Vec<u16> = host
        .activity()
        .iter()
        .filter(|call| call.slot == "dispatch")
        .map(|call| call.status)
        .collect();
    assert_eq!([statuses[0], statuses[5], statuses[7]], [400, 500, 202]);
    assert!(statuses.contains(&429));
}

#[test]
fn documents_let_a_call_without_an_agent_use_the_default_one() {
    for agent in [None, Some(AgentId::DEFAULT)] {
        let (host, plugin) = loaded(Host::builder().profile(Profile::Documented));
        let id = started(&Probe(&plugin, agent), json!({"prompt": "x"}));
        assert!(host.wait_for_tasks(LONG));
        let events = Probe(&plugin, None).task_events(&id);
        assert_eq!(events[0].2, AgentId::DEFAULT.to_string());
    }
}

#[test]
fn hosts_of_version_2_count_dispatches_of_all_agents_together() {
    let (host, plugin) = loaded(Host::builder().abi(2));
    for number in 0..10 {
        let agent = Some(AgentId::named(&format!("agent {}", number % 3)));
        started(&Probe(&plugin, agent), json!({"prompt": "x"}));
        assert!(host.wait_for_tasks(LONG));
    }
    let answer = Probe(&plugin, Some(AgentId::named("agent 9"))).dispatch(&json!({"prompt": "x"}));
    assert_eq!(answer["error"], "rate_limit_exceeded");
}

#[test]
fn pinned_tools_come_first_and_foreign_ones_are_dropped_with_a_warning_each() {
    let server = Server::start(|_| {
        respond(
            "200 OK",
            "",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        )
    });
    let agent = Agent {
        model: Some("m".into()),
        tools: Some(vec!["sleep".into()]),
        ..Agent::named("alice")
    };
    let builder = Host::builder()
        .agents([agent])
        .model_url(format!("http://{}", server.address));
    let (host, plugin) = loaded(builder);
    let mut foreign = manifest("dev.foreign");
    foreign["capabilities"]["tools"] = json!([{"id": "foreign", "description": "d"}]);
    host.load(&probe_with(&foreign)).unwrap();
    for tools in [
        json!([" raw ", "foreign", 7, "", "clarify", "nowhere", "raw"]),
        json!("raw"),
        json!(["foreign"]),
    ] {
        started(
            &Probe(&plugin, alice()),
            json!({"prompt": "x", "tools": tools}),
        );
        assert!(host.wait_for_tasks(LONG));
    }
    let offered = |at: usize| -> Vec<String> {
        let body: Value = serde_json::from_str(&server.requests()[at].body).unwrap();
        let tools = body["tools"].as_array().unwrap();
        tools
            .iter()
            .map(|tool| tool["function"]["name"].as_str().unwrap().to_string())
            .collect()
    };
    let own = ["complete", "share_artifact", "sleep"];
    assert_eq!(offered(0), [&["raw", "clarify"], &own[..]].concat());
    let unpinned = ["complete", "clarify", "share_artifact", "sleep"];
    assert_eq!(
        (offered(1), offered(2)),
        (
            unpinned.map(String::from).into(),
            unpinned.map(String::from).into()
        )
    );
    let warnings = warnings(&host);
    let dropped: Vec<&String> = warnings
        .iter()
        .filter(|text| text.contains("it is dropped"))
        .collect();
    assert_eq!(dropped.len(), 2, "once for each name: {dropped:?}");
}

#[test]
fn a_folder_bookmark_gives_the_tools_their_working_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (host, plugin) = loaded(Host::builder());
    let bookmark = BASE64.encode(folder.path().to_str().unwrap());
    let probe = Probe(&plugin, alice());
    for (bookmark, known) in [(bookmark.as_str(), true), ("***", false)] {
        let id = started(
            &probe,
            json!({"prompt": "call raw", "folder_bookmark": bookmark}),
        );
        assert!(host.wait_for_tasks(LONG));
        let output = probe.status(&id)["output"].to_string();
        assert_eq!(output.contains("working_directory"), known, "{output}");
    }
}

#[test]
fn mode_is_ignored_but_documents_know_a_chat_without_tools() {
    let output = |profile, mode: &str, tool: &str| {
        let (host, plugin) = loaded(Host::builder().profile(profile));
        let probe = Probe(&plugin, alice());
        let prompt = format!("call {tool}");
        let id = started(&probe, json!({"prompt": prompt, "mode": mode}));
        assert!(host.wait_for_tasks(LONG));
        probe.status(&id)["output"].as_str().unwrap().to_string()
    };
    let tool_output = r#"raw returned: {"ok":true,"result":{"text":"{}"},"tool":"raw"}"#;
    assert_eq!(output(Profile::Actual, "chat", "raw"), tool_output);
    let (tool, documented) = ("dev.probe_raw", format!("dev.probe_{tool_output}"));
    assert_eq!(output(Profile::Documented, "work", tool), documented);
    let reply = "You said: call dev.probe_raw";
    assert_eq!(output(Profile::Documented, "chat", tool), reply);
}

#[test]
fn progress_and_output_events_exist_in_documents_only() {
    let events = |profile, tool: &str| {
        let (host, plugin) = loaded(Host::builder().profile(profile));
        let probe = Probe(&plugin, alice());
        let prompt = format!("call {tool}");
        let id = started(
            &probe,
            json!({"prompt": prompt, "title": "T", "tools": [tool]}),
        );
        assert!(host.wait_for_tasks(LONG));
        probe.task_events(&id)
    };
    let kinds =
        |events: &[(i32, Value, String)]| events.iter().map(|event| event.0).collect::<Vec<_>>();
    assert_eq!(kinds(&events(Profile::Actual, "agent")), [0, 1, 4]);
    let documented = events(Profile::Documented, "dev.probe_agent");
    assert_eq!(kinds(&documented), [0, 2, 1, 7, 2, 4]);
    let (progress, output) = (&documented[1].1, &documented[3].1);
    assert_eq!(
        (&progress["title"], &progress["current_step"]),
        (&json!("T"), &json!("dev.probe_agent"))
    );
    assert!(
        progress["progress"]
            .as_f64()
            .is_some_and(|done| done > 0.0 && done < 1.0)
    );
    assert_eq!(output["title"], "T");
    assert!(
        output["text"]
            .as_str()
            .unwrap()
            .starts_with("dev.probe_agent returned: ")
    );
}

#[test]
fn a_failing_model_fails_the_task() {
    let model = BuiltinModel::new().rule(Rule::when("break", Reply::Fail("no model today".into())));
    let (host, plugin) = loaded(Host::builder().model(model));
    let probe = Probe(&plugin, alice());
    let id = started(&probe, json!({"prompt": "break"}));
    assert!(host.wait_for_tasks(LONG));
    let events = probe.task_events(&id);
    let failed =
        json!({"session_id": id, "success": false, "summary": "no model today", "title": "Chat"});
    assert_eq!((events.len(), events[1].0, &events[1].1), (2, 5, &failed));
    let status = json!({"id": id, "title": "Chat", "status": "failed", "success": false,
        "summary": "no model today", "session_id": id});
    assert_eq!(probe.status(&id), status);
}

#[test]
fn hosts_of_the_first_revisions_send_no_task_events() {
    let (host, plugin) = loaded(Host::builder().abi_level("2b"));
    let probe = Probe(&plugin, alice());
    let id = started(&probe, json!({"prompt": "x"}));
    assert!(host.wait_for_tasks(LONG));
    assert!(probe.task_events(&id).is_empty());
    assert_eq!(probe.status(&id)["status"], "completed");
}
