//! What models get to see of plugins' tools: by the agent's mode, the model's size and the place;
//! loading on demand; and what a call of a tool is told that was never shown.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{Agent, AgentId, Host, HostBuilder, Profile};
use serde_json::{Value, json};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const OWN: [&str; 3] = ["complete", "clarify", "share_artifact"];

fn output(host: &Host, probe: &Probe, request: &Value) -> String {
    let id = probe.dispatch(request)["id"].as_str().unwrap().to_string();
    assert!(host.wait_for_tasks(LONG));
    probe.status(&id)["output"]
        .as_str()
        .unwrap_or_default()
        .to_string()
}

/// A host whose model is a server that says nothing of note.
fn listening() -> (Server, HostBuilder) {
    let server = Server::start(|_| {
        let delta =
            json!({"choices": [{"index": 0, "delta": {"content": "."}, "finish_reason": "stop"}]});
        respond(
            "200 OK",
            "Content-Type: text/event-stream\r\n",
            &format!("data: {delta}\n\ndata: [DONE]\n\n"),
        )
    });
    let builder = Host::builder().model_url(format!("http://{}", server.address));
    (server, builder)
}

fn sent(server: &Server) -> (Vec<String>, String) {
    let body: Value = serde_json::from_str(&server.requests().last().unwrap().body).unwrap();
    let name = |tool: &Value| tool["function"]["name"].as_str().unwrap().to_string();
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let system = body["messages"][0]["content"]
        .as_str()
        .unwrap_or_default()
        .to_string();
    (tools.iter().map(name).collect(), system)
}

#[test]
fn plugin_tools_are_named_in_the_prompt_or_picked_and_the_default_agent_has_none() {
    let (server, builder) = listening();
    let picked = Agent {
        tools: Some(vec!["raw".into(), "absent".into()]),
        ..Agent::named("bob")
    };
    let few = Agent {
        loadable_tools: Some(vec!["sleep".into()]),
        ..Agent::named("carol")
    };
    let small = Agent {
        model: Some("tiny-7b".into()),
        ..Agent::named("dave")
    };
    let (host, plugin) = loaded(builder.agents([Agent::named("alice"), picked, few, small]));
    let task = |agent: &str, extra: Value| {
        let mut request = json!({"prompt": "x"});
        request
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        output(
            &host,
            &Probe(&plugin, Some(AgentId::named(agent))),
            &request,
        );
        sent(&server)
    };
    let (tools, system) = task("alice", json!({}));
    assert_eq!(tools, [&OWN[..], &["capabilities"]].concat());
    let lines: Vec<&str> = system
        .lines()
        .skip_while(|line| !line.starts_with("<plugin"))
        .take(3)
        .collect();
    assert_eq!(
        lines,
        [
            "<plugin: dev.probe>",
            "  tool/agent — probe tool agent",
            "  tool/call — probe tool call"
        ]
    );
    let (tools, system) = task("bob", json!({}));
    assert_eq!(tools, [&OWN[..], &["raw"]].concat());
    assert!(
        !system.contains("tool/"),
        "picked tools need no section: {system}"
    );
    let (_, system) = task("carol", json!({}));
    assert_eq!(system.matches("tool/").count(), 1, "{system}");
    let (_, system) = task("dave", json!({}));
    assert!(
        system.contains("plugin/dev.probe — dev.probe\n\n") && !system.contains("tool/"),
        "{system}"
    );
    let folder = base64_of(&std::env::temp_dir());
    let (tools, system) = task("alice", json!({"folder_bookmark": folder}));
    assert!(
        tools.contains(&"capabilities".into()) && !system.contains("tool/"),
        "{system}"
    );
    let view = |agent, window| host.model_view(agent, None, window);
    let default = view(AgentId::DEFAULT, None);
    assert_eq!(
        (
            default.mode,
            default.schema.len(),
            default.section,
            default.plugins.len()
        ),
        ("never", 3, None, 0)
    );
    let tiny = view(AgentId::named("alice"), Some(4_096));
    assert_eq!(
        (tiny.prompt, tiny.schema.len(), tiny.section),
        ("none", 0, None)
    );
}

fn base64_of(folder: &std::path::Path) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(folder.to_str().unwrap())
}

