//! Whether secrets come out of the plugin again.

use crate::check::case::{Case, HostOptions};
use crate::check::outcome::{Problem, Verdict, verdict};
use osaurus_reference_host::manifest::FieldKind;

/// What stands for a secret; no plugin says it on its own account.
const SECRET: &str = "osaurus-check-secret-5b1f0c9e";

/// `secrets-echoed`: stores a text for every secret, uses the plugin, and looks for the text where it must not be.
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
