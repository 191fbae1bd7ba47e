//! `osaurus-bridge abi next DRAFT -o OUT`: drafts the version after the newest. Writes the spec
//! with the new functions at the end of the host's table, checks that nothing else changed,
//! generates the bindings, and runs the matrix with it: plugins of every version in a host of the
//! newest version and in one of the draft, so that its cost shows before it ships.

use super::diff_report::Report;
use super::sides::own_spec;
use crate::confinement;
use crate::failure::{Failure, OrFail};
use crate::terminal::{self, say};
use crate::{matrix as shown, progress};
use osaurus_abi_spec::diff::{Surface, diff};
use osaurus_abi_spec::draft::{Sources, draft};
use osaurus_abi_spec::model::{Since, Spec};
use osaurus_abi_spec::{layout, shipped};
use osaurus_conformance::matrix::{self, Entry, Grid, Runner, View};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `abi next`.
#[derive(clap::Args)]
pub struct Args {
    /// What the version adds: TOML with `doc` and [[slot]] tables as in the spec's host.toml
    draft: PathBuf,
    /// Folder to write the drafted spec (spec/), its bindings (generated/) and the C probes
    /// (probes/) to
    #[arg(long, short)]
    out: PathBuf,
    /// Folder of the spec to continue [default: the spec that this program was built with]
    #[arg(long)]
    spec: Option<PathBuf>,
    /// Probes to run, a JSON list as `make matrix` writes it [default: those in C, built with the
    /// drafted headers]
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs the command. The exit code is 1 when the draft breaks something.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let listed = args.list.as_deref().map(matrix::read_list).transpose();
    let listed = listed.or_fail("the matrix cannot run", "")?;
    let (old, sources) = before(args)?;
    let (sources, spec, version) = drafted(args, &old, &sources)?;
    let report = report(&old, &spec, version);
    check_append_only(&spec, &report)?;
    let generated = write(&args.out, sources, &spec)?;
    let plugins = listed.map_or_else(|| c_probes(&args.out), Ok)?;
    let grid = grid(args, &spec, version, &plugins)?;
    print(args, &report, generated, &spec, &grid);
    Ok(ExitCode::from(u8::from(!grid.differences().is_empty())))
}

fn before(args: &Args) -> Result<(Spec, Sources), Failure> {
    let Some(folder) = &args.spec else {
        return Ok((own_spec()?, osaurus_abi_spec::embedded()));
    };
    let fix = "name a folder like abi-spec/spec";
    let sources = osaurus_abi_spec::read_dir(folder).or_fail("cannot read the spec", fix)?;
    let spec = osaurus_abi_spec::load_sources(sources.clone());
    Ok((spec.or_fail("cannot use the spec", fix)?, sources))
}

fn drafted(args: &Args, old: &Spec, sources: &Sources) -> Result<(Sources, Spec, u32), Failure> {
    let file = args.draft.display();
    let text = std::fs::read_to_string(&args.draft).or_fail(
        format!("cannot read {file}"),
        "name a TOML file that says what the version adds",
    )?;
    let newest = old.versions.iter().map(|version| version.number).max();
    let (sources, version) = draft(sources, newest.unwrap_or(0), &text)
        .or_fail(file, "docs/abi-next.md shows a draft")?;
    match osaurus_abi_spec::load_sources(sources.clone()) {
        Ok(spec) => Ok((sources, spec, version)),
        Err(problems) => Err(refused(&args.out, sources, problems.to_string())),
    }
}

/// The places in the message are those of the spec with the draft in it, so that is written.
fn refused(out: &Path, sources: Sources, problems: String) -> Failure {
    let folder = out.join("spec");
    match write_all(&folder, sources) {
        Ok(()) => Failure::new(
            problems,
            format!("fix the draft; these files are in {}", folder.display()),
        ),
        Err(failure) => failure,
    }
}

fn report(old: &Spec, spec: &Spec, version: u32) -> Report {
    let changes = diff(&Surface::newest(old), &Surface::newest(spec));
    Report {
        old: format!("v{}", version - 1),
        new: format!("v{version} (draft)"),
        changes: changes.into_iter().map(|change| (change, None)).collect(),
    }
}

