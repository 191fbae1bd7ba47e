//! What the plugin does when the host is slow, old, refuses or fails, or was started from the Dock,
//! and how much time and memory it takes.

mod budgets;
mod dock;
mod events;
mod failures;
mod old_hosts;
mod waiting;

use super::Group;
use crate::check::case::Case;
use crate::check::envelope;
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use serde_json::Value;

pub(super) const RULES: Group = &[
    ("answers-null", failures::answers_null),
    ("nth-call-fails", failures::nth_call_fails),
    ("slow-host", waiting::slow_host),
    ("limits-hit", failures::limits_hit),
    ("old-hosts", old_hosts::old_hosts),
    ("dock-environment", dock::dock_environment),
    ("memory-growth", budgets::memory_growth),
    ("slow-loading", budgets::slow_loading),
    ("tool-budget", budgets::tool_budget),
    ("route-budget", budgets::route_budget),
    ("probe-survives", events::probe_survives),
    ("probe-kept", events::probe_kept),
    ("config-null-value", events::config_null_value),
    ("config-repeated", events::config_repeated),
    ("event-unknown-type", events::event_unknown_type),
    ("event-minimal-payload", events::event_minimal_payload),
];

/// Every tool with each of its samples.
fn sample_calls(case: &Case) -> Vec<(String, Value)> {
    let samples = case.samples().into_iter();
    samples
        .flat_map(|sample| {
            let tool = sample.tool;
            sample
                .arguments
                .into_iter()
                .map(move |arguments| (tool.clone(), arguments))
        })
        .collect()
}

/// Calls a tool; what is wrong when no envelope comes back.
fn envelope_problem(
    loaded: &Loaded<'_>,
    (tool, arguments): &(String, Value),
    when: &str,
) -> Option<Evidence> {
    let call = format!("invoke(\"tool\", {tool:?}, {arguments})");
    match loaded.invoke_raw("tool", tool, &arguments.to_string()) {
        None => Some(
            Evidence::new(format!("{when}, the tool answers NULL or not in time")).in_call(call),
        ),
        Some(text) if !envelope::is_envelope(&text) => Some(
            Evidence::new(format!("{when}, the answer is not an envelope"))
                .in_call(call)
                .bytes(text),
        ),
        Some(_) => None,
    }
}
