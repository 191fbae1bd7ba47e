//! `osaurus-bridge cache`: how big the cache is, and its removal. What is in it is known by the
//! crate `osaurus-payload`.

use crate::failure::{Failure, OrFail};
use crate::terminal::{self, say};
use osaurus_payload::contents::{self, Cleaned, Kind, Part};
use osaurus_shim::platform::cache_root;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Arguments of `cache`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say where the cache is and how much of what it holds (what `cache` alone does, too)
    Show,
    /// Remove everything but what running plugins use; they unpack their files again when they are
    /// called
    Clean,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let root = cache_root();
    match args.command {
        None | Some(Command::Show) => show(&Usage::of(&root), args.json),
        Some(Command::Clean) => clean(&root, args.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How much of what is in the cache.
pub struct Usage {
    folder: String,
    kinds: BTreeMap<Kind, (usize, u64)>,
}

impl Usage {
    /// Of the cache in that folder.
    pub fn of(root: &Path) -> Usage {
        let mut kinds: BTreeMap<Kind, (usize, u64)> = BTreeMap::new();
        for part in contents::contents(root) {
            let (count, bytes) = kinds.entry(part.kind).or_default();
            (*count, *bytes) = (*count + 1, *bytes + part.bytes);
        }
        let folder = root.display().to_string();
        Usage { folder, kinds }
    }

    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.kinds.values().map(|(_, bytes)| bytes).sum()
    }

    /// For `--json`.
    pub fn to_json(&self) -> Value {
        let kinds = self.kinds.iter().map(
            |(kind, (count, bytes))| json!({"kind": name(*kind), "count": count, "bytes": bytes}),
        );
        json!({"folder": self.folder, "bytes": self.bytes(), "parts": kinds.collect::<Vec<_>>()})
    }

    /// One line.
    pub fn summary(&self) -> String {
        format!("{}, {}", megabytes(self.bytes()), self.folder)
    }
}

fn show(usage: &Usage, as_json: bool) {
    if as_json {
        terminal::data(usage.to_json());
        return;
    }
    say!("{}", usage.summary());
    for (kind, (count, bytes)) in &usage.kinds {
        say!("  {:<28} {count:>5} {:>10}", name(*kind), megabytes(*bytes));
    }
}

fn clean(root: &Path, as_json: bool) -> Result<(), Failure> {
    let cleaned = contents::clean(root).or_fail(
        format!("the cache {} was not cleaned", root.display()),
        "wait a moment and try again",
    )?;
    if as_json {
        let bytes = |parts: &[Part]| parts.iter().map(|part| part.bytes).sum::<u64>();
        let failed = cleaned.failed.iter();
        let failed =
            failed.map(|(part, error)| json!({"path": part.path, "error": error.to_string()}));
        say!(
            "{}",
            json!({"folder": root, "removed_bytes": bytes(&cleaned.removed), "in_use_bytes": bytes(&cleaned.in_use),
                   "failed": failed.collect::<Vec<_>>()})
        );
        return Ok(());
    }
    tell(&cleaned, root);
    Ok(())
}

fn tell(cleaned: &Cleaned, root: &Path) {
    let bytes = cleaned.removed.iter().map(|part| part.bytes).sum();
    say!("removed {} from {}", megabytes(bytes), root.display());
    for part in &cleaned.in_use {
        say!("  kept {}: a running plugin uses it", part.path.display());
    }
    for (part, error) in &cleaned.failed {
        say!("  kept {}: {error}", part.path.display());
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Plugin => "unpacked plugins",
        Kind::Unfinished => "unfinished unpackings",
        Kind::CompiledCode => "code compiled by Node",
        Kind::Shared => "engines and interpreters",
        Kind::Answer => "known interpreters",
        Kind::Dependencies => "dependencies installed by builds",
    }
}

/// As people read sizes.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
