//! Questions of `doctor` to interpreters: bounded, since what is found on a PATH may be anything.

use osaurus_bounded::{Limits, Memory};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// An interpreter answers within milliseconds; macOS scans a program before its first run.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(40),
    output: 64 * 1024,
    memory: Memory::Private(1 << 30),
};

/// What it prints, without blanks around it; None when it fails, hangs or does not start.
pub fn answer(program: &Path, arguments: &[&str]) -> Option<String> {
    let finished = osaurus_bounded::run(Command::new(program).args(arguments), LIMITS).ok()?;
    let is_success = finished.status.is_some_and(|status| status.success());
    is_success.then(|| String::from_utf8_lossy(&finished.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::answer;
    use std::path::Path;

    #[test]
    fn only_a_success_is_an_answer() {
        let shell = |script: &str| answer(Path::new("/bin/sh"), &["-c", script]);
        assert_eq!(shell("echo ' 3.11 '").as_deref(), Some("3.11"));
        assert_eq!(shell("echo 3.11; exit 1"), None);
        assert_eq!(answer(Path::new("/nowhere/python3"), &[]), None);
    }

    #[test]
    fn a_program_that_it_leaves_running_is_not_waited_for() {
        let started = std::time::Instant::now();
        let text = answer(Path::new("/bin/sh"), &["-c", "sleep 300 & echo 3.11"]);
        assert_eq!(text.as_deref(), Some("3.11"));
        assert!(started.elapsed() < std::time::Duration::from_secs(30));
    }
}
