//! What every engine must do, from one table: the same plugin in Python and in TypeScript
//! (tests/fixtures/scenarios), each embedded and in a worker, each scenario in a host of its own.
//! What an engine cannot do by its nature says why.

mod attribution;
mod calls;
mod life;
mod strings;
mod trouble;

use osaurus_bridge_tests::engine::Engine::{
    self, NodeEmbedded, NodeWorker, PythonEmbedded, PythonWorker,
};
use osaurus_bridge_tests::engine::path_in;
use osaurus_bridge_tests::scene::Scene;
use osaurus_reference_host::LoadedPlugin;
use std::path::PathBuf;
use std::sync::Arc;

/// A row of the table.
struct Scenario {
    name: &'static str,
    body: fn(&Stage),
    /// Engines that cannot pass it, and why.
    except: &'static [(Engine, &'static str)],
}

const fn all(name: &'static str, body: fn(&Stage)) -> Scenario {
    Scenario {
        name,
        body,
        except: &[],
    }
}

const OWN_PROCESS: &[(Engine, &str)] = &[
    (
        PythonEmbedded,
        "a crash in the host's process is the host's crash",
    ),
    (
        NodeEmbedded,
        "a crash in the host's process is the host's crash",
    ),
];

const NEVER_RESTARTED: &[(Engine, &str)] = &[(
    PythonEmbedded,
    "an interpreter stays for as long as the process, and is never started again",
)];

const TABLE: &[Scenario] = &[
    all(
        "every call is charged to its plugin and agent",
        attribution::hammer,
    ),
    all(
        "a call after its handler's end is refused",
        attribution::outlives,
    ),
    all(
        "code that belongs to no call cannot reach the host",
        attribution::strays,
    ),
    Scenario {
        name: "after restarts every call is still charged to its plugin and agent",
        body: attribution::after_restarts,
        except: NEVER_RESTARTED,
    },
    all(
        "a host call may come back into the plugin",
        calls::comes_back,
    ),
    all(
        "errors become envelopes and their places log lines",
        calls::errors,
    ),
    all(
        "whatever a handler throws ends its call alone",
        calls::odd_errors,
    ),
    all("calls of one plugin run side by side", calls::side_by_side),
    all(
        "arguments are checked before the script",
        calls::bad_arguments,
    ),
    all(
        "a broken-off stream is cancelled in the host",
        calls::stream,
    ),
    all(
        "first calls at the same moment share one start",
        life::first_calls,
    ),
    all("two plugins do not see each other's modules", life::apart),
    all("the unload handler runs at the end", life::unload),
    all("all output is in the host's log", life::output),
    all("the host keeps its signal handlers", life::signals),
    all("programs that a script starts are not hosts", life::child),
    all("strings cross whole or are refused by name", strings::cross),
    all("strings of 50 MB cross both ways", strings::long),
    all(
        "a deadline stops the handler and nothing else",
        trouble::deadlines,
    ),
    all(
        "an error that is not caught is logged with its place",
        trouble::uncaught,
    ),
    Scenario {
        name: "a flood of output neither blocks nor fills the log",
        body: trouble::flood,
        except: &[(
            PythonEmbedded,
            "printing is a call of the host's log on the host's own thread there, which nothing \
             cuts",
        )],
    },
    all(
        "work left behind does not hold the host's end",
        trouble::left_behind,
    ),
    Scenario {
        name: "an exit costs one call",
        body: trouble::exit,
        except: &[(
            PythonEmbedded,
            "os._exit ends the process without asking the interpreter; sys.exit is in python_traps",
        )],
    },
    Scenario {
        name: "a crash costs one call",
        body: trouble::crash,
        except: OWN_PROCESS,
    },
    Scenario {
        name: "a worker that is killed costs one call",
        body: trouble::killed,
        except: OWN_PROCESS,
    },
    Scenario {
        name: "restarts and the end leave no process and no descriptor",
        body: trouble::leaves_nothing,
        except: NEVER_RESTARTED,
    },
];

/// What a scenario gets: a host, and the plugin loaded twice under two ids.
struct Stage {
    engine: Engine,
    scene: Scene,
    libraries: [PathBuf; 2],
}

impl Stage {
    fn load(&self, number: usize) -> Arc<LoadedPlugin> {
        let loaded = self.scene.host.load(&self.libraries[number]);
        loaded.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What a message says in Python, and in TypeScript.
    fn say<'t>(&self, python: &'t str, typescript: &'t str) -> &'t str {
        if self.engine.is_python() {
            python
        } else {
            typescript
        }
    }
}

const NAMES: [&str; 2] = ["one", "two"];

fn run(engine: Engine, test: &str) {
    const SCENARIO: &str = "OSAURUS_TEST_SCENARIO";
    engine.run_each(
        test,
        "scenarios",
        &NAMES,
        SCENARIO,
        &wanted(engine),
        |name, folder| {
            let scenario = TABLE.iter().find(|scenario| scenario.name == name);
            let stage = Stage {
                engine,
                scene: Scene::new(),
                libraries: NAMES.map(|name| path_in(folder, name)),
            };
            (scenario.expect("a row of the table").body)(&stage);
        },
    );
}

fn wanted(engine: Engine) -> Vec<&'static str> {
    let able = |scenario: &&Scenario| {
        let reason = scenario.except.iter().find(|(other, _)| *other == engine);
        if let Some((_, why)) = reason {
            println!("{engine:?}: not \"{}\": {why}", scenario.name);
        }
        reason.is_none()
    };
    TABLE
        .iter()
        .filter(able)
        .map(|scenario| scenario.name)
        .collect()
}

#[test]
fn python_embedded() {
    run(PythonEmbedded, "python_embedded");
}

#[test]
fn python_worker() {
    run(PythonWorker, "python_worker");
}

#[test]
fn node_embedded() {
    run(NodeEmbedded, "node_embedded");
}

#[test]
fn node_worker() {
    run(NodeWorker, "node_worker");
}
