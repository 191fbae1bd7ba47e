//! Scans that are asked for at the same time become one. The scan module runs in here; it knows
//! nothing of plugins.

use crate::install::report::LoadReport;
use parking_lot::{Condvar, Mutex, MutexGuard};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Open what is new.
    New,
    /// Forget everything first. It also serves callers that asked for what is new.
    All,
}

#[derive(Default)]
pub(crate) struct ScanTurn {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    running: Option<Kind>,
    ended: u64,
    last: LoadReport,
    #[cfg(test)]
    waiting: usize,
}

impl ScanTurn {
    /// Runs `scan`, or waits for a running one that does as much and returns its report.
    pub(crate) fn run(&self, kind: Kind, scan: impl FnOnce() -> LoadReport) -> LoadReport {
        let mut state = self.state();
        while let Some(running) = state.running {
            let before = state.ended;
            #[cfg(test)]
            {
                state.waiting += 1;
            }
            while state.ended == before {
                self.ended.wait(&mut state);
            }
            if running >= kind {
                return state.last.clone();
            }
        }
        state.running = Some(kind);
        drop(state);
        let mut running = RunningScan {
            of: self,
            report: LoadReport::default(),
        };
        running.report = scan();
        running.report.clone()
    }

    /// The report of the last scan that ended.
    pub(crate) fn last(&self) -> LoadReport {
        self.state().last.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// Ends the turn even when the scan panics: others wait for it.
struct RunningScan<'a> {
    of: &'a ScanTurn,
    report: LoadReport,
}

impl Drop for RunningScan<'_> {
    fn drop(&mut self) {
        let mut state = self.of.state();
        state.running = None;
        state.ended += 1;
        state.last = std::mem::take(&mut self.report);
        self.of.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    #[test]
    fn scans_that_overlap_are_one_and_a_reload_is_not_swallowed() {
        let (turn, scans) = (ScanTurn::default(), AtomicUsize::new(0));
        let (begun_sender, begun) = channel();
        let (go, gate) = channel::<()>();
        let one = || {
            scans.fetch_add(1, Ordering::SeqCst);
            LoadReport::default()
        };
        std::thread::scope(|scope| {
            let turn = &turn;
            let first_scan = move || {
                begun_sender.send(()).unwrap();
                let _ = gate.recv();
                one()
            };
            scope.spawn(move || turn.run(Kind::New, first_scan));
            begun.recv().unwrap();
            let waiting = [Kind::New, Kind::New, Kind::All];
            let threads = waiting.map(|kind| scope.spawn(move || turn.run(kind, one)));
            while turn.state().waiting < threads.len() {
                std::thread::yield_now();
            }
            drop(go);
        });
        assert_eq!(
            scans.load(Ordering::SeqCst),
            2,
            "one scan, and the reload after it"
        );
    }
}
