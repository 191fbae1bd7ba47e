//! The host's main loop: jobs run one after the other, and a caller waits for its turn no longer
//! than a limit. Osaurus keeps its tasks there; the task slots go through it. It knows nothing of
//! tasks.

use crate::common::pool::{Pool, SerialQueue};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

pub(crate) struct MainLoop(SerialQueue);

impl Default for MainLoop {
    fn default() -> Self {
        MainLoop(SerialQueue::new(&Pool::default()))
    }
}

impl MainLoop {
    /// Runs `job` when its turn comes.
    pub(crate) fn push(&self, job: impl FnOnce() + Send + 'static) {
        self.0.push(job);
    }

    /// Runs `job` and waits for its result. None when its turn did not come within `limit`: then it
    /// never runs.
    pub(crate) fn run_within<T: Send + 'static>(
        &self,
        limit: Duration,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = channel();
        let is_claimed = Arc::new(AtomicBool::new(false));
        let claim = Arc::clone(&is_claimed);
        self.push(move || {
            if !claim.swap(true, Ordering::SeqCst) {
                let _ = sender.send(job());
            }
        });
        match receiver.recv_timeout(limit) {
            Ok(result) => Some(result),
            // Begun at the last moment: it is quick, and its effects must not be denied.
            Err(_) if is_claimed.swap(true, Ordering::SeqCst) => receiver.recv().ok(),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_whose_turn_comes_too_late_never_runs() {
        let main = MainLoop::default();
        let (release, held) = channel::<()>();
        main.push(move || {
            let _ = held.recv();
        });
        let has_run = Arc::new(AtomicBool::new(false));
        let runs = Arc::clone(&has_run);
        let late = main.run_within(Duration::from_millis(20), move || {
            runs.store(true, Ordering::SeqCst);
        });
        assert!(late.is_none());
        drop(release);
        assert_eq!(main.run_within(Duration::from_secs(20), || 7), Some(7));
        assert!(!has_run.load(Ordering::SeqCst));
    }
}
