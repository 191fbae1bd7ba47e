//! A ledger of accepted breaks: which changes of the ABI are meant although they break plugins, and
//! why. An entry without a reason, or one that accepts nothing, is an error with its line.

use crate::failure::{Failure, OrFail};
use osaurus_abi_spec::diff::{Change, Class, RULES};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    item: String,
    #[serde(default)]
    reason: String,
}

/// The reason for each change that a ledger accepts, in the order of the changes.
pub fn reasons(path: Option<&Path>, changes: &[Change]) -> Result<Vec<Option<String>>, Failure> {
    let Some(path) = path else {
        return Ok(vec![None; changes.len()]);
    };
    let text = std::fs::read_to_string(path).or_fail(
        format!("cannot read the ledger {}", path.display()),
        "name the file of accepted breaks with --ledger",
    )?;
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let place = |at: usize| format!("{}:{}", path.display(), line(at));
    let file: File = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Failure::new(
            format!("{}: {}", place(at), error.message().trim()),
            "an entry has `rule`, `item` and `reason` under [[accepted]]",
        )
    })?;
    let mut wrong = Vec::new();
    let mut reasons = vec![None; changes.len()];
    for entry in &file.accepted {
        match accepted(entry.get_ref(), changes) {
            Ok(at) => reasons[at] = Some(entry.get_ref().reason.trim().to_owned()),
            Err(what) => wrong.push(format!("{}: {what}", place(entry.span().start))),
        }
    }
    if wrong.is_empty() {
        return Ok(reasons);
    }
    Err(Failure::new(
        format!("the ledger is not right:\n{}", wrong.join("\n")),
        "",
    ))
}

/// The change that an entry accepts.
fn accepted(entry: &Entry, changes: &[Change]) -> Result<usize, String> {
    let (rule, item) = (&entry.rule, &entry.item);
    if entry.reason.trim().is_empty() {
        return Err(format!(
            "{rule} of {item} has no reason; write in `reason` why plugins may break"
        ));
    }
    if RULES.iter().all(|known| known.id != rule) {
        return Err(format!(
            "there is no rule {rule}; `osaurus-bridge abi diff --rules` lists them"
        ));
    }
    let same = |change: &Change| change.rule.id == rule && change.item == *item;
    let Some(at) = changes.iter().position(same) else {
        return Err(format!(
            "no change is {rule} of {item}; remove the entry, or correct its rule and item"
        ));
    };
    if changes[at].rule.class == Class::Breaking {
        return Ok(at);
    }
    Err(format!(
        "{rule} of {item} breaks nothing and needs no entry; remove it"
    ))
}
