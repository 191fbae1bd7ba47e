//! Hosts that answer NULL, fail at one call, or refuse because of a limit.

use super::{envelope_problem, sample_calls};
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Verdict, verdict};
use crate::check::tracked::{Answer, Answers};
use osaurus_abi::HostSlot;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of a tool's host calls at most this many are made to fail.
const MOST_CALLS: u64 = 24;
/// More refused calls than this in one call of a tool are a loop.
const PATIENCE: u64 = 50;
const FAILURE: &str =
    r#"{"error":"host_timeout","message":"Host call exceeded its time budget and was cancelled."}"#;

pub(super) fn answers_null(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    loaded.answer(Some(Answers::new(|_| Answer::Null)));
    let calls = sample_calls(case);
    verdict(
        calls.iter().filter_map(|call| {
            envelope_problem(&loaded, call, "when every host call answers NULL")
        }),
    )
}

pub(super) fn nth_call_fails(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let mut evidence = Vec::new();
    for call in sample_calls(case) {
        for number in 0..count(&loaded, &call).min(MOST_CALLS) {
            for (answer, what) in [
                (Answer::Null, "NULL"),
                (Answer::Text(FAILURE.into()), "an error"),
            ] {
                loaded.answer(Some(only(number, answer)));
                let when = format!("when host call {} of it answers {what}", number + 1);
                evidence.extend(envelope_problem(&loaded, &call, &when));
            }
        }
    }
    verdict(evidence)
}

/// How many host calls that return a string a tool makes.
fn count(loaded: &Loaded<'_>, (tool, arguments): &(String, Value)) -> u64 {
    let counter = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&counter);
    loaded.answer(Some(Answers::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Answer::Host
    })));
    loaded.invoke_raw("tool", tool, &arguments.to_string());
    counter.load(Ordering::SeqCst)
}

/// This answer for one call, the host's own for all others.
fn only(number: u64, answer: Answer) -> Answers {
    let counter = AtomicU64::new(0);
    Answers::new(move |_| match counter.fetch_add(1, Ordering::SeqCst) {
        now if now == number => answer.clone(),
        _ => Answer::Host,
    })
}

/// Every call that has a limit is refused; a tool may try a few times.
pub(super) fn limits_hit(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let mut evidence = Vec::new();
    for call in sample_calls(case) {
        let refused = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&refused);
        loaded.answer(Some(Answers::new(move |asked| match refusal(asked.slot) {
            None => Answer::Host,
            Some(text) => {
                counter.fetch_add(1, Ordering::SeqCst);
                Answer::Text(text.into())
            }
        })));
        evidence.extend(envelope_problem(&loaded, &call, "when a limit is reached"));
        let count = refused.load(Ordering::SeqCst);
        if count > PATIENCE {
            let what = format!("one call of the tool made {count} host calls that a limit refused");
            evidence.push(
                Evidence::new(what).in_call(format!("invoke(\"tool\", {:?}, {})", call.0, call.1)),
            );
        }
    }
    verdict(evidence)
}

/// What a function that has a limit answers beyond it.
fn refusal(slot: HostSlot) -> Option<&'static str> {
    Some(match slot {
        HostSlot::Dispatch => {
            r#"{"error":"task_limit_reached","message":"Too many active tasks."}"#
        }
        HostSlot::Complete | HostSlot::CompleteStream | HostSlot::Embed => {
            r#"{"error":"plugin_busy","max_inflight":2,"message":"Plugin already has 2 concurrent calls in flight."}"#
        }
        HostSlot::HttpRequest => {
            r#"{"error":"rate_limit_exceeded","message":"Too many requests.","retry_after_ms":60000}"#
        }
        _ => return None,
    })
}
