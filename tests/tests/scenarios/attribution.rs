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

/// Three times a plugin's runtime ends; the next one knows whom it works for.
pub fn after_restarts(stage: &Stage) {
    let plugins = [stage.load(0), stage.load(1)];
    let agents = [stage.scene.ada, AgentId::named("ben")];
    for round in 0..3 {
        let envelope = stage
            .scene
            .call(&plugins[round % 2], "leave", json!({"code": 1}));
        assert_eq!(envelope["ok"], false, "{envelope}");
        std::thread::scope(|threads| {
            for (plugin, agent) in plugins.iter().flat_map(|p| agents.map(|a| (p, a))) {
                threads.spawn(move || ask_who(plugin, agent));
            }
        });
    }
    check_every_call(stage, 3 * 4 * MARKED);
}

/// What a handler leaves running may not reach the host in another's name.
pub fn outlives(stage: &Stage) {
    stays_outside(stage, "outlives", "ended");
}

/// A thread of the script's own, or a function that the event loop calls outside of a plugin call.
pub fn strays(stage: &Stage) {
    stays_outside(
        stage,
        "strays",
        stage.say("ended", "no call of the host runs here"),
    );
}

fn stays_outside(stage: &Stage, tool: &str, why: &str) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    scene.result(&plugin, tool, json!({}));
    let answers = scene.result(&plugin, "late", json!({}));
    let text = answers[0].as_str().unwrap_or_default();
    assert!(
        text.starts_with("refused: ") && text.contains(why),
        "{answers}"
    );
    let calls = scene.host.activity();
    assert!(
        !calls.iter().any(|call| call.request.contains("late")),
        "{calls:?}"
    );
}
