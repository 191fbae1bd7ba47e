//! Plays a sequence in a tracked host and judges it: every call must return, tools must answer
//! envelopes in UTF-8, and the host's strings must be used as the ABI says.

use super::plan::{Shape, Step, sequence};
use super::stage::Stage;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::random::Random;
use crate::check::samples;
use crate::check::tracked::{Freed, Misuse, Strings};
use osaurus_reference_host::AbiLevel;

/// Plays the sequence of the case's seed.
pub(in crate::check) fn play(case: &Case) -> Verdict {
    let (version, steps) = sequence(case.seed(), &shape(case)?);
    let strings = strings(case.seed());
    println!("0: load in a host of version {version}, strings {strings:?}");
    let mut loaded = load(case, version, strings)?;
    let mut stage = Stage::new(&loaded);
    for (number, step) in (1..).zip(&steps) {
        println!("{number}: {step}");
        if let Step::Reload(version) = step {
            end(&loaded)?;
            loaded = load(case, version, strings)?;
            stage = Stage::new(&loaded);
        }
        let evidence = stage.step(step).into_iter();
        verdict(evidence.map(|evidence| evidence.in_call(format!("step {number}: {step}"))))?;
    }
    end(&loaded)
}

fn load<'a>(
    case: &'a Case,
    version: &'static str,
    strings: Strings,
) -> Result<Loaded<'a>, Problem> {
    let loaded = case.load(HostOptions {
        abi: Some(version),
        strings,
        ..HostOptions::default()
    })?;
    // Settings are delivered one after the other: after this one the first delivery is over.
    loaded
        .plugin
        .config_changed(loaded.agent(), "checker", "loaded");
    Ok(loaded)
}

/// Where the host's strings lie, which decides what can be seen of their use.
fn strings(seed: u64) -> Strings {
    let kinds = [
        Strings::Watched,
        Strings::Watched,
        Strings::ReadOnly,
        Strings::ForbiddenOnceFreed,
    ];
    kinds[Random::new(seed, "strings").below(kinds.len())]
}

fn shape(case: &Case) -> Result<Shape, Problem> {
    let manifest = case.manifest()?;
    let samples = case.samples().into_iter();
    let tools = samples.flat_map(|sample| {
        let tool = sample.tool;
        sample
            .arguments
            .into_iter()
            .map(move |arguments| (tool.clone(), arguments))
    });
    Ok(Shape {
        tools: tools.collect(),
        routes: manifest.routes().len(),
        settings: samples::of_settings(manifest)
            .into_iter()
            .map(|(key, _)| key)
            .collect(),
        events: true,
    })
}

/// Unloads, and looks at what the plugin did with the host's strings and what it wrote.
fn end(loaded: &Loaded<'_>) -> Verdict {
    if !loaded.unload() {
        return Err(Problem::failed(Evidence::new(
            "unloading does not end: a call never returned",
        )));
    }
    let version_6 = loaded.level() == AbiLevel::LATEST;
    let strings = loaded.strings();
    let wrong = strings.iter().filter_map(|string| match string.freed {
        _ if string.touched => {
            Some(string.evidence("a string of the host's was written, or used after it was freed"))
        }
        Freed::No => Some(string.evidence("a string of the host's was never freed")),
        Freed::Elsewhere if version_6 => {
            Some(string.evidence("a string of the host's was freed by the wrong side"))
        }
        _ => None,
    });
    let misused = loaded.misuses().into_iter().map(|misuse| match misuse {
        Misuse::FreedTwice(evidence)
        | Misuse::NotOurs(evidence)
        | Misuse::UsedAfterFree(evidence) => evidence,
    });
    let calls = loaded.calls();
    let broken = calls.iter().filter_map(|call| {
        let bytes = call
            .answer
            .as_ref()
            .filter(|bytes| std::str::from_utf8(bytes).is_err())?;
        Some(call.evidence("the answer is not UTF-8").bytes(bytes))
    });
    verdict(wrong.chain(misused).chain(broken))
}
