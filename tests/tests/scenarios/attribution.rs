//! Every host call is charged to the plugin and the agent that it was made for.

use crate::Stage;
use osaurus_reference_host::{AgentId, LoadedPlugin, ResolvedBy};
use serde_json::json;
use std::sync::Arc;

/// Host calls of one `who` that carry the marker: one `config_get`, four `db_query`, one log line.
const MARKED: usize = 6;
const THREADS: usize = 8;
const ROUNDS: usize = 15;

/// Two plugins, two agents, eight host threads at once.
pub fn hammer(stage: &Stage) {
    let plugins = [stage.load(0), stage.load(1)];
    let agents = [stage.scene.ada, AgentId::named("ben")];
    std::thread::scope(|threads| {
        for number in 0..THREADS {
            let (plugin, agent) = (&plugins[number % 2], agents[number / 2 % 2]);
            threads.spawn(move || (0..ROUNDS).for_each(|_| ask_who(plugin, agent)));
        }
    });
    check_every_call(stage, THREADS * ROUNDS * MARKED);
}

fn ask_who(plugin: &Arc<LoadedPlugin>, agent: AgentId) {
    let marker = json!({"marker": format!("charge {}/{agent}", plugin.id())}).to_string();
    let answer = plugin.invoke("who", &marker, Some(agent));
    assert!(answer.contains(&agent.to_string()), "{answer}");
}

fn check_every_call(stage: &Stage, expected: usize) {
    let calls = stage.scene.host.activity();
    let marked: Vec<_> = calls
        .iter()
        .filter(|call| call.request.contains("charge "))
        .collect();
    assert_eq!(marked.len(), expected, "every call was recorded");
    for call in marked {
        let agent = call.agent.map(|agent| agent.to_string());
        let charged = format!("charge {}/{}", call.plugin, agent.unwrap_or_default());
        let (slot, request) = (call.slot, &call.request);
        assert!(
            request.contains(&charged),
            "{slot} was charged to {charged}: {request}"
        );
        assert_eq!(
            call.resolved,
            ResolvedBy::Scope,
            "{slot} came from a thread without a frame"
        );
    }
}

/// What a handler leaves running may not reach the host in another's name.
pub fn outlives(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    scene.result(&plugin, "outlives", json!({}));
    let answers = scene.result(&plugin, "late", json!({}));
    let text = answers[0].as_str().unwrap_or_default();
    assert!(
        text.starts_with("refused: ") && text.contains("ended"),
        "{answers}"
    );
    let calls = scene.host.activity();
    assert!(
        !calls.iter().any(|call| call.request.contains("late")),
        "{calls:?}"
    );
}