fn check_append_only(spec: &Spec, report: &Report) -> Result<(), Failure> {
    if let Some(first) = shipped::drift(spec).first() {
        return Err(Failure::new(
            format!("the draft changes what shipped: {first}"),
            "add at the end of the table only",
        ));
    }
    if report.breaks() {
        return Err(Failure::new(
            format!(
                "the draft breaks plugins that exist\n{}",
                report.text(false)
            ),
            "add at the end of the table only",
        ));
    }
    Ok(())
}

/// The spec and its bindings; how many files these are.
fn write(out: &Path, sources: Sources, spec: &Spec) -> Result<usize, Failure> {
    write_all(&out.join("spec"), sources)?;
    let bindings = osaurus_codegen::committed(spec).or_fail("cannot generate", "")?;
    let count = bindings.len();
    write_all(&out.join("generated"), bindings)?;
    Ok(count)
}

fn write_all(
    folder: &Path,
    files: impl IntoIterator<Item = (String, String)>,
) -> Result<(), Failure> {
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .or_fail(
                format!("cannot write {}", path.display()),
                "choose another --out",
            )?;
    }
    Ok(())
}

/// The probe in C for every version that shipped, built with the drafted headers, and the list of
/// them.
fn c_probes(out: &Path) -> Result<Vec<Entry>, Failure> {
    let folder = in_full(&out.join("probes"))?;
    let headers = in_full(&out.join("generated/codegen/generated/c"))?;
    let fix = "install a C compiler, or set CC, and jansson (Debian: gcc libjansson-dev, macOS: xcode-select --install \
               and brew install jansson); or name plugins with --list";
    let probes = matrix::build_c_probes(&headers, &folder, &[])
        .or_fail("cannot build the plugins to run", fix)?;
    let list =
        serde_json::to_string_pretty(&probes).or_fail("the list cannot be written as JSON", "")?;
    write_all(&folder, [("plugins.json".to_owned(), list)])?;
    Ok(probes)
}

/// The path as a process in another folder needs it; the folder is made where it is missing.
fn in_full(folder: &Path) -> Result<PathBuf, Failure> {
    let full = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
    full.or_fail(
        format!("cannot write {}", folder.display()),
        "choose another --out",
    )
}

fn grid(args: &Args, spec: &Spec, version: u32, plugins: &[Entry]) -> Result<Grid, Failure> {
    let mut runner = Runner::new(confinement::sandbox()?);
    runner.draft = Some(in_full(&args.out.join("spec"))?);
    let hosts = [version - 1, version].map(|version| version.to_string());
    let bar = progress::counter("processes");
    let tell = |ended: usize, all: usize| bar.update(ended, all);
    let grid = runner
        .grid_of(spec, plugins, &hosts, tell)
        .or_fail("the matrix stopped", "")?;
    bar.end();
    Ok(grid)
}

fn print(args: &Args, report: &Report, generated: usize, spec: &Spec, grid: &Grid) {
    let out = args.out.display();
    let newest = spec.versions.iter().map(|version| version.number).max();
    let version = newest.unwrap_or(0);
    let size = layout::host(spec, &Since::version(version)).map_or(0, |host| host.size);
    if args.json {
        let object = json!({
            "version": version,
            "host_table_size": size,
            "generated_files": generated,
            "diff": report.json(),
            "matrix": grid,
            "differences": grid.differences(),
        });
        terminal::data(&object);
        return;
    }
    terminal::report(&report.text(false));
    say!("\nwrote {out}/spec and {generated} files in {out}/generated");
    say!("the table of a host of version {version} has {size} bytes");
    shown::print(&View::from(grid));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draft_that_the_page_shows_makes_a_version() {
        let page = include_str!("../../../docs/abi-next.md");
        let text = page.split("```toml\n").nth(2).expect("the page's draft");
        let text = text.split("```").next().expect("its end");
        let (sources, version) = draft(&osaurus_abi_spec::embedded(), 6, text).expect("a draft");
        assert_eq!(version, 7);
        let spec = osaurus_abi_spec::load_sources(sources).expect("a spec");
        assert!(spec.record("HostTime").is_some() && spec.host.slot("host_time").is_some());
    }
}
