//! Whether secrets come out of the plugin again.

use super::wrong_arguments::wrong_calls;
use super::{NOBODYS, TOOL};
use crate::check::case::{Case, HostOptions};
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::tracked::{Answer, Answers};
use osaurus_reference_host::manifest::FieldKind;
use serde_json::Value;

/// What stands for a secret; no plugin says it on its own account.
const SECRET: &str = "osaurus-check-secret-5b1f0c9e";

/// What a function of the host answers when it fails.
const FAILURE: &str =
    r#"{"error":"host_timeout","message":"Host call exceeded its time budget and was cancelled."}"#;

/// `secrets-echoed`: stores a string for every secret, uses the plugin, and looks for the string
/// where it must not be.
pub(super) fn echoed(case: &Case) -> Verdict {
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
    every_call(case, &loaded)?;
    let outgoing = [
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
    let sent_values = calls
        .iter()
        .filter(|call| outgoing.contains(&call.function));
    let sent_values = sent_values
        .filter(|call| (0..call.arguments.len()).any(|index| call.text(index).contains(SECRET)));
    let answered = answered.map(|call| {
        call.evidence("a secret is in the answer")
            .bytes(call.answer_text().unwrap_or_default())
    });
    verdict(answered.chain(sent_values.map(|call| call.evidence("a secret is passed on"))))
}

/// Usual calls, those that are refused, and usual ones in which the host fails: errors are written
/// with what was at hand.
fn every_call(case: &Case, loaded: &Loaded<'_>) -> Result<(), Problem> {
    loaded.exercise();
    for (tool, payload) in wrong_calls(case)? {
        loaded.call_tool(&tool, &payload);
        loaded.invoke_raw(TOOL, &tool, &with_secrets(case, payload)?.to_string());
    }
    for sample in case.samples() {
        let arguments = sample.arguments.first().cloned().unwrap_or_default();
        let payload = with_secrets(case, arguments)?.to_string();
        loaded.invoke_raw(TOOL, NOBODYS, &payload);
        loaded.invoke_raw(NOBODYS, &sample.tool, &payload);
    }
    loaded.answer(Some(Answers::new(|_| Answer::Text(FAILURE.into()))));
    loaded.exercise();
    loaded.answer(None);
    Ok(())
}

/// The arguments with `_secrets`, as the host passes them.
fn with_secrets(case: &Case, mut arguments: Value) -> Result<Value, Problem> {
    let keys = secret_keys(case)?.into_iter();
    let secrets: Value = keys.map(|key| (key, Value::from(SECRET))).collect();
    if let Some(arguments) = arguments.as_object_mut() {
        arguments.insert("_secrets".into(), secrets);
    }
    Ok(arguments)
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
