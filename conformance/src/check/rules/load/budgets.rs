//! Time and memory. Times are the best of several tries, because the machine may be busy with
//! something else.

use super::sample_calls;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::platform;
use osaurus_reference_host::manifest::Tool;
use osaurus_reference_host::{
    AbiLevel, AgentId, GuardedTable, Host, LoadedPlugin, database_memory,
};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LOADING: Duration = Duration::from_secs(1);
const CALL: Duration = Duration::from_secs(5);
const TRIES: usize = 2;
/// Characters of a long text.
const LONG: usize = 1_000;
/// Calls before memory is looked at for the first time, rounds of calls, and the calls of a round:
/// enough for an allocator that takes a mebibyte at a time to grow in each.
const WARM_UP: u64 = 200;
const ROUNDS: u64 = 8;
const CALLS: u64 = 500;
/// Rounds that say enough when there is no time for all.
const ENOUGH_ROUNDS: u64 = 3;
/// How long the calls of one tool may take in all.
const PATIENCE: Duration = Duration::from_secs(8);
/// Bytes that a call may keep: a runtime's books about it.
const PER_CALL: u64 = 1 << 10;

pub(super) fn slow_loading(case: &Case) -> Verdict {
    let table =
        GuardedTable::new(AbiLevel::LATEST).map_err(|error| Problem::skipped(error.to_string()))?;
    let library = case.open()?;
    let best = best_of(3, LOADING, || {
        let started = Instant::now();
        // SAFETY: the table is a whole one of the newest version and lives until the process ends.
        let plugin = unsafe { library.enter(table.as_ptr()) }.or_else(|| library.enter_v1());
        let loaded = plugin.and_then(|plugin| {
            let ctx = plugin.init()?;
            plugin.manifest(ctx);
            Some((plugin, ctx))
        });
        let took = started.elapsed();
        if let Some((plugin, ctx)) = loaded {
            plugin.destroy(ctx);
        }
        took
    });
    // The plugin may keep the pointer.
    std::mem::forget(table);
    let what = format!("loading took {best:?}, in the fastest of three tries");
    verdict((best >= LOADING).then(|| Evidence::new(what)))
}

/// The shortest time of several tries; the first one within the budget ends it.
fn best_of(tries: usize, budget: Duration, mut run: impl FnMut() -> Duration) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..tries {
        best = best.min(run());
        if best < budget {
            break;
        }
    }
    best
}

pub(super) fn tool_budget(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let tools = case.manifest()?.tools();
    let calls = sample_calls(case)
        .into_iter()
        .flat_map(|(tool, arguments)| {
            let tool_of_manifest = tools
                .iter()
                .find(|tool_of_manifest| tool_of_manifest.id == tool);
            let long = with_long_strings(tool_of_manifest, &arguments);
            [(tool.clone(), arguments), (tool, long)]
        });
    let slow = calls.filter_map(|(tool, arguments)| {
        let payload = arguments.to_string();
        // The first call may start a runtime.
        loaded.invoke_raw("tool", &tool, "{}");
        let best = best_of(TRIES, CALL, || {
            timed(|| drop(loaded.invoke_raw("tool", &tool, &payload)))
        });
        let call = format!("invoke(\"tool\", {tool:?}, …)");
        (best >= CALL).then(|| {
            Evidence::new(format!("the call took {best:?}"))
                .in_call(call)
                .bytes(&payload)
        })
    });
    verdict(slow)
}

fn timed(run: impl FnOnce()) -> Duration {
    let started = Instant::now();
    run();
    started.elapsed()
}

/// The arguments with long strings where the schema says nothing about them.
fn with_long_strings(tool: Option<&Tool>, arguments: &Value) -> Value {
    let schema = tool
        .and_then(|tool| tool.parameters.as_ref())
        .unwrap_or(&Value::Null);
    let mut long = arguments.clone();
    for (name, value) in long.as_object_mut().into_iter().flatten() {
        let property = &schema["properties"][name.as_str()];
        let limited = ["enum", "const", "pattern", "format", "maxLength"]
            .iter()
            .any(|key| property.get(key).is_some());
        if property["type"] == "string" && value.is_string() && !limited {
            *value = "word ".repeat(LONG / 5).into();
        }
    }
    long
}

