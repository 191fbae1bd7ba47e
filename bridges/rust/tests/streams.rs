//! Streams: chunks come on a thread of the host's, and the stream can be ended from there.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::{CallArg, Frame, HostError, HostSlot, RawCall, Served};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::slots::{self, CANCELLED, CHUNKS, KEPT, notes_with};
use support::{GuardedTable, scoped};

const LONG: Duration = Duration::from_secs(20);

fn call_in<R>(table: &GuardedTable, agent: &str, body: impl FnOnce(&Frame) -> R) -> R {
    // SAFETY: the table outlives the frame.
    scoped(agent, || unsafe {
        Frame::simulate(table.as_ptr(), LONG, body)
    })
}

fn content(chunk: &Value) -> &str {
    chunk["choices"][0]["delta"]["content"].as_str().unwrap()
}

#[test]
fn chunks_come_in_order_on_a_thread_of_the_hosts() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let text = Mutex::new(String::new());
        let here = thread::current().id();
        let answer = frame
            .host()
            .complete_stream(&json!({ "messages": [] }), &|chunk| {
                assert_ne!(thread::current().id(), here);
                text.lock().unwrap().push_str(content(chunk));
                ControlFlow::Continue(())
            });
        let expected: String = (0..CHUNKS).map(|number| format!("{number} ")).collect();
        assert_eq!(*text.lock().unwrap(), expected);
        assert_eq!(answer.unwrap()["agent"], "A");
    });
}

/// Runs a stream that breaks at chunk 3; the answer, and how many chunks were seen.
fn broken_stream(frame: &Frame, request: &Value) -> (Result<Value, HostError>, usize) {
    let chunks = AtomicUsize::new(0);
    let answer = frame.host().complete_stream(request, &|_| match chunks
        .fetch_add(1, Ordering::SeqCst)
    {
        0..=2 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    });
    (answer, chunks.into_inner())
}

#[test]
fn break_cancels_the_stream_under_a_fresh_id_and_no_more_chunks_are_seen() {
    let table = GuardedTable::newest();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (answer, seen) = call_in(&table, "A", |frame| broken_stream(frame, &json!({})));
        let Err(HostError::Host(envelope)) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(envelope.code, "cancelled");
        assert!(envelope.body["sent"].as_u64().unwrap() < CHUNKS as u64);
        assert_eq!(seen, 4);
        ids.push(envelope.body["stream_id"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    assert!(ids[0].starts_with("osr-"), "{ids:?}");
}

#[test]
fn a_cancel_prefers_a_thread_of_the_plugin_that_waits() {
    let table = &GuardedTable::newest();
    let first_cancel = thread::scope(|threads| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let idle = threads.spawn(move || {
            call_in(table, "IDLE", |frame| {
                sender.send(frame.handle()).unwrap();
                frame.serve(frame.deadline())
            })
        });
        let handle = receiver.recv().unwrap();
        // No one can see from outside when the other thread has fallen asleep, so there are some
        // rounds.
        let mut rounds = (0..20).map(|round| {
            thread::sleep(Duration::from_millis(10));
            let id = format!("prefer-idle-{round}");
            let request = json!({ "stream_id": id });
            let (answer, _) = call_in(table, "BUSY", |frame| broken_stream(frame, &request));
            assert_eq!(answer.unwrap_err().code(), Some("cancelled"));
            notes_with(&id).remove(0)
        });
        let on_idle = rounds.find(|cancel| cancel.starts_with("complete_cancel IDLE"));
        handle.complete(0, String::new());
        assert!(matches!(idle.join().unwrap(), Served::Completed(..)));
        on_idle
    });
    assert!(
        first_cancel.is_some(),
        "every cancel came from the chunk thread"
    );
}

#[test]
fn on_a_host_before_version_3_break_drops_the_rest() {
    let table = GuardedTable::new(2, 168);
    let request = json!({ "stream_id": "old-host" });
    let (answer, seen) = call_in(&table, "A", |frame| broken_stream(frame, &request));
    assert_eq!(answer.unwrap()["sent"], CHUNKS);
    assert_eq!(seen, 4);
    assert!(!CANCELLED.lock().unwrap().contains(&"old-host".to_owned()));
}

#[test]
fn a_host_call_from_a_chunk_callback_is_refused_instead_of_waiting_for_itself() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        frame.announce_serve();
        let handle = frame.handle();
        let refused = Mutex::new(None);
        let answer = frame.host().complete_stream(&json!({}), &|_| {
            *refused.lock().unwrap() = Some(handle.host().config_get("k"));
            ControlFlow::Break(())
        });
        assert!(answer.is_err());
        let error = refused.lock().unwrap().take().unwrap().unwrap_err();
        assert!(matches!(error, HostError::InsideChunk { .. }));
        assert!(error.to_string().contains("wait for itself"), "{error}");
    });
}

