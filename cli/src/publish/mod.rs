//! `osaurus-bridge publish`: what the registry wants of a plugin, made from its archive and its
//! signature: the entry for `plugins/<plugin id>.json`, and a workflow for GitHub that makes all of
//! it again at each release. Sends nothing.

mod entry;
mod workflow;

use crate::build::shown;
use crate::failure::{Failure, OrFail};
use crate::package::{self, Package};
use crate::parts::Target;
use crate::project::Project;
use crate::project::documents::document;
use crate::sign::code::CodeSigning;
use crate::sign::minisign::{self, KeyFile};
use crate::sign::{read, signature_path};
use crate::terminal::say;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `publish`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    #[command(flatten)]
    key: KeyFile,
    #[command(flatten)]
    code: CodeSigning,
    /// Where the archive will be: an https address, with {version} and {file} filled in
    #[arg(long, required_unless_present = "workflow")]
    url: Option<String>,
    /// The entry that the registry has of the plugin; its older versions stay
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// What is new in this version
    #[arg(long)]
    notes: Option<String>,
    /// The day of the release [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Write .github/workflows/release.yml, which publishes each tag, and nothing else
    #[arg(long, conflicts_with_all = ["url", "path", "entry", "notes", "date"])]
    workflow: bool,
    /// Folder for what is written, relative to the project
    #[arg(long, default_value = "dist")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let project = Project::read(&args.project)?;
    if args.workflow {
        let path = workflow::write(&project)?;
        say!("wrote {}", shown(&path).display());
        say!("{}", workflow::NEXT);
        return Ok(ExitCode::SUCCESS);
    }
    let key = args.key.read()?;
    let out = project.folder.join(&args.out);
    let package = package::package(&project, Target::MacosArm64, &args.code, &out)?;
    let name = package.identity.archive_name();
    let signature = key.sign(
        &read(&package.archive)?,
        &minisign::trusted_comment(&name),
        minisign::UNTRUSTED_COMMENT,
    )?;
    write(&signature_path(&package.archive), signature.as_bytes())?;
    let entry = entry(args, &project, &package, &key.public_key(), &signature)?;
    let path = out.join(format!("{}.json", package.identity.id));
    write(&path, format!("{entry:#}\n").as_bytes())?;
    for path in [&package.archive, &signature_path(&package.archive), &path] {
        say!("wrote {}", shown(path).display());
    }
    say!(
        "next: upload the archive to {}, then open a pull request to osaurus-ai/osaurus-tools with \
         the entry as plugins/{}.json",
        entry["versions"][0]["artifacts"][0]["url"]
            .as_str()
            .unwrap_or("-"),
        package.identity.id
    );
    Ok(ExitCode::SUCCESS)
}

fn entry(
    args: &Args,
    project: &Project,
    package: &Package,
    key: &str,
    signature: &str,
) -> Result<serde_json::Value, Failure> {
    let old = args.entry.as_deref().map(read_entry).transpose()?;
    let release = entry::Release {
        version: package.identity.version.clone(),
        date: args.date.clone().map_or_else(today, Ok)?,
        notes: args.notes.clone(),
        url: url(args, package),
        sha256: package.sha256.clone(),
        size: package.bytes,
        signature: signature.to_string(),
        key: key.to_string(),
    };
    let documents = entry::Documents {
        skill: text(project, "SKILL.md")?,
        readme: document(&project.folder, "README.md").is_some(),
        changelog: document(&project.folder, "CHANGELOG.md").is_some(),
    };
    let entry = entry::make(&package.manifest, &documents, &release, old)?;
    entry::check(&package.manifest, &entry)?;
    Ok(entry)
}

fn url(args: &Args, package: &Package) -> String {
    let url = args.url.clone().unwrap_or_default();
    url.replace("{version}", &package.identity.version.to_string())
        .replace("{file}", &package.identity.archive_name())
}

fn read_entry(path: &Path) -> Result<serde_json::Value, Failure> {
    let text =
        std::fs::read(path).or_fail(format!("cannot read {}", path.display()), "check the name")?;
    serde_json::from_slice(&text).or_fail(
        format!("{} is not JSON", path.display()),
        "take the registry's own file",
    )
}

fn text(project: &Project, name: &str) -> Result<Option<String>, Failure> {
    let path = document(&project.folder, name);
    let text = path.map(|path| {
        std::fs::read_to_string(&path).or_fail(
            format!("cannot read {}", path.display()),
            "write it in UTF-8",
        )
    });
    text.transpose()
}

/// The day by UTC.
fn today() -> Result<String, Failure> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let days = now
        .or_fail("the clock is before 1970", "name the day with --date")?
        .as_secs()
        / 86_400;
    Ok(day(days))
}

/// A day counted from 1970 on, in the calendar's own arithmetic: years that begin in March.
fn day(days: u64) -> String {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).or_fail(
        format!("cannot write {}", path.display()),
        "check the folder's permissions and free space",
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, date) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (20_788, "2026-12-01"),
            (47_540, "2100-02-28"),
        ] {
            assert_eq!(super::day(days), date);
        }
    }
}
