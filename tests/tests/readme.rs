//! The README's commands, run as they stand there.

use osaurus_bridge_tests::project::text_of;
use osaurus_bridge_tests::{built, root};
use std::process::Command;

fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .map(str::to_owned)
        .collect()
}

/// `make build` has been done by whoever runs the tests, and the folder is a fresh one instead of /tmp.
#[test]
fn the_first_plugin_of_the_readme_builds_and_answers() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    built("osaurus-bridge");
    let folder = tempfile::tempdir().expect("a folder");
    let script = blocks(&readme, "sh")[1..]
        .join("\n")
        .replace("make build\n", "")
        .replace("cd /tmp\n", &format!("cd '{}'\n", folder.path().display()))
        .replace(".so", std::env::consts::DLL_SUFFIX);
    assert!(
        script.contains("new hello") && script.contains("invoke"),
        "{script}"
    );
    let output = Command::new("sh")
        .args(["-euc", &script])
        .current_dir(root())
        .output()
        .expect("sh");
    let text = text_of(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("Hello Ada. (greeting number 1)"), "{text}");
    let library = format!(
        "hello/dist/dev.example.hello{}",
        std::env::consts::DLL_SUFFIX
    );
    let checked = Command::new(built("osaurus-bridge"))
        .args(["check", "--include", "manifest"])
        .arg(folder.path().join(library))
        .output()
        .expect("osaurus-bridge runs");
    assert!(checked.status.success(), "{}", text_of(&checked));

    let main = std::fs::read_to_string(folder.path().join("hello/main.py")).expect("main.py");
    let shown = &blocks(&readme, "python")[0];
    for line in shown.lines().filter(|line| line.trim() != "...") {
        assert!(
            main.contains(line),
            "the README shows {line:?}, main.py has no such line"
        );
    }
}
