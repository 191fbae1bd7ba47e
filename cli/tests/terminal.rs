//! What a plugin says cannot move the cursor, change colours or forge a line: no command sends a
//! control character of its to a terminal.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{bridge, plugin};

/// How an escape character is shown.
const SHOWN: &str = "\\u{1b}";

fn painter(folder: &Path) -> PathBuf {
    plugin(folder, "painter", "cli/tests/terminal.c", "")
}

/// Only what readable output needs.
#[track_caller]
fn assert_plain(words: &[&str], text: &str) {
    let odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    let odd_characters: Vec<char> = text.chars().filter(odd).collect();
    assert!(
        odd_characters.is_empty(),
        "{words:?} printed {odd_characters:?}:\n{text}"
    );
}

#[test]
fn no_command_sends_a_plugins_control_characters() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = painter(folder.path()).display().to_string();
    let session = folder.path().join("session").display().to_string();
    let commands: [(&[&str], bool); 8] = [
        (&["inspect", "--load", &library], true),
        (&["invoke", &library, "paint", "{}"], true),
        (&["model-view", &library], true),
        (&["check", &library, "--level", "10"], true),
        (&["matrix", &library], false),
        (&["fuzz", &library, "--reproduce", "1"], false),
        (
            &["record", &library, "-o", &session, "--invoke", "paint"],
            true,
        ),
        (&["replay", &library, &session], false),
    ];
    for (words, shows) in commands {
        let output = bridge(words).current_dir(folder.path()).output();
        let output = output.expect("osaurus-bridge runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_plain(words, &text);
        assert!(
            !shows || text.contains(SHOWN),
            "{words:?} shows none of it:\n{text}"
        );
    }
}

#[test]
fn the_live_log_shows_them_and_no_line_is_forged() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = painter(folder.path()).display().to_string();
    let words = [
        "serve",
        &library,
        "--port",
        "0",
        "--data",
        "data",
        "--key-in-file",
    ];
    let mut process = bridge(&words)
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("osaurus-bridge runs");
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("serving on") {
        assert!(out.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let kill = Command::new("kill").arg(process.id().to_string()).status();
    assert!(kill.unwrap().success());
    out.read_to_string(&mut text).unwrap();
    process.wait().unwrap();
    assert_plain(&words, &text);
    assert!(text.contains(SHOWN), "{text}");
}
