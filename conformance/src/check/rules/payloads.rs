//! What the plugin writes to the host: the requests of its host calls, seen while it is used as
//! usual.

use super::{Group, spec};
use crate::check::case::{Case, HostOptions};
use crate::check::envelope;
use crate::check::evidence::Evidence;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::spec_walk::{Difference, Kind, differences};
use crate::check::tracked::{Argument, Call};
use osaurus_abi::HostSlot;
use osaurus_abi_spec::Spec;
use osaurus_reference_host::Profile;
use serde_json::Value;

pub(super) const RULES: Group = &[
    ("request-schema", schema),
    ("request-ignored-fields", ignored_fields),
    ("request-reserved-slot", reserved_slot),
    ("request-named-parameters", named_parameters),
    ("request-without-model", without_model),
    ("request-names-agent", names_agent),
    ("quirk-dependence", quirk_dependence),
];

/// Keys that are a rule of their own.
const AGENT_KEYS: [&str; 2] = ["agent_id", "agent_address"];

/// A request: the call, the record that it should be, and its text.
struct Request {
    call: Call,
    record: String,
    text: String,
}

impl Request {
    fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }

    fn evidence(&self, what: impl Into<String>) -> Evidence {
        self.call.evidence(what).bytes(&self.text)
    }
}

/// The JSON arguments of all host calls.
fn requests(case: &Case) -> Result<Vec<Request>, Problem> {
    let spec = spec()?;
    let calls = case.session()?.host_calls();
    Ok(calls.flat_map(|call| requests_of(spec, call)).collect())
}

fn requests_of(spec: &Spec, call: &Call) -> Vec<Request> {
    let slot = spec.host.slot(call.function);
    let params = slot.map(|slot| slot.params.as_slice()).unwrap_or_default();
    let each = params.iter().zip(&call.arguments);
    each.filter_map(|(param, argument)| match argument {
        Argument::Text(bytes) => Some(Request {
            call: call.clone(),
            record: param.record.clone()?,
            text: String::from_utf8_lossy(bytes).into_owned(),
        }),
        _ => None,
    })
    .collect()
}

fn found(requests: &[Request], judge: impl Fn(&Request, &Value) -> Vec<String>) -> Verdict {
    let of = |request: &Request| {
        let sentences = request
            .json()
            .map(|json| judge(request, &json))
            .unwrap_or_default();
        sentences
            .into_iter()
            .map(|what| request.evidence(what))
            .collect::<Vec<_>>()
    };
    verdict(requests.iter().flat_map(of))
}

fn schema(case: &Case) -> Verdict {
    let requests = requests(case)?;
    let no_json = requests.iter().filter(|request| request.json().is_none());
    verdict(no_json.map(|request| request.evidence("the request is not JSON")))?;
    let spec = spec()?;
    let counts =
        |one: &Difference| one.is_error() && !(one.path == "model" && one.kind == Kind::Missing);
    found(&requests, |request, json| {
        let all = differences(spec, &request.record, json);
        all.iter()
            .filter(|one| counts(one))
            .map(Difference::sentence)
            .collect()
    })
}

fn ignored_fields(case: &Case) -> Verdict {
    let spec = spec()?;
    // What stands deeper is passed on to the model's server, which knows more keys.
    let top = |path: &str| !path.contains(['.', '[']);
    let counts = |one: &&Difference| {
        !one.is_error() && top(&one.path) && !AGENT_KEYS.contains(&one.path.as_str())
    };
    found(&requests(case)?, |request, json| {
        let all = differences(spec, &request.record, json);
        all.iter()
            .filter(counts)
            .map(Difference::sentence)
            .collect()
    })
}

fn reserved_slot(case: &Case) -> Verdict {
    let spec = spec()?;
    let reserved = |call: &Call| spec.host.slot(call.function)?.reserved.clone();
    let calls = case.session()?.host_calls();
    verdict(calls.filter_map(|call| Some(call.evidence(reserved(call)?))))
}

fn named_parameters(case: &Case) -> Verdict {
    let calls = case.session()?.host_calls();
    let is_sql = |call: &&Call| matches!(call.slot, Some(HostSlot::DbExec | HostSlot::DbQuery));
    let lost = |call: &&Call| {
        let text = call.text(1);
        !text.is_empty() && !serde_json::from_str(&text).is_ok_and(|value: Value| value.is_array())
    };
    let evidence = |call: &Call| {
        call.evidence("the parameters are not a JSON array, so every placeholder is NULL")
            .bytes(call.text(1))
    };
    verdict(calls.filter(is_sql).filter(lost).map(evidence))
}

fn without_model(case: &Case) -> Verdict {
    found(&requests(case)?, |request, json| {
        let lacks = request.record == "CompletionRequest" && !json["model"].is_string();
        lacks
            .then(|| "the request has no text `model`".to_string())
            .into_iter()
            .collect()
    })
}

fn names_agent(case: &Case) -> Verdict {
    found(&requests(case)?, |_, json| {
        let named = AGENT_KEYS
            .iter()
            .filter(|key| json[**key].as_str().is_some_and(|id| !id.is_empty()));
        named
            .map(|key| format!("the request has `{key}`, which hosts ignore"))
            .collect()
    })
}

/// Every tool under both profiles: what succeeds as hosts are must succeed as the documents
/// describe them.
fn quirk_dependence(case: &Case) -> Verdict {
    let actual = outcomes(case, Profile::Actual)?;
    let documented = outcomes(case, Profile::Documented)?;
    let differs = actual
        .iter()
        .zip(&documented)
        .filter(|(a, d)| a.ok && !d.ok);
    verdict(differs.map(|(_, failed)| {
        Evidence::new(
            "it succeeds on a host as it is, and fails on one as the documents describe it",
        )
        .in_call(&failed.call)
        .bytes(&failed.answer)
    }))
}

struct ToolOutcome {
    call: String,
    answer: String,
    ok: bool,
}

fn outcomes(case: &Case, profile: Profile) -> Result<Vec<ToolOutcome>, Problem> {
    let options = HostOptions {
        profile,
        ..HostOptions::default()
    };
    let loaded = case.load(options)?;
    let samples = case.samples();
    let each = samples.iter().flat_map(|sample| {
        sample
            .arguments
            .iter()
            .map(move |arguments| (sample, arguments))
    });
    let calls = each.map(|(sample, arguments)| {
        let answer = loaded
            .invoke_raw("tool", &sample.tool, &arguments.to_string())
            .unwrap_or_default();
        ToolOutcome {
            call: format!("invoke(\"tool\", {:?}, {arguments})", sample.tool),
            ok: envelope::is_envelope(&answer) && envelope::is_success(&answer),
            answer,
        }
    });
    Ok(calls.collect())
}