#[test]
fn the_section_stays_as_it_was_when_the_session_began() {
    let (server, builder) = listening();
    let (host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    let section = |session: &str| {
        output(
            &host,
            &probe,
            &json!({"prompt": "x", "session_id": session}),
        );
        sent(&server).1
    };
    let before = section("one");
    let mut later = manifest("dev.later");
    later["capabilities"]["tools"] = json!([{"id": "later", "description": "d"}]);
    host.load(&probe_with(&later)).unwrap();
    assert_eq!(section("one"), before);
    assert!(
        section("two").contains("tool/later — d"),
        "a new session knows it"
    );
}

const CALLS: &str = r#"
[[rule]]
when = "unloaded"
call = [{ tool = "raw" }]
[[rule]]
when = "prefixed"
call = [{ tool = "tool/raw" }]
[[rule]]
when = "group"
call = [{ tool = "dev.probe" }]
[[rule]]
when = "own"
call = [{ tool = "capabilities_load" }]
[[rule]]
when = "absent"
call = [{ tool = "absent" }]
[[rule]]
when = "load"
call = [{ tool = "capabilities", arguments = { ids = ["tool/raw"] } }]
[[rule]]
after_tool = "capabilities"
call = [{ tool = "tool/raw", arguments = { n = 1 } }]
"#;

#[test]
fn a_chat_runs_only_what_it_was_shown_and_says_how_to_load_the_rest() {
    let (host, plugin) = loaded(scripted(CALLS));
    let output_of =
        |agent, prompt: &str| output(&host, &Probe(&plugin, agent), &json!({"prompt": prompt}));
    let hint = "raw exists but is not loaded in this conversation. Call capabilities with ids: \
                [\\\"tool/raw\\\"] to load it, \
                then retry this call.";
    let refused = |tool: &str, name: &str, message: &str, again: bool| {
        format!(
            "{tool} returned: \
             {{\"ok\":false,\"kind\":\"tool_not_found\",\"message\":\"{message}\",\"retryable\":{again},\"tool\":\"{name}\"}}"
        )
    };
    assert_eq!(
        output_of(alice(), "unloaded"),
        refused("raw", "raw", hint, true)
    );
    assert_eq!(
        output_of(alice(), "prefixed"),
        refused("tool/raw", "raw", hint, true)
    );
    let group = "'dev.probe' is a capability id for a plugin group, not a callable function. Call \
                 capabilities with \
                 {\\\"ids\\\":[\\\"plugin/dev.probe\\\"]} to load it, then call one of the loaded \
                 tool names to continue.";
    assert_eq!(
        output_of(alice(), "group"),
        refused("dev.probe", "dev.probe", group, true)
    );
    for (prompt, name) in [("own", "capabilities_load"), ("absent", "absent")] {
        let message = format!("{name} is not available in this conversation.");
        assert_eq!(
            output_of(alice(), prompt),
            refused(name, name, &message, false)
        );
    }
    assert!(
        output_of(alice(), "load").contains(
            r#"tool/raw returned: {"ok":true,"result":{"text":"{\"n\":1}"},"tool":"raw"}"#
        )
    );
    let june = scripted(CALLS).profile(Profile::June2026);
    let (host, plugin) = loaded(june);
    let output = output(
        &host,
        &Probe(&plugin, alice()),
        &json!({"prompt": "unloaded"}),
    );
    assert!(
        output.contains("\"ok\":true"),
        "in June any tool ran: {output}"
    );
}

#[test]
fn what_was_loaded_or_pinned_stays_in_the_session() {
    let (server, builder) = listening();
    let (host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    let tools = |extra: Value| {
        let mut request = json!({"prompt": "x", "session_id": "s"});
        request
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        output(&host, &probe, &request);
        sent(&server).0
    };
    let own = [&OWN[..], &["capabilities"]].concat();
    assert_eq!(
        tools(json!({"tools": ["raw"]})),
        [&["raw"], &own[..]].concat()
    );
    assert_eq!(tools(json!({})), [&own[..], &["raw"]].concat());
}

#[test]
fn completions_have_the_older_pair_and_run_whatever_the_model_names() {
    let script = r#"
[[rule]]
when = "search"
call = [{ tool = "capabilities_discover", arguments = { query = "sleep" } }]
[[rule]]
when = "name it"
call = [{ tool = "raw", arguments = { n = 2 } }]
[[rule]]
when = "end"
call = [{ tool = "tool/complete", arguments = { summary = "Over." } }]
"#;
    let (_host, plugin) = loaded(scripted(script));
    let probe = Probe(&plugin, alice());
    let content_of = |text: &str| {
        let answer = probe.complete(&ask(text, json!({"tools": true})));
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert!(content_of("search").contains("tool/sleep — probe tool sleep"));
    assert_eq!(content_of("end"), "Over.", "the host's own, by its id");
    assert!(content_of("name it").contains(r#"{\"n\":2}"#));
    assert!(
        content_of("call raw {\"n\": 3}").contains(r#"{\"n\":3}"#),
        "loaded, then called"
    );
}

#[test]
fn a_live_tasks_folder_is_used_by_a_completion_but_not_passed_to_its_tools() {
    let script = "[[rule]]\nwhen = \"wait\"\ncall = [{ tool = \"clarify\", arguments = { question \
                  = \"?\" } }]\n\
                  [[rule]]\nwhen = \"share\"\ncall = [{ tool = \"share_artifact\", arguments = { \
                  path = \"a.txt\" } }]\n\
                  [[rule]]\nwhen = \"look\"\ncall = [{ tool = \"raw\" }]\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "text").unwrap();
    let (host, plugin) = loaded(scripted(script));
    let probe = Probe(&plugin, alice());
    let task =
        probe.dispatch(&json!({"prompt": "wait", "folder_bookmark": base64_of(folder.path())}));
    assert!(host.wait_for_tasks(LONG), "it waits for its user");
    let content_of = |text: &str, session: &Value| {
        let answer = probe.complete(&ask(text, json!({"session_id": session})));
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert!(content_of("share", &task["id"]).contains("\"ok\":true"));
    assert!(content_of("share", &json!("other")).contains("\"ok\":false"));
    assert!(!content_of("look", &task["id"]).contains("_context"));
}

#[test]
fn models_that_can_read_little_get_no_tools() {
    let tools = |window: u64| {
        let (host, plugin) = loaded(scripted(&format!("context_window = {window}\n")));
        output(
            &host,
            &Probe(&plugin, alice()),
            &json!({"prompt": "call raw"}),
        )
    };
    assert_eq!(tools(4_096), "You said: call raw");
    assert!(tools(4_097).starts_with("raw returned: "));
}
