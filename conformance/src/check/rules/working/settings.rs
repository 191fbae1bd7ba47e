//! Whether the settings that the manifest declares are the ones that the plugin reads, as far as
//! the calls of the check and a script's text show it.

use crate::check::case::Case;
use crate::check::evidence::Evidence;
use crate::check::observed::Usual;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::rules::manifest::references;
use osaurus_abi::text::TUNNEL_URL_KEY;
use osaurus_reference_host::Manifest;
use osaurus_reference_host::manifest::{ConfigField, FieldKind};
use std::collections::BTreeSet;

/// `settings-unread`
pub(super) fn unread(case: &Case) -> Verdict {
    let (usual, manifest) = (case.usual()?, case.manifest()?);
    let fields: Vec<&ConfigField> = manifest.config_fields().filter(is_input).collect();
    if fields.is_empty() {
        return Err(Problem::skipped("it declares no settings"));
    }
    if usual.handles_config {
        return Err(Problem::skipped(
            "every setting is delivered to `on_config_changed`, and what that does with it cannot \
             be seen",
        ));
    }
    let keys_read = keys(usual, "config_get");
    let lost = fields.into_iter().filter(|field| {
        let is_named = case.script().is_some_and(|script| script.names(&field.key));
        !keys_read.contains(&field.key) && !is_named
    });
    verdict(lost.map(|field| {
        let how = match case.script() {
            Some(_) => "read in none of the check's calls, and the script's text does not name it",
            None => "read in none of the check's calls; a call that it does not make may read it",
        };
        Evidence::new(format!(
            "the setting {:?} is declared, and {how}",
            field.key
        ))
    }))
}

/// Whether a user gives it a value.
fn is_input(field: &&ConfigField) -> bool {
    !matches!(field.kind, FieldKind::Readonly | FieldKind::Status)
}

/// `settings-undeclared`
pub(super) fn undeclared(case: &Case) -> Verdict {
    let (usual, manifest) = (case.usual()?, case.manifest()?);
    let mut declared_keys = declared(manifest);
    declared_keys.extend(shown(case)?);
    declared_keys.extend(keys(usual, "config_set"));
    declared_keys.extend(keys(usual, "config_delete"));
    declared_keys.extend(
        case.script()
            .iter()
            .flat_map(|script| script.writes.clone()),
    );
    let mut keys_so_far = BTreeSet::new();
    let mut result = Vec::new();
    if case.script().is_none() && usual.was_refused() {
        return Err(Problem::skipped(
            "a request was refused, as the checker's host has no network: what the plugin stores \
             after one was not seen",
        ));
    }
    for call in usual.host_calls("config_get") {
        let key = call.text(0);
        if !declared_keys.contains(&key) && keys_so_far.insert(key.clone()) {
            result.push(call.evidence(sentence(&key, "is read")));
        }
    }
    for read in case.script().iter().flat_map(|script| &script.reads) {
        if !declared_keys.contains(&read.key) && keys_so_far.insert(read.key.clone()) {
            result.push(Evidence::new(sentence(
                &read.key,
                &format!("is read at {}", read.place),
            )));
        }
    }
    verdict(result)
}

fn sentence(key: &str, read: &str) -> String {
    format!(
        "the setting {key:?} {read}; it is not declared, and in no call of this check the plugin \
         stores it"
    )
}

fn declared(manifest: &Manifest) -> BTreeSet<String> {
    let fields = manifest.config_fields().map(|field| field.key.clone());
    let secrets = manifest
        .secrets
        .iter()
        .flatten()
        .map(|secret| secret.id.clone());
    let own = [TUNNEL_URL_KEY.to_owned()];
    fields.chain(secrets).chain(own).collect()
}

/// Keys that the form shows, though no field of it sets them: the plugin stores them.
fn shown(case: &Case) -> Result<Vec<String>, Problem> {
    Ok(references(case.manifest_json()?))
}

fn keys(usual: &Usual, function: &str) -> BTreeSet<String> {
    usual
        .host_calls(function)
        .map(|call| call.text(0))
        .collect()
}
