//! The behaviour table's probes, built for every version that each language has, as a list for the
//! matrix. A new language is one more function here. Used by `tests/matrix.rs` and by the program
//! `build-probes` (`make matrix`).

mod native;
mod scripts;

use osaurus_conformance::matrix::Entry;
use std::path::Path;

/// Builds all probes into a folder.
///
/// # Panics
/// When a build fails; its text is in the panic.
pub fn build(folder: &Path) -> Vec<Entry> {
    std::fs::create_dir_all(folder).expect("a folder for the probes");
    let columns = [
        native::c,
        native::cpp,
        native::rust,
        native::swift,
        scripts::python,
        scripts::typescript,
    ];
    columns.iter().flat_map(|column| column(folder)).collect()
}

/// Those in C alone.
///
/// # Panics
/// As [`build`].
pub fn build_c(folder: &Path) -> Vec<Entry> {
    native::c(folder)
}
