//! `osaurus-bridge abi next DRAFT -o OUT`: drafts the version after the newest. Writes the spec with the new functions at
//! the end of the host's table, checks that nothing else changed, generates the bindings, and runs plugins built for
//! every version in a host of the draft, so that its cost shows before it ships.

use super::diff_report::Report;
use super::sides::own_spec;
use crate::failure::{Failure, OrFail};
use crate::progress;
use osaurus_abi_spec::diff::{Surface, diff};
use osaurus_abi_spec::draft::{Sources, draft};
use osaurus_abi_spec::model::{Since, Spec};
use osaurus_abi_spec::{layout, shipped};
use osaurus_conformance::trial::{self, Candidate, Draft, Tried};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `abi next`.
#[derive(clap::Args)]
pub struct Args {
    /// What the version adds: TOML with `doc` and [[slot]] tables as in the spec's host.toml
    draft: PathBuf,
    /// Folder to write the drafted spec (spec/) and its bindings (generated/) to
    #[arg(long, short)]
    out: PathBuf,
    /// Folder of the spec to continue [default: the spec that this program was built with]
    #[arg(long)]
    spec: Option<PathBuf>,
    /// Plugin libraries to try beside the C probes for every version
    #[arg(long = "plugin", value_name = "LIBRARY")]
    plugins: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of the child process that tries one plugin; `next` gives them.
#[derive(clap::Args)]
pub struct TrialArgs {
    library: PathBuf,
    abi: u32,
    host_table_size: usize,
}

/// Loads a plugin in this process and prints what it did.
pub fn report_trial(args: &TrialArgs) -> ExitCode {
    let host = Draft {
        version: args.abi,
        host_table_size: args.host_table_size,
    };
    trial::report(&args.library, host);
    ExitCode::SUCCESS
}

/// Runs the command. The exit code is 1 when the draft breaks something.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (old, sources) = before(args)?;
    let (sources, spec, draft) = drafted(args, &old, &sources)?;
    let changes = diff(&Surface::newest(&old), &Surface::newest(&spec));
    let report = Report {
        old: format!("v{}", draft.version - 1),
        new: format!("v{} (draft)", draft.version),
        changes: changes.into_iter().map(|change| (change, None)).collect(),
    };
    check_append_only(&spec, &report)?;
    write_all(&args.out.join("spec"), sources)?;
    let bindings = osaurus_codegen::committed(&spec).or_fail("cannot generate", "")?;
    let generated = bindings.len();
    write_all(&args.out.join("generated"), bindings)?;
    let tried = progress::during("plugins of every version run with the draft", || {
        try_plugins(args, &spec, draft)
    })?;
    print(args, &report, generated, draft, &tried);
    Ok(ExitCode::from(u8::from(!tried.iter().all(Tried::is_same))))
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

fn drafted(args: &Args, old: &Spec, sources: &Sources) -> Result<(Sources, Spec, Draft), Failure> {
    let file = args.draft.display();
    let text = std::fs::read_to_string(&args.draft).or_fail(
        format!("cannot read {file}"),
        "name a TOML file that says what the version adds",
    )?;
    let newest = old.versions.iter().map(|version| version.number).max();
    let (sources, version) = draft(sources, newest.unwrap_or(0), &text)
        .or_fail(file, "docs/abi-next.md shows a draft")?;
    let spec = osaurus_abi_spec::load_sources(sources.clone())
        .map_err(|problems| Failure::new(problems.to_string(), "mend the draft"))?;
    let host = layout::host(&spec, &Since::version(version));
    let draft = Draft {
        version,
        host_table_size: host.map_or(0, |host| host.size),
    };
    Ok((sources, spec, draft))
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

/// Everything that is run with a draft is run here.
fn try_plugins(args: &Args, spec: &Spec, draft: Draft) -> Result<Vec<Tried>, Failure> {
    let folder = tempfile::tempdir().or_fail("cannot make a temporary folder", "")?;
    let mut candidates = Vec::new();
    for version in &spec.versions {
        let number = version.number;
        let headers = format!("generated/codegen/generated/c/v{number}");
        let built = trial::build(number, &args.out.join(headers), folder.path());
        let fix = "install a C compiler (Debian: gcc, macOS: xcode-select --install), or set CC";
        candidates.push(built.or_fail("cannot build a plugin to try", fix)?);
    }
    candidates.extend(args.plugins.iter().map(|library| Candidate {
        name: library.display().to_string(),
        library: library.clone(),
    }));
    let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
    let tried = trial::try_all(&program, &["trial".into()], &candidates, draft);
    tried.or_fail("cannot try plugins in processes of their own", "")
}

fn print(args: &Args, report: &Report, generated: usize, draft: Draft, tried: &[Tried]) {
    let out = args.out.display();
    let (version, size) = (draft.version, draft.host_table_size);
    if args.json {
        let object = json!({
            "version": version,
            "host_table_size": size,
            "generated_files": generated,
            "diff": report.json(),
            "plugins": tried,
            "same": tried.iter().all(Tried::is_same),
        });
        println!("{object}");
        return;
    }
    print!("{}", report.text(false));
    println!("\nwrote {out}/spec and {generated} files in {out}/generated");
    println!("\nplugins in a host of version {version}, whose table has {size} bytes");
    for one in tried {
        println!("  {}", line(one));
    }
}

fn line(tried: &Tried) -> String {
    if tried.is_same() {
        return format!("{}: as in the newest host", tried.name);
    }
    if let Some(failed) = tried.draft.failed.as_ref().or(tried.newest.failed.as_ref()) {
        return format!("{}: {failed}", tried.name);
    }
    let both = tried.newest.tools.iter().zip(&tried.draft.tools);
    let mut differing = both.filter(|(newest, draft)| newest != draft);
    let (newest, draft) = differing.next().map_or(("", ""), |(a, b)| (a, b));
    format!("{}: was `{newest}` and is `{draft}`", tried.name)
}
