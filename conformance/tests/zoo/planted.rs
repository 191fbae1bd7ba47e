//! The fuzzer: it finds each planted bug, plays what it found again, and finds nothing in the good
//! plugin.

use super::build::{Workshop, sources, zoo};
use super::verdicts::options;
use osaurus_conformance::check::fuzz::{self, Bound};
use std::path::Path;

/// Counts, not times: every machine plays the same sequences, from seed 1 on.
const ENOUGH: Bound = Bound::Sequences(400);
const FEW: Bound = Bound::Sequences(40);

#[test]
fn each_planted_bug_is_found_and_found_again_by_its_seed() {
    let workshop = Workshop::open();
    let planted = sources(&zoo().join("planted"));
    assert_eq!(planted.len(), 5);
    for (name, source) in planted {
        let library = workshop.bad(&source);
        let seed = found(&name, &library);
        let again = fuzz::reproduce(&options(&library, seed)).expect("the fuzzer runs");
        assert!(
            again.is_some(),
            "{name}: seed {seed} shows nothing in {} tries",
            fuzz::TRIES
        );
    }
}

fn found(name: &str, library: &Path) -> u64 {
    let outcome = fuzz::run(&options(library, 1), ENOUGH).expect("the fuzzer runs");
    let count = outcome.sequences;
    let finding = outcome
        .finding
        .unwrap_or_else(|| panic!("{name}: nothing in {count} sequences"));
    assert!(finding.is_steady, "{name}: {finding:#?}");
    eprintln!(
        "{name}: seed {} of {count}: {:?}",
        finding.seed,
        finding.result.evidence.first()
    );
    finding.seed
}

#[test]
fn the_fuzzer_finds_nothing_in_the_good_plugin() {
    let workshop = Workshop::open();
    let library = workshop.good();
    let outcome = fuzz::run(&options(&library, 1), FEW).expect("the fuzzer runs");
    assert_eq!(outcome.sequences, 40);
    assert!(outcome.finding.is_none(), "{:#?}", outcome.finding);
}
