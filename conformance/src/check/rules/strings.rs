//! Strings in both directions: who frees them, how often, and what is in them.

use super::Group;
use crate::check::case::{Case, HostOptions};
use crate::check::outcome::{Verdict, verdict};
use crate::check::tracked::Call;

pub(super) const RULES: Group = &[("result-null", result_null)];

fn result_null(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    let silent = |call: &Call| {
        let answers = matches!(call.function, "invoke" | "handle_route");
        answers && call.duration.is_some() && call.answer_address == 0
    };
    let calls = loaded.plugin_calls();
    let calls = calls.iter().filter(|call| silent(call));
    verdict(calls.map(|call| {
        call.evidence("NULL came back; the host makes a failure of it, without any reason")
    }))
}
