//! What models get to see of plugins' tools: by the agent's mode, the model's size and the place; loading on demand; and
//! what a call of a tool is told that was never shown.

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
        tools: Some(vec!["raw".into(), "nobody".into()]),
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
when = "nobody"
call = [{ tool = "nobody" }]
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
    let said =
        |agent, prompt: &str| output(&host, &Probe(&plugin, agent), &json!({"prompt": prompt}));
    let hint = "raw exists but is not loaded in this conversation. Call capabilities with ids: [\\\"tool/raw\\\"] to load it, \
                then retry this call.";
    let refused = |tool: &str, name: &str, message: &str, again: bool| {
        format!(
            "{tool} returned: {{\"ok\":false,\"kind\":\"tool_not_found\",\"message\":\"{message}\",\"retryable\":{again},\"tool\":\"{name}\"}}"
        )
    };
    assert_eq!(said(alice(), "unloaded"), refused("raw", "raw", hint, true));
    assert_eq!(
        said(alice(), "prefixed"),
        refused("tool/raw", "raw", hint, true)
    );
    let group = "'dev.probe' is a capability id for a plugin group, not a callable function. Call capabilities with \
                 {\\\"ids\\\":[\\\"plugin/dev.probe\\\"]} to load it, then call one of the loaded tool names to continue.";
    assert_eq!(
        said(alice(), "group"),
        refused("dev.probe", "dev.probe", group, true)
    );
    for (prompt, name) in [("own", "capabilities_load"), ("nobody", "nobody")] {
        let message = format!("{name} is not available in this conversation.");
        assert_eq!(said(alice(), prompt), refused(name, name, &message, false));
    }
    assert!(
        said(alice(), "load").contains(
            r#"tool/raw returned: {"ok":true,"result":{"text":"{\"n\":1}"},"tool":"raw"}"#
        )
    );
    let june = scripted(CALLS).profile(Profile::June2026);
    let (host, plugin) = loaded(june);
    let said = output(
        &host,
        &Probe(&plugin, alice()),
        &json!({"prompt": "unloaded"}),
    );
    assert!(said.contains("\"ok\":true"), "in June any tool ran: {said}");
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

/// A plugin with so many tools, each with parameters whose description is this long.
fn many(id: &str, tools: usize, described: usize) -> Value {
    let parameters = json!({"type": "object", "properties": {"a": {"type": "string", "description": "x".repeat(described)}}});
    let tool = |number: usize| {
        json!({"id": format!("{}_{number:02}", id.replace('.', "_")), "parameters": parameters,
        "description": "Does one thing. And more.\nA second line."})
    };
    json!({"plugin_id": id, "name": "Many", "capabilities": {"tools": (0..tools).map(tool).collect::<Vec<_>>()}})
}

#[test]
fn a_group_is_loaded_whole_as_skeletons_or_by_name_by_its_size() {
    let (host, plugin) = loaded(Host::builder());
    let mut broken = many("dev.few", 2, 10);
    broken["capabilities"]["tools"][1]["parameters"] = json!({"properties": {}});
    for manifest in [broken, many("dev.more", 30, 200), many("dev.most", 75, 10)] {
        host.load(&probe_with(&manifest)).unwrap();
    }
    let view = host.model_view(AgentId::named("alice"), None, None);
    let of = |id: &str| {
        view.plugins
            .iter()
            .find(|group| group.plugin == id)
            .unwrap()
    };
    assert_eq!(
        (of("dev.few").form, of("dev.more").form, of("dev.most").form),
        ("full", "skeletons", "names")
    );
    assert_eq!(
        (of("dev.most").left_out, of("dev.most").tools.len()),
        (5, 75)
    );
    assert_eq!(
        of("dev.few").tools[1].remarks[0],
        "Loaded tool 'dev_few_01' parameter schema must declare type: object."
    );
    let said = |ids: &str| {
        let prompt = format!("call capabilities {{\"ids\":[{ids}]}}");
        let said = output(&host, &Probe(&plugin, alice()), &json!({"prompt": prompt}));
        serde_json::from_str::<Value>(said.split_once(": ").unwrap().1).unwrap()
    };
    let few = said("\"plugin/dev.few\"");
    let whole = "Schema for dev_few_00:\n{\"function\":{\"description\":\"Does one thing. And more.\\nA second line.\",\"name\":\
                 \"dev_few_00\",\"parameters\":{\"properties\":{\"a\":{\"description\":\"xxxxxxxxxx\",\"type\":\"string\"}},\
                 \"type\":\"object\"}},\"type\":\"function\"}";
    assert_eq!(
        (&few["result"]["text"], &few["result"]["loaded"]),
        (&json!(whole), &json!(["dev_few_00"]))
    );
    let more = said("\"plugin/dev.more\"")["result"].clone();
    let text = more["text"].as_str().unwrap();
    assert!(
        text.contains("\"description\":\"Does one thing.\"") && !text.contains("xxx"),
        "{text}"
    );
    let most = said("\"plugin/dev.most\"")["result"].clone();
    assert!(
        most["text"]
            .as_str()
            .unwrap()
            .starts_with("dev_most_00: Does one thing. And more.\ndev_most_01")
    );
    assert_eq!(most["loaded"].as_array().unwrap().len(), 70);
    let one = said("\"tool/dev_few_01\"");
    assert_eq!(
        (&one["kind"], &one["field"]),
        (&json!("invalid_args"), &json!("parameters.type"))
    );
    assert_eq!(said("\"tool/nobody\"")["kind"], "not_found");
    let section = view.section.unwrap();
    assert_eq!(
        section.matches("\n  tool/").count(),
        70,
        "of all plugins together"
    );
    assert!(
        section.ends_with("+44 more tool(s): call `capabilities` to find them."),
        "{section}"
    );
}

