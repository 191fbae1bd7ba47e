//! complete: how requests are decoded, what the model gets of them, and the loop that runs tools.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{Agent, AgentId, Host, HostBuilder, Profile};
use serde_json::{Value, json};

#[test]
fn a_request_that_does_not_decode_is_refused() {
    let (_host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let message = json!([{"role": "user", "content": "x"}]);
    let with = |key: &str, value: Value| {
        let mut request = json!({"model": "", "messages": message});
        request[key] = value;
        request
    };
    let bad = [
        json!([]),
        json!({"messages": message}),
        json!({"model": ""}),
        with("model", Value::Null),
        with("model", json!(7)),
        with("messages", json!("x")),
        with("messages", json!([{"content": "x"}])),
        with("messages", json!(["x"])),
        with("tools", json!("all")),
        with("tools", json!(["raw"])),
        with("temperature", json!("hot")),
        with("max_tokens", json!(1.5)),
        with("stop", json!("END")),
        with("session_id", json!(7)),
    ];
    for request in bad {
        let answer = probe.complete(&request);
        assert_eq!(answer["error"], "invalid_request", "{request}");
        assert_eq!(answer["message"], "Failed to parse chat completion request");
    }
    let fine = [
        with("tools", Value::Null),
        with("tools", json!(false)),
        with("tools", json!([])),
        with("max_tokens", json!(7.0)),
        with("max_iterations", json!("many")),
        with("stream", json!(true)),
        with("unknown", json!({})),
        with("messages", json!([{"role": "user", "content": 7}])),
    ];
    for request in fine {
        assert_eq!(
            probe.complete(&request)["object"],
            "chat.completion",
            "{request}"
        );
    }
}

#[test]
fn a_model_must_be_named_but_documents_say_otherwise() {
    let request = json!({"messages": [{"role": "user", "content": "x"}]});
    let (_host, plugin) = loaded(Host::builder());
    assert_eq!(
        Probe(&plugin, alice()).complete(&request)["error"],
        "invalid_request"
    );
    let (_host, plugin) = loaded(Host::builder().profile(Profile::Documented));
    let probe = Probe(&plugin, alice());
    assert_eq!(probe.complete(&request)["model"], "builtin");
    let null = json!({"model": null, "messages": []});
    assert_eq!(probe.complete(&null)["object"], "chat.completion");
}

/// A server that answers `ok` to everything, so that its requests can be looked at.
fn listener() -> Server {
    Server::start(|got| match got.path.as_str() {
        "/models" => respond("200 OK", "", r#"{"data":[{"id":"system"}]}"#),
        _ => {
            let body = r#"{"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}]}"#;
            respond("200 OK", "", body)
        }
    })
}

fn sent(server: &Server) -> Value {
    serde_json::from_str(&server.requests().last().unwrap().body).unwrap()
}

fn behind(server: &Server) -> HostBuilder {
    Host::builder().model_url(format!("http://{}", server.address))
}

fn rich_alice() -> Agent {
    Agent {
        model: Some("alices".into()),
        system_prompt: Some("You are Alice's.".into()),
        memory: Some("She likes tea.".into()),
        temperature: Some(0.25),
        max_tokens: Some(77),
        ..Agent::named("alice")
    }
}

#[test]
fn the_agent_adds_its_prompt_memory_and_defaults() {
    let server = listener();
    let default = Agent {
        system_prompt: Some("Default.".into()),
        ..Agent::from(AgentId::DEFAULT)
    };
    let (_host, plugin) = loaded(behind(&server).agents([rich_alice(), default]));
    let system = |agent, own: &str| {
        let messages =
            json!([{"role": "system", "content": own}, {"role": "user", "content": "x"}]);
        Probe(&plugin, agent).complete(&json!({"model": "m", "messages": messages}));
        sent(&server)["messages"][0]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        system(alice(), "Own."),
        "You are Alice's.\n\nShe likes tea.\n\nOwn.\n\nProbe instructions."
    );
    assert_eq!(system(None, "Own."), "Own.\n\nProbe instructions.");
    assert_eq!(
        system(Some(AgentId::DEFAULT), "Own."),
        "Default.\n\nOwn.\n\nProbe instructions.",
        "for inference the Default agent is an agent"
    );
    let probe = Probe(&plugin, alice());
    probe.complete(&ask("x", json!({})));
    let body = sent(&server);
    assert_eq!(
        (body["temperature"].as_f64(), body["max_tokens"].as_u64()),
        (Some(0.25), Some(77))
    );
    probe.complete(&ask("x", json!({"temperature": 1, "max_tokens": 5})));
    let body = sent(&server);
    assert_eq!(
        (body["temperature"].as_f64(), body["max_tokens"].as_u64()),
        (Some(1.0), Some(5))
    );
}

#[test]
fn an_agents_own_instructions_replace_the_manifests_unless_blank() {
    let server = listener();
    let instructions = |text: &str| [("dev.probe".to_string(), text.to_string())].into();
    let with = |name: &str, text| Agent {
        plugin_instructions: instructions(text),
        ..Agent::named(name)
    };
    let agents = [with("alice", "Mine."), with("bob", "  ")];
    let (_host, plugin) = loaded(behind(&server).agents(agents));
    for (agent, expected) in [(alice(), "Mine."), (bob(), "Probe instructions.")] {
        Probe(&plugin, agent).complete(&ask("x", json!({})));
        assert_eq!(sent(&server)["messages"][0]["content"], expected);
    }
}

#[test]
fn default_and_empty_model_names_are_the_agents_or_the_systems() {
    let server = listener();
    let (_host, plugin) = loaded(behind(&server).agents([rich_alice()]));
    for (agent, name, expected) in [
        (alice(), "", "alices"),
        (alice(), " DeFault ", "alices"),
        (bob(), "default", "system"),
        (None, "", "system"),
        (alice(), "local", "local"),
    ] {
        let answer = Probe(&plugin, agent).complete(&ask("x", json!({"model": name})));
        assert_eq!(answer["model"], expected);
        assert_eq!(sent(&server)["model"], expected);
    }
}

#[test]
fn some_options_are_forwarded_and_others_only_read() {
    let server = listener();
    let (host, plugin) = loaded(behind(&server));
    let forwarded = json!({
        "top_p": 0.5, "frequency_penalty": 0.1, "presence_penalty": 0.2, "stop": ["END"], "n": 1,
        "tool_choice": "auto", "enable_thinking": true, "reasoning_effort": "low",
    });
    let dropped = json!({
        "seed": 7, "top_k": 3, "response_format": {"type": "text"}, "max_completion_tokens": 9,
        "stream_options": {}, "stream": true, "session_id": "s", "agent_id": "bob", "agent_address": "0x1",
    });
    let mut extra = forwarded.clone();
    let fields = extra.as_object_mut().unwrap();
    fields.extend(dropped.as_object().unwrap().clone());
    for _ in 0..2 {
        Probe(&plugin, alice()).complete(&ask("x", extra.clone()));
    }
    let body = sent(&server);
    for (key, value) in forwarded.as_object().unwrap() {
        assert_eq!(&body[key], value, "{key}");
    }
    for key in dropped.as_object().unwrap().keys() {
        assert_eq!(body.get(key), None, "{key}");
    }
    let overrides = warnings(&host);
    let overrides = overrides
        .iter()
        .filter(|text| text.contains("agent_id and agent_address"));
    assert_eq!(overrides.count(), 1, "warned once");
}

#[test]
fn content_of_a_wrong_type_becomes_null_and_parts_stay() {
    let server = listener();
    let (_host, plugin) = loaded(behind(&server));
    let parts =
        json!([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]);
    let messages = json!([{"role": "user", "content": parts}, {"role": "user", "content": 7}]);
    Probe(&plugin, None).complete(&json!({"model": "m", "messages": messages}));
    let got = sent(&server)["messages"].clone();
    assert_eq!(
        (&got[1]["content"], &got[2]["content"]),
        (&parts, &Value::Null)
    );
}

#[test]
fn tools_are_given_as_a_list_as_the_agents_or_not_at_all() {
    let server = listener();
    let few = Agent {
        tools: Some(vec!["raw".into()]),
        ..Agent::named("bob")
    };
    let names = |plugin, agent, tools: Value| -> Vec<String> {
        Probe(plugin, agent).complete(&ask("x", json!({"model": "m", "tools": tools})));
        let tools = sent(&server)["tools"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let name = |tool: &Value| tool["function"]["name"].as_str().unwrap().to_string();
        tools.iter().map(name).collect()
    };
    let (_host, plugin) = loaded(behind(&server).agents([few.clone()]));
    let one = json!([{"type": "function", "function": {"name": "made_up"}}]);
    assert_eq!(names(&plugin, alice(), one.clone()), ["made_up"]);
    assert_eq!(names(&plugin, None, one), ["made_up"]);
    assert!(names(&plugin, alice(), json!(false)).is_empty());
    assert!(
        names(&plugin, None, json!(true)).is_empty(),
        "no agent, no agent's tools"
    );
    let own = ["complete", "clarify", "share_artifact", "capabilities_load"];
    let all = names(&plugin, alice(), json!(true));
    assert!(
        own.iter().all(|name| all.contains(&(*name).to_string())) && all.len() == 11,
        "{all:?}"
    );
    assert_eq!(
        names(&plugin, bob(), json!(true)),
        [&own[..], &["raw"]].concat()
    );
    let documented = behind(&server).agents([few]).profile(Profile::Documented);
    let (_host, plugin) = loaded(documented);
    assert!(
        names(&plugin, alice(), json!(true)).is_empty(),
        "documents do not know it"
    );
}

const ROUNDS: &str = r#"
[[rule]]
when = "once"
text = "Calling."
call = [{ tool = "raw", arguments = { n = 1 } }, { tool = "nobody" }, { tool = "null" }]

[[rule]]
after_tool = "null"
text = "Done."

[[rule]]
when = "late"
call = [{ tool = "sleep", arguments = "2000" }]

[[rule]]
after_tool = "sleep"
matches = '"kind":"(\w+)"'
text = "$1"

[[rule]]
when = "forever"
call = [{ tool = "agent" }]

[[rule]]
after_tool = "agent"
call = [{ tool = "agent" }]
"#;

#[test]
fn tools_run_in_order_and_a_failing_one_does_not_end_the_run() {
    let (_host, plugin) = loaded(scripted(ROUNDS));
    let probe = Probe(&plugin, alice());
    let answer = probe.complete(&ask("once", json!({})));
    assert_eq!(answer["choices"][0]["message"]["content"], "Done.");
    let executed = answer["tool_calls_executed"].as_array().unwrap();
    let names: Vec<&str> = executed
        .iter()
        .map(|call| call["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["raw", "nobody", "null"]);
    let keys: Vec<&String> = executed[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "tool_call_id"]);
    assert_eq!(answer.get("shared_artifacts"), None, "left out when empty");
    let (chunks, _) = probe.stream(&ask("once", json!({})), "");
    let envelopes: Vec<Value> = chunks
        .iter()
        .filter(|chunk| chunk["choices"][0]["delta"]["role"] == "tool")
        .map(|chunk| {
            let text = chunk["choices"][0]["delta"]["content"].as_str().unwrap();
            serde_json::from_str(text).unwrap()
        })
        .collect();
    assert_eq!(envelopes[0]["result"]["text"], r#"{"n":1}"#);
    assert_eq!(envelopes[1]["kind"], "tool_not_found");
    assert_eq!(envelopes[2]["kind"], "execution_error");
}

#[test]
fn a_tool_over_its_limit_is_told_as_a_timeout_and_the_run_goes_on() {
    let limit = std::time::Duration::from_millis(300);
    let (host, plugin) = loaded(scripted(ROUNDS).tool_limit(limit));
    let probe = Probe(&plugin, alice());
    let id = probe.dispatch(&json!({"prompt": "late"}))["id"].clone();
    assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
    assert_eq!(probe.status(id.as_str().unwrap())["output"], "timeout");
}

fn rounds(builder: HostBuilder, extra: Value) -> usize {
    let (_host, plugin) = loaded(builder);
    let answer = Probe(&plugin, alice()).complete(&ask("forever", extra));
    assert_eq!(answer["error"], "max_iterations_reached");
    assert_eq!(answer["shared_artifacts"], json!([]));
    answer["tool_calls_executed"].as_array().unwrap().len()
}

#[test]
fn rounds_have_a_default_and_bounds_and_the_last_ones_calls_still_run() {
    let of = |asked: i64| rounds(scripted(ROUNDS), json!({"max_iterations": asked}));
    assert_eq!(rounds(scripted(ROUNDS), json!({})), 30);
    assert_eq!(
        [of(-5), of(0), of(1), of(3), of(120), of(100_000)],
        [1, 1, 1, 3, 120, 120]
    );
}

#[test]
fn hosts_of_version_2_have_other_rounds() {
    let old = || scripted(ROUNDS).abi(2);
    assert_eq!(rounds(old(), json!({})), 1);
    assert_eq!(rounds(old(), json!({"max_iterations": 100})), 30);
}

#[test]
fn documents_do_not_know_max_iterations() {
    let documented = scripted(ROUNDS).profile(Profile::Documented);
    assert_eq!(rounds(documented, json!({"max_iterations": 2})), 30);
}

#[test]
fn a_partial_answer_is_in_the_error_of_documented_hosts_only() {
    let ends = |profile| {
        let (_host, plugin) = loaded(scripted(ROUNDS).profile(profile));
        Probe(&plugin, alice()).complete(&ask("forever", json!({})))
    };
    assert_eq!(ends(Profile::Actual).get("partial_content"), None);
    assert_eq!(ends(Profile::Documented)["partial_content"], "");
}

#[test]
fn loaded_tools_are_offered_at_once_and_again_in_the_session() {
    let script = r#"
[[rule]]
when = "load"
call = [{ tool = "capabilities_load", arguments = { names = ["agent", "nobody"] } }]
[[rule]]
when = "nothing"
call = [{ tool = "capabilities_load", arguments = { names = ["nobody"] } }]
[[rule]]
when = "empty"
call = [{ tool = "capabilities_load" }]
[[rule]]
after_tool = "capabilities_load"
matches = '"kind":"(\w+)"|"loaded":(\[.*?\])'
text = "$1$2"
"#;
    let few = Agent {
        tools: Some(Vec::new()),
        ..Agent::named("alice")
    };
    let (_host, plugin) = loaded(scripted(script).agents([few]));
    let probe = Probe(&plugin, alice());
    let said = |text: &str, session: &str| {
        let answer = probe.complete(&ask(text, json!({"tools": true, "session_id": session})));
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        said("call agent", "s"),
        "You said: call agent",
        "not offered yet"
    );
    assert_eq!(said("load", "s"), r#"["agent"]"#);
    assert!(
        said("call agent", "s").starts_with("agent returned: "),
        "remembered in the session"
    );
    assert_eq!(
        said("call agent", "t"),
        "You said: call agent",
        "and in no other"
    );
    assert_eq!(said("nothing", "s"), "not_found");
    assert_eq!(said("empty", "s"), "invalid_args");
}

#[test]
fn no_agent_is_warned_of_once_for_each_slot() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, None);
    for _ in 0..2 {
        probe.complete(&ask("x", json!({})));
        probe.stream(&ask("x", json!({})), "");
        probe.embed(&json!({"input": "x"}));
        assert_eq!(probe.complete(&json!({}))["error"], "invalid_request");
        assert_eq!(
            probe.dispatch(&json!({"prompt": "x"}))["error"],
            "built_in_agent_not_exposable"
        );
    }
    let default = Probe(&plugin, Some(AgentId::DEFAULT));
    default.dispatch(&json!({"prompt": "x"}));
    let slots: Vec<String> = warnings(&host)
        .into_iter()
        .filter_map(|text| {
            Some(
                text.split_once(" was called without an agent")?
                    .0
                    .to_string(),
            )
        })
        .collect();
    assert_eq!(slots, ["complete", "complete_stream", "embed", "dispatch"]);
}
