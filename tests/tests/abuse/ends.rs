//! The end of a process that has used databases: whoever still holds the host, no signal comes of
//! it.

use crate::support::{bridge_in, compiled, ends_with, scripted};
use osaurus_bridge_tests::built;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Many quick ends, more at a time than there are processors.
fn ends(count: usize) {
    let home = tempfile::tempdir().expect("a folder");
    let library = compiled(home.path(), "quick", "");
    let started = AtomicUsize::new(0);
    let work = || {
        while started.fetch_add(1, Ordering::SeqCst) < count {
            let mut program = bridge_in(home.path());
            // In this process, as a host does it: a supervisor would make a sentence of a signal.
            program.env("OSAURUS_BRIDGE_SUPERVISED", "1");
            ends_with(program.arg("invoke").arg(&library).args(["go", "{}"]), 0);
        }
    };
    std::thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn a_hundred_quick_exits_on_busy_cores_are_clean() {
    ends(100);
}

#[test]
#[ignore = "minutes; make soak runs it"]
fn five_thousand_quick_exits_on_busy_cores_are_clean() {
    ends(5000);
}

/// Four plugins in one host, with few descriptors and little memory to spare: started, told to
/// end once it serves, and waited for.
fn serves_and_ends(home: &Path, libraries: &[PathBuf]) {
    let program = bridge_in(home);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 128; ulimit -v 8000000; exec \"$0\" \"$@\""]);
    shell
        .arg(program.get_program())
        .args(["serve", "--port", "0"]);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.args(libraries).current_dir(home);
    // In this process, as a host does it: a supervisor would make a sentence of a signal.
    shell.env("OSAURUS_BRIDGE_SUPERVISED", "1");
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = shell.spawn().expect("sh starts");
    let output = process.stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let is_up = lines.any(|line| line.starts_with("serving on"));
    assert!(is_up, "it did not serve");
    let pid = process.id().to_string();
    let status = Command::new("kill").args(["-s", "TERM", &pid]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill");
    lines.for_each(drop);
    let output = process.wait_with_output().expect("an end");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{:?}: {text}", output.status);
}

#[test]
fn a_hundred_hosts_with_four_plugins_start_and_stop_in_tight_resources_without_a_signal() {
    let home = tempfile::tempdir().expect("a folder");
    let libraries = [
        compiled(home.path(), "first", "#define ID \"dev.test.first\""),
        compiled(home.path(), "second", "#define ID \"dev.test.second\""),
        scripted().to_path_buf(),
        built(&format!("librust_hello{}", std::env::consts::DLL_SUFFIX)),
    ];
    let started = AtomicUsize::new(0);
    let work = || {
        while started.fetch_add(1, Ordering::SeqCst) < 100 {
            serves_and_ends(home.path(), &libraries);
        }
    };
    std::thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(work))));
}
