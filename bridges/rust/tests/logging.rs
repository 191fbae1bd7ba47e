//! Log lines from threads that are in no call of the host. Alone in its process: another test's
//! frame would take them along.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::{Frame, Served};
use std::time::{Duration, Instant};
use support::{GuardedTable, scoped};

/// A call of the host for `agent` on this thread.
fn call_in<R>(table: &GuardedTable, agent: &str, body: impl FnOnce(&Frame) -> R) -> R {
    // SAFETY: the table outlives the frame.
    scoped(agent, || unsafe {
        Frame::simulate(table.as_ptr(), Duration::from_secs(60), body)
    })
}

/// From a thread of the plugin's own, or of the host's such as the one that brings chunks.
#[test]
fn log_lines_of_other_threads_are_written_on_the_hosts_thread() {
    let lines_with = |what: &str| support::slots::notes_with(what).len();
    let elsewhere = |body: &(dyn Fn() + Sync)| {
        std::thread::scope(|threads| _ = threads.spawn(body));
    };
    let table = GuardedTable::newest();
    call_in(&table, "PLAIN", |frame| {
        elsewhere(&|| osaurus_plugin::log(2, "beside a handler"));
        let handle = frame.handle();
        elsewhere(&|| handle.host().log(2, "with a busy frame"));
        assert_eq!(lines_with("beside a handler") + lines_with("busy frame"), 0);
        frame.host().config_get("k").unwrap();
        assert_eq!(lines_with("log PLAIN 2|beside a handler"), 1);
        assert_eq!(lines_with("log PLAIN 2|with a busy frame"), 1);
        elsewhere(&|| osaurus_plugin::log(2, "at the end"));
    });
    assert_eq!(lines_with("log PLAIN 2|at the end"), 1);
    call_in(&table, "SERVING", |frame| {
        let handle = frame.handle();
        let thread = std::thread::spawn(move || {
            osaurus_plugin::log(2, "while serving");
            while lines_with("log SERVING 2|while serving") == 0 {
                std::thread::yield_now();
            }
            handle.complete(0, String::new());
        });
        let served = frame.serve(Instant::now() + Duration::from_secs(60));
        assert!(matches!(served, Served::Completed(0, _)), "{served:?}");
        thread.join().unwrap();
    });
    call_in(&table, "FLOODED", |_| {
        elsewhere(&|| {
            for number in 0..3000 {
                osaurus_plugin::log(2, &format!("flood {number} {}", "x".repeat(1000)));
            }
        });
    });
    let count = lines_with("log FLOODED 2|flood ");
    assert!((900..1100).contains(&count), "{count}");
    let left_out = format!(
        "({} log lines of other threads were left out)",
        3000 - count
    );
    assert_eq!(lines_with(&left_out), 1);
}
