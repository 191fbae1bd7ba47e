//! Frames: whose thread a host call runs on. The fake host puts the agent of the calling thread
//! into every answer, so a call on a wrong thread shows in its answer as another agent, or as no
//! one.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::{
    CallArg, Frame, FrameHandle, HostError, HostSlot, OwnedArg, OwnedCall, RawCall, Served,
};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use support::{GuardedTable, UNSCOPED_CALLS, scoped};

const LONG: Duration = Duration::from_secs(20);

/// A call of the host for `agent` on this thread.
fn call_in<R>(table: &GuardedTable, agent: &str, body: impl FnOnce(&Frame) -> R) -> R {
    // SAFETY: the table outlives the frame.
    scoped(agent, || unsafe {
        Frame::simulate(table.as_ptr(), LONG, body)
    })
}

fn config_get(handle: &FrameHandle, key: &str) -> Result<Option<String>, HostError> {
    handle.host().config_get(key)
}

fn posted_get(key: &str) -> OwnedCall {
    OwnedCall::new(HostSlot::ConfigGet, vec![OwnedArg::Text(key.to_owned())])
}

#[test]
fn calls_of_other_threads_are_made_on_the_hosts_thread_while_it_serves() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        frame.announce_serve();
        let handle = frame.handle();
        let worker = thread::spawn(move || {
            let answer = config_get(&handle, "k");
            handle.complete(7, "done".to_owned());
            (answer, handle)
        });
        assert_eq!(
            frame.serve(frame.deadline()),
            Served::Completed(7, "done".to_owned())
        );
        let (answer, handle) = worker.join().unwrap();
        assert_eq!(answer.unwrap().as_deref(), Some("A|k"));
        assert!(!handle.is_live());
    });
}

#[test]
fn a_thread_that_is_not_served_is_refused_and_told_what_to_do() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let handle = frame.handle();
        let error = thread::spawn(move || config_get(&handle, "k"))
            .join()
            .unwrap()
            .unwrap_err();
        assert!(matches!(error, HostError::WrongThread { .. }));
        let text = error.to_string();
        assert!(
            text.contains("`config_get` was called on another thread"),
            "{text}"
        );
        assert!(text.contains("Frame::serve"), "{text}");
    });
}

#[test]
fn a_frame_that_has_ended_refuses_calls_and_posts() {
    let table = GuardedTable::newest();
    let handle = call_in(&table, "A", Frame::handle);
    assert!(!handle.is_live());
    let error = config_get(&handle, "k").unwrap_err();
    assert!(error.to_string().contains("came too late"), "{error}");
    let (sender, receiver) = mpsc::channel();
    handle.post(
        posted_get("k"),
        Box::new(move |answer| sender.send(answer).unwrap()),
    );
    assert!(matches!(
        receiver.try_recv().unwrap(),
        Err(HostError::FrameEnded { .. })
    ));
    handle.complete(0, "ignored".to_owned());
}

#[test]
fn what_was_posted_before_the_end_is_called_and_the_first_result_counts() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let (sender, receiver) = mpsc::channel();
        let handle = frame.handle();
        let host_thread = thread::current().id();
        thread::spawn(move || {
            for key in ["1", "2"] {
                let sender = sender.clone();
                let report = move |answer: Result<Option<_>, _>| {
                    let text = answer
                        .unwrap()
                        .map(|text: osaurus_plugin::HostString| text.to_string());
                    sender.send((text, thread::current().id())).unwrap();
                };
                handle.post(posted_get(key), Box::new(report));
            }
            handle.complete(0, "first".to_owned());
            handle.complete(1, "second".to_owned());
        })
        .join()
        .unwrap();
        assert_eq!(
            frame.serve(frame.deadline()),
            Served::Completed(0, "first".to_owned())
        );
        let answers: Vec<_> = receiver.try_iter().collect();
        let expected = |key: &str| (Some(format!("A|{key}")), host_thread);
        assert_eq!(answers, [expected("1"), expected("2")]);
    });
}

#[test]
fn posts_that_were_not_served_are_answered_when_the_frame_ends() {
    let table = GuardedTable::newest();
    let (sender, receiver) = mpsc::channel();
    call_in(&table, "A", |frame| {
        frame.handle().post(
            posted_get("k"),
            Box::new(move |answer| sender.send(answer).unwrap()),
        );
        assert!(receiver.try_recv().is_err());
    });
    assert!(matches!(
        receiver.try_recv().unwrap(),
        Err(HostError::FrameEnded { .. })
    ));
}

