//! A tool call on its way to the plugin and back: permission, coercion, checks, extras, envelopes.

use crate::support::*;
use osaurus_reference_host::{
    ActivityQuery, Host, HostBuilder, LoadedPlugin, PermissionRequest, Profile, ToolPolicy,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A probe whose tool `raw` has these further fields.
fn with_tool(builder: HostBuilder, fields: Value) -> (Host, Arc<LoadedPlugin>) {
    let mut manifest = manifest("dev.probe");
    let tools = manifest["capabilities"]["tools"].as_array_mut().unwrap();
    let raw = tools.iter_mut().find(|tool| tool["id"] == "raw").unwrap();
    raw.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let host = builder.build().unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    (host, plugin)
}

fn invoke(plugin: &Arc<LoadedPlugin>, arguments: &str) -> Value {
    serde_json::from_str(&plugin.invoke("raw", arguments, alice())).unwrap()
}

/// What the plugin was given: the tool returns it as text, so it comes back wrapped.
fn received(plugin: &Arc<LoadedPlugin>, arguments: &str) -> String {
    let envelope = invoke(plugin, arguments);
    envelope["result"]["text"].as_str().unwrap().to_string()
}

fn schema() -> Value {
    json!({"parameters": {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "minimum": 1},
            "color": {"type": "string", "enum": ["Red", "green"]},
            "list": {"type": "array", "items": {"type": "number"}},
            "note": {"type": "string"}
        },
        "required": ["count"],
        "additionalProperties": false
    }})
}

#[test]
fn arguments_are_repaired_before_the_plugin_sees_them() {
    let (_host, plugin) = with_tool(Host::builder(), schema());
    assert_eq!(
        received(
            &plugin,
            r#"{"properties": {"count": "2", "color": "RED", "list": "[1]", "note": " "}}"#
        ),
        r#"{"color":"Red","count":2,"list":[1]}"#
    );
    let untouched = r#"{ "count" : 2 }"#;
    assert_eq!(
        received(&plugin, untouched),
        untouched,
        "what fits goes as it is"
    );
    assert_eq!(
        received(&plugin, "not json"),
        "not json",
        "what cannot be read is not checked"
    );
}

