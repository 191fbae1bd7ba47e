//! Projects in languages that compile to the library itself, by the file of their tool. `test` builds
//! them; the commands that build scripts say what to run instead.

use crate::failure::Failure;
use std::path::Path;

/// What builds such a project.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// Rust.
    Cargo,
    /// SwiftPM.
    Swift,
    /// C++ or C.
    CMake,
    /// C or any other.
    Make,
}

/// A file that only projects of a tool have; the first is the one.
const FILES: [(&str, Tool); 4] = [
    ("Cargo.toml", Tool::Cargo),
    ("Package.swift", Tool::Swift),
    ("CMakeLists.txt", Tool::CMake),
    ("Makefile", Tool::Make),
];

impl Tool {
    /// What builds the project in a folder.
    pub fn of(folder: &Path) -> Option<Tool> {
        let mut files = FILES.into_iter();
        let tool = files.find(|(name, _)| folder.join(name).is_file());
        tool.map(|(_, tool)| tool)
    }

    fn command(self) -> &'static str {
        match self {
            Tool::Cargo => "cargo build --release",
            Tool::Swift => "swift build -c release",
            Tool::CMake => "cmake -S . -B build && cmake --build build",
            Tool::Make => "make",
        }
    }

    /// Why a command that builds scripts does not build this project.
    pub fn refusal(self, folder: &Path) -> Failure {
        Failure::new(
            format!(
                "{} has a plugin that builds its library itself; this command builds those in \
                 Python, TypeScript and JavaScript",
                folder.display()
            ),
            format!(
                "{}; then `osaurus-bridge invoke` and `serve` run the library, and \
                 `osaurus-bridge test` builds, tests and checks it; README.md has how it is packed",
                self.command()
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_builds_itself_is_told_its_own_command() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Tool::of(folder.path()), None);
        for (file, tool) in FILES.into_iter().rev() {
            std::fs::write(folder.path().join(file), "").unwrap();
            assert_eq!(
                Tool::of(folder.path()),
                Some(tool),
                "{file} is the first of all"
            );
            let text = crate::project::Project::read(folder.path())
                .unwrap_err()
                .to_string();
            assert!(text.contains(tool.command()), "{text}");
        }
    }
}
