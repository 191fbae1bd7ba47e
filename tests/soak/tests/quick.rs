//! The soak itself at a small scale: it passes on the real parts, and it notices a plugin that
//! leaks. What measures memory is run by `make soak`.

use std::process::{Command, Output};

fn soak(arguments: &[&str]) -> (Output, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_osaurus-soak"));
    let output = program.args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("osaurus-soak does not start: {error}"));
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output, text)
}

#[test]
#[ignore = "measures memory: make soak runs it"]
fn a_small_soak_is_flat_in_every_phase() {
    let (output, text) = soak(&["0.005"]);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches(" us  flat").count(), 10, "{text}");
    assert!(
        text.contains("5,000  calls, Python in the host's process"),
        "{text}"
    );
}

#[test]
#[ignore = "measures memory: make soak runs it"]
fn a_plugin_that_leaks_is_noticed() {
    let (output, text) = soak(&["0.005", "--leak"]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("GROWS: ") && text.contains("Python: +0.9"),
        "{text}"
    );
}

#[test]
fn a_wrong_argument_names_the_right_ones() {
    let (output, text) = soak(&["2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("usage: osaurus-soak [SCALE] [--leak]"),
        "{text}"
    );
}
