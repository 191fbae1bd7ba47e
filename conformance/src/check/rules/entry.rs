//! The first calls: entry points, tables, `init`, and what a plugin must not touch that early.

use super::Group;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::platform::{self, Part, Tripwire};
use crate::check::raw::{RawLibrary, RawPlugin};
use crate::check::tracked;
use osaurus_abi::{ENTRY_V1, ENTRY_V2, host_table_size};
use std::ptr::{null, null_mut};

pub(super) const RULES: Group = &[
    ("entry-symbol-exported", symbol_exported),
    ("entry-legacy-symbol", legacy_symbol),
    ("entry-null-host", null_host),
    ("entry-reads-host", entry_reads_host),
    ("init-reads-host", init_reads_host),
    ("entry-vanishing-table", vanishing_table),
    ("entry-reads-beyond-table", reads_beyond_table),
    ("slots-beyond-version", slots_beyond_version),
    ("entry-twice", entry_twice),
    ("table-required-slots", required_slots),
    ("table-version", table_version),
    ("table-pointers-executable", pointers_executable),
    ("manifest-null-ctx", manifest_null_ctx),
    ("init-returns-null", init_returns_null),
    ("manifest-stable", manifest_stable),
];

/// The table of `osaurus manifest extract` in March 2026.
const SHORTEST: usize = 56;

fn symbol_exported(case: &Case) -> Verdict {
    let library = case.open().map_err(|problem| match problem {
        Problem::Skipped(reason) => failed(reason),
        other => other,
    })?;
    if library.exports(ENTRY_V2) || library.exports(ENTRY_V1) {
        return Ok(());
    }
    Err(failed(format!(
        "the library exports neither {ENTRY_V2} nor {ENTRY_V1}"
    )))
}

fn legacy_symbol(case: &Case) -> Verdict {
    if case.open()?.exports(ENTRY_V1) {
        return Ok(());
    }
    Err(failed(format!(
        "the library exports {ENTRY_V2} and not {ENTRY_V1}"
    )))
}

