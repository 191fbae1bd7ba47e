//! complete: how requests are decoded, and what the model gets of them.

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
    Server::start(|request| match request.path.as_str() {
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

fn using(server: &Server) -> HostBuilder {
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
    let (_host, plugin) = loaded(using(&server).agents([rich_alice(), default]));
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
    let (_host, plugin) = loaded(using(&server).agents(agents));
    for (agent, expected) in [(alice(), "Mine."), (bob(), "Probe instructions.")] {
        Probe(&plugin, agent).complete(&ask("x", json!({})));
        assert_eq!(sent(&server)["messages"][0]["content"], expected);
    }
}

#[test]
fn default_and_empty_model_names_are_the_agents_or_the_systems() {
    let server = listener();
    let (_host, plugin) = loaded(using(&server).agents([rich_alice()]));
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
    let (host, plugin) = loaded(using(&server));
    let forwarded = json!({
        "top_p": 0.5, "frequency_penalty": 0.1, "presence_penalty": 0.2, "stop": ["END"], "n": 1,
        "tool_choice": "auto", "enable_thinking": true, "reasoning_effort": "low",
    });
    let dropped = json!({
        "seed": 7, "top_k": 3, "response_format": {"type": "text"}, "max_completion_tokens": 9,
        "stream_options": {}, "stream": true, "session_id": "s", "agent_id": "bob",
        "agent_address": "0x1",
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
    let (_host, plugin) = loaded(using(&server));
    let parts =
        json!([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]);
    let messages = json!([{"role": "user", "content": parts}, {"role": "user", "content": 7}]);
    Probe(&plugin, None).complete(&json!({"model": "m", "messages": messages}));
    let messages = sent(&server)["messages"].clone();
    assert_eq!(
        (&messages[1]["content"], &messages[2]["content"]),
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
    let (_host, plugin) = loaded(using(&server).agents([few.clone()]));
    let one = json!([{"type": "function", "function": {"name": "made_up"}}]);
    assert_eq!(names(&plugin, alice(), one.clone()), ["made_up"]);
    assert_eq!(names(&plugin, None, one), ["made_up"]);
    assert!(names(&plugin, alice(), json!(false)).is_empty());
    assert!(
        names(&plugin, None, json!(true)).is_empty(),
        "no agent, no agent's tools"
    );
    let own = ["complete", "clarify", "share_artifact"];
    let loaders = ["capabilities_load", "capabilities_discover"];
    assert_eq!(
        names(&plugin, alice(), json!(true)),
        [&own[..], &loaders].concat()
    );
    assert_eq!(
        names(&plugin, bob(), json!(true)),
        [&own[..], &["raw"]].concat()
    );
    let documented = using(&server).agents([few]).profile(Profile::Documented);
    let (_host, plugin) = loaded(documented);
    assert!(
        names(&plugin, alice(), json!(true)).is_empty(),
        "documents do not know it"
    );
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
