//! What the plugin answers: envelopes of tools and responses of routes.

mod routes;
mod secrets;
mod wrong_arguments;

use super::{Group, spec};
use crate::check::case::{Case, HostOptions};
use crate::check::envelope::{is_bare_error, is_envelope, is_success, looks_failed, says_ok};
use crate::check::loaded::Loaded;
use crate::check::observed::Answer;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::spec_walk::{Difference, differences};
use serde_json::{Value, json};
use wrong_arguments::wrong_calls;

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
    ("route-response", routes::response),
    ("secrets-echoed", secrets::echoed),
];

const TOOL: &str = "tool";
/// What no plugin has.
const NOBODYS: &str = "osaurus_check_unknown";

/// Calls `invoke`; None for NULL, which is another rule's business.
fn ask(loaded: &Loaded<'_>, kind: &str, id: &str, payload: &Value) -> Option<Answer> {
    let text = loaded.invoke_raw(kind, id, &payload.to_string())?;
    let call = format!("invoke({kind:?}, {id:?}, {payload})");
    Some(Answer {
        tool: id.into(),
        payload: payload.to_string(),
        call,
        text,
        was_refused: false,
    })
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

/// The answers of usual calls, and of calls with wrong arguments and to a tool that is not there.
fn all_kinds(case: &Case) -> Result<Vec<Answer>, Problem> {
    let usual = case.usual()?.answers.clone();
    let loaded = case.load(HostOptions::default())?;
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
            None if is_bare_error(&answer.text) => return None,
            None => return Some(answer.evidence(
                "the result is not an object with a boolean `ok`; the host wraps it as a success \
                 whose text is the whole answer",
            )),
        };
        let counts = |one: &&Difference| {
            one.is_error() && (one.path != "kind" || !value["kind"].is_string())
        };
        let differences = differences(spec, record, &value);
        let sentences: Vec<String> = differences
            .iter()
            .filter(counts)
            .map(Difference::sentence)
            .collect();
        let and = "the host passes the object on as it is, and who reads the result looks for what \
                   is missing";
        (!sentences.is_empty()).then(|| answer.evidence(format!("{}; {and}", sentences.join("; "))))
    };
    verdict(case.usual()?.answers.iter().filter_map(problem))
}

fn bare_error(case: &Case) -> Verdict {
    let answers = all_kinds(case)?;
    let bare = answers.iter().filter(|answer| is_bare_error(&answer.text));
    verdict(bare.map(|answer| {
        answer.evidence("the result has `error` and no `ok`, so it counts as a success")
    }))
}

fn false_failure(case: &Case) -> Verdict {
    let problem = |answer: &Answer| match (says_ok(&answer.text)?, looks_failed(&answer.text)) {
        (true, true) => Some(answer.evidence(
            "`ok` is true, but the host takes it for a failure because of `\"ok\":false`, or \
             `error` with `retryable`, inside",
        )),
        (false, false) => Some(answer.evidence(
            "`ok` is false, but beyond the first 2,048 \
                                                characters, where the host does not look",
        )),
        _ => None,
    };
    verdict(all_kinds(case)?.iter().filter_map(problem))
}

fn unknown_kind(case: &Case) -> Verdict {
    let kinds = spec()?.string_enum("ToolErrorKind");
    let kinds =
        |kind: &str| kinds.is_some_and(|kinds| kinds.values.iter().any(|(name, _)| name == kind));
    let problem = |answer: &Answer| {
        let value = answer.json();
        let kind = value["kind"].as_str().filter(|kind| !kinds(kind))?;
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
    verdict(case.usual()?.answers.iter().filter_map(problem))
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

/// What succeeds although it must not. A bare error is meant as a failure, and another rule's
/// business; so is anything else without `ok`, unless the plugin's usual answers have one.
fn successes(case: &Case, answers: &[Answer], what: &str) -> Verdict {
    let usual = &case.usual()?.answers;
    let speaks_envelopes = usual.iter().any(|answer| is_envelope(&answer.text));
    let counts = |text: &str| {
        let is_prose = speaks_envelopes && !is_bare_error(text);
        is_success(text) && (is_envelope(text) || is_prose)
    };
    let wrong = answers.iter().filter(|answer| counts(&answer.text));
    verdict(wrong.map(|answer| answer.evidence(what)))
}

fn unknown_tool(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let answers = each_sample(case, &loaded, |_, arguments| {
        [TOOL.into(), NOBODYS.into(), arguments.clone()]
    });
    successes(case, &answers, "a tool that does not exist succeeds")
}

fn unknown_type(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let answers = each_sample(case, &loaded, |tool, arguments| {
        [NOBODYS.into(), tool.into(), arguments.clone()]
    });
    successes(case, &answers, "an invocation of an unknown type succeeds")
}

fn bad_arguments(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let wrong = wrong_calls(case)?;
    let answers: Vec<Answer> = wrong
        .iter()
        .filter_map(|(tool, payload)| ask(&loaded, TOOL, tool, payload))
        .collect();
    successes(case, &answers, "missing or wrong arguments succeed")
}
