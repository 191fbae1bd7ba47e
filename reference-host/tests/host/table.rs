//! The host table: every slot of a version is there, and one more is a fault.

use crate::support::*;
use osaurus_reference_host::{AbiLevel, GuardedTable, Host};
use std::os::unix::process::ExitStatusExt;

/// Level and number of its last slot.
const LEVELS: [(&str, u32); 10] = [
    ("2a", 6),
    ("2b", 15),
    ("2c", 15),
    ("2d", 16),
    ("2e", 20),
    ("2", 20),
    ("3", 21),
    ("4", 22),
    ("5", 23),
    ("6", 24),
];

#[test]
fn looking_past_the_end_of_a_table_faults() {
    let test = "table::looking_past_the_end_of_a_table_faults";
    if let Some(case) = child_case() {
        let (level, slot) = case.split_once(' ').unwrap();
        let host = Host::builder().abi_level(level).build().unwrap();
        let plugin = host.load(&probe_with(&manifest("dev.probe"))).unwrap();
        // NULL arguments: a slot that exists does nothing.
        Probe(&plugin, None).call(&[slot, "v2", "NULL", "NULL"]);
        return;
    }
    for (level, last) in LEVELS {
        assert_ok(&in_child(test, &format!("{level} {last}")));
        if last < 24 {
            let output = in_child(test, &format!("{level} {}", last + 1));
            let signal = output.status.signal();
            assert!(
                matches!(signal, Some(libc::SIGSEGV | libc::SIGBUS)),
                "{level}: {:?}",
                output.status
            );
        }
    }
}

#[test]
fn a_table_says_its_version_and_goes_when_it_is_dropped() {
    for (text, _) in LEVELS {
        let level = AbiLevel::parse(text).unwrap();
        let table = GuardedTable::new(level).unwrap();
        // SAFETY: the version is the first field of every table with a slot.
        let version = unsafe { (&raw const (*table.as_ptr()).version).read() };
        assert_eq!(version, level.version());
        let page = 4096;
        assert_eq!(
            (table.as_ptr() as usize + level.host_table_size()) % page,
            0,
            "the table ends at a page's end"
        );
    }
}