#[test]
fn a_deadline_ends_the_wait_frees_the_waiting_and_a_second_wait_is_possible() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        frame.announce_serve();
        let handle = frame.handle();
        // The host's thread is inside a slow host call when the deadline passes; the second
        // caller's turn never comes.
        let slow = handle.clone();
        let first = thread::spawn(move || config_get(&slow, "slow"));
        thread::sleep(Duration::from_millis(20));
        let late = handle.clone();
        let second = thread::spawn(move || config_get(&late, "late"));
        thread::sleep(Duration::from_millis(20));
        let soon = Instant::now() + Duration::from_millis(10);
        assert_eq!(frame.serve(soon), Served::DeadlinePassed);
        assert_eq!(first.join().unwrap().unwrap().as_deref(), Some("slow"));
        let error = second.join().unwrap().unwrap_err();
        assert!(error.to_string().contains("answer `timeout`"), "{error}");

        handle.complete(3, "after all".to_owned());
        let grace = Instant::now() + LONG;
        assert_eq!(
            frame.serve(grace),
            Served::Completed(3, "after all".to_owned())
        );
    });
}

#[test]
fn a_call_that_comes_back_into_the_plugin_has_its_own_frame_and_agent() {
    let table = GuardedTable::newest();
    call_in(&table, "OUTER", |outer| {
        let outer_handle = outer.handle();
        call_in(&table, "INNER", |inner| {
            assert_eq!(
                inner.host().config_get("k").unwrap().as_deref(),
                Some("INNER|k")
            );
            osaurus_plugin::log(2, "from within");
            let error = config_get(&outer_handle, "k").unwrap_err();
            assert!(matches!(error, HostError::FrameShadowed { .. }));
            assert!(
                error
                    .to_string()
                    .contains("charge it to the newer call's agent"),
                "{error}"
            );
            // Nor from the outer frame's desk.
            let (sender, receiver) = mpsc::channel();
            outer_handle.post(
                posted_get("k"),
                Box::new(move |answer| sender.send(answer).unwrap()),
            );
            assert_eq!(
                outer.serve(Instant::now() + Duration::from_millis(5)),
                Served::DeadlinePassed
            );
            let answer = receiver.try_recv().unwrap();
            assert!(matches!(answer, Err(HostError::FrameShadowed { .. })));
            assert!(matches!(
                outer.host().config_get("k"),
                Err(HostError::FrameShadowed { .. })
            ));
        });
        assert_eq!(
            outer.host().config_get("k").unwrap().as_deref(),
            Some("OUTER|k")
        );
    });
    assert_eq!(
        support::slots::notes_with("log INNER 2|from within").len(),
        1
    );
}

#[test]
fn a_served_call_may_come_back_on_another_thread_or_on_the_same() {
    static TABLE: Mutex<Option<Arc<GuardedTable>>> = Mutex::new(None);
    // What the host does inside `complete`: it calls one of the plugin's own tools.
    fn run_tool(request: &str) -> String {
        let table = TABLE.lock().unwrap().clone().unwrap();
        let tool = move || {
            call_in(&table, "TOOL", |frame| {
                frame.host().config_get("k").unwrap()
            })
        };
        let answer = match request.contains("elsewhere") {
            true => thread::spawn(tool).join().unwrap(),
            false => tool(),
        };
        json!({ "tool_got": answer }).to_string()
    }
    let table = Arc::new(GuardedTable::newest());
    *TABLE.lock().unwrap() = Some(Arc::clone(&table));
    *support::slots::INSIDE_COMPLETE.lock().unwrap() = Some(run_tool);
    call_in(&table, "A", |frame| {
        frame.announce_serve();
        let handle = frame.handle();
        let worker = thread::spawn(move || {
            let here = handle.host().complete(&json!({ "where": "here" })).unwrap();
            let elsewhere = handle
                .host()
                .complete(&json!({ "where": "elsewhere" }))
                .unwrap();
            handle.complete(0, String::new());
            (here, elsewhere)
        });
        assert_eq!(
            frame.serve(frame.deadline()),
            Served::Completed(0, String::new())
        );
        let (here, elsewhere) = worker.join().unwrap();
        assert_eq!(here["tool_got"], "TOOL|k");
        assert_eq!(elsewhere["tool_got"], "TOOL|k");
    });
}

#[test]
fn a_panicking_receiver_does_not_end_the_frame() {
    let table = GuardedTable::newest();
    call_in(&table, "P", |frame| {
        let handle = frame.handle();
        handle.post(posted_get("k"), Box::new(|_| panic!("receiver broke")));
        handle.complete(0, "fine".to_owned());
        assert_eq!(
            frame.serve(frame.deadline()),
            Served::Completed(0, "fine".to_owned())
        );
    });
    let lines = support::slots::notes_with("receiver broke");
    assert!(
        lines[0].starts_with("log P 4|the receiver of a posted host call panicked"),
        "{lines:?}"
    );
}

#[test]
fn raw_references_keep_their_count() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let raw = frame.handle().into_raw();
        // SAFETY: counts are given back as often as they were taken.
        unsafe {
            FrameHandle::retain(raw);
            assert!(FrameHandle::borrow_raw(raw).is_live());
            let answer = FrameHandle::borrow_raw(raw).host().config_get("k");
            assert_eq!(answer.unwrap().as_deref(), Some("A|k"));
            FrameHandle::release(raw);
            assert!(FrameHandle::from_raw(raw).is_live());
        }
    });
}

