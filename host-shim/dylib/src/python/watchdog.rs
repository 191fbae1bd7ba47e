//! One thread that notices deadlines while the host's threads are inside script code. Used by
//! `embedded`; knows closures and instants, not Python. Started with the first watched call.
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A handler that goes on after it was asked to stop is asked again after this time.
const REPEAT: Duration = Duration::from_millis(100);

type Key = (Instant, u64);
type Alarm = Box<dyn FnMut() + Send>;

struct State {
    waiting: BTreeMap<Key, Arc<Watched>>,
    next: u64,
    runs: bool,
    /// When the thread looks next; `None` while it sleeps until it is told. Calls come and go much
    /// faster than deadlines pass: waking the thread for each of them would cost more than the
    /// call.
    looks_at: Option<Instant>,
}

/// `None` once the call is over.
struct Watched {
    alarm: Mutex<Option<Alarm>>,
    key: Mutex<Key>,
}

static STATE: Mutex<State> = Mutex::new(State {
    waiting: BTreeMap::new(),
    next: 0,
    runs: false,
    looks_at: None,
});
static EARLIER: Condvar = Condvar::new();

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the watch when dropped; the alarm does not run any more after that.
pub struct Watch(Arc<Watched>);

/// Calls `alarm` on another thread when `deadline` has passed, and again and again until the watch
/// is dropped.
pub fn watch(deadline: Instant, alarm: Alarm) -> Watch {
    let mut state = locked(&STATE);
    state.next += 1;
    let key = (deadline, state.next);
    let watched = Arc::new(Watched {
        alarm: Mutex::new(Some(alarm)),
        key: Mutex::new(key),
    });
    let too_late = state.looks_at.is_none_or(|at| deadline < at);
    state.waiting.insert(key, Arc::clone(&watched));
    if !state.runs {
        // Without a thread no deadline is noticed; the next call tries again.
        let spawned = std::thread::Builder::new()
            .name("osaurus-deadlines".into())
            .spawn(run);
        state.runs = spawned.is_ok();
    } else if too_late {
        EARLIER.notify_one();
    }
    Watch(watched)
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The alarm first: it may be running right now, and the key changes with it.
        locked(&self.0.alarm).take();
        let key = *locked(&self.0.key);
        locked(&STATE).waiting.remove(&key);
    }
}

fn run() {
    let mut state = locked(&STATE);
    loop {
        let now = Instant::now();
        match state.waiting.first_key_value() {
            None => {
                state.looks_at = None;
                state = EARLIER.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            Some((first, _)) if first.0 > now => {
                let rest = first.0 - now;
                state.looks_at = Some(first.0);
                let waited = EARLIER.wait_timeout(state, rest);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            Some(_) => {
                let due = state.waiting.pop_first();
                drop(state);
                if let Some((key, watched)) = due {
                    sound(key, watched);
                }
                state = locked(&STATE);
            }
        }
    }
}

fn sound(key: Key, watched: Arc<Watched>) {
    let mut alarm = locked(&watched.alarm);
    let Some(ring) = alarm.as_mut() else {
        return;
    };
    ring();
    let again = (Instant::now() + REPEAT, key.1);
    *locked(&watched.key) = again;
    // While the alarm's lock is held, so that a watch that is dropped finds its entry.
    locked(&STATE).waiting.insert(again, Arc::clone(&watched));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn rings_until_dropped_and_not_after() {
        let rung = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&rung);
        let far = watch(
            Instant::now() + Duration::from_secs(60),
            Box::new(|| panic!("too early")),
        );
        let soon = Instant::now() + Duration::from_millis(20);
        let near = watch(
            soon,
            Box::new(move || _ = counter.fetch_add(1, Ordering::SeqCst)),
        );
        std::thread::sleep(Duration::from_millis(300));
        drop(near);
        let count = rung.load(Ordering::SeqCst);
        assert!((2..=4).contains(&count), "{count}");
        std::thread::sleep(Duration::from_millis(150));
        assert_eq!(rung.load(Ordering::SeqCst), count);
        drop(far);
    }
}
