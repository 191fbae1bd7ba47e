//! A plugin in Python and one in TypeScript in one host process at once: both in workers, as users
//! have it, and both embedded. The plugins are those of the shared scenarios.

use osaurus_bridge_tests::engine::{Engine, path_in};
use osaurus_bridge_tests::scene::Scene;
use osaurus_bridge_tests::{child, nodes, pythons};
use osaurus_reference_host::{AgentId, LoadedPlugin, ResolvedBy};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Plugin = Arc<LoadedPlugin>;

const LIBRARIES: &str = "OSAURUS_TEST_LIBRARIES";
/// Host calls of one `who` that carry the marker: one `config_get`, four `db_query`, one log line.
const MARKED: usize = 6;
const THREADS: usize = 8;
const ROUNDS: usize = 15;

/// What a test body gets.
struct Pair {
    scene: Scene,
    folder: PathBuf,
}

impl Pair {
    fn load(&self, name: &str) -> Plugin {
        let plugin = self.scene.host.load(&path_in(&self.folder, name));
        plugin.expect("the plugin loads")
    }

    /// What has run a plugin's script, from its first log line.
    fn engine(&self, plugin: &Plugin) -> String {
        let lines = self.scene.host.log_lines();
        let mut own = lines.into_iter().filter(|line| line.plugin == plugin.id());
        own.next().map(|line| line.message).unwrap_or_default()
    }
}

/// Runs `body` in child processes: with workers, then embedded with libnode, where the machine can
/// have one.
fn in_both_modes(test: &str, body: impl FnOnce(&Pair)) {
    if child::is_child() {
        let folder = std::env::var_os(LIBRARIES).expect("set by the parent");
        let scene = Scene::new();
        let pair = Pair {
            scene,
            folder: folder.into(),
        };
        child::run(test, &[], || body(&pair));
        return;
    }
    let folder = build();
    let python = pythons::newest().executable;
    let here = Command::new(std::env::current_exe().expect("a test binary knows its path"));
    run(here, test, folder.path(), "worker", &python);
    // Debian's own Python, in the root that has libnode.
    run(
        nodes::in_trixie_root(&["python3", "libpython3.13"]),
        test,
        folder.path(),
        "embedded",
        Path::new("/usr/bin/python3"),
    );
}

fn run(program: Command, test: &str, folder: &Path, mode: &str, python: &Path) {
    let (libraries, python) = (folder.display().to_string(), python.display().to_string());
    let cache = folder.join(format!("cache-{mode}")).display().to_string();
    let envs = [
        (LIBRARIES, libraries.as_str()),
        ("OSAURUS_BRIDGE_CACHE", cache.as_str()),
        ("OSAURUS_BRIDGE_MODE", mode),
        ("OSAURUS_BRIDGE_PYTHON", python.as_str()),
    ];
    child::run_with(program, test, &envs);
}

fn build() -> tempfile::TempDir {
    let python = pythons::newest().executable;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (engine, name) in [
        (Engine::PythonEmbedded, "python"),
        (Engine::NodeWorker, "node"),
    ] {
        let project = engine.project("scenarios", name);
        std::fs::copy(project.build(&python), path_in(folder.path(), name))
            .expect("a copied library");
    }
    folder
}

/// A call whose host calls carry their plugin and agent. False when the answer is not the agent's
/// id.
fn ask_who(plugin: &Plugin, agent: AgentId) -> bool {
    let marker = json!({"marker": format!("charge {}/{agent}", plugin.id())}).to_string();
    let answer = plugin.invoke("who", &marker, Some(agent));
    let envelope: Value = serde_json::from_str(&answer).unwrap_or_default();
    envelope["result"]["text"] == agent.to_string()
}

fn check_every_call(scene: &Scene, expected: usize) {
    let calls = scene.host.activity();
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
        assert_eq!(call.resolved, ResolvedBy::Scope, "{slot}");
    }
}

#[test]
fn calls_of_two_languages_are_charged_to_their_own_plugin_and_agent() {
    let test = "calls_of_two_languages_are_charged_to_their_own_plugin_and_agent";
    in_both_modes(test, |pair| {
        let plugins = [pair.load("python"), pair.load("node")];
        let agents = [pair.scene.ada, AgentId::named("ben")];
        std::thread::scope(|threads| {
            for number in 0..THREADS {
                let (plugins, agents) = (&plugins, &agents);
                threads.spawn(move || {
                    for round in 0..ROUNDS {
                        let plugin = &plugins[(number + round) % 2];
                        assert!(ask_who(plugin, agents[(number / 2 + round) % 2]));
                    }
                });
            }
        });
        check_every_call(&pair.scene, THREADS * ROUNDS * MARKED);
        let [python, node] = plugins.map(|plugin| pair.engine(&plugin));
        let expected = match pair.scene.is_embedded() {
            true => ["embedded from", "embedded"],
            false => ["worker: CPython", "worker: Node"],
        };
        assert!(python.contains(expected[0]), "{python}");
        assert!(node.contains(expected[1]), "{node}");
    });
}

/// `leave` ends the process in a worker, and the Worker in embedded Node. (In embedded Python it
/// would end the host.)
#[test]
fn a_script_that_exits_again_and_again_leaves_the_other_alone() {
    let test = "a_script_that_exits_again_and_again_leaves_the_other_alone";
    in_both_modes(test, |pair| {
        let (python, node) = (pair.load("python"), pair.load("node"));
        while_calling(&python, pair.scene.ada, || {
            for _ in 0..3 {
                let envelope = pair.scene.call(&node, "leave", json!({"code": 3}));
                assert_eq!(envelope["kind"], "execution_error", "{envelope}");
            }
        });
        assert!(within_a_while(|| ask_who(&node, pair.scene.ada)));
    });
}

/// A script that died often is started again after a pause.
fn within_a_while(mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(120);
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn one_plugin_is_destroyed_and_the_other_goes_on() {
    let test = "one_plugin_is_destroyed_and_the_other_goes_on";
    in_both_modes(test, |pair| {
        let (python, node) = (pair.load("python"), pair.load("node"));
        assert!(ask_who(&python, pair.scene.ada) && ask_who(&node, pair.scene.ada));
        while_calling(&python, pair.scene.ada, || {
            assert!(pair.scene.host.unload(&node), "destroy came");
        });
        let node = pair.load("node");
        assert!(ask_who(&node, pair.scene.ada), "it starts again");
        while_calling(&node, pair.scene.ada, || {
            assert!(pair.scene.host.unload(&python), "destroy came");
        });
    });
}

/// Calls a plugin before, while and after something happens.
fn while_calling(plugin: &Plugin, agent: AgentId, happens: impl FnOnce()) {
    std::thread::scope(|threads| {
        let (tell, told) = std::sync::mpsc::channel();
        let calls = threads.spawn(move || {
            for round in 0..ROUNDS {
                assert!(ask_who(plugin, agent), "round {round}");
                let _ = tell.send(());
            }
        });
        told.recv().expect("a first call");
        happens();
        calls.join().expect("no call fails");
    });
    assert!(ask_who(plugin, agent));
}
