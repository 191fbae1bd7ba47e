//! What a worker starts ends with it.

use crate::support::answer;
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn a_program_that_a_tool_has_started_ends_with_its_worker() {
    let home = tempfile::tempdir().expect("a folder");
    let output = answer(home.path(), "leave_behind");
    let digits = output.split("\"result\":").nth(1).unwrap_or_default();
    let pid: String = digits
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    assert!(!pid.is_empty(), "{output}");
    let began = Instant::now();
    let stat = Path::new("/proc").join(&pid).join("stat");
    // A zombie waits for whoever collects orphans here.
    while std::fs::read_to_string(&stat)
        .is_ok_and(|text| text.contains("(sleep)") && !text.contains(") Z "))
    {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "sleep {pid} lives on"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
