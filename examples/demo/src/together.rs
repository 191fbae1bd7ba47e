//! The steps with both plugins at once.

use crate::steps::{Plugin, expect, tool};
use crate::table::Table;
use osaurus_reference_host::{AgentId, Host};
use serde_json::json;

const CALLS: usize = 50;

/// Runs them. The second plugin is unloaded.
pub fn steps(table: &mut Table<'_>, host: &Host, plugins: [&Plugin; 2], agents: [AgentId; 2]) {
    table.row("threads", "both", || {
        let right = at_once(plugins, agents);
        let all = CALLS * 4;
        expect(
            right == all,
            format!("{right} of {all} calls at once know their own agent"),
        )
    });
    let [notes, feeds] = plugins;
    table.row("unload", "ada", || {
        let ended = host.unload(feeds);
        let result = tool(notes, agents[0], "about", &json!({}))?;
        expect(
            ended && result["notes"].as_u64() > Some(0),
            "one plugin is removed, the other one goes on".into(),
        )
    });
}

/// Calls both plugins for both agents from four threads; returns how many answers named the right agent.
fn at_once(plugins: [&Plugin; 2], agents: [AgentId; 2]) -> usize {
    let pairs = plugins
        .into_iter()
        .flat_map(|plugin| agents.map(|agent| (plugin, agent)));
    std::thread::scope(|scope| {
        let threads: Vec<_> = pairs
            .map(|(plugin, agent)| {
                scope.spawn(move || (0..CALLS).filter(|_| knows(plugin, agent)).count())
            })
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .sum()
    })
}

fn knows(plugin: &Plugin, agent: AgentId) -> bool {
    tool(plugin, agent, "about", &json!({}))
        .is_ok_and(|result| result["agent"] == agent.to_string())
}
