//! Good plugins, in every language that the project has: none breaks a rule, at the strictest level.

use super::build::Workshop;
use super::verdicts::{broken, check, shown};
use std::path::Path;

fn assert_good(name: &str, library: &Path) {
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let report = check(library, jobs);
    assert_eq!(report.load_problem, None, "{name}");
    let broken = broken(&report);
    for result in &report.results {
        if std::env::var_os("ZOO_TIMES").is_some() {
            eprintln!(
                "{name} {} {:?} {} ms {}",
                result.rule, result.status, result.milliseconds, result.reason
            );
        }
    }
    eprintln!("{name}: {} ms", report.milliseconds);
    assert!(broken.is_empty(), "{name} breaks:{}", shown(&broken));
}

#[test]
fn the_zoos_own_good_plugin_breaks_no_rule() {
    assert_good("base", &Workshop::open().good());
}