#[test]
fn arguments_that_do_not_fit_never_reach_the_plugin() {
    let (_host, plugin) = with_tool(Host::builder(), schema());
    assert_eq!(
        invoke(&plugin, r#"{"count": 0}"#),
        json!({"ok": false, "kind": "invalid_args", "retryable": true, "tool": "raw",
            "field": "count",
            "message": "Property 'count' must be >= 1.0 (got 0.0)."})
    );
    let text = plugin.invoke("raw", r#"{"count":1,"list":[1,"x"]}"#, None);
    assert!(
        text.starts_with(
            r#"{"ok":false,"field":"list[1]","kind":"invalid_args","message":"Property 'list[1]' must be a number","#
        ),
        "ok first, then sorted: {text}"
    );
    assert_eq!(invoke(&plugin, "{}")["field"], "count");
    assert_eq!(invoke(&plugin, r#"{"count":1,"more":1}"#)["field"], "more");
    let list = invoke(&plugin, "[]");
    assert_eq!(list["message"], "Arguments must be an object");
    assert_eq!(list.get("field"), None);
}

#[test]
fn marked_arguments_end_the_call_before_permission_is_asked() {
    let builder = Host::builder().on_permission(|_| panic!("the user is not asked"));
    let (_host, plugin) = with_tool(builder, schema());
    let marker = json!({"_error": "invalid_tool_arguments", "_message": "count is \
        wrong", "_field": "count",
        "_expected": "a number", "_tool": "raw"});
    assert_eq!(
        invoke(&plugin, &marker.to_string()),
        json!({"ok": false, "kind": "invalid_args", "retryable": true, "tool": "raw",
            "field": "count",
            "expected": "a number", "message": "count is wrong"})
    );
    let bare = invoke(&plugin, r#"{"_error":"invalid_tool_arguments"}"#);
    assert_eq!(bare["message"], "invalid tool arguments");
}

#[test]
fn a_capability_id_is_as_good_as_the_tools_name() {
    let (_host, plugin) = loaded(Host::builder());
    let answer: Value = serde_json::from_str(&plugin.invoke("tool/raw", "{}", None)).unwrap();
    assert_eq!(answer["ok"], true);
    let call =
        |name: &str| -> Value { serde_json::from_str(&plugin.invoke(name, "{}", None)).unwrap() };
    let unknown = call("tool/none");
    assert_eq!(unknown["kind"], "tool_not_found");
    let message = unknown["message"].as_str().unwrap();
    assert!(message.starts_with(
        "Tool 'tool/none' is not available in this session. Do not guess tool names: use exactly"
    ));
    assert_eq!(
        (&unknown["retryable"], &call("sandbox_x")["retryable"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(call("sandbox_x")["kind"], "unavailable");
}

#[test]
fn without_a_schema_nothing_is_checked() {
    let (_host, plugin) = loaded(Host::builder());
    for any in [r#"{"x":"1"}"#, "[1]", "5", "words"] {
        assert_eq!(received(&plugin, any), any);
    }
}

#[test]
fn secrets_are_added_after_the_check_and_stay_out_of_it() {
    let (host, plugin) = with_tool(Host::builder(), schema());
    host.store_config(
        alice().unwrap(),
        "dev.probe",
        "tunnel_url",
        "https://t.example.com",
    )
    .unwrap();
    assert_eq!(
        received(&plugin, r#"{"count":1}"#),
        r#"{"count":1,"_secrets":{"tunnel_url":"https://t.example.com"}}"#
    );
    let calls = host.records(&ActivityQuery::new().slot("invoke"));
    let request: Value = serde_json::from_str(&calls[0].request).unwrap();
    let payload = r#"{"count":1,"_secrets":{"tunnel_url":"(redacted)"}}"#;
    assert_eq!(request["payload"], payload, "records have the keys alone");
    assert_eq!(
        invoke(&plugin, r#"{"count":1,"_secrets":{}}"#)["field"],
        "_secrets"
    );
}

#[test]
fn a_tool_asks_by_its_policy_and_the_users_decision_wins() {
    let requests: Arc<Mutex<Vec<PermissionRequest>>> = Arc::default();
    let answer_with = |policy: Option<&str>, user: Option<ToolPolicy>, granted: bool| {
        let log = Arc::clone(&requests);
        let mut builder = Host::builder().on_permission(move |request| {
            log.lock().unwrap().push(request.clone());
            granted
        });
        if let Some(user) = user {
            builder = builder.tool_policy("raw", user);
        }
        let fields = policy.map_or(json!({}), |policy| json!({"permission_policy": policy}));
        let (_host, plugin) = with_tool(builder, fields);
        let answer = invoke(&plugin, "{\"a\":1}");
        let questions = std::mem::take(&mut *requests.lock().unwrap());
        let end = answer["kind"].as_str().unwrap_or("ran").to_string();
        (end, answer["retryable"].as_bool(), questions)
    };
    let question = PermissionRequest::Tool {
        plugin: "dev.probe".into(),
        tool: "raw".into(),
        arguments: "{\"a\":1}".into(),
        agent: alice(),
    };
    let no: Option<bool> = Some(false);
    for ask in [None, Some("ask"), Some("prompt"), Some("whatever")] {
        assert_eq!(
            answer_with(ask, None, true),
            ("ran".into(), None, vec![question.clone()])
        );
        assert_eq!(
            answer_with(ask, None, false),
            ("user_denied".into(), no, vec![question.clone()])
        );
    }
    assert_eq!(
        answer_with(Some("AUTO"), None, false),
        ("ran".into(), None, vec![])
    );
    assert_eq!(
        answer_with(Some("Deny"), None, true),
        ("rejected".into(), no, vec![])
    );
    assert_eq!(
        answer_with(Some("deny"), Some(ToolPolicy::Auto), false).0,
        "ran"
    );
    assert_eq!(
        answer_with(Some("auto"), Some(ToolPolicy::Deny), true).0,
        "rejected"
    );
    assert_eq!(
        answer_with(Some("auto"), Some(ToolPolicy::Ask), false).0,
        "user_denied"
    );
}

#[test]
fn missing_permissions_of_the_system_are_asked_for_first() {
    let requirements =
        json!({"requirements": ["network", "calendar", "Contacts"], "permission_policy": "deny"});
    let only_calendar = |request: &PermissionRequest| {
        matches!(request,
        PermissionRequest::System { permission, .. } if permission == "calendar")
    };
    let (_host, plugin) = with_tool(
        Host::builder().on_permission(only_calendar),
        requirements.clone(),
    );
    assert_eq!(
        invoke(&plugin, "{}"),
        json!({"ok": false, "kind": "unavailable", "retryable": false, "tool": "raw",
            "message": "Missing system permissions for tool: raw. Required: Contacts. Please grant \
                        these permissions \
                in the Permissions tab or System Settings."})
    );
    let (_host, plugin) = with_tool(Host::builder(), requirements);
    let denied = invoke(&plugin, "{}");
    assert_eq!(denied["kind"], "rejected", "then the policy");
    assert_eq!(
        denied["message"],
        "Execution denied by policy for tool: raw"
    );
}

#[test]
fn whatever_a_tool_returns_becomes_an_envelope() {
    let (_host, plugin) = loaded(Host::builder());
    let back = |text: &str| plugin.invoke("raw", text, None);
    for envelope in [
        r#"{"ok":true,"data":1,"summary":"s"}"#,
        r#"{"ok":false,"error":"code","message":"m"}"#,
        r#"{"ok": false, "kind": "not_found", "message": "m", "retryable": false}"#,
        r#"{"error":"m","retryable":true}"#,
        "[REJECTED] by hand",
    ] {
        assert_eq!(back(envelope), envelope, "passed on unchanged");
    }
    assert_eq!(
        back(r#"{"error":"x"}"#),
        r#"{"ok":true,"result":{"text":"{\"error\":\"x\"}"},"tool":"raw"}"#,
        "a bare error is a success"
    );
    assert_eq!(
        back("prose"),
        r#"{"ok":true,"result":{"text":"prose"},"tool":"raw"}"#
    );
    assert_eq!(back(""), r#"{"ok":true,"result":{"text":""},"tool":"raw"}"#);
}

#[test]
fn in_june_results_kept_their_white_space() {
    let pretty = json!({"text": "x".repeat(300)});
    let pretty = serde_json::to_string_pretty(&pretty).unwrap();
    let text = |profile| {
        let (_host, plugin) = loaded(Host::builder().profile(profile));
        let answer: Value = serde_json::from_str(&plugin.invoke("raw", &pretty, None)).unwrap();
        answer["result"]["text"].as_str().unwrap().to_string()
    };
    assert_eq!(text(Profile::June2026), pretty);
    assert_eq!(
        text(Profile::Actual).len(),
        pretty.len() - 5,
        "five blanks and line ends less"
    );
}

#[test]
fn output_beyond_100_000_characters_is_cut() {
    let (_host, plugin) = loaded(Host::builder());
    let fits = "ä".repeat(100_000);
    assert_eq!(received(&plugin, &fits), fits);
    let long = format!("H{}T", "ä".repeat(100_000));
    let cut = invoke(&plugin, &long);
    let content = cut["result"]["content"].as_str().unwrap();
    assert_eq!((&cut["ok"], &cut["tool"]), (&json!(true), &json!("raw")));
    assert_eq!(cut["result"]["kind"], "truncated_output");
    assert_eq!(cut["result"]["truncated"], true);
    assert_eq!(cut["result"]["original_chars"], 100_002);
    let hint = cut["warnings"][0].as_str().unwrap();
    assert!(hint.starts_with("Output exceeded the per-call cap and was truncated"));
    let (head, tail) = content
        .split_once("\n... [TRUNCATED: 2 of 100002 chars omitted] ...\n")
        .unwrap();
    assert_eq!(
        (head.chars().count(), tail.chars().count()),
        (66_666, 33_334)
    );
    assert!(head.starts_with('H') && tail.ends_with('T'));
    let failed = invoke(
        &plugin,
        &format!("{{\"ok\":false,\"kind\":\"rejected\",\"message\":\"{long}\"}}"),
    );
    assert_eq!(
        (&failed["kind"], &failed["truncated"]),
        (&json!("execution_error"), &json!(true))
    );
    assert!(failed["original_chars"].is_u64() && failed["content"].is_string());
}