pub(super) fn route_budget(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let calls = loaded.route_calls();
    if calls.is_empty() {
        return Err(Problem::skipped("it has no routes"));
    }
    let slow = calls.into_iter().filter_map(|call| {
        let mut long = call.clone();
        long.path = format!("{}?text={}", call.path, "word+".repeat(LONG / 5));
        let best = [call, long.clone()]
            .map(|call| route_time(&loaded, &call))
            .into_iter()
            .max()?;
        let what = format!("the route took {best:?}");
        (best >= CALL)
            .then(|| Evidence::new(what).in_call(format!("{} {}", long.method, long.path)))
    });
    verdict(slow)
}

fn route_time(loaded: &Loaded<'_>, call: &osaurus_reference_host::RouteCall) -> Duration {
    best_of(TRIES, CALL, || {
        timed(|| drop(loaded.call_route(call.clone())))
    })
}

/// In a host that is not tracked, so that the checker's own books do not grow.
pub(super) fn memory_growth(case: &Case) -> Verdict {
    let host = Host::builder()
        .agents(["checker"])
        .record_activity(false)
        .build();
    let host = host.map_err(|error| Problem::skipped(error.to_string()))?;
    let plugin = host
        .load(case.library())
        .map_err(|error| Problem::skipped(error.to_string()))?;
    let grown = sample_calls(case)
        .into_iter()
        .filter_map(|(tool, arguments)| {
            let payload = arguments.to_string();
            let (calls, bytes) = growth(&plugin, &tool, &payload)?;
            let what = format!("{calls} calls kept {bytes} bytes, {} each", bytes / calls);
            let call = format!("invoke(\"tool\", {tool:?}, {payload})");
            Some(Evidence::new(what).in_call(call))
        });
    verdict(grown)
}

/// How many calls were made after the warm-up, and how many bytes they kept; None where that is
/// nothing, or the tool is slow. Only what grows in every round counts: a runtime collects its
/// garbage now and then, and a database has its checkpoints.
fn growth(plugin: &Arc<LoadedPlugin>, tool: &str, payload: &str) -> Option<(u64, u64)> {
    let until = Instant::now() + PATIENCE;
    let agent = Some(AgentId::named("checker"));
    let call = |times: u64| {
        for _ in 0..times {
            if Instant::now() > until {
                return None;
            }
            // What it answers is other rules' business.
            let _ = plugin.invoke_on_this_thread("tool", tool, payload, agent);
        }
        Some(())
    };
    call(WARM_UP)?;
    let mut count = 0;
    for round in 0..ROUNDS {
        let before = (platform::private_memory(), database_memory());
        if call(CALLS).is_none() {
            return (round >= ENOUGH_ROUNDS).then_some((round * CALLS, count));
        }
        let grown = platform::private_memory().saturating_sub(before.0);
        // The host keeps a part of the plugin's database in memory.
        let grown = grown.saturating_sub(database_memory().saturating_sub(before.1));
        if grown < CALLS * PER_CALL {
            return None;
        }
        count += grown;
    }
    Some((ROUNDS * CALLS, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strings_grow_where_the_schema_lets_them() {
        let tool = serde_json::from_value(
            json!({"id": "t", "description": "d", "parameters": {"properties": {
            "free": {"type": "string"}, "short": {"type": "string", "maxLength": 9}, "count": {"type": "integer"}}}}),
        );
        let tool: Tool = tool.expect("a tool");
        let long = with_long_strings(
            Some(&tool),
            &json!({"free": "x", "short": "x", "count": 1, "other": "x"}),
        );
        assert_eq!(long["free"].as_str().map(str::len), Some(LONG));
        assert_eq!(long["short"], "x");
        assert_eq!((&long["count"], &long["other"]), (&json!(1), &json!("x")));
    }

    #[test]
    fn the_fastest_try_counts() {
        let mut times = [9, 3, 1].into_iter().map(Duration::from_secs);
        assert_eq!(
            best_of(3, CALL, || times.next().unwrap_or_default()),
            Duration::from_secs(3)
        );
        assert_eq!(times.len(), 1);
    }
}
