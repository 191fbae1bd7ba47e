//! The worker engine against a real child process: results, host calls, and everything that a child
//! can do wrong. The child is data/mini_worker.py, which misbehaves on request.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod common;
use common::mini::{Bench, Lines, bench, context};
use osaurus_payload::HandlerConfig;
use osaurus_shim::engine::{Engine, EngineFailure};
use osaurus_shim::worker::{WorkerCommand, WorkerEngine};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn results_come_over_lane_and_mux_and_host_calls_run_on_the_calling_thread() {
    for (extra, is_async) in [(&[][..], false), (&[][..], true), (&["no-lane"][..], false)] {
        let bench = bench(extra);
        let handler = HandlerConfig {
            is_async,
            ..HandlerConfig::default()
        };
        let big = "ä".repeat(3 << 20);
        assert_eq!(bench.run("echo", &big, &handler).unwrap(), big);
        let answer = bench.run("config", "{}", &handler).unwrap();
        let here = format!("value of key, asked by {:?}", std::thread::current().id());
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer, serde_json::json!([0, here]));
        assert!(
            bench
                .lines
                .lock()
                .unwrap()
                .contains(&"1 ran config".to_owned())
        );
    }
}

#[test]
fn a_stream_is_live_and_can_be_stopped() {
    for is_async in [false, true] {
        let handler = HandlerConfig {
            is_async,
            ..HandlerConfig::default()
        };
        let text = bench(&[]).run("stream", "{}", &handler).unwrap();
        let chunks: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(chunks[..2], ["chunk 0", "chunk 1"]);
        assert!(chunks.len() < 20, "the stop had no effect: {text}");
    }
}

#[test]
fn a_second_call_does_not_wait_for_the_lane() {
    let bench = bench(&[]);
    bench.works();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| bench.within("slow", 2000));
        std::thread::sleep(Duration::from_millis(100));
        bench.works();
        assert!(!slow.is_finished());
        assert!(matches!(
            slow.join().unwrap(),
            Err(EngineFailure::Timeout { .. })
        ));
    });
}

#[test]
fn a_crash_names_the_signal_and_the_last_words_and_the_next_call_works() {
    let bench = bench(&[]);
    bench.works();
    let text = bench.crash_text("crash");
    assert!(text.contains("was ended by signal 11 (SIGSEGV)"), "{text}");
    assert!(text.contains("about to fail"), "{text}");
    bench.works();
    let text = bench.crash_text("exit");
    assert!(text.contains("ended with exit code 3"), "{text}");
    bench.works();
}

#[test]
fn a_crash_fails_every_running_call() {
    let bench = bench(&[]);
    bench.works();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| bench.within("hang", 20_000));
        std::thread::sleep(Duration::from_millis(100));
        bench.crash_text("crash");
        let Err(EngineFailure::Crashed { text, .. }) = other.join().unwrap() else {
            panic!("the other call did not see the crash");
        };
        assert!(text.contains("SIGSEGV"), "{text}");
    });
    bench.works();
}

#[test]
fn a_handler_that_stops_when_told_costs_no_worker() {
    let bench = bench(&[]);
    let pid = bench.sync("pid", "").unwrap();
    let began = Instant::now();
    assert!(matches!(
        bench.within("slow", 200),
        Err(EngineFailure::Timeout { .. })
    ));
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(bench.sync("pid", "").unwrap(), pid);
}

#[test]
fn a_handler_that_hangs_is_killed_after_its_grace_and_the_next_call_works() {
    let bench = bench(&[]);
    let pid = bench.sync("pid", "").unwrap();
    let began = Instant::now();
    let Err(EngineFailure::Timeout { after }) = bench.within("hang", 300) else {
        panic!("a hanging handler was not stopped");
    };
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert!(
        after <= Duration::from_millis(300) && after > Duration::from_millis(200),
        "{after:?}"
    );
    assert_ne!(bench.sync("pid", "").unwrap(), pid);
}

#[test]
fn floods_and_nonsense_end_the_worker_with_a_reason() {
    let bench = bench(&[]);
    bench.works();
    let text = bench.crash_text("flood");
    assert!(
        text.contains("announced a message of 4294967295 bytes"),
        "{text}"
    );
    bench.works();
    let text = bench.crash_text("nonsense");
    assert!(text.contains("message type 99"), "{text}");
    bench.works();
}

#[test]
fn a_script_that_never_stops_talking_or_never_listens_is_stopped_at_its_deadline() {
    let bench = bench(&[]);
    bench.works();
    for target in ["chatter", "deaf"] {
        let began = Instant::now();
        let outcome = bench.within(target, 400);
        assert!(outcome.is_err(), "{outcome:?}");
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{target}: {:?}",
            began.elapsed()
        );
        bench.works();
    }
}

