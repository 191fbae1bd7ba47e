//! The steps with both plugins at once.

use crate::steps::{Plugin, expect, tool};
use crate::table::Table;
use osaurus_reference_host::{AgentId, Host};
use serde_json::json;

const CALLS: usize = 50;

/// Runs them. The second plugin is unloaded.
pub fn steps(table: &mut Table<'_>, host: &Host, plugins: [&Plugin; 2], agents: [AgentId; 2]) {
    table.row("threads", "both", || {
        let before = charged(host, plugins, agents);
        let right = at_once(plugins, agents);
        let after = charged(host, plugins, agents);
        let exact = before
            .iter()
            .zip(&after)
            .all(|(one, other)| other - one == CALLS);
        let all = CALLS * after.len();
        expect(
            right == all && exact,
            format!("{right} of {all} calls at once are charged to their agent"),
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

/// How often each plugin has asked for the models on behalf of each agent, by the host's own
/// record. `about` asks once.
fn charged(host: &Host, plugins: [&Plugin; 2], agents: [AgentId; 2]) -> Vec<usize> {
    let calls = host.activity();
    let count = |plugin: &Plugin, agent| {
        let requests = calls.iter().filter(|call| call.slot == "list_models");
        requests
            .filter(|call| call.plugin == plugin.id() && call.agent == Some(agent))
            .count()
    };
    pairs(plugins, agents)
        .map(|(plugin, agent)| count(plugin, agent))
        .collect()
}

fn pairs(plugins: [&Plugin; 2], agents: [AgentId; 2]) -> impl Iterator<Item = (&Plugin, AgentId)> {
    plugins
        .into_iter()
        .flat_map(move |plugin| agents.map(|agent| (plugin, agent)))
}

/// Calls both plugins for both agents from four threads; returns how many answers named the right
/// agent.
fn at_once(plugins: [&Plugin; 2], agents: [AgentId; 2]) -> usize {
    std::thread::scope(|scope| {
        let threads: Vec<_> = pairs(plugins, agents)
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
