//! `osaurus-bridge install`: puts a package into a folder of plugins, as Osaurus would. Nothing of
//! the package runs.

pub mod folder;
pub mod list;
pub mod place;
pub mod uninstall;

use crate::failure::{Failure, OrFail};
use crate::package::examine::{self, Examined};
use crate::package::problem::refuse;
use crate::parts::Target;
use crate::terminal::say;
use folder::DataFolder;
use osaurus_reference_host::installed::CONSENT;
use place::Installer;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `install`.
#[derive(clap::Args)]
pub struct Args {
    /// An archive named <plugin id>-<version>.zip, or a folder with the files of one
    package: PathBuf,
    #[command(flatten)]
    place: DataFolder,
    /// Say that you approve of the plugin; hosts load no other
    #[arg(long)]
    consent: bool,
    /// Install as from the registry: the library, web, skills, README and CHANGELOG are kept, and
    /// it is approved
    #[arg(long, conflicts_with = "consent")]
    as_registry: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let tools = args.place.tools()?;
    std::fs::create_dir_all(&tools).or_fail(
        format!("cannot create {}", tools.display()),
        "name another folder with --data",
    )?;
    // On the disk of the plugins, so that a package is moved in at once or not at all.
    let stage = tempfile::Builder::new()
        .prefix(".installing-")
        .tempdir_in(&tools)
        .or_fail(
            format!("cannot write in {}", tools.display()),
            "check its permissions",
        )?;
    let payload = stage.path().join("package");
    std::fs::create_dir(&payload).or_fail("cannot create a folder", "free some disk space")?;
    let refused = format!("{} is not installed", args.package.display());
    let fix = "osaurus-bridge verify says everything that is wrong with it";
    let opened = examine::open(&args.package, &payload);
    let examined = opened
        .as_ref()
        .map_err(Clone::clone)
        .and_then(examine::examine);
    let (opened, examined) = match (opened, examined) {
        (Ok(opened), Ok(examined)) => (opened, examined),
        (Err(problem), _) | (_, Err(problem)) => {
            return refuse(&refused, &[problem], fix).map(|()| ExitCode::FAILURE);
        }
    };
    refuse(&refused, &examined.problems, fix)?;
    let plugin = tools.join(&opened.identity.id);
    let had_consent = plugin
        .join(opened.identity.version.to_string())
        .join(CONSENT)
        .exists();
    let folder = place::place(
        &opened,
        &examined,
        &args.package,
        &tools,
        stage.path(),
        args.installer(),
    )?;
    let report = Report {
        id: opened.identity.id.clone(),
        version: opened.identity.version.to_string(),
        approved: folder.join(CONSENT).exists(),
        had_consent,
        folder,
    };
    report.print(args, &examined);
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn installer(&self) -> Installer {
        match self.as_registry {
            true => Installer::Registry,
            false => Installer::ByHand {
                consent: self.consent,
            },
        }
    }
}

struct Report {
    id: String,
    version: String,
    folder: PathBuf,
    approved: bool,
    had_consent: bool,
}

impl Report {
    fn print(&self, args: &Args, examined: &Examined) {
        let warnings: Vec<String> = examined
            .problems
            .iter()
            .map(|problem| problem.line())
            .collect();
        if args.json {
            say!(
                "{}",
                serde_json::json!({
                    "plugin_id": self.id, "version": self.version, "folder": self.folder, "approved": self.approved,
                    "warnings": warnings,
                })
            );
            return;
        }
        say!("installed {} {}", self.id, self.version);
        say!("  {}", self.folder.display());
        for warning in warnings {
            say!("{warning}");
        }
        if let Some(note) = other_machine(&examined.targets) {
            say!("{note}");
        }
        if self.approved {
            say!("next: {}", args.place.next());
            return;
        }
        if self.had_consent {
            say!("the approval of the version that was replaced is gone with it");
        }
        say!(
            "not approved yet, so hosts do not load it; to approve: osaurus-bridge install {}{} \
             --consent",
            args.package.display(),
            args.place.words()
        );
    }
}

/// Libraries for another machine are installed all the same, as the folder may be one's own
/// elsewhere.
fn other_machine(targets: &[Target]) -> Option<String> {
    let here = Target::here().ok()?;
    let names: Vec<&str> = targets.iter().copied().map(Target::name).collect();
    let (other, here_name) = (names.join(" and "), here.name());
    (!targets.contains(&here)).then(|| {
        format!(
            "the library is for {other}: hosts on this machine ({here_name}) cannot load it; to try it here, \
             osaurus-bridge package --target {here_name}"
        )
    })
}
