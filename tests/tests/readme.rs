//! The commands of README.md and of docs/messaging.md, run as they are.

use osaurus_bridge_tests::project::{free_port, text_of};
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

/// The program is the one of the tests, and the folder a fresh one instead of /tmp.
#[test]
fn the_first_plugin_of_the_readme_builds_and_answers() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let program = built("osaurus-bridge");
    let programs = program.parent().expect("a folder").display();
    let folder = tempfile::tempdir().expect("a folder");
    let script = blocks(&readme, "sh")[1..]
        .join("\n")
        .replace("make build\n", "")
        .replace("$PWD/target/release", &programs.to_string())
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
    let block = &blocks(&readme, "python")[0];
    for line in block.lines().filter(|line| line.trim() != "...") {
        assert!(
            main.contains(line),
            "the README shows {line:?}, main.py has no such line"
        );
    }
}

/// In a copy of the example, with ports that are free.
#[test]
fn the_messaging_page_drives_a_bot_by_commands_alone() {
    let page = std::fs::read_to_string(root().join("docs/messaging.md")).expect("the page");
    let folder = tempfile::tempdir().expect("a folder");
    let examples = folder.path().join("examples");
    std::fs::create_dir(&examples).expect("a folder");
    let copied = Command::new("cp")
        .arg("-R")
        .arg(root().join("examples/python-messenger"))
        .arg(&examples)
        .status();
    assert!(copied.expect("cp").success());
    let example = root().join("examples/python-messenger/main.py");
    let example = std::fs::read_to_string(example).expect("main.py");
    for block in blocks(&page, "python") {
        assert!(example.contains(&block), "main.py has no\n{block}");
    }
    let ports = [free_port(), free_port()];
    let script = blocks(&page, "sh")
        .join("\n")
        .replace("8181", &ports[0])
        .replace("8182", &ports[1])
        .replace(".so", std::env::consts::DLL_SUFFIX);
    // Whatever fails, nothing goes on running.
    let at_the_end = "trap 'kill ${server:-} ${service:-} 2>/dev/null || true' EXIT\n";
    let script = format!("{at_the_end}{script}");
    let program = built("osaurus-bridge");
    let path = std::env::var("PATH").unwrap_or_default();
    let programs = program.parent().expect("its folder").display().to_string();
    let output = Command::new("sh")
        .args(["-euc", &script])
        .current_dir(folder.path())
        .env("PATH", format!("{programs}:{path}"))
        .output()
        .expect("sh");
    let text = text_of(&output);
    assert!(output.status.success(), "{text}");
    for said in [
        "mapped host: api.telegram.org -> 127.0.0.1:",
        ", without TLS)",
        "the webhook is registered",
        "answered\n",
        "Ada: Hello\n",
        "bot: ",
        "this is not the chat service",
        "dev.example.messenger has been shut down",
        r#""text": "Hello""#,
    ] {
        assert!(text.contains(said), "{said:?} in\n{text}");
    }
    assert!(
        !text.contains("12345:fake"),
        "the token is nowhere in\n{text}"
    );
}
