//! `osaurus-bridge fuzz`: plays random sequences of calls with a plugin until one shows a fault.

use crate::confinement::Confinement;
use crate::failure::{Failure, OrFail};
use crate::terminal::say;
use osaurus_conformance::check::fuzz::{self, Bound, Finding};
use osaurus_conformance::check::{Options, Project, Selection};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Arguments of `fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library
    file: PathBuf,
    /// How long, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed; each sequence has the next one [default: a random one]
    #[arg(long)]
    seed: Option<u64>,
    /// Play this one sequence again, several times where it shows nothing
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seed", "seconds"])]
    reproduce: Option<u64>,
    /// How many sequences at a time [default: the number of processors]
    #[arg(short, long)]
    jobs: Option<usize>,
    #[command(flatten)]
    confinement: Confinement,
}

/// Runs the command. The exit code is 1 when a sequence shows a fault.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let options = options(args)?;
    let finding = if args.reproduce.is_some() {
        say!(
            "Seed {}, played {} times at most.",
            options.seed,
            fuzz::TRIES
        );
        fuzz::reproduce(&options).or_fail("cannot play", "")?
    } else {
        say!("Seeds from {} on.", options.seed);
        let time = Bound::Time(Duration::from_secs(args.seconds));
        let outcome = fuzz::run(&options, time).or_fail("cannot play", "")?;
        say!("{} sequences.", outcome.sequences);
        outcome.finding
    };
    let Some(finding) = finding else {
        say!("No fault.");
        return Ok(ExitCode::SUCCESS);
    };
    print(args, &finding);
    Ok(ExitCode::FAILURE)
}

fn print(args: &Args, finding: &Finding) {
    say!("A fault, with seed {}:", finding.seed);
    for evidence in &finding.result.evidence {
        say!("  {}", evidence.what);
        let more = [
            ("call", &evidence.call),
            ("thread", &evidence.thread),
            ("bytes", &evidence.bytes),
        ];
        let more = more
            .iter()
            .filter_map(|(name, text)| Some((name, text.as_ref()?)));
        more.for_each(|(name, text)| say!("    {name}: {text}"));
    }
    if !finding.result.output.is_empty() {
        say!(
            "  The last that the process printed:\n{}",
            finding.result.output
        );
    }
    let file = args.file.display();
    say!(
        "  Again: osaurus-bridge fuzz {file} --reproduce {}",
        finding.seed
    );
    if !finding.is_steady {
        say!("  It does not show each time: it depends on how two calls at a time meet.");
    }
}

fn options(args: &Args) -> Result<Options, Failure> {
    let processors = || std::thread::available_parallelism().map_or(2, usize::from);
    // A short seed is easier to type again.
    let random = || RandomState::new().hash_one(0) % 1_000_000_000;
    Ok(Options {
        library: args.file.clone(),
        selection: Selection::default(),
        project: Project::default(),
        jobs: args.jobs.unwrap_or_else(processors),
        seed: args.reproduce.or(args.seed).unwrap_or_else(random),
        script: None,
        sandbox: args.confinement.sandbox()?,
    })
}
