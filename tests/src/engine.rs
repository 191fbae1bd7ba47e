//! The four ways to run a script, and tests that run under each: libraries are built here, loaded
//! in a child process.

use crate::project::Project;
use crate::{child, nodes, pythons, root};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to run a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// CPython in the host's process.
    PythonEmbedded,
    /// CPython in a process of the plugin's own.
    PythonWorker,
    /// libnode in the host's process.
    NodeEmbedded,
    /// Node in a process of the plugin's own: one of each line that is supported, after the other.
    NodeWorker,
}

use Engine::{NodeEmbedded, NodeWorker, PythonEmbedded, PythonWorker};

/// All of them.
pub const ALL: [Engine; 4] = [PythonEmbedded, PythonWorker, NodeEmbedded, NodeWorker];

/// Where the child finds the libraries that its parent built.
const LIBRARIES: &str = "OSAURUS_TEST_LIBRARIES";
const ENGINE: &str = "OSAURUS_TEST_ENGINE";
const NODE_VARIABLE: &str = "OSAURUS_BRIDGE_NODE";

impl Engine {
    /// The engine of this child process.
    pub fn of_child() -> Option<Self> {
        let name = std::env::var(ENGINE).ok()?;
        ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// As in a test's output.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// Whether the script is in the host's process.
    pub fn is_embedded(self) -> bool {
        matches!(self, PythonEmbedded | NodeEmbedded)
    }

    /// Whether the script is in Python.
    pub fn is_python(self) -> bool {
        matches!(self, PythonEmbedded | PythonWorker)
    }

    fn mode(self) -> &'static str {
        if self.is_embedded() {
            "embedded"
        } else {
            "worker"
        }
    }

    /// A project with one of the plugins in `tests/fixtures`, in this engine's language.
    ///
    /// # Panics
    /// When the fixture cannot be read.
    pub fn project(self, fixture: &str, name: &str) -> Project {
        let file = if self.is_python() {
            "main.py"
        } else {
            "main.ts"
        };
        let path = root().join("tests/fixtures").join(fixture).join(file);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if self.is_python() {
            Project::python(name, &text)
        } else {
            Project::typescript(name, &text)
        }
    }

    /// Runs `body` in a child process with this engine. It gets a folder with a library for each of
    /// `names`, as `NAME.so`, built from a fixture by the parent.
    ///
    /// # Panics
    /// When a build or the child fails.
    pub fn run(self, test: &str, fixture: &str, names: &[&str], body: impl FnOnce(&Path)) {
        let mut body = Some(body);
        self.run_each(
            test,
            fixture,
            names,
            "OSAURUS_TEST_CASE",
            &["only"],
            |_, folder| {
                if let Some(body) = body.take() {
                    body(folder);
                }
            },
        );
    }

    /// As [`Engine::run`], once per case (and Node), each in a child of its own, which finds its
    /// case in `variable`.
    ///
    /// # Panics
    /// When a build fails, or afterwards when any of the cases has failed.
    pub fn run_each(
        self,
        test: &str,
        fixture: &str,
        names: &[&str],
        variable: &str,
        cases: &[&str],
        mut body: impl FnMut(&str, &Path),
    ) {
        if child::is_child() {
            if Self::of_child() == Some(self) {
                let case = std::env::var(variable).expect("set by the parent");
                child::run(test, &[], || body(&case, &Self::libraries()));
            }
            return;
        }
        self.run_built(
            test,
            &|name| self.project(fixture, name),
            names,
            variable,
            cases,
        );
    }

    /// The parent's half of [`Engine::run_each`] for projects of any kind.
    ///
    /// # Panics
    /// As [`Engine::run_each`].
    pub fn run_built(
        self,
        test: &str,
        project: &dyn Fn(&str) -> Project,
        names: &[&str],
        variable: &str,
        cases: &[&str],
    ) {
        let (python, folder) = (pythons::newest().executable, build(project, names));
        let fixed = [
            // Nothing is unpacked or known before the first test.
            (
                "OSAURUS_BRIDGE_CACHE",
                folder.path().join("cache").display().to_string(),
            ),
            (ENGINE, self.name()),
            (LIBRARIES, folder.path().display().to_string()),
            ("OSAURUS_BRIDGE_MODE", self.mode().to_owned()),
            ("OSAURUS_BRIDGE_PYTHON", python.display().to_string()),
        ];
        let mut failed = Vec::new();
        for node in self.nodes() {
            for case in cases {
                let mut envs = vec![(variable, *case)];
                envs.extend(fixed.iter().map(|(name, value)| (*name, value.as_str())));
                envs.extend(node.as_deref().map(|path| (NODE_VARIABLE, path)));
                let one = || child::run_with(self.program(), test, &envs);
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(one)).is_err() {
                    failed.push((*case, node.clone()));
                }
            }
        }
        assert!(failed.is_empty(), "{self:?} failed: {failed:#?}");
    }

    /// The Nodes to run under, where the engine is one that has a choice.
    fn nodes(self) -> Vec<Option<String>> {
        if self != NodeWorker {
            return vec![None];
        }
        let all = nodes::all().into_iter();
        all.map(|(_, path)| Some(path.display().to_string()))
            .collect()
    }

    /// Where the parent's libraries are, in the child.
    ///
    /// # Panics
    /// When this is not such a child.
    pub fn libraries() -> PathBuf {
        PathBuf::from(std::env::var_os(LIBRARIES).expect("set by the parent"))
    }

    /// How a test program is started so that the engine finds its runtime.
    fn program(self) -> Command {
        if self == NodeEmbedded {
            return nodes::in_trixie_root(&[]);
        }
        Command::new(std::env::current_exe().expect("a test binary knows its path"))
    }
}

fn build(project: &dyn Fn(&str) -> Project, names: &[&str]) -> tempfile::TempDir {
    let python = pythons::newest().executable;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in names {
        let project = project(name);
        let library = path_in(folder.path(), name);
        std::fs::copy(project.build(&python), library).expect("a copied library");
    }
    folder
}

/// Where a library is in the folder that [`Engine::run`] gives.
pub fn path_in(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::DLL_SUFFIX))
}
