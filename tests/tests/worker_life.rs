//! When a script starts and ends: `prewarm` and `idle-timeout`, with built plugins in the reference
//! host, under each of the engines. The plugin leaves a line in a file at each step of its life.

use osaurus_bridge_tests::engine::{ALL, Engine, path_in};
use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::{child, system};
use osaurus_direct_host::{Ctx, Image};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The plugin with both keys.
fn project(engine: Engine, name: &str) -> Project {
    let project = engine.project("worker_life", name);
    if engine.is_python() {
        let keys = "prewarm = true\nidle-timeout = \"1s\"\nentry =";
        project.settings("entry =", keys)
    } else {
        let keys = "\"prewarm\": true, \"idleTimeout\": \"1s\", \"main\":";
        project.settings("\"main\":", keys)
    }
}

/// Runs `body` with the built library in a child process, under each of the engines.
fn under_each(test: &str, body: impl Fn(Engine, &Path)) {
    for engine in ALL {
        if !child::is_child() {
            let make = |name: &str| project(engine, name);
            engine.run_built(test, &make, &["life"], "OSAURUS_TEST_CASE", &["only"]);
        } else if Engine::of_child() == Some(engine) {
            child::run(test, &[], || {
                let folder = Engine::libraries();
                // Of the run under another Node.
                let _ = std::fs::remove_file(folder.join("events"));
                body(engine, &folder);
            });
        }
    }
}

fn events(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("events")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < patience, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

struct Scene {
    host: Host,
    plugin: Arc<LoadedPlugin>,
    ada: AgentId,
}

impl Scene {
    fn load(folder: &Path) -> Self {
        let host = Host::builder().agents(["ada"]).build().expect("a host");
        let plugin = host.load(&path_in(folder, "life")).expect("it loads");
        let ada = AgentId::named("ada");
        Scene { host, plugin, ada }
    }

    fn call(&self, tool: &str) -> Value {
        let text = self.plugin.invoke(tool, "{}", Some(self.ada));
        let envelope: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(envelope["ok"], true, "{tool}: {envelope}");
        envelope["result"].clone()
    }

    fn logged(&self, text: &str) -> usize {
        let lines = self.host.log_lines();
        lines
            .iter()
            .filter(|line| line.message.contains(text))
            .count()
    }
}

#[test]
fn prewarm_starts_the_script_before_any_call_and_loading_does_not() {
    let test = "prewarm_starts_the_script_before_any_call_and_loading_does_not";
    under_each(test, |engine, folder| {
        let image = Image::open(&path_in(folder, "life")).expect("it opens");
        let ctx = image.init();
        assert!(image.manifest(ctx).is_some());
        std::thread::sleep(Duration::from_millis(200));
        image.destroy(ctx);
        assert!(image.manifest(Ctx::NULL).is_some());
        image.close().expect("it closes");
        assert_eq!(events(folder), [""; 0], "loading has started the script");
        assert!(system::children().is_empty());

        let scene = Scene::load(folder);
        soon("the script starts", || events(folder).len() >= 2);
        assert_eq!(events(folder), ["imported", "start"]);
        if !engine.is_embedded() {
            soon("the log says it", || scene.logged("worker started") == 1);
        }
        assert_eq!(scene.call("count"), json!(1));
        assert_eq!(events(folder), ["imported", "start"], "one start is enough");
    });
}

#[test]
fn an_idle_worker_ends_and_the_next_calls_start_another() {
    let test = "an_idle_worker_ends_and_the_next_calls_start_another";
    under_each(test, |engine, folder| {
        let scene = Scene::load(folder);
        let first = scene.call("process");
        if engine.is_embedded() {
            assert_eq!(first, json!(std::process::id()));
            assert_eq!(scene.call("count"), json!(1));
            std::thread::sleep(Duration::from_millis(2500));
            assert_eq!(scene.call("count"), json!(2), "it was ended");
            return;
        }
        let ended = "worker ended: it had no call for 1 s (idle-timeout)";
        soon("the worker ends", || scene.logged(ended) == 1);
        assert!(system::children().is_empty());
        let life = ["imported", "start", "exit"];
        assert_eq!(
            events(folder),
            life,
            "on_unload is for the end of the plugin"
        );
        assert_ne!(scene.call("process"), first);
        many_calls_around_the_end(&scene);
        soon("it ends again", || system::children().is_empty());
        let starts = scene.logged("worker started");
        assert_eq!(events(folder), life.repeat(starts));
        assert_eq!(scene.logged("failed"), 0);
    });
}

/// Eight callers that all pause for about the timeout.
fn many_calls_around_the_end(scene: &Scene) {
    std::thread::scope(|threads| {
        for caller in 0..8 {
            threads.spawn(move || {
                for round in 0..3 {
                    let tool = ["count", "count_async"][(caller + round) % 2];
                    assert!(scene.call(tool).as_u64() >= Some(1));
                    let early = [0, 1, 2, 5, 10, 20, 30, 40][caller];
                    std::thread::sleep(Duration::from_millis(1020 - early));
                }
            });
        }
    });
}

#[test]
fn a_timeout_that_is_not_one_and_one_without_a_process_are_refused() {
    let build = |line: &str, arguments: &[&str]| {
        let project = Engine::PythonWorker.project("worker_life", "refused");
        let project = project.settings("entry =", &format!("{line}\nentry ="));
        let mut command = bridge();
        command.arg("build").arg(project.path()).args(arguments);
        let output = command.output().expect("osaurus-bridge runs");
        assert!(!output.status.success(), "{line}: {}", text_of(&output));
        text_of(&output)
    };
    let text = build("idle-timeout = 600", &[]);
    for part in [
        "idle-timeout is 600 in [tool.osaurus] of pyproject.toml",
        "expected a string of a whole number and its unit",
        "write idle-timeout = \"10m\"",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    for (line, arguments) in [
        ("idle-timeout = \"10m\"\nmode = \"embedded\"", &[][..]),
        ("idle-timeout = \"10m\"", &["--mode", "embedded"][..]),
    ] {
        let text = build(line, arguments);
        let why = "an idle timeout and mode \"embedded\"";
        assert!(text.contains(why), "{why:?} is not in {text}");
    }
}