fn null_host(case: &Case) -> Verdict {
    let library = with_host(case)?;
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

fn entry_reads_host(case: &Case) -> Verdict {
    let library = with_host(case)?;
    let table = trap(6, host_table_size(6), Part::Functions)?;
    arm(&table)?;
    // SAFETY: the table stays; reading a function of it is noted and goes on.
    unsafe { library.enter(table.as_ptr()) };
    untouched(&table, "the entry reads")
}

fn init_reads_host(case: &Case) -> Verdict {
    let table = trap(6, host_table_size(6), Part::Functions)?;
    load_by_hand(case, &table)?;
    untouched(&table, "`init`, `get_manifest` or `destroy` reads")
}

fn vanishing_table(case: &Case) -> Verdict {
    let table = trap(2, SHORTEST, Part::Everything)?;
    load_by_hand(case, &table)?;
    untouched(&table, "after the entry has returned, the plugin reads")
}

fn reads_beyond_table(case: &Case) -> Verdict {
    let library = with_host(case)?;
    for (version, size) in [
        (2, SHORTEST),
        (2, 128),
        (2, 136),
        (2, 168),
        (3, 176),
        (4, 184),
        (5, 192),
    ] {
        let table = trap(version, size, Part::Beyond)?;
        arm(&table)?;
        // SAFETY: the table stays; reading beyond it is noted and goes on.
        unsafe { library.enter(table.as_ptr()) };
        untouched(
            &table,
            &format!("of a table of version {version} with {size} bytes the entry reads"),
        )?;
    }
    Ok(())
}

/// A read beyond the end of the table ends the process: the parent says which slot it was.
fn slots_beyond_version(case: &Case) -> Verdict {
    with_host(case)?;
    for abi in ["2", "3", "4", "5"] {
        let loaded = case.load(HostOptions {
            abi: Some(abi),
            ..HostOptions::default()
        })?;
        loaded.exercise();
        loaded.unload();
    }
    Ok(())
}

fn entry_twice(case: &Case) -> Verdict {
    let library = with_host(case)?;
    let enter = |time: &str| {
        // SAFETY: NULL is a host that every plugin must accept.
        let plugin = unsafe { library.enter(null()) };
        plugin.ok_or_else(|| failed(format!("the {time} call of the entry returns NULL")))
    };
    let first = enter("first")?;
    let ctx = first
        .init()
        .ok_or_else(|| Problem::skipped("`init` returns NULL"))?;
    let second = enter("second")?;
    if second.manifest(ctx).is_none() {
        return Err(failed("the table of the second entry has no manifest"));
    }
    second.destroy(ctx);
    Ok(())
}

fn required_slots(case: &Case) -> Verdict {
    let api = entered(case)?.api;
    let required = [
        ("free_string", api.free_string.is_none()),
        ("init", api.init.is_none()),
        ("destroy", api.destroy.is_none()),
        ("get_manifest", api.get_manifest.is_none()),
        ("invoke", api.invoke.is_none()),
    ];
    let missing = required.iter().filter(|(_, missing)| *missing);
    verdict(
        missing.map(|(name, _)| Evidence::new(format!("`{name}` is NULL in the plugin's table"))),
    )
}

fn table_version(case: &Case) -> Verdict {
    with_host(case)?;
    let version = entered(case)?.api.version;
    if (2..=osaurus_abi::ABI_VERSION_LATEST).contains(&version) {
        return Ok(());
    }
    Err(failed(format!(
        "the table says version {version}; expected 2 to {}",
        osaurus_abi::ABI_VERSION_LATEST
    )))
}

fn pointers_executable(case: &Case) -> Verdict {
    let api = entered(case)?.api;
    let functions = [
        ("free_string", api.free_string.map_or(0, |f| f as usize)),
        ("init", api.init.map_or(0, |f| f as usize)),
        ("destroy", api.destroy.map_or(0, |f| f as usize)),
        ("get_manifest", api.get_manifest.map_or(0, |f| f as usize)),
        ("invoke", api.invoke.map_or(0, |f| f as usize)),
        ("handle_route", api.handle_route.map_or(0, |f| f as usize)),
        (
            "on_config_changed",
            api.on_config_changed.map_or(0, |f| f as usize),
        ),
        ("on_task_event", api.on_task_event.map_or(0, |f| f as usize)),
    ];
    let wild = functions
        .iter()
        .filter(|(_, address)| *address != 0 && !platform::is_code(*address));
    verdict(wild.map(|(name, address)| {
        let what = format!("`{name}` points to {address:#x}, where there is no code");
        Evidence::new(what).bytes(address.to_ne_bytes())
    }))
}

fn manifest_null_ctx(case: &Case) -> Verdict {
    let plugin = entered(case)?;
    let ctx = plugin
        .init()
        .ok_or_else(|| Problem::skipped("`init` returns NULL"))?;
    let manifest = plugin.manifest(null_mut());
    plugin.destroy(null_mut());
    plugin.destroy(ctx);
    match manifest {
        Some(_) => Ok(()),
        None => Err(failed("get_manifest(NULL) returns NULL")),
    }
}

fn init_returns_null(case: &Case) -> Verdict {
    match entered(case)?.init() {
        Some(_) => Ok(()),
        None => Err(failed("`init` returns NULL")),
    }
}

fn manifest_stable(case: &Case) -> Verdict {
    let by_hand = case.start_by_hand(None)?;
    let get = || by_hand.plugin.manifest(by_hand.ctx).unwrap_or_default();
    let first = get();
    let again = get();
    by_hand.call_tools(case);
    let later = get();
    let elsewhere = serde_json::from_slice(&first).ok().as_ref() == Some(case.manifest_json()?);
    let differences = [
        (
            first != again,
            "called twice, get_manifest returns two strings",
            again,
        ),
        (
            first != later,
            "after tool calls get_manifest returns another text",
            later,
        ),
        (
            !elsewhere,
            "in another process get_manifest returns another text",
            first.clone(),
        ),
    ];
    let differing = differences.into_iter().filter(|(differs, _, _)| *differs);
    verdict(differing.map(|(_, what, bytes)| {
        let at = first.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
        let from = at.saturating_sub(30).min(bytes.len());
        Evidence::new(format!("{what}; they differ at byte {at}")).bytes(&bytes[from..])
    }))
}

/// The library, if it takes a host table.
fn with_host(case: &Case) -> Result<RawLibrary, Problem> {
    let library = case.open()?;
    if library.exports(ENTRY_V2) {
        return Ok(library);
    }
    Err(Problem::skipped(
        "it has the version 1 entry only, which gets no host table",
    ))
}

/// The plugin's table from the entry that a host would call.
fn entered(case: &Case) -> Result<RawPlugin, Problem> {
    let library = case.open()?;
    let table = trap(6, host_table_size(6), Part::Beyond)?;
    // SAFETY: a whole table of the newest version, which stays.
    let plugin = unsafe { library.enter(table.as_ptr()) };
    let plugin = plugin.or_else(|| library.enter_v1());
    plugin.ok_or_else(|| failed("the entry returns NULL"))
}

/// Entry with the table as it is, then the rest of loading and the end with the trap armed.
fn load_by_hand(case: &Case, table: &Tripwire) -> Verdict {
    let library = with_host(case)?;
    // SAFETY: the table stays; what the rule forbids is noted and goes on.
    let plugin = unsafe { library.enter(table.as_ptr()) };
    let plugin = plugin.ok_or_else(|| failed("the entry returns NULL"))?;
    arm(table)?;
    let Some(ctx) = plugin.init() else {
        return untouched(table, "`init` reads");
    };
    plugin.manifest(ctx);
    plugin.destroy(ctx);
    Ok(())
}

fn trap(version: u32, size: usize, part: Part) -> Result<Tripwire, Problem> {
    Tripwire::around(&tracked::host_table(version), size, part)
        .map_err(|error| Problem::skipped(format!("no memory for a host table: {error}")))
}

fn arm(table: &Tripwire) -> Verdict {
    table
        .arm()
        .map_err(|error| Problem::skipped(format!("the host table cannot be protected: {error}")))
}

fn untouched(table: &Tripwire, what: &str) -> Verdict {
    match table.touched() {
        None => Ok(()),
        Some(offset) => {
            let slot = platform::slot_at(offset);
            Err(failed(format!(
                "{what} byte {offset} of the host table: {slot}"
            )))
        }
    }
}

fn failed(what: impl Into<String>) -> Problem {
    Problem::failed(Evidence::new(what))
}
