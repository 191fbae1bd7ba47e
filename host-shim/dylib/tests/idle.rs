//! A worker that is ended when it has been idle, against a real child process: what counts as idle,
//! calls that come at that moment, and what is left afterwards. The child is data/mini_worker.py.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod common;
use common::mini::{Bench, bench_with, context};
use common::soon;
use osaurus_payload::HandlerConfig;
use osaurus_shim::engine::{Engine, EngineFailure};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The tests count the threads of this process.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn idle_after(millis: u64) -> Bench {
    with_timeout(&[], Some(millis))
}

fn with_timeout(extra: &[&str], millis: Option<u64>) -> Bench {
    let mut context = context();
    context.config.idle_timeout_ms = millis;
    bench_with(extra, context)
}

/// The lines that say that a worker has started or ended, in their order.
fn starts_and_ends(bench: &Bench) -> Vec<String> {
    let lines = bench.lines.lock().unwrap();
    let of_workers = lines
        .iter()
        .filter(|line| line.contains("worker started") || line.contains("worker ended"));
    of_workers.cloned().collect()
}

fn has_ended(bench: &Bench, times: usize) {
    let ended = || {
        let lines = starts_and_ends(bench);
        lines.iter().filter(|line| line.contains("ended")).count()
    };
    soon("the worker ends", || ended() >= times);
}

fn nothing_is_left() {
    #[cfg(target_os = "linux")]
    soon("no thread is left", || common::our_threads().is_empty());
}

#[test]
fn an_idle_worker_ends_and_the_next_call_starts_another() {
    let _alone = alone();
    let bench = idle_after(100);
    let first: i32 = bench.sync("pid", "").unwrap().parse().unwrap();
    has_ended(&bench, 1);
    // SAFETY: kill(2) with signal 0 only asks whether the process is there.
    assert_eq!(unsafe { libc::kill(first, 0) }, -1);
    nothing_is_left();
    let second: i32 = bench.sync("pid", "").unwrap().parse().unwrap();
    assert_ne!(first, second);
    let ended = &starts_and_ends(&bench)[1];
    assert_eq!(
        ended,
        "2 worker ended: it had no call for 0.1 s (idle-timeout); the next call starts a new one"
    );
    bench.engine.shutdown();
    nothing_is_left();
}

/// A worker that is told to go leaves at once, whatever runs in it: the call would fail.
#[test]
fn a_call_that_takes_longer_than_the_timeout_is_work() {
    let _alone = alone();
    let bench = idle_after(20);
    for is_async in [false, true] {
        let handler = HandlerConfig {
            is_async,
            ..HandlerConfig::default()
        };
        assert_eq!(bench.run("nap", "400", &handler).unwrap(), "400");
    }
    let overlapping = |millis: &str| assert_eq!(bench.sync("nap", millis).unwrap(), millis);
    std::thread::scope(|threads| {
        for millis in ["50", "300", "150"] {
            threads.spawn(move || overlapping(millis));
        }
    });
    bench.engine.shutdown();
}

/// Whatever moment a call comes at: it gets an answer, and two workers never run at once.
#[test]
fn calls_that_come_while_a_worker_ends_all_work() {
    let _alone = alone();
    let bench = idle_after(1);
    let (threads, rounds) = (8, 12);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let bench = &bench;
            scope.spawn(move || {
                for round in 0..rounds {
                    let payload = format!("{{\"round\":{round},\"thread\":{thread}}}");
                    let answer = bench.sync("echo", &payload);
                    assert_eq!(answer.as_deref(), Ok(&*payload));
                    // Around the timeout: now and then everyone pauses for just as long.
                    std::thread::sleep(Duration::from_micros(700 * (round % 5)));
                }
            });
        }
    });
    has_ended(&bench, 1);
    bench.engine.shutdown();
    let lines = starts_and_ends(&bench);
    for (place, line) in lines.iter().enumerate() {
        let expected = ["started", "ended"][place % 2];
        assert!(line.contains(expected), "{place}: {lines:?}");
    }
}

/// One caller that waits until the worker is about to end, again and again.
#[test]
fn a_call_just_as_the_time_is_over_works() {
    let _alone = alone();
    let bench = idle_after(30);
    for step in 0..20 {
        bench.works();
        std::thread::sleep(Duration::from_millis(25) + Duration::from_micros(500 * step));
    }
    bench.engine.shutdown();
}

#[test]
fn an_end_for_being_idle_does_not_count_as_a_failure() {
    let _alone = alone();
    let bench = idle_after(1);
    // So many failures in a row would make the next call wait for 16 seconds, and be refused.
    for times in 1..=7 {
        bench.engine.start_early().unwrap();
        has_ended(&bench, times);
    }
    bench.works();
    bench.engine.shutdown();
}

#[cfg(target_os = "linux")]
#[test]
fn one_thread_sleeps_and_none_without_the_key() {
    let _alone = alone();
    let sleeping = || {
        let threads = common::our_threads();
        threads.iter().filter(|name| name.contains("idle")).count()
    };
    let without = with_timeout(&[], None);
    without.works();
    assert_eq!(sleeping(), 0);
    without.engine.shutdown();

    let bench = idle_after(3_600_000);
    bench.works();
    soon("a thread sleeps", || sleeping() == 1);
    for _ in 0..3 {
        bench.crash_text("exit");
        bench.works();
        soon("the thread of the lost worker ends", || sleeping() == 1);
    }
    bench.engine.shutdown();
    nothing_is_left();
}

/// Without a call of the host the end of the plugin does not wait for one: a start is given up.
#[test]
fn a_plugin_that_ends_while_its_worker_starts_leaves_nothing() {
    let _alone = alone();
    let bench = with_timeout(&["never-loads"], None);
    let engine = bench.engine.clone();
    let early = std::thread::spawn(move || engine.start_early());
    #[cfg(target_os = "linux")]
    soon("a worker starts", || !common::our_threads().is_empty());
    std::thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    bench.engine.shutdown();
    assert!(began.elapsed() < Duration::from_secs(15));
    let outcome = early.join().unwrap();
    assert!(
        matches!(&outcome, Err(EngineFailure::Unavailable { looked_for, .. })
            if looked_for[0].contains("unloaded")),
        "{outcome:?}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "20 s is the limit of a start"
    );
    nothing_is_left();
}

#[test]
fn a_plugin_that_ends_while_its_worker_ends_waits_for_it() {
    let _alone = alone();
    for pause in 0..8 {
        let bench = idle_after(5);
        let pid: i32 = bench.sync("pid", "").unwrap().parse().unwrap();
        std::thread::sleep(Duration::from_millis(3 + pause));
        bench.engine.shutdown();
        // SAFETY: kill(2) with signal 0 only asks whether the process is there.
        assert_eq!(unsafe { libc::kill(pid, 0) }, -1);
        nothing_is_left();
    }
}
