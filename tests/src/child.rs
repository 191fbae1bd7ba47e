//! Runs a test's body in a process of its own: the same test binary again, told to run that one
//! test. A crash, an `exit(0)` or a hang there is a failed test here, with everything that the
//! child printed.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const IN_CHILD: &str = "OSAURUS_TEST_CHILD";
const TOKEN: &str = "child: reached the end";

/// Whether this process is such a child.
pub fn is_child() -> bool {
    std::env::var_os(IN_CHILD).is_some()
}

/// Runs `body` in a child process with `envs` set. `test` is the test's full name in its binary.
///
/// # Panics
/// When the child crashes, fails, hangs for five minutes, or ends before the body's end.
pub fn run(test: &str, envs: &[(&str, &str)], body: impl FnOnce()) {
    if is_child() {
        osaurus_reference_host::leave_sigpipe_at_its_default();
        body();
        println!("{TOKEN}");
        return;
    }
    run_with(this_program(), test, envs);
}

/// The parent's half of [`run`], for a test program that is started in another way.
///
/// # Panics
/// As [`run`].
pub fn run_with(program: Command, test: &str, envs: &[(&str, &str)]) {
    let (status, output) = start(program, test, envs);
    assert!(
        status == Some(0) && output.contains(TOKEN),
        "{test} {envs:?}: the child ended with {status:?}:\n{output}"
    );
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("a test binary knows its path"))
}

/// Like [`run`], for a body that must die: returns how it ended and what it printed.
///
/// # Panics
/// When the child cannot be started or hangs.
pub fn end_of(
    test: &str,
    envs: &[(&str, &str)],
    body: impl FnOnce(),
) -> Option<(Option<i32>, String)> {
    if is_child() {
        osaurus_reference_host::leave_sigpipe_at_its_default();
        body();
        println!("{TOKEN}");
        return None;
    }
    Some(start(this_program(), test, envs))
}

fn start(mut program: Command, test: &str, envs: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut child = program
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(IN_CHILD, "1")
        .envs([crate::python_engine()])
        .envs(envs.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the test binary starts again");
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let deadline = Instant::now() + Duration::from_secs(300);
    let status = loop {
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => break status.code(),
            None if Instant::now() > deadline => {
                let _ = child.kill();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = [out, err]
        .map(|thread| thread.join().unwrap_or_default())
        .concat();
    (status, text)
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
