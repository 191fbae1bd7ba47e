//! Every host call is charged to the plugin and the agent that it was made for: two plugins, two
//! agents, eight host threads at once, `def`, `async def` and threads of the script's own, embedded
//! and in workers.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene::{self, Scene};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, ResolvedBy};
use serde_json::{Value, json};
use std::sync::Arc;

/// Each host call carries a marker `plugin/agent` that the host's record is compared with.
const MAIN: &str = include_str!("../fixtures/attribution/main.py");

fn call(plugin: &Arc<LoadedPlugin>, tool: &str, agent: AgentId) -> Value {
    let marker = format!("{}/{agent}", plugin.id());
    let answer = plugin.invoke(tool, &json!({"marker": marker}).to_string(), Some(agent));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no envelope: {answer}"))
}

fn hammer(plugins: &[Arc<LoadedPlugin>], agents: &[AgentId]) -> usize {
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let plugin = Arc::clone(&plugins[number % 2]);
            let agent = agents[number / 2 % 2];
            std::thread::spawn(move || {
                let mut count = 0;
                for round in 0..30 {
                    let tool = ["plain", "threaded", "looped"][(number + round) % 3];
                    let envelope = call(&plugin, tool, agent);
                    count += envelope["result"]
                        .as_u64()
                        .unwrap_or_else(|| panic!("{tool}: {envelope}"))
                        as usize;
                }
                count
            })
        })
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("a host thread"))
        .sum()
}

fn check_every_call(host: &Host, expected: usize) {
    let calls = host.activity();
    let marked: Vec<_> = calls
        .iter()
        .filter(|call| {
            ["one", "two"]
                .iter()
                .any(|name| call.request.contains(&format!("dev.test.{name}/")))
        })
        .collect();
    assert_eq!(marked.len(), expected, "every call was recorded");
    for call in marked {
        let agent = call
            .agent
            .map(|agent| agent.to_string())
            .unwrap_or_default();
        let charged = format!("{}/{agent}", call.plugin);
        assert!(
            call.request.contains(&charged),
            "{} was charged to {charged}: {}",
            call.slot,
            call.request
        );
        assert_eq!(
            call.resolved,
            ResolvedBy::Scope,
            "{} came from a thread without a frame",
            call.slot
        );
    }
}

fn scenario(scene: &Scene) {
    let plugins = ["one", "two"].map(|name| scene.load(&Project::python(name, MAIN)));
    let agents = [scene.ada, AgentId::named("ben")];
    let expected = hammer(&plugins, &agents);
    check_every_call(&scene.host, expected);
}

#[test]
fn no_call_is_charged_to_another_plugin_or_agent() {
    scene::both("no_call_is_charged_to_another_plugin_or_agent", scenario);
}

#[test]
fn a_host_call_on_a_thread_of_a_plain_handler_says_how_to_declare_the_tool() {
    scene::embedded(
        "a_host_call_on_a_thread_of_a_plain_handler_says_how_to_declare_the_tool",
        |scene| {
            let plugin = scene.load(&Project::python("one", MAIN));
            let envelope = call(&plugin, "stray", scene.ada);
            let text = envelope["result"][0]
                .as_str()
                .unwrap_or_else(|| panic!("{envelope}"));
            assert!(
                text.contains("threads=True") && text.contains("async def"),
                "{text}"
            );
        },
    );
}
