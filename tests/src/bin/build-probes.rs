//! Builds the matrix's probes and writes their list: `build-probes FOLDER`. Called by `make
//! matrix`.

use std::path::PathBuf;

fn main() {
    let folder = std::env::args_os()
        .nth(1)
        .expect("usage: build-probes FOLDER");
    let folder = std::path::absolute(PathBuf::from(folder)).expect("a folder");
    let entries = osaurus_bridge_tests::probes::build(&folder);
    let list = serde_json::to_string_pretty(&entries).expect("a list is JSON");
    std::fs::write(folder.join("plugins.json"), list).expect("a written list");
}
