//! A bounded list that subscribers can follow.

use super::record::{CallRecord, LogLine};
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Items kept; older ones make room.
pub(super) const KEPT: usize = 20_000;
/// Bytes of text kept in all of them together; older ones make room.
const BYTES_KEPT: usize = 64 * 1024 * 1024;
/// Items that wait for a subscriber; a slower one misses some, which the numbers of records show.
pub(super) const AHEAD: usize = 10_000;

#[derive(Debug)]
pub(super) struct Stream<T> {
    state: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    items: VecDeque<T>,
    next: u64,
    bytes: usize,
    subscribers: Vec<SyncSender<T>>,
}

/// What a stream needs to know of its items.
pub(super) trait Item: Clone {
    /// How much text it holds.
    fn weight(&self) -> usize;
    /// Takes its place in the order.
    fn number(&mut self, seq: u64);
}

impl Item for CallRecord {
    fn weight(&self) -> usize {
        self.request.len() + self.response.as_ref().map_or(0, String::len)
    }

    fn number(&mut self, seq: u64) {
        self.seq = seq;
    }
}

impl Item for LogLine {
    fn weight(&self) -> usize {
        self.message.len() + self.payload.as_ref().map_or(0, String::len)
    }

    fn number(&mut self, _: u64) {}
}

impl<T> Default for Stream<T> {
    fn default() -> Self {
        let empty = Kept {
            items: VecDeque::new(),
            next: 0,
            bytes: 0,
            subscribers: Vec::new(),
        };
        Self {
            state: Mutex::new(empty),
        }
    }
}

impl<T: Item> Stream<T> {
    pub(super) fn push(&self, mut item: T) {
        let mut state = self.lock();
        item.number(state.next);
        state.next += 1;
        state.subscribers.retain(|subscriber| {
            let result = subscriber.try_send(item.clone());
            !matches!(result, Err(TrySendError::Disconnected(_)))
        });
        state.bytes += item.weight();
        state.items.push_back(item);
        while state.items.len() > KEPT || (state.bytes > BYTES_KEPT && state.items.len() > 1) {
            let oldest = state.items.pop_front();
            state.bytes -= oldest.map_or(0, |item| item.weight());
        }
    }

    /// The items that fit, oldest first.
    pub(super) fn filtered(&self, fits: impl Fn(&T) -> bool) -> Vec<T> {
        let state = self.lock();
        state
            .items
            .iter()
            .filter(|item| fits(item))
            .cloned()
            .collect()
    }

    pub(super) fn subscribe(&self) -> Receiver<T> {
        let (sender, receiver) = sync_channel(AHEAD);
        self.lock().subscribers.push(sender);
        receiver
    }

    pub(super) fn end(&self) {
        self.lock().subscribers.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: String) -> LogLine {
        LogLine {
            plugin: String::new(),
            agent: None,
            level: 2,
            label: "INFO",
            message,
            payload: None,
            from_host: false,
            at_ms: 0,
        }
    }

    #[test]
    fn items_are_bounded_in_number_and_in_bytes() {
        let lines = Stream::default();
        let all = |lines: &Stream<LogLine>| lines.filtered(|_| true);
        (0..KEPT + 5).for_each(|number| lines.push(line(number.to_string())));
        let rows = all(&lines);
        assert_eq!((rows.len(), rows[0].message.as_str()), (KEPT, "5"));
        lines.push(line("x".repeat(BYTES_KEPT)));
        let count = all(&lines).len();
        assert_eq!(count, 1, "a line as big as the bound leaves no room");
    }

    #[test]
    fn a_subscriber_that_does_not_read_costs_no_more_than_its_queue() {
        let lines = Stream::default();
        let receiver = lines.subscribe();
        (0..AHEAD + 5).for_each(|number| lines.push(line(number.to_string())));
        assert_eq!(receiver.try_iter().count(), AHEAD);
        lines.push(line("after the gap".into()));
        assert_eq!(receiver.try_recv().unwrap().message, "after the gap");
        drop(receiver);
        lines.push(line(String::new()));
        assert!(lines.lock().subscribers.is_empty());
    }
}
