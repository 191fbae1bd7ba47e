//! Threads: on which a plugin may call the host, and what comes in parallel.

use super::Group;
use crate::check::case::{Case, HostOptions};
use crate::check::outcome::{Verdict, verdict};
use crate::check::tracked::Call;
use osaurus_abi::HostSlot;

pub(super) const RULES: Group = &[("host-call-foreign-thread", foreign_thread)];

/// Functions that any thread may call.
fn is_free(call: &Call) -> bool {
    use HostSlot::{CompleteCancel, FreeString, Log, LogStructured};
    matches!(
        call.slot,
        Some(Log | LogStructured | FreeString | CompleteCancel)
    )
}

fn foreign_thread(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    let foreign = |call: &Call| {
        let outside = match call.within {
            None => call.open_frames > 0,
            Some((_, function)) => function == "on_chunk",
        };
        outside && !is_free(call)
    };
    let calls = loaded.host_calls();
    let calls = calls.iter().filter(|call| foreign(call));
    verdict(calls.map(|call| {
        call.evidence("the host was called on a thread on which it did not call the plugin: it cannot know which plugin and agent this is")
    }))
}
