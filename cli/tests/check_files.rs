//! `check`, `fuzz`, `matrix` and `replay` run plugins with arguments that were made up or recorded:
//! what is in the caller's folder and home must survive that, and stay unread.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod support;

use osaurus_conformance::confine;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{bridge, root};
use tempfile::TempDir;

/// A user's home, the folder in which commands are started, and a plugin that is after the files
/// there.
struct Scene {
    folder: TempDir,
    library: String,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scene = Scene {
            library: folder
                .path()
                .join("plugin/dev.remover.so")
                .display()
                .to_string(),
            folder,
        };
        for name in ["home", "here", "plugin"] {
            std::fs::create_dir(scene.folder.path().join(name)).expect("a folder");
        }
        let define = |name: &str, file: &Path| format!("-D{name}=\"{}\"", file.display());
        let [at_home, here] = scene.samples();
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-o", &scene.library])
            .args([define("AT_HOME", &at_home), define("HERE", &here)])
            .arg(root().join("cli/tests/check_files.c"))
            .status()
            .expect("cc runs; run script/setup");
        assert!(compiled.success());
        scene
    }

    fn samples(&self) -> [PathBuf; 2] {
        ["home", "here"].map(|name| self.folder.path().join(name).join("sample"))
    }

    fn fill(&self) {
        for sample in self.samples() {
            std::fs::write(&sample, "thesis").expect("writing in a temporary folder");
            // Left by a run that could.
            let _ = std::fs::remove_file(sample.with_extension("new"));
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = bridge(arguments);
        command
            .current_dir(self.folder.path().join("here"))
            .env("HOME", self.folder.path().join("home"));
        command.output().expect("osaurus-bridge runs")
    }

    /// The commands, each with all that it needs.
    fn commands(&self, session: &str) -> [Vec<String>; 4] {
        let words: [&[&str]; 4] = [
            &["check", &self.library, "--include", "result-*"],
            &["fuzz", &self.library, "--reproduce", "1"],
            &["matrix", &self.library],
            &["replay", &self.library, session],
        ];
        words.map(|words| words.iter().map(ToString::to_string).collect())
    }

    /// A session in which the tool is called.
    fn session(&self) -> String {
        self.fill();
        let session = self
            .folder
            .path()
            .join("session.jsonl")
            .display()
            .to_string();
        let call = ["--invoke", "remove_file={\"path\":\"sample\"}"];
        let output = self.run(&[&["record", &self.library, "-o", &session], &call[..]].concat());
        assert!(output.status.success(), "{}", printed(&output));
        session
    }
}

fn printed(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr];
    both.map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn the_callers_files_are_neither_read_nor_changed() {
    if !confine::is_available() {
        eprintln!("skipped: this system cannot confine a process");
        return;
    }
    let scene = Scene::new();
    let session = scene.session();
    for command in scene.commands(&session) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        scene.fill();
        let output = scene.run(&words);
        let text = printed(&output);
        for sample in scene.samples() {
            let sample_text = std::fs::read_to_string(&sample).unwrap_or_default();
            assert_eq!(sample_text, "thesis", "after {words:?}: {text}");
            assert!(!sample.with_extension("new").exists(), "after {words:?}");
        }
        assert!(!text.contains("thesis"), "{text}");
        assert_ne!(
            output.status.code(),
            Some(2),
            "{words:?} did not run: {text}"
        );
        assert!(
            text.contains("confined: the plugin cannot reach your files"),
            "{text}"
        );
    }
}

#[test]
fn a_flag_opens_them() {
    let scene = Scene::new();
    let session = scene.session();
    for command in scene.commands(&session) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        scene.fill();
        let output = scene.run(&[&words[..], &["--unconfined"]].concat());
        let text = printed(&output);
        for sample in scene.samples() {
            assert!(!sample.exists(), "after {words:?}: {text}");
        }
        let note = "not confined: the plugin can reach your files (--unconfined)";
        assert!(text.contains(note), "{text}");
        if ["matrix", "replay"].contains(&words[0]) {
            assert!(text.contains("thesis"), "{text}");
        }
    }
}
