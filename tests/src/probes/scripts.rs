//! Probes in script languages: one build per oldest host that the project file can name, run by
//! each engine.

use crate::project::Project;
use crate::{pythons, root};
use osaurus_conformance::matrix::Entry;
use std::path::{Path, PathBuf};

/// What project files can say. None: nothing.
const OLDEST: [Option<&str>; 7] = [
    None,
    Some("1"),
    Some("2"),
    Some("3"),
    Some("4"),
    Some("5"),
    Some("6"),
];

/// Python, embedded for all targets; in a worker, which shares all but the way to the script, for
/// two.
pub(super) fn python(folder: &Path) -> Vec<Entry> {
    let text = source("python/main.py");
    let build = |oldest: &Option<&str>| {
        let project = Project::python("probe", &text).settings("dev.test.probe", ID);
        let project = match oldest {
            Some(oldest) => {
                project.settings("entry =", &format!("oldest-host = \"{oldest}\"\nentry ="))
            }
            None => project,
        };
        keep(&project, folder, "python", *oldest)
    };
    let libraries: Vec<PathBuf> = OLDEST.iter().map(build).collect();
    let all = OLDEST.iter().zip(&libraries);
    let embedded = all
        .clone()
        .map(|(oldest, library)| probe("Python embedded", "embedded", *oldest, library));
    let worker = all
        .take(2)
        .map(|(oldest, library)| probe("Python worker", "worker", *oldest, library));
    embedded.chain(worker).collect()
}

/// TypeScript in a worker, for all targets.
pub(super) fn typescript(folder: &Path) -> Vec<Entry> {
    let text = source("typescript/main.ts");
    let build = |oldest: &Option<&str>| {
        let project = Project::typescript("probe", &text).settings("dev.test.probe", ID);
        let project = match oldest {
            Some(oldest) => project.settings(
                "\"main\":",
                &format!("\"oldestHost\": \"{oldest}\", \"main\":"),
            ),
            None => project,
        };
        let library = keep(&project, folder, "typescript", *oldest);
        probe("TypeScript", "worker", *oldest, &library)
    };
    OLDEST.iter().map(build).collect()
}

/// What scenarios look for in the host's store.
const ID: &str = "dev.behaviour.probe";

fn source(file: &str) -> String {
    let path = root().join("tests/behaviour").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn keep(project: &Project, folder: &Path, language: &str, oldest: Option<&str>) -> PathBuf {
    let library = folder.join(format!("{language}-{}.so", oldest.unwrap_or("any")));
    let output = project.build(&pythons::newest().executable);
    std::fs::copy(output, &library).expect("a copied library");
    library
}

fn probe(name: &str, mode: &str, oldest: Option<&str>, library: &Path) -> Entry {
    let python = pythons::newest().executable.display().to_string();
    let (variable, engine) = crate::python_engine();
    let env = [
        ("OSAURUS_BRIDGE_MODE", mode.to_owned()),
        ("OSAURUS_BRIDGE_PYTHON", python),
        (variable, engine.display().to_string()),
    ];
    Entry {
        version_2_is: if oldest == Some("1") { "2a" } else { "2e" }.into(),
        oldest_host: oldest.map(str::to_owned),
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        ..Entry::new(name, 6, library.to_path_buf())
    }
}
