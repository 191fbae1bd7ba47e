//! Every committed input of every target, without a fuzzer: what was found once stays found.

use osaurus_host_fuzz::TARGETS;
use std::path::{Path, PathBuf};

#[test]
fn every_committed_input_is_handled() {
    for (name, run) in TARGETS {
        let seeds = inputs("seeds", name);
        assert!(seeds.len() >= 10, "{name} has {} seeds", seeds.len());
        for input in seeds.into_iter().chain(inputs("corpus", name)) {
            println!("{}", input.display());
            run(&std::fs::read(&input).unwrap());
        }
    }
}

fn inputs(kind: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(kind)
        .join(target);
    std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .flatten()
        .map(|entry| entry.path())
        .collect()
}
