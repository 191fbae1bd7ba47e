//! `osaurus-bridge package`: one archive that Osaurus installs, with the plugin's library, its
//! pages and documents and nothing else. It is judged by the rules of `verify` before it is
//! written.

mod archive;
mod bundled_manifest;
pub mod code_signature;
pub mod contents;
pub mod examine;
pub mod identity;
pub mod layout;
pub mod problem;
mod write;

use crate::build;
use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::progress;
use crate::project::Project;
use crate::sign::code::CodeSigning;
use crate::terminal::{self, say};
use identity::Identity;
use osaurus_payload::Mode;
use problem::{Problem, refuse};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What Osaurus runs on.
const USERS: Target = Target::MacosArm64;

/// Arguments of `package`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// What to build for
    #[arg(long, value_enum, default_value = "macos-arm64")]
    target: Target,
    /// Override the project's mode
    #[arg(long)]
    mode: Option<Mode>,
    #[command(flatten)]
    code: CodeSigning,
    /// Folder for the archive, relative to the project [default: dist, or dist/TARGET for other
    /// targets than macos-arm64]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// An archive that was written.
pub struct Package {
    /// Its file.
    pub archive: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its checksum.
    pub sha256: String,
    /// Which plugin it is.
    pub identity: Identity,
    /// What its interpreter is and weighs, where the plugin brings one.
    pub interpreter: Option<String>,
    /// The names of its files.
    pub files: Vec<String>,
    /// The plugin's manifest.
    pub manifest: serde_json::Value,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut project = Project::read(&args.project)?;
    project.mode = args.mode.unwrap_or(project.mode);
    let out = args.out.clone().unwrap_or_else(|| default_out(args.target));
    let package = package(&project, args.target, &args.code, &project.folder.join(out))?;
    if args.json {
        terminal::data(package.to_json(args.target));
    } else {
        package.print();
    }
    Ok(ExitCode::SUCCESS)
}

fn default_out(target: Target) -> PathBuf {
    match target {
        USERS => "dist".into(),
        other => Path::new("dist").join(other.name()),
    }
}

/// Builds a project's library for `target` and writes its archive into `out`.
pub fn package(
    project: &Project,
    target: Target,
    code: &CodeSigning,
    out: &Path,
) -> Result<Package, Failure> {
    parts::shim(target).map_err(|missing| missing.or_try(&other_targets()))?;
    let identity = identity(project)?;
    let library = build::build(
        project,
        target,
        &project.folder.join(build::default_out(target)),
    )?;
    library.remarks.print();
    code.sign(&library.library)?;
    let files = contents::collect(project, &library)?;
    let bytes = progress::during("packing", || write::archive(&files)).or_fail(
        "cannot pack the archive",
        "check the names and sizes of its files",
    )?;
    let name = identity.archive_name();
    judge(&name, &bytes, target)?;
    let archive = out.join(&name);
    build::make(out.to_path_buf())?;
    build::replace_file(&archive, &bytes, 0o644)?;
    Ok(Package {
        archive,
        bytes: bytes.len() as u64,
        sha256: examine::sha256(&bytes),
        identity,
        interpreter: library.describe_interpreter(project),
        files: files.into_iter().map(|file| file.name).collect(),
        manifest: library.manifest,
    })
}

/// What else can be packed here.
fn other_targets() -> String {
    let names: Vec<&str> = parts::present().into_iter().map(Target::name).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "or pack for another target with --target {}",
            names.join(" or ")
        ),
    }
}

fn identity(project: &Project) -> Result<Identity, Failure> {
    let version = semver::Version::parse(&project.version).or_fail(
        format!(
            "the version {:?} is not one that Osaurus reads",
            project.version
        ),
        "write three numbers joined by points, such as 1.4.0",
    )?;
    Ok(Identity {
        id: project.id.clone(),
        version,
    })
}

/// Every rule holds for an archive of ours, those that only cost something too.
fn judge(name: &str, bytes: &[u8], target: Target) -> Result<(), Failure> {
    let stage =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let examined = examine::open_archive(name, bytes, stage.path())
        .and_then(|opened| examine::examine(&opened));
    let problems = match examined {
        Ok(examined) => examined.problems,
        Err(problem) => vec![problem],
    };
    let matters = |problem: &Problem| target == USERS || problem.rule != "library-platform";
    let problems = problems.into_iter().filter(matters).map(|problem| Problem {
        fatal: true,
        ..problem
    });
    refuse(
        &format!("{name} was not written, because it would not install as it should"),
        &problems.collect::<Vec<_>>(),
        "correct what is named and pack again; osaurus-bridge explain RULE says more",
    )
}

impl Package {
    fn to_json(&self, target: Target) -> serde_json::Value {
        serde_json::json!({
            "archive": self.archive, "bytes": self.bytes, "sha256": self.sha256, "target": target.name(),
            "plugin_id": self.identity.id, "version": self.identity.version.to_string(), "files": self.files,
        })
    }

    fn print(&self) {
        let archive = build::shown(&self.archive);
        say!(
            "packed {} {}: {:.2} MB",
            self.identity.id,
            self.identity.version,
            self.bytes as f64 / 1e6
        );
        say!("  {}", archive.display());
        say!("  {}", self.files.join(", "));
        if let Some(interpreter) = &self.interpreter {
            say!("  {interpreter}");
        }
        say!(
            "next: osaurus-bridge install {} --consent",
            archive.display()
        );
    }
}
