//! The documents that the program can write and explain: the reference of the ABI spec and the pages
//! of the checker's rules. For `gen` and `explain`.

use crate::failure::{Failure, OrFail};
use include_dir::{Dir, include_dir};
use osaurus_abi_spec::model::Spec;
use osaurus_codegen::Files;
use osaurus_conformance::check::catalogue;
use osaurus_conformance::check::report::page;

/// A plugin for each rule that breaks it.
static ZOO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../tests/zoo");

/// The spec inside the program.
pub fn spec() -> Result<Spec, Failure> {
    osaurus_abi_spec::load().map_err(|problems| {
        Failure::new(
            format!("the ABI spec has problems:\n{problems}"),
            "fix the lines named above",
        )
    })
}

/// Every page by its path below `docs/`.
pub fn pages(spec: &Spec) -> Result<Files, Failure> {
    let rules = page::pages(catalogue(), example);
    osaurus_codegen::documents(spec, rules).or_fail("cannot generate the documents", "")
}

fn example(rule: &str) -> Option<&'static str> {
    ZOO.get_file(format!("{rule}.c"))?.contents_utf8()
}
