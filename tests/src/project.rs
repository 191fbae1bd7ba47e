//! Plugin projects written to a temporary folder and built by the real `osaurus-bridge`.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A plugin project.
pub struct Project {
    folder: TempDir,
    id: String,
}

impl Project {
    /// A project with `main.py` as given; its id is `dev.test.<name>`.
    pub fn python(name: &str, main: &str) -> Self {
        let id = format!("dev.test.{name}");
        let settings = format!(
            "[project]\nname = \"{name}\"\nversion = \"1.0.0\"\nrequires-python = \">=3.10\"\n\n\
             [tool.osaurus]\nid = \"{id}\"\nentry = \"main:plugin\"\n"
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, id }
            .file("pyproject.toml", &settings)
            .file("main.py", main)
    }

    /// A project with `src/main.ts` as given; its id is `dev.test.<name>`.
    pub fn typescript(name: &str, main: &str) -> Self {
        let id = format!("dev.test.{name}");
        let package = format!(
            "{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"type\": \"module\",\n\
             \"osaurus\": {{\"id\": \"{id}\", \"main\": \"src/main.ts\"}}}}\n"
        );
        let folder = tempfile::tempdir_in(crate::nodes::projects()).expect("a temporary folder");
        Self { folder, id }
            .file("package.json", &package)
            .file("src/main.ts", main)
    }

    /// Adds or replaces a file.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file in the project")).expect("a folder");
        std::fs::write(path, text).expect("a written file");
        self
    }

    /// Replaces text in `pyproject.toml` or `package.json`.
    pub fn settings(self, from: &str, to: &str) -> Self {
        let files = ["pyproject.toml", "package.json"].map(|name| self.folder.path().join(name));
        let path = files.iter().find(|path| path.is_file()).expect("settings");
        let text = std::fs::read_to_string(path).expect("settings");
        assert!(text.contains(from), "{} has no {from:?}", path.display());
        std::fs::write(path, text.replace(from, to)).expect("a written file");
        self
    }

    /// Plugin id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The project's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Builds it with an interpreter, which only Python needs, and returns the library.
    ///
    /// # Panics
    /// When the build fails; the text is in the panic.
    pub fn build(&self, python: &Path) -> PathBuf {
        let output = self.try_build(python);
        assert!(
            output.status.success(),
            "build failed: {}",
            text_of(&output)
        );
        let report: Value =
            serde_json::from_slice(&output.stdout).expect("build --json prints JSON");
        PathBuf::from(report["library"].as_str().expect("the library's path"))
    }

    /// Builds it and returns what the program said.
    pub fn try_build(&self, python: &Path) -> Output {
        bridge()
            .arg("build")
            .arg(self.path())
            .arg("--json")
            .env("OSAURUS_BRIDGE_PYTHON", python)
            .output()
            .expect("osaurus-bridge runs")
    }
}

/// The real program.
pub fn bridge() -> Command {
    Command::new(crate::built("osaurus-bridge"))
}

/// Everything that a program printed.
pub fn text_of(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A port of this machine that nothing listens on, for commands that name one.
///
/// # Panics
/// When there is none.
pub fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    address.port().to_string()
}
