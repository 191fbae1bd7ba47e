//! What the page hears as it happens, as server-sent events: records of calls, log lines, and how
//! builds went. Names of events: `calls` and `lines` (arrays, oldest first) and `status`.

use super::Shared;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use osaurus_reference_host::{ActivityQuery, Host};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

/// How many events may wait for a browser; a slow one is waited for.
const WAITING: usize = 64;
/// The most records in one event.
const BATCH: usize = 500;
/// Records that come within this time travel together.
const TOGETHER: Duration = Duration::from_millis(40);

/// Everything so far, then what comes.
pub async fn follow(
    State(shared): State<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, events) = channel(WAITING);
    calls(&shared.host, sender.clone());
    lines(&shared.host, sender.clone());
    statuses(&shared, sender);
    Sse::new(ReceiverStream::new(events)).keep_alive(KeepAlive::default())
}

fn calls(host: &Arc<Host>, sender: Sender<Result<Event, Infallible>>) {
    // Followed first, so that nothing is lost in between; what is in both has one number.
    let coming = host.follow_records();
    let so_far = host.records(&ActivityQuery::new());
    let last = so_far.last().map_or(0, |record| record.seq);
    std::thread::spawn(move || {
        if !so_far
            .chunks(BATCH)
            .all(|part| send(&sender, "calls", part))
        {
            return;
        }
        batches(
            &coming,
            |record| record.seq > last,
            |part| send(&sender, "calls", part),
            || sender.is_closed(),
        );
    });
}

fn lines(host: &Arc<Host>, sender: Sender<Result<Event, Infallible>>) {
    let so_far = host.log_lines();
    let coming = host.follow_log();
    std::thread::spawn(move || {
        if !so_far
            .chunks(BATCH)
            .all(|part| send(&sender, "lines", part))
        {
            return;
        }
        batches(
            &coming,
            |_| true,
            |part| send(&sender, "lines", part),
            || sender.is_closed(),
        );
    });
}

/// Sends what comes in small groups, until the browser is gone or the host has ended.
fn batches<T>(
    coming: &Receiver<T>,
    is_new: impl Fn(&T) -> bool,
    send: impl Fn(&[T]) -> bool,
    is_closed: impl Fn() -> bool,
) {
    loop {
        let mut part = match coming.recv_timeout(Duration::from_secs(1)) {
            Ok(first) => vec![first],
            Err(RecvTimeoutError::Timeout) if !is_closed() => continue,
            Err(_) => return,
        };
        std::thread::sleep(TOGETHER);
        part.extend(coming.try_iter().take(BATCH - 1));
        part.retain(&is_new);
        if !part.is_empty() && !send(&part) {
            return;
        }
    }
}

fn statuses(shared: &Arc<Shared>, sender: Sender<Result<Event, Infallible>>) {
    let mut status = shared.status.clone();
    tokio::spawn(async move {
        loop {
            let now = status.borrow_and_update().clone();
            let Some(event) = event("status", &now) else {
                return;
            };
            if sender.send(Ok(event)).await.is_err() || status.changed().await.is_err() {
                return;
            }
        }
    });
}

fn event<T: Serialize + ?Sized>(name: &str, data: &T) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}

/// False when the browser is gone.
fn send<T: Serialize>(sender: &Sender<Result<Event, Infallible>>, name: &str, data: &[T]) -> bool {
    event(name, data).is_some_and(|event| sender.blocking_send(Ok(event)).is_ok())
}
