//! `osaurus-bridge abi verify HEADER`: does a header lay the tables out as the ABI has them? Exits
//! with 0 when it does, with 1 when it does not, with 2 when that could not be found out.

use super::compiler::{self, Measured};
use super::report::{Report, TableReport};
use crate::failure::{Failure, OrFail};
use osaurus_abi_spec::compare::{self, Comparison};
use osaurus_abi_spec::model::{Since, Spec};
use std::path::PathBuf;
use std::process::ExitCode;

const NOT_CHECKED: u8 = 2;

/// Arguments of `abi verify`.
#[derive(clap::Args)]
pub struct Args {
    /// The C header: Osaurus' own, your mirror of it, a generated one
    header: PathBuf,
    /// ABI version to compare with, 1 to 6 or 2a to 2e; without it, the newest that the header
    /// speaks of
    #[arg(long)]
    abi: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    match check(args) {
        Ok(report) => {
            report.print(args.json);
            ExitCode::from(u8::from(!report.matches()))
        }
        Err(failure) => {
            failure.print(args.json);
            ExitCode::from(NOT_CHECKED)
        }
    }
}

fn check(args: &Args) -> Result<Report, Failure> {
    let spec = osaurus_abi_spec::load().map_err(|problems| {
        Failure::new(
            format!("the ABI spec has problems:\n{problems}"),
            "fix the lines named above",
        )
    })?;
    let version = args
        .abi
        .as_deref()
        .map(|text| level(&spec, text))
        .transpose()?;
    let measured = compiler::measure(&spec, &args.header)?;
    let level = version.unwrap_or_else(|| newest_mentioned(&spec, &measured));
    let tables = measured.tables.iter().filter_map(|found| {
        let comparison: Comparison = compare::compare(&spec, &level, found)?;
        Some(TableReport {
            found: found.clone(),
            comparison,
        })
    });
    Ok(Report {
        header: args.header.display().to_string(),
        abi: compare::level_text(&level),
        tables: tables.collect(),
        constants: wrong_constants(&spec, &measured),
        absent: absent(&spec, &level, &measured),
    })
}

/// A level that the spec has.
fn level(spec: &Spec, text: &str) -> Result<Since, Failure> {
    let fix = "pass --abi with 1 to 6, or with 2a to 2e for a revision of version 2";
    let level: Since = text.parse().or_fail(format!("--abi {text}"), fix)?;
    match spec.version(level.version) {
        Some(_) => Ok(level),
        None => Err(Failure::new(
            format!("--abi {text}: the spec has no such version"),
            fix,
        )),
    }
}

/// The newest version whose constant the header defines, or whose function it has.
pub(super) fn newest_mentioned(spec: &Spec, measured: &Measured) -> Since {
    let by_constant = |number: u32| {
        measured
            .constants
            .contains_key(&format!("OSR_ABI_VERSION_{number}"))
    };
    let has = |name: &str| {
        let mut members = measured.tables.iter().flat_map(|table| &table.members);
        members.any(|member| member.name == name)
    };
    let versions = spec.versions.iter().map(|version| version.number);
    let constants = versions.filter(|number| by_constant(*number)).max();
    let slots = spec
        .host_slots()
        .filter(|slot| has(&slot.name) && slot.name != "free_string");
    let frees_in_host = measured.tables.iter().any(|table| {
        table.c_name == spec.host.c_name && table.members.iter().any(|m| m.name == "free_string")
    });
    let own_free = spec.host.slot("free_string").filter(|_| frees_in_host);
    let by_slot = slots.chain(own_free).map(|slot| slot.since.version).max();
    Since::version(constants.max(by_slot).unwrap_or(1))
}

fn wrong_constants(spec: &Spec, measured: &Measured) -> Vec<String> {
    let items = spec.constants.iter().flat_map(|group| &group.items);
    let constants = compiler::constant_names(spec).zip(items);
    constants
        .filter_map(|(name, item)| {
            let value = measured.constants.get(&name)?;
            (*value != item.value).then(|| format!("{name} is {value}, must be {}", item.value))
        })
        .collect()
}

fn absent(spec: &Spec, level: &Since, measured: &Measured) -> Vec<String> {
    let host = (level.version >= 2).then_some(&spec.host.c_name);
    let names = host.into_iter().chain([&spec.plugin.c_name]);
    let missing = names.filter(|name| !measured.tables.iter().any(|table| table.c_name == **name));
    missing.cloned().collect()
}