#[test]
fn skills_are_told_by_their_display_names_and_loaded_with_the_tools() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("Tools/dev.probe/1.0.0");
    std::fs::create_dir_all(folder.join("skills")).unwrap();
    std::fs::copy(probe_with(&manifest("dev.probe")), folder.join("plugin.so")).unwrap();
    let skill = "---\nname: use-the-probe\ndescription: When to probe.\n---\n# How to probe\n";
    std::fs::write(folder.join("skills/SKILL.md"), skill).unwrap();
    std::fs::write(folder.join("skills/x-SKILL.md"), "# No front matter").unwrap();
    let host = Host::builder()
        .data_dir(data.path())
        .release_build(false)
        .build()
        .unwrap();
    let plugin = host.load_all().loaded.remove(0);
    let said = |id: &str| {
        let prompt = format!("call capabilities {{\"ids\":[\"{id}\"]}}");
        output(&host, &Probe(&plugin, alice()), &json!({"prompt": prompt}))
    };
    for id in ["skill/Use The Probe", "plugin/dev.probe"] {
        let said = said(id);
        assert!(
            said.contains("\"text\":\"# How to probe\\n\\nSchema for agent:"),
            "{said}"
        );
    }
    let view = |context| {
        host.model_view(AgentId::named("alice"), None, Some(context))
            .section
            .unwrap()
    };
    assert!(
        view(100_000)
            .contains("<plugin: dev.probe>\n  skill/Use The Probe — When to probe.\n  tool/agent")
    );
    assert!(view(8_000).ends_with("plugin/dev.probe — dev.probe — skill-governed"));
}

#[test]
fn a_tools_name_is_not_changed() {
    let (host, plugin) = loaded(Host::builder());
    let name = "Ünusual name!";
    let odd = json!({"plugin_id": "dev.odd", "capabilities": {"tools": [{"id": name, "description": "d"}]}});
    host.load(&probe_with(&odd)).unwrap();
    let load = json!({"prompt": format!("call capabilities {{\"ids\":[\"tool/{name}\"]}}")});
    let said = output(&host, &Probe(&plugin, alice()), &load);
    assert!(said.contains(&format!("\"loaded\":[\"{name}\"]")), "{said}");
    let view = host.model_view(AgentId::named("alice"), None, None);
    let odd = view
        .plugins
        .iter()
        .find(|group| group.plugin == "dev.odd")
        .unwrap();
    assert_eq!(
        odd.tools[0].remarks,
        ["the name should be at most 64 letters, digits, `_` and `-`"]
    );
}

#[test]
fn the_gateway_lists_and_searches() {
    let (host, plugin) = loaded(Host::builder());
    let mut manifest = many("dev.more", 50, 10);
    manifest["description"] = "d".repeat(101).into();
    host.load(&probe_with(&manifest)).unwrap();
    let said = |arguments: &str| {
        let prompt = format!("call capabilities {arguments}");
        let said = output(&host, &Probe(&plugin, alice()), &json!({"prompt": prompt}));
        let envelope: Value = serde_json::from_str(said.split_once(": ").unwrap().1).unwrap();
        envelope["result"]["text"].as_str().unwrap().to_string()
    };
    let list = said("{}");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], format!("plugin/dev.more — {}…", "d".repeat(97)));
    assert_eq!(
        (lines.len(), lines[40]),
        (41, "+19 more: search with `query`.")
    );
    assert!(said(r#"{"query": "probe sleep"}"#).starts_with("tool/sleep — probe tool sleep\n"));
    assert_eq!(
        said(r#"{"query": "zebra"}"#),
        "No capabilities found matching 'zebra'."
    );
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
"#;
    let (_host, plugin) = loaded(scripted(script));
    let probe = Probe(&plugin, alice());
    let said = |text: &str| {
        let answer = probe.complete(&ask(text, json!({"tools": true})));
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert!(said("search").contains("tool/sleep — probe tool sleep"));
    assert!(said("name it").contains(r#"{\"n\":2}"#));
    assert!(
        said("call raw {\"n\": 3}").contains(r#"{\"n\":3}"#),
        "loaded, then called"
    );
}

#[test]
fn a_live_tasks_folder_is_lent_to_a_completion_but_its_tools_are_not_told() {
    let script = "[[rule]]\nwhen = \"wait\"\ncall = [{ tool = \"clarify\", arguments = { question = \"?\" } }]\n\
                  [[rule]]\nwhen = \"share\"\ncall = [{ tool = \"share_artifact\", arguments = { path = \"a.txt\" } }]\n\
                  [[rule]]\nwhen = \"look\"\ncall = [{ tool = \"raw\" }]\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "text").unwrap();
    let (host, plugin) = loaded(scripted(script));
    let probe = Probe(&plugin, alice());
    let task =
        probe.dispatch(&json!({"prompt": "wait", "folder_bookmark": base64_of(folder.path())}));
    assert!(host.wait_for_tasks(LONG), "it waits for its user");
    let said = |text: &str, session: &Value| {
        let answer = probe.complete(&ask(text, json!({"session_id": session})));
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert!(said("share", &task["id"]).contains("\"ok\":true"));
    assert!(said("share", &json!("other")).contains("\"ok\":false"));
    assert!(!said("look", &task["id"]).contains("_context"));
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
