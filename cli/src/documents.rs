//! The documents that the program can write and explain: the reference of the ABI spec, the pages of
//! the checker's rules and that of the bridge's own errors. For `gen` and `explain`.

use crate::failure::{Failure, OrFail};
use crate::own_errors;
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
    let mut others = page::pages(catalogue(), example);
    others.insert(own_errors::PAGE.to_owned(), own_errors::page()?);
    osaurus_codegen::documents(spec, others).or_fail("cannot generate the documents", "")
}

fn example(rule: &str) -> Option<&'static str> {
    ZOO.get_file(format!("{rule}.c"))?.contents_utf8()
}
