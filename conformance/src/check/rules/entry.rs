//! The first calls: entry points, tables, `init`, and what a plugin must not touch that early.

use super::Group;
use crate::check::case::Case;
use crate::check::evidence::Evidence;
use crate::check::outcome::{Problem, Verdict};
use osaurus_abi::{ENTRY_V1, ENTRY_V2};
use std::ptr::null;

pub(super) const RULES: Group = &[
    ("entry-symbol-exported", symbol_exported),
    ("entry-null-host", null_host),
];

fn symbol_exported(case: &Case) -> Verdict {
    let library = case.open().map_err(|problem| match problem {
        Problem::Skipped(reason) => Problem::failed(Evidence::new(reason)),
        other => other,
    })?;
    if library.exports(ENTRY_V2) || library.exports(ENTRY_V1) {
        return Ok(());
    }
    let what = format!("the library exports neither {ENTRY_V2} nor {ENTRY_V1}");
    Err(Problem::failed(Evidence::new(what)))
}

fn null_host(case: &Case) -> Verdict {
    let library = case.open()?;
    if !library.exports(ENTRY_V2) {
        return Err(Problem::skipped("it has no version 2 entry"));
    }
    // SAFETY: NULL is what the rule is about.
    let plugin = unsafe { library.enter(null()) };
    let plugin = plugin.ok_or_else(|| failed("without a host the entry returns NULL"))?;
    let ctx = plugin.init();
    let ctx = ctx.ok_or_else(|| failed("without a host `init` returns NULL"))?;
    if plugin.manifest(ctx).is_none() {
        return Err(failed("without a host `get_manifest` returns NULL"));
    }
    plugin.destroy(ctx);
    Ok(())
}

fn failed(what: &str) -> Problem {
    Problem::failed(Evidence::new(what))
}