#[test]
fn a_panicking_chunk_callback_ends_the_stream_and_not_the_process() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let answer = frame
            .host()
            .complete_stream(&json!({}), &|_| panic!("chunk broke"));
        assert_eq!(answer.unwrap_err().code(), Some("cancelled"));
    });
    assert_eq!(
        notes_with("a chunk callback panicked: chunk broke").len(),
        1
    );
}

#[test]
fn the_deadline_of_the_call_cancels_its_stream() {
    let table = GuardedTable::newest();
    let budget = Duration::from_millis(5);
    let start = Instant::now();
    // SAFETY: the table outlives the frame.
    let answer = scoped("A", || unsafe {
        Frame::simulate(table.as_ptr(), budget, |frame| {
            frame
                .host()
                .complete_stream(&json!({}), &|_| ControlFlow::Continue(()))
        })
    });
    assert_eq!(answer.unwrap_err().code(), Some("cancelled"));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn chunks_that_come_after_the_end_are_ignored() {
    let table = GuardedTable::newest();
    let chunks = AtomicUsize::new(0);
    call_in(&table, "A", |frame| {
        let answer = frame
            .host()
            .complete_stream(&json!({ "stream_id": slots::KEPT_ID }), &|_| {
                chunks.fetch_add(1, Ordering::SeqCst);
                ControlFlow::Continue(())
            });
        answer.unwrap();
    });
    let (on_chunk, user_data) = KEPT.lock().unwrap().take().unwrap();
    slots::send_chunk(on_chunk, user_data, CHUNKS + 1);
    slots::send_chunk(on_chunk, 0, CHUNKS + 2);
    slots::send_chunk(on_chunk, usize::MAX, CHUNKS + 3);
    assert_eq!(chunks.load(Ordering::SeqCst), CHUNKS);
}

#[test]
fn a_stream_that_the_host_gives_up_returns_after_the_chunk_in_delivery() {
    let table = GuardedTable::newest();
    let (started, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    call_in(&table, "A", |frame| {
        let request = json!({ "stream_id": slots::DETACHED_ID });
        let answer = frame.host().complete_stream(&request, &|_| {
            started.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(100));
            finished.fetch_add(1, Ordering::SeqCst);
            ControlFlow::Continue(())
        });
        assert_eq!(answer.unwrap_err().code(), Some("host_timeout"));
        // What the callback borrows may go away now.
        assert_eq!(
            started.load(Ordering::SeqCst),
            finished.load(Ordering::SeqCst)
        );
        assert_eq!(started.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_stream_without_a_callback_passes_null_and_gives_the_answer() {
    let table = GuardedTable::newest();
    call_in(&table, "A", |frame| {
        let call = RawCall {
            slot: HostSlot::CompleteStream,
            args: &[CallArg::Text("{}")],
            on_chunk: None,
        };
        let answer = frame.call(&call).unwrap().unwrap();
        assert!(answer.contains(r#""agent":"A""#), "{answer}");
    });
}
