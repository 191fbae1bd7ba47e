//! Runs a test's body in a child process, so that a crash is a failure and not the end of the run.

use std::process::Command;

const MARK: &str = "OSAURUS_TEST_CHILD";

/// Runs `body` in a fresh process; `test` is the full name of the calling test. Fails with the
/// child's output.
pub fn in_child(test: &str, body: impl FnOnce()) {
    in_child_with(test, &[], body);
}

/// As [`in_child`], with environment variables.
pub fn in_child_with(test: &str, vars: &[(&str, &str)], body: impl FnOnce()) {
    if cfg!(miri) {
        return here_with(vars, body);
    }
    if std::env::var(MARK).is_ok_and(|name| name == test) {
        body();
        // Proof that the body ran: a test name that matches nothing exits with 0 as well.
        println!("child of {test} is done");
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(MARK, test)
        .envs(vars.iter().copied())
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    let is_done = out.contains(&format!("child of {test} is done"));
    assert!(
        output.status.success() && is_done,
        "{}\n{out}\n{err}",
        output.status
    );
}

/// Miri starts no processes: there `script/miri` gives each such test a run of its own.
fn here_with(vars: &[(&str, &str)], body: impl FnOnce()) {
    for (name, value) in vars {
        // SAFETY: no other thread is running that could read the environment.
        unsafe { std::env::set_var(name, value) };
    }
    body();
}

/// Is this process the child of `test`, started with the variables of one round?
pub fn is_child() -> bool {
    std::env::var(MARK).is_ok()
}
