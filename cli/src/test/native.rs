//! How a plugin in a language that compiles to the library itself is built and tested: by its own
//! tool, cargo, CMake, make or SwiftPM. Used by `mod`; knows nothing of scripts.

use super::own::Tests;
use crate::failure::{Failure, OrFail};
use crate::library;
use crate::paths::LIBRARY_SUFFIX;
use crate::project::native::Tool;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A project file of scripts, which may have a Makefile beside it.
const SCRIPTS: [&str; 2] = ["pyproject.toml", "package.json"];

/// Where CMake builds, as in new projects.
const CMAKE_FOLDER: &str = "build";

/// A project that builds its library itself.
pub struct Native {
    pub folder: PathBuf,
    tool: Tool,
}

impl Native {
    /// The project in a folder; `None` where there is none, or one of a script.
    pub fn find(folder: &Path) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let has = |name: &str| folder.join(name).is_file();
        if SCRIPTS.into_iter().any(has) {
            return None;
        }
        let tool = Tool::of(&folder)?;
        Some(Native { folder, tool })
    }

    /// What builds the library, one after another.
    pub fn build(&self) -> Vec<Command> {
        match self.tool {
            Tool::Cargo => vec![command("cargo", &["build", "--release"])],
            Tool::Swift => self.swift_build(),
            Tool::Make => vec![command("make", &[])],
            Tool::CMake => vec![
                command("cmake", &["-S", ".", "-B", CMAKE_FOLDER]),
                command("cmake", &["--build", CMAKE_FOLDER]),
            ],
        }
    }

    /// SwiftPM cannot put pages beside the library, where hosts look for them.
    fn swift_build(&self) -> Vec<Command> {
        let mut commands = vec![command("swift", &["build", "-c", "release"])];
        if self.folder.join("web").is_dir() {
            commands.push(command("cp", &["-R", "web", ".build/release/"]));
        }
        commands
    }

    /// What runs the project's tests; `None` where it says that it has none.
    pub fn tests(&self, report: &Path) -> Option<Tests> {
        let with_report = |mut command: Command, option: &str| {
            command.arg(option).arg(report);
            Some((command, Some(report.to_owned())))
        };
        match self.tool {
            Tool::Cargo => Some((command("cargo", &["test"]), None)),
            Tool::Swift => with_report(command("swift", &["test"]), "--xunit-output"),
            Tool::Make => self
                .has_make_target("test")
                .then(|| (command("make", &["test"]), None)),
            Tool::CMake => {
                let tests = Path::new(CMAKE_FOLDER).join("CTestTestfile.cmake");
                if !self.folder.join(tests).is_file() {
                    return None;
                }
                let arguments = ["--test-dir", CMAKE_FOLDER, "--output-on-failure"];
                with_report(command("ctest", &arguments), "--output-junit")
            }
        }
    }

    /// Asks make, which exits with 2 for a target without a rule.
    fn has_make_target(&self, target: &str) -> bool {
        let mut make = command("make", &["--dry-run", target]);
        let make = make.current_dir(&self.folder);
        let status = make.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// The library that was built.
    pub fn library(&self) -> Result<PathBuf, Failure> {
        match self.tool {
            Tool::Cargo => self.cargo_library(),
            Tool::Swift => self.only_library(".build/release"),
            Tool::CMake | Tool::Make => self.only_library("dist"),
        }
    }

    fn only_library(&self, folder: &str) -> Result<PathBuf, Failure> {
        library::only_one_in(&self.folder.join(folder))?.ok_or_else(|| {
            Failure::new(
                format!("the build left no plugin library in {folder}/"),
                format!(
                    "let it write one to {folder}/, or check it with: osaurus-bridge check FILE"
                ),
            )
        })
    }

    fn cargo_library(&self) -> Result<PathBuf, Failure> {
        let mut cargo = command("cargo", &["metadata", "--no-deps", "--format-version", "1"]);
        let output = cargo
            .current_dir(&self.folder)
            .stderr(Stdio::inherit())
            .output();
        let output = output.or_fail(
            "cargo does not start",
            "install Rust from https://rustup.rs",
        )?;
        let metadata: Value = serde_json::from_slice(&output.stdout).or_fail(
            "cargo metadata wrote no JSON",
            "run it in the project's folder",
        )?;
        let file = self.folder.join("Cargo.toml");
        let name = cdylib(&metadata, &file).ok_or_else(|| {
            Failure::new(
                format!("{} has no library of the type cdylib", file.display()),
                "write crate-type = [\"cdylib\", \"rlib\"] below [lib]",
            )
        })?;
        let target = metadata["target_directory"].as_str().unwrap_or("target");
        let name = format!("lib{}{LIBRARY_SUFFIX}", name.replace('-', "_"));
        Ok(Path::new(target).join("release").join(name))
    }
}

/// The name of a package's C library.
fn cdylib<'m>(metadata: &'m Value, file: &Path) -> Option<&'m str> {
    let packages = metadata["packages"].as_array()?;
    let package = packages
        .iter()
        .find(|package| package["manifest_path"].as_str().map(Path::new) == Some(file))?;
    let is_cdylib = |target: &&Value| {
        let kinds = target["crate_types"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    };
    package["targets"].as_array()?.iter().find(is_cdylib)?["name"].as_str()
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tool_for(files: &[&str]) -> Option<Tool> {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        Native::find(folder.path()).map(|native| native.tool)
    }

    #[test]
    fn a_project_is_of_the_tool_whose_file_it_has_unless_it_is_a_script() {
        assert_eq!(tool_for(&["Cargo.toml", "Makefile"]), Some(Tool::Cargo));
        assert_eq!(tool_for(&["CMakeLists.txt"]), Some(Tool::CMake));
        assert_eq!(tool_for(&["Makefile"]), Some(Tool::Make));
        assert_eq!(tool_for(&["Package.swift"]), Some(Tool::Swift));
        assert_eq!(tool_for(&["pyproject.toml", "Makefile"]), None);
        assert_eq!(tool_for(&[]), None);
    }

    #[test]
    fn pages_of_swift_are_copied_after_the_build() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Package.swift"), "").unwrap();
        let count = || Native::find(folder.path()).unwrap().build().len();
        assert_eq!(count(), 1);
        std::fs::create_dir(folder.path().join("web")).unwrap();
        assert_eq!(count(), 2);
    }

    #[test]
    fn the_library_is_the_one_of_the_package_that_is_meant() {
        let package = |path: &str, kind: &str, name: &str| json!({"manifest_path": path, "targets": [{"crate_types": [kind], "name": name}]});
        let metadata = json!({"packages": [
            package("/other/Cargo.toml", "cdylib", "other"),
            package("/notes/Cargo.toml", "cdylib", "my-notes"),
            package("/tool/Cargo.toml", "bin", "tool"),
        ]});
        let name = |path| cdylib(&metadata, Path::new(path));
        assert_eq!(name("/notes/Cargo.toml"), Some("my-notes"));
        assert_eq!(name("/tool/Cargo.toml"), None);
    }
}
