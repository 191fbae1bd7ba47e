//! The end of a process that has used databases: whoever still holds the host, no signal comes of
//! it.

use crate::support::{bridge_in, compiled, ends_with};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Many quick ends, more at a time than there are processors.
fn ends(count: usize) {
    let home = tempfile::tempdir().expect("a folder");
    let library = compiled(home.path(), "quick", "");
    let started = AtomicUsize::new(0);
    let work = || {
        while started.fetch_add(1, Ordering::SeqCst) < count {
            let mut program = bridge_in(home.path());
            // In this process, as a host does it: a supervisor would make a sentence of a signal.
            program.env("OSAURUS_BRIDGE_SUPERVISED", "1");
            ends_with(program.arg("invoke").arg(&library).args(["go", "{}"]), 0);
        }
    };
    std::thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn a_hundred_quick_exits_on_busy_cores_are_clean() {
    ends(100);
}

#[test]
#[ignore = "minutes; make soak runs it"]
fn five_thousand_quick_exits_on_busy_cores_are_clean() {
    ends(5000);
}
