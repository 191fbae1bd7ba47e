//! Builds the plugins of the zoo with the C compiler, each from its own file and the good plugin's
//! object.

use osaurus_bridge_tests::root;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Where libraries are built, and with what.
pub struct Workshop {
    folder: TempDir,
}

impl Workshop {
    /// Compiles the good plugin.
    pub fn open() -> Workshop {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workshop = Workshop { folder };
        let source = zoo().join("base/base.c");
        done(
            workshop
                .compiler()
                .arg("-c")
                .arg(source)
                .arg("-o")
                .arg(workshop.base()),
        );
        workshop
    }

    fn base(&self) -> PathBuf {
        self.folder.path().join("base.o")
    }

    fn compiler(&self) -> Command {
        let mut compiler = Command::new("cc");
        compiler.args([
            "-std=gnu11",
            "-O1",
            "-g",
            "-fPIC",
            "-fvisibility=hidden",
            "-Wall",
            "-Wextra",
            "-Werror",
        ]);
        compiler.arg("-I").arg(zoo().join("base"));
        compiler
            .arg("-I")
            .arg(root().join("codegen/generated/c/v6"));
        compiler.args(words("pkg-config", &["--cflags", "jansson"]));
        compiler
    }

    /// Builds the library of a bad plugin, in a folder of its own.
    pub fn bad(&self, source: &Path) -> PathBuf {
        let name = source
            .file_stem()
            .expect("a file name")
            .to_string_lossy()
            .into_owned();
        self.library(&name, Some(source))
    }

    /// Builds the library of the good plugin.
    pub fn good(&self) -> PathBuf {
        self.library("base", None)
    }

    /// Builds a library of this source alone.
    pub fn alone(&self, source: &Path) -> PathBuf {
        let library = self.place(&source.file_stem().unwrap_or_default().to_string_lossy());
        let mut compiler = self.compiler();
        done(compiler.arg("-shared").arg(source).arg("-o").arg(&library));
        library
    }

    /// Where a library of that name is built, in a folder of its own.
    pub fn place(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder.join(format!("plugin{}", std::env::consts::DLL_SUFFIX))
    }

    fn library(&self, name: &str, source: Option<&Path>) -> PathBuf {
        let library = self.place(name);
        let mut compiler = self.compiler();
        compiler
            .arg("-shared")
            .args(source)
            .arg(self.base())
            .arg("-o")
            .arg(&library);
        done(
            compiler
                .args(words("pkg-config", &["--libs", "jansson"]))
                .arg("-lpthread"),
        );
        library
    }
}

/// The folder of the bad plugins' sources.
pub fn zoo() -> PathBuf {
    root().join("tests/zoo")
}

/// The sources in a folder, by their names without the end.
pub fn sources(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).expect("the folder of the zoo");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut sources: Vec<(String, PathBuf)> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "c"))
        .map(|path| {
            (
                path.file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                path,
            )
        })
        .collect();
    sources.sort();
    sources
}

/// What a program prints, word by word.
fn words(program: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; run script/setup"));
    String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .map(str::to_string)
        .collect()
}

/// Runs a build step.
pub fn done(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run script/setup"));
    let text = osaurus_bridge_tests::project::text_of(&output);
    assert!(output.status.success(), "{command:?}: {text}");
}