/// Not a test of its own: the next test runs it in a process that it can kill.
#[test]
#[ignore = "run by the_worker_dies_with_the_host"]
fn helper_that_starts_a_worker_and_is_killed() {
    let bench = bench(&[]);
    println!("worker {}", bench.sync("pid", "").unwrap());
    // SAFETY: raise(3) has no memory effects; the process ends here without any destructor.
    unsafe { libc::raise(libc::SIGKILL) };
}

#[test]
fn the_worker_dies_with_the_host() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "helper_that_starts_a_worker_and_is_killed",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let pid = text
        .split_once("worker ")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    let pid: i32 = pid.unwrap_or_else(|| panic!("{text}")).parse().unwrap();
    let has_ended = |_| {
        std::thread::sleep(Duration::from_millis(20));
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // No one collects it here when the test runs without an init process: a zombie is gone too.
        // SAFETY: kill(2) with signal 0 only asks whether the process is there.
        state.contains(") Z ") || unsafe { libc::kill(pid, 0) } != 0
    };
    assert!((0..3000).any(has_ended), "worker {pid} outlived its host");
}

#[test]
fn printing_becomes_log_lines_and_a_flood_of_them_is_cut() {
    let bench = bench(&[]);
    bench.sync("print", "{}").unwrap();
    let cut = || {
        let lines = bench.lines.lock().unwrap();
        let left_out = |line: &String| line.contains("lines of the plugin's output were left out");
        lines.iter().any(left_out)
    };
    let patience = Instant::now() + Duration::from_secs(60);
    while !cut() {
        assert!(Instant::now() < patience, "what is missing is never told");
        std::thread::sleep(Duration::from_millis(20));
    }
    let lines = bench.lines.lock().unwrap();
    assert!(lines.contains(&"2 line 0".to_owned()), "{lines:?}");
    assert!(lines.len() < 1000, "{} lines", lines.len());
}

#[test]
fn a_script_that_does_not_load_says_where_and_an_error_of_its_own_is_passed_on() {
    let Err(EngineFailure::Script { text }) = bench(&["fail-to-load"]).sync("echo", "{}") else {
        panic!("a script with a syntax error was loaded");
    };
    assert_eq!(
        text,
        r#"main.py, line 7: SyntaxError: "(" was never closed"#
    );
    let Err(EngineFailure::Script { text }) = bench(&[]).sync("raise", "{}") else {
        panic!("an error became a result");
    };
    assert_eq!(text, "Traceback: main.py line 3");
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let command = WorkerCommand {
        program: "/nowhere/python3".into(),
        ..WorkerCommand::default()
    };
    let engine = Arc::new(WorkerEngine::new(command, context(), Arc::new(|_, _| {})));
    let bench = Bench {
        engine,
        lines: Lines::default(),
    };
    let Err(EngineFailure::Unavailable { looked_for, .. }) = bench.sync("echo", "{}") else {
        panic!("a missing interpreter ran");
    };
    assert!(
        looked_for[0].starts_with("/nowhere/python3: No such file"),
        "{looked_for:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_child_gets_its_connections_and_nothing_else_of_the_host() {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let file = std::fs::File::open("/dev/null").unwrap();
    // SAFETY: F_DUPFD makes a new descriptor, without close-on-exec, as a careless host would have.
    let leak = unsafe { OwnedFd::from_raw_fd(libc::fcntl(file.as_raw_fd(), libc::F_DUPFD, 50)) };
    let text = bench(&[]).sync("environment", "{}").unwrap();
    let descriptors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let fds: Vec<i64> = serde_json::from_value(descriptors["fds"].clone()).unwrap();
    let mut expected: Vec<i64> = serde_json::from_value(descriptors["ours"].clone()).unwrap();
    expected.extend([0, 1, 2]);
    expected.sort_unstable();
    assert_eq!(fds, expected, "descriptor {} leaked?", leak.as_raw_fd());
    assert_eq!(descriptors["python"], serde_json::json!([]));
    assert_eq!(descriptors["isolated"], 1);
}

#[test]
fn shutdown_is_quick_and_final() {
    let bench = bench(&[]);
    let pid: i32 = bench.sync("pid", "").unwrap().parse().unwrap();
    let began = Instant::now();
    bench.engine.shutdown();
    bench.engine.shutdown();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    // SAFETY: kill(2) with signal 0 only asks whether the process is there.
    assert_eq!(unsafe { libc::kill(pid, 0) }, -1);
    assert!(matches!(
        bench.sync("echo", "{}"),
        Err(EngineFailure::Unavailable { .. })
    ));
}
