//! What the plugin answers: envelopes of tools and responses of routes.

use super::{Group, spec};
use crate::check::case::{Case, HostOptions};
use crate::check::envelope::{is_success, looks_failed, says_ok};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::spec_walk::{Difference, differences};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use osaurus_reference_host::manifest::{FieldKind, Tool};
use serde_json::{Value, json};

pub(super) const RULES: Group = &[
    ("result-envelope", is_an_envelope),
    ("result-bare-error", bare_error),
    ("result-false-failure", false_failure),
    ("result-unknown-kind", unknown_kind),
    ("result-too-large", too_large),
    ("result-extras-refused", extras_refused),
    ("unknown-tool", unknown_tool),
    ("unknown-invoke-type", unknown_type),
    ("bad-arguments", bad_arguments),
    ("route-response", route_response),
    ("secrets-echoed", secrets_echoed),
];

const TOOL: &str = "tool";
/// What no plugin has.
const NOBODYS: &str = "osaurus_check_unknown";
/// What stands for a secret; no plugin says it on its own account.
const SECRET: &str = "osaurus-check-secret-5b1f0c9e";

/// A call of a tool and what came of it.
struct Answer {
    call: String,
    text: String,
}

impl Answer {
    fn evidence(&self, what: impl Into<String>) -> Evidence {
        Evidence::new(what).in_call(&self.call).bytes(&self.text)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// Calls `invoke`; None for NULL, which is another rule's business.
fn ask(loaded: &Loaded<'_>, kind: &str, id: &str, payload: &Value) -> Option<Answer> {
    let text = loaded.invoke_raw(kind, id, &payload.to_string())?;
    let call = format!("invoke({kind:?}, {id:?}, {payload})");
    Some(Answer { call, text })
}

/// Every tool with every sample, changed by `with`.
fn each_sample(
    case: &Case,
    loaded: &Loaded<'_>,
    with: impl Fn(&str, &Value) -> [Value; 3],
) -> Vec<Answer> {
    let samples = case.samples();
    let pairs = samples.iter().flat_map(|sample| {
        sample
            .arguments
            .iter()
            .map(move |arguments| (sample, arguments))
    });
    let calls = pairs.filter_map(|(sample, arguments)| {
        let [kind, id, payload] = with(&sample.tool, arguments);
        ask(loaded, kind.as_str()?, id.as_str()?, &payload)
    });
    calls.collect()
}

/// The answers of usual calls.
fn usual(case: &Case) -> Result<Vec<Answer>, Problem> {
    let loaded = case.load(HostOptions::default())?;
    Ok(each_sample(case, &loaded, |tool, arguments| {
        [TOOL.into(), tool.into(), arguments.clone()]
    }))
}

/// The answers of usual calls, and of calls with wrong arguments and to a tool that is not there.
fn all_kinds(case: &Case) -> Result<Vec<Answer>, Problem> {
    let loaded = case.load(HostOptions::default())?;
    let usual = each_sample(case, &loaded, |tool, arguments| {
        [TOOL.into(), tool.into(), arguments.clone()]
    });
    let unknown = ask(&loaded, TOOL, NOBODYS, &json!({}));
    let wrong = wrong_calls(case)?;
    let wrong = wrong
        .iter()
        .filter_map(|(tool, payload)| ask(&loaded, TOOL, tool, payload));
    Ok(usual.into_iter().chain(unknown).chain(wrong).collect())
}

fn is_an_envelope(case: &Case) -> Verdict {
    let spec = spec()?;
    let problem = |answer: &Answer| {
        let value = answer.json();
        let record = match says_ok(&answer.text) {
            Some(true) => "ToolSuccess",
            Some(false) => "ToolFailure",
            None if value["error"].is_string() => return None,
            None => return Some(answer.evidence("the result is no object with a boolean `ok`")),
        };
        let counts = |one: &&Difference| {
            one.is_error() && (one.path != "kind" || !value["kind"].is_string())
        };
        let differences = differences(spec, record, &value);
        let said: Vec<String> = differences
            .iter()
            .filter(counts)
            .map(Difference::sentence)
            .collect();
        (!said.is_empty()).then(|| answer.evidence(said.join("; ")))
    };
    verdict(usual(case)?.iter().filter_map(problem))
}

fn bare_error(case: &Case) -> Verdict {
    let is_bare =
        |answer: &&Answer| says_ok(&answer.text).is_none() && !answer.json()["error"].is_null();
    let answers = all_kinds(case)?;
    let bare = answers.iter().filter(is_bare);
    verdict(bare.map(|answer| {
        answer.evidence("the result has `error` and no `ok`, so it counts as a success")
    }))
}

fn false_failure(case: &Case) -> Verdict {
    let problem = |answer: &Answer| {
        match (says_ok(&answer.text)?, looks_failed(&answer.text)) {
        (true, true) => Some(answer.evidence(
            "`ok` is true, but the host takes it for a failure because of `\"ok\":false`, or `error` with `retryable`, inside",
        )),
        (false, false) => Some(answer.evidence("`ok` is false, but beyond the first 2,048 characters, where the host does not look")),
        _ => None,
    }
    };
    verdict(all_kinds(case)?.iter().filter_map(problem))
}

fn unknown_kind(case: &Case) -> Verdict {
    let kinds = spec()?.string_enum("ToolErrorKind");
    let known =
        |kind: &str| kinds.is_some_and(|kinds| kinds.values.iter().any(|(name, _)| name == kind));
    let problem = |answer: &Answer| {
        let value = answer.json();
        let kind = value["kind"].as_str().filter(|kind| !known(kind))?;
        (says_ok(&answer.text) == Some(false))
            .then(|| answer.evidence(format!("`kind` is {kind:?}, which no host knows")))
    };
    verdict(all_kinds(case)?.iter().filter_map(problem))
}

fn too_large(case: &Case) -> Verdict {
    let limit = spec()?
        .limit("tool_result_characters")
        .map_or(u64::MAX, |limit| limit.value);
    let problem = |answer: &Answer| {
        let count = answer.text.chars().count();
        (count as u64 > limit).then(|| {
            answer.evidence(format!(
                "the result has {count} characters; hosts keep the ends of 100,000"
            ))
        })
    };
    verdict(usual(case)?.iter().filter_map(problem))
}

fn extras_refused(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let plain = each_sample(case, &loaded, |tool, arguments| {
        [TOOL.into(), tool.into(), arguments.clone()]
    });
    let folder = case.folder().display().to_string();
    let with_extras = each_sample(case, &loaded, |tool, arguments| {
        let mut payload = arguments.clone();
        payload["_secrets"] = json!({"tunnel_url": "https://0x1.example.com"});
        payload["_context"] = json!({ "working_directory": folder });
        [TOOL.into(), tool.into(), payload]
    });
    let refused = plain
        .iter()
        .zip(&with_extras)
        .filter(|(plain, extra)| is_success(&plain.text) && !is_success(&extra.text));
    verdict(refused.map(|(_, extra)| {
        extra.evidence("the same call without `_secrets` and `_context` succeeds")
    }))
}

fn successes(answers: &[Answer], what: &str) -> Verdict {
    let wrong = answers.iter().filter(|answer| is_success(&answer.text));
    verdict(wrong.map(|answer| answer.evidence(what)))
}

fn unknown_tool(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let answers = each_sample(case, &loaded, |_, arguments| {
        [TOOL.into(), NOBODYS.into(), arguments.clone()]
    });
    successes(&answers, "a tool that does not exist succeeds")
}

fn unknown_type(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let answers = each_sample(case, &loaded, |tool, arguments| {
        [NOBODYS.into(), tool.into(), arguments.clone()]
    });
    successes(&answers, "an invocation of an unknown type succeeds")
}

fn bad_arguments(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let wrong = wrong_calls(case)?;
    let answers: Vec<Answer> = wrong
        .iter()
        .filter_map(|(tool, payload)| ask(&loaded, TOOL, tool, payload))
        .collect();
    successes(&answers, "missing or wrong arguments succeed")
}

/// Calls that break a schema in what every tool can check: a required argument is missing, or of another type.
fn wrong_calls(case: &Case) -> Result<Vec<(String, Value)>, Problem> {
    let tools = case.manifest()?.tools();
    let samples = case.samples();
    let each = samples.iter().filter_map(|sample| {
        let tool = tools.iter().find(|tool| tool.id == sample.tool)?;
        Some(wrong_arguments(tool, sample.arguments.first()?))
    });
    let each: Vec<Vec<(String, Value)>> = each.collect();
    Ok(each.concat())
}

fn wrong_arguments(tool: &Tool, good: &Value) -> Vec<(String, Value)> {
    let schema = tool.parameters.as_ref().unwrap_or(&Value::Null);
    let required = schema["required"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let each = required.iter().filter_map(Value::as_str).flat_map(|name| {
        let mut missing = good.clone();
        missing
            .as_object_mut()
            .map(|arguments| arguments.remove(name));
        let mut wrong = good.clone();
        let other = other_type(&schema["properties"][name]);
        let other = other.map(|other| {
            wrong[name] = other;
            wrong
        });
        [Some(missing), other].into_iter().flatten()
    });
    each.filter(Value::is_object)
        .map(|payload| (tool.id.clone(), payload))
        .collect()
}

/// A value of a type that the schema does not allow and that no leniency turns into one that it does.
fn other_type(schema: &Value) -> Option<Value> {
    match schema["type"].as_str()? {
        "string" | "number" | "integer" | "boolean" => Some(json!({"unexpected": [1]})),
        "object" | "array" => Some(json!(7)),
        _ => None,
    }
}

fn route_response(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise_routes();
    let spec = spec()?;
    let calls = loaded
        .plugin_calls()
        .into_iter()
        .filter(|call| call.function == "handle_route");
    let found = calls.filter_map(|call| {
        let text = call.answer_text();
        let problem = match &text {
            Some(text) => response_problem(spec, text)?,
            None => "the response is NULL".to_string(),
        };
        Some(call.evidence(problem).bytes(text.unwrap_or_default()))
    });
    verdict(found)
}

fn response_problem(spec: &osaurus_abi_spec::Spec, text: &str) -> Option<String> {
    let Ok(response) = serde_json::from_str::<Value>(text) else {
        return Some("the response is no JSON".into());
    };
    let differences = differences(spec, "RouteResponse", &response);
    if let Some(wrong) = differences.iter().find(|one| one.is_error()) {
        return Some(wrong.sentence());
    }
    if !(100..600).contains(&response["status"].as_i64().unwrap_or(0)) {
        return Some(format!(
            "`status` is {}; expected 100 to 599",
            response["status"]
        ));
    }
    let body = response["body"].as_str().unwrap_or_default();
    let broken = response["body_encoding"] == "base64" && BASE64_STANDARD.decode(body).is_err();
    broken.then(|| "`body` is no base64, which `body_encoding` says".into())
}

/// Stores a text for every secret, uses the plugin, and looks for the text where it must not be.
fn secrets_echoed(case: &Case) -> Verdict {
    let keys = secret_keys(case)?;
    if keys.is_empty() {
        return Err(Problem::skipped("it declares no secrets"));
    }
    let loaded = case.load(HostOptions::default())?;
    for key in &keys {
        let stored = loaded
            .host
            .store_config(loaded.agent(), loaded.plugin.id(), key, SECRET);
        stored.map_err(|error| Problem::skipped(error.to_string()))?;
        loaded.plugin.config_changed(loaded.agent(), key, SECRET);
    }
    loaded.exercise_tools();
    loaded.exercise_routes();
    let told = [
        "log",
        "log_structured",
        "complete",
        "complete_stream",
        "embed",
        "dispatch",
    ];
    let calls = loaded.calls();
    let answered = calls
        .iter()
        .filter(|call| call.answer_text().is_some_and(|text| text.contains(SECRET)));
    let answered = answered.filter(|call| ["invoke", "handle_route"].contains(&call.function));
    let said = calls.iter().filter(|call| told.contains(&call.function));
    let said = said
        .filter(|call| (0..call.arguments.len()).any(|index| call.text(index).contains(SECRET)));
    let answered = answered.map(|call| {
        call.evidence("a secret is in the answer")
            .bytes(call.answer_text().unwrap_or_default())
    });
    verdict(answered.chain(said.map(|call| call.evidence("a secret is passed on"))))
}

fn secret_keys(case: &Case) -> Result<Vec<String>, Problem> {
    let manifest = case.manifest()?;
    let declared = manifest
        .secrets
        .iter()
        .flatten()
        .map(|secret| secret.id.clone());
    let fields = manifest
        .config_fields()
        .filter(|field| field.kind == FieldKind::Secret);
    Ok(declared
        .chain(fields.map(|field| field.key.clone()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(parameters: Value) -> Tool {
        serde_json::from_value(json!({"id": "t", "description": "d", "parameters": parameters}))
            .expect("a tool")
    }

    #[test]
    fn wrong_arguments_lack_or_misuse_what_is_required() {
        let schema = json!({"required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "array"},
            "c": {"type": "string"}}});
        let made = wrong_arguments(&tool(schema), &json!({"a": "x", "b": []}));
        let made: Vec<Value> = made.into_iter().map(|(_, payload)| payload).collect();
        let expected = [
            json!({"b": []}),
            json!({"a": {"unexpected": [1]}, "b": []}),
            json!({"a": "x"}),
            json!({"a": "x", "b": 7}),
        ];
        assert_eq!(made, expected);
        assert_eq!(
            wrong_arguments(&tool(json!({"type": "object"})), &json!({})),
            []
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn responses_are_what_hosts_can_send() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let said = |text: &str| response_problem(&spec, text);
        assert_eq!(said(r#"{"status":204}"#), None);
        assert_eq!(
            said(r#"{"status":200,"body":"AA==","body_encoding":"base64","headers":{"a":"b"}}"#),
            None
        );
        assert!(said("ok").is_some_and(|said| said.contains("no JSON")));
        assert!(
            said(r#"{"status":"200"}"#)
                .is_some_and(|said| said.contains("`status` must be of type integer"))
        );
        assert!(said(r#"{"status":99}"#).is_some_and(|said| said.contains("100 to 599")));
        assert!(
            said(r#"{"status":200,"body":"é","body_encoding":"base64"}"#)
                .is_some_and(|said| said.contains("no base64"))
        );
        assert!(
            said(r#"{"status":200,"headers":{"a":1}}"#)
                .is_some_and(|said| said.contains("headers.a"))
        );
    }
}
