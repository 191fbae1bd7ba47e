//! The engine for embedding: plugins that run in a worker carry none, the others one that they
//! share.

use super::MAIN;
use osaurus_bridge_tests::child;
use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene::Scene;
use serde_json::json;
use std::path::{Path, PathBuf};

/// No engine but the one that a plugin carries.
const NO_OTHER: (&str, &str) = ("OSAURUS_BRIDGE_PYTHON_ENGINE", "");

#[test]
fn a_plugin_that_was_built_for_a_worker_says_why_it_is_not_embedded() {
    let test = "carried::a_plugin_that_was_built_for_a_worker_says_why_it_is_not_embedded";
    let embedded = [("OSAURUS_BRIDGE_MODE", "embedded"), NO_OTHER];
    child::run(test, &embedded, || {
        let scene = Scene::new();
        let plugin = scene.load(&Project::python("whole", MAIN));
        let answer = scene.result(&plugin, "whose", json!({}));
        assert_ne!(answer["pid"], std::process::id(), "{answer}");
        let why = "the plugin carries no Python engine, because it was built for a worker";
        let fix = "build it with mode = \"embedded\" in [tool.osaurus]";
        assert!(scene.logged(&["not embedded", why, fix]));
    });
}

#[test]
fn embedded_plugins_unpack_one_engine_and_workers_none() {
    let test = "carried::embedded_plugins_unpack_one_engine_and_workers_none";
    let cache = tempfile::tempdir().expect("a folder");
    let folder = cache.path().display().to_string();
    child::run(test, &[("OSAURUS_BRIDGE_CACHE", &folder), NO_OTHER], || {
        let cache = PathBuf::from(std::env::var_os("OSAURUS_BRIDGE_CACHE").expect("set above"));
        let scene = Scene::new();
        let worker = Project::python("worker", MAIN);
        let small = size(&worker.build(&scene.python));
        scene.result(&scene.load(&worker), "whose", json!({}));
        assert_eq!(engines(&cache), 0);
        for name in ["left", "right"] {
            let line = "mode = \"embedded\"\nentry =";
            let project = Project::python(name, MAIN).settings("entry =", line);
            assert!(size(&project.build(&scene.python)) > small + 100_000);
            scene.result(&scene.load(&project), "whose", json!({}));
        }
        assert!(scene.logged(&["embedded from"]) && scene.logged(&["only one plugin can"]));
        assert_eq!(engines(&cache), 1);
    });
}

fn size(library: &Path) -> u64 {
    std::fs::metadata(library).expect("the library").len()
}

/// Files of an engine, wherever they are in the cache.
fn engines(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let count = |path: PathBuf| match path.is_dir() {
        true => engines(&path),
        false => usize::from(path.to_string_lossy().contains("python_engine")),
    };
    entries.map(|entry| count(entry.path())).sum()
}