/// Eight host threads with an agent each; every call hands its frame to workers that call, post,
/// and finish at once. No answer may name another agent, every call and post is answered exactly
/// once, and no one waits forever.
#[test]
fn eight_host_threads_with_racing_workers_never_mix_agents() {
    const CALLS: usize = if cfg!(miri) { 5 } else { 400 };
    let table = GuardedTable::newest();
    let unscoped_before = UNSCOPED_CALLS.load(Ordering::SeqCst);
    let counts = Arc::new(Counts::default());
    thread::scope(|threads| {
        for host_thread in 0..8 {
            let (table, counts) = (&table, &counts);
            threads.spawn(move || {
                for number in 0..CALLS {
                    let agent = format!("AGENT-{host_thread}-{number}");
                    race(table, &agent, number, counts);
                }
            });
        }
    });
    let get = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
    assert_eq!(UNSCOPED_CALLS.load(Ordering::SeqCst), unscoped_before);
    assert_eq!(get(&counts.mixed), 0);
    assert_eq!(get(&counts.posted), get(&counts.answered));
    assert!(
        get(&counts.right) > CALLS,
        "the race must make calls: {counts:?}"
    );
    assert!(
        get(&counts.refused) > 0,
        "and find ended frames: {counts:?}"
    );
}

#[derive(Debug, Default)]
struct Counts {
    right: AtomicUsize,
    mixed: AtomicUsize,
    refused: AtomicUsize,
    posted: AtomicUsize,
    answered: AtomicUsize,
}

impl Counts {
    fn judge(&self, agent: &str, answer: Result<Option<&str>, &HostError>) {
        let counter = match answer {
            Ok(Some(text)) if text == format!("{agent}|k") => &self.right,
            Ok(_) => &self.mixed,
            Err(HostError::FrameEnded { .. } | HostError::DeadlinePassed { .. }) => &self.refused,
            Err(HostError::WrongThread { .. }) => &self.refused,
            Err(_) => &self.mixed,
        };
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

fn race(table: &GuardedTable, agent: &str, number: usize, counts: &Arc<Counts>) {
    thread::scope(|workers| {
        call_in(table, agent, |frame| {
            if !number.is_multiple_of(3) {
                frame.announce_serve();
            }
            for worker in 0..3 {
                let handle = frame.handle();
                workers.spawn(move || {
                    let answer = config_get(&handle, "k");
                    counts.judge(agent, answer.as_ref().map(Option::as_deref));
                    if worker == number % 3 {
                        handle.complete(worker as i32, agent.to_owned());
                    }
                });
            }
            // Posts race with the end of the frame.
            let handle = frame.handle();
            workers.spawn(move || {
                for _ in 0..4 {
                    post_and_count(&handle, agent, counts);
                }
            });
            let patience = if number.is_multiple_of(5) {
                Duration::from_micros(50)
            } else {
                LONG
            };
            match frame.serve(Instant::now() + patience) {
                Served::Completed(_, result) => assert_eq!(result, agent),
                Served::DeadlinePassed => assert_eq!(number % 5, 0, "no one completed"),
            }
            // On the frame's own thread calls are possible to the end.
            let answer = frame.host().config_get("k");
            counts.judge(agent, answer.as_ref().map(Option::as_deref));
        });
    });
}

fn post_and_count(handle: &FrameHandle, agent: &str, counts: &Arc<Counts>) {
    counts.posted.fetch_add(1, Ordering::SeqCst);
    let counts = Arc::clone(counts);
    let agent = agent.to_owned();
    handle.post(
        posted_get("k"),
        Box::new(move |answer| {
            counts.answered.fetch_add(1, Ordering::SeqCst);
            counts.judge(&agent, answer.as_ref().map(|text| text.as_deref()));
        }),
    );
}

#[test]
fn a_frame_that_is_left_by_a_panic_is_left_properly() {
    let table = GuardedTable::newest();
    let handle = Mutex::new(None);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        call_in(&table, "A", |frame| {
            *handle.lock().unwrap() = Some(frame.handle());
            panic!("handler broke");
        })
    }));
    assert!(outcome.is_err());
    let handle = handle.lock().unwrap().take().unwrap();
    assert!(!handle.is_live());
    assert!(matches!(
        config_get(&handle, "k"),
        Err(HostError::FrameEnded { .. })
    ));
}

#[test]
fn arguments_that_do_not_fit_the_slot_are_named() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let call = |slot, args: &[CallArg<'_>]| {
            let call = RawCall {
                slot,
                args,
                on_chunk: None,
            };
            frame.call(&call).unwrap_err().to_string()
        };
        assert_eq!(
            call(HostSlot::ConfigSet, &[CallArg::Text("k"), CallArg::Int(1)]),
            "`config_set` takes (string, string), but was given (string, int)"
        );
        assert_eq!(
            call(HostSlot::Log, &[CallArg::Text("k")]),
            "`log` takes (int, string), but was given (string)"
        );
        assert_eq!(
            call(HostSlot::ListModels, &[CallArg::Null]),
            "`list_models` takes no arguments, but was given (null)"
        );
    });
}
