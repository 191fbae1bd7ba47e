//! Hosts of every older version: loading, and an answer from each tool.

use super::{envelope_problem, sample_calls};
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::outcome::{Problem, Verdict, verdict};
use osaurus_abi::{ENTRY_V1, ENTRY_V2, HostSlot};
use osaurus_abi_spec::Spec;
use osaurus_abi_spec::model::Since;
use serde_json::Value;

/// Newest first: the last revision of version 2 shows which functions the plugin uses there.
const LEVELS: [&str; 8] = ["5", "4", "3", "2e", "2d", "2c", "2b", "2a"];

pub(super) fn old_hosts(case: &Case) -> Verdict {
    let library = case.open()?;
    let (modern, legacy) = (library.exports(ENTRY_V2), library.exports(ENTRY_V1));
    let calls = good_calls(case)?;
    let mut evidence = Vec::new();
    let mut used = Vec::new();
    for level in LEVELS.into_iter().filter(|_| modern) {
        // Tables that say version 2 look alike: what a plugin uses of the last it cannot do without
        // in the first.
        if level.starts_with('2') && level != "2e" && !has_all(super::super::spec()?, level, &used)
        {
            break;
        }
        let (problems, slots) = in_host(case, level, &calls)?;
        evidence.extend(problems);
        used = slots;
    }
    if legacy {
        evidence.extend(in_host(case, "1", &calls)?.0);
    }
    verdict(evidence)
}

/// The calls that a new host gets an envelope for: what fails there too is another rule's business.
fn good_calls(case: &Case) -> Result<Vec<(String, Value)>, Problem> {
    let loaded = case.load(HostOptions::default())?;
    let mut calls = sample_calls(case);
    calls.retain(|call| envelope_problem(&loaded, call, "").is_none());
    loaded.unload();
    Ok(calls)
}

/// What goes wrong in one host, and the functions that were called.
fn in_host(
    case: &Case,
    level: &'static str,
    calls: &[(String, Value)],
) -> Result<(Vec<Evidence>, Vec<HostSlot>), Problem> {
    let options = HostOptions {
        abi: Some(level),
        ..HostOptions::default()
    };
    let loaded = match case.load(options) {
        Ok(loaded) => loaded,
        Err(Problem::Skipped(reason)) => return Ok((vec![Evidence::new(reason)], Vec::new())),
        Err(problem) => return Err(problem),
    };
    let when = format!("in a host of version {level}");
    let problems = calls
        .iter()
        .filter_map(|call| envelope_problem(&loaded, call, &when))
        .collect();
    let slots = loaded
        .host_calls()
        .iter()
        .filter_map(|call| call.slot)
        .collect();
    loaded.unload();
    Ok((problems, slots))
}

fn has_all(spec: &Spec, level: &str, slots: &[HostSlot]) -> bool {
    let Ok(level) = level.parse::<Since>() else {
        return false;
    };
    slots.iter().all(|slot| {
        let slot = spec.host.slot(slot.name());
        slot.is_some_and(|slot| level.includes(&slot.since))
    })
}
