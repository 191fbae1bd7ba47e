//! The program `osaurus-bridge`: reads the command line and hands each command to its module.
//! Knows what a command is called and what it prints on failure; how it works is in the modules.

mod abi;
mod build;
mod cache;
mod check;
mod closest;
mod confinement;
mod console;
mod dev;
mod doctor;
mod documents;
mod embedding;
mod explain;
mod failure;
mod fuzz;
mod generate;
mod given;
mod host_options;
mod inspect;
mod install;
mod invoke;
mod isolate;
mod json_input;
mod library;
mod live_log;
mod matrix;
mod model_view;
mod new;
mod own_errors;
mod package;
mod parts;
mod paths;
mod pretty;
mod progress;
mod project;
mod publish;
mod record;
mod replay;
mod serve;
mod sign;
mod supervised;
mod terminal;
mod test;
mod upgrade;
mod verify;
mod version;
mod walk;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use failure::{Failure, OrFail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the common shells look for completions.
const COMPLETIONS_HELP: &str = "\
Where to put it:
  bash  osaurus-bridge completions bash > ~/.local/share/bash-completion/completions/osaurus-bridge
  zsh   osaurus-bridge completions zsh > ~/.zfunc/_osaurus-bridge (with fpath+=~/.zfunc before compinit)
  fish  osaurus-bridge completions fish > ~/.config/fish/completions/osaurus-bridge.fish";

/// Write Osaurus plugins in Python or TypeScript, and run them as Osaurus would.
#[derive(Parser)]
#[command(name = "osaurus-bridge", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a plugin in a new folder
    New(new::Args),
    /// Bring a project that `new` made to this version, and keep what you changed
    Upgrade(upgrade::Args),
    /// Build the plugin in this folder into one library in dist/
    Build(build::Args),
    /// Build the plugin in this folder, run it in the reference host, and replace it whenever a
    /// file is saved
    Dev(dev::Args),
    /// Build the plugin in this folder, run its own tests, then check
    Test(test::Args),
    /// Build a plugin and pack it as the archive that Osaurus installs
    Package(package::Args),
    /// Say whether Osaurus would install an archive or a folder, without running it
    Verify(verify::Args),
    /// Sign an archive with minisign, or a library with a certificate
    Sign(sign::Args),
    /// Pack and sign a plugin, and write its entry for the registry
    Publish(publish::Args),
    /// Install an archive or a folder, as Osaurus would
    Install(install::Args),
    /// Remove an installed plugin
    Uninstall(install::uninstall::Args),
    /// Say what is installed, and whether hosts load it
    List(install::list::Args),
    /// Say what a plugin library holds, without running it or what it names
    Inspect(inspect::Args),
    /// Say what a model gets to see of a plugin's tools, and how large their schemas are
    ModelView(model_view::Args),
    /// Load a plugin in the reference host and call one of its tools
    Invoke(invoke::Args),
    /// Run plugins in the reference host, with their routes and pages, until Ctrl-C
    Serve(serve::Args),
    /// Run a plugin as `serve` does, or call its tools, and write what crosses the boundary to a
    /// session
    Record(record::Args),
    /// Play a recorded session against a plugin and report the first difference
    Replay(replay::Args),
    /// Generate bindings and documents from the ABI spec
    Gen(generate::Args),
    /// Check a plugin against the rules: what breaks, on which host, and how to fix it
    Check(check::Args),
    /// Explain a rule, an error, a host function, a limit or a quirk
    Explain(explain::Args),
    /// Play random sequences of calls with a plugin until one shows a fault
    Fuzz(fuzz::Args),
    /// Questions about the ABI: is this header right, what changed, what does a next version cost?
    Abi(abi::Args),
    /// Run plugins in hosts of every ABI version, each in a process of its own
    Matrix(matrix::Args),
    /// Say what plugins are built and run with here, why, and what is wrong
    Doctor(doctor::Args),
    /// Say what is in the cache, or clean it
    Cache(cache::Args),
    /// Print what a shell needs to complete commands and options
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Serve as the helper process that runs one plugin for the reference host
    #[command(hide = true)]
    PluginHost {
        /// The version of the host table
        #[arg(long, default_value = "6")]
        abi: String,
    },
    /// Run a library for the tests of its project, which say what is done on standard input
    #[command(hide = true)]
    TestHost(test::host::Args),
    /// Do a job of `check`, `fuzz`, `matrix` or `replay` in this process
    #[command(hide = true, name = confinement::COMMAND)]
    SandboxJob {
        /// The file that describes it
        job: PathBuf,
    },
}

impl Command {
    fn wants_json(&self) -> bool {
        match self {
            Command::Build(args) => args.json,
            Command::Package(args) => args.json,
            Command::Verify(args) => args.json,
            Command::Install(args) => args.json,
            Command::List(args) => args.json,
            Command::Inspect(args) => args.json,
            Command::ModelView(args) => args.json,
            Command::Invoke(args) => args.json,
            Command::Abi(args) => args.json(),
            Command::Replay(args) => args.json,
            Command::Matrix(args) => args.json,
            Command::Check(args) => args.json,
            Command::Cache(args) => args.json,
            Command::Doctor(args) => args.json,
            Command::Completions { .. }
            | Command::New(_)
            | Command::Upgrade(_)
            | Command::Uninstall(_)
            | Command::Sign(_)
            | Command::Publish(_)
            | Command::Serve(_)
            | Command::Dev(_)
            | Command::Test(_)
            | Command::TestHost(_)
            | Command::Record(_)
            | Command::Explain(_)
            | Command::Gen(_)
            | Command::Fuzz(_)
            | Command::SandboxJob { .. }
            | Command::PluginHost { .. } => false,
        }
    }
}

/// What `--version` says takes a look at the disk, so it is made only when it is asked for.
fn parse() -> Cli {
    let mut parser = Cli::command();
    if std::env::args_os().any(|word| word == "--version") {
        parser = parser.long_version(&*version::long().leak());
    }
    Cli::from_arg_matches(&parser.get_matches()).unwrap_or_else(|error| error.exit())
}

fn main() -> ExitCode {
    supervised::begin();
    osaurus_reference_host::leave_sigpipe_at_its_default();
    osaurus_reference_host::leave_no_core_file();
    let command = parse().command;
    let as_json = command.wants_json();
    embedding::lend_engine();
    let outcome = match command {
        Command::New(args) => new::run(&args),
        Command::Upgrade(args) => upgrade::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Sign(args) => sign::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Install(args) => install::run(&args),
        Command::Uninstall(args) => install::uninstall::run(&args),
        Command::List(args) => install::list::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::ModelView(args) => model_view::run(&args),
        Command::Invoke(args) => invoke::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Dev(args) => dev::run(&args),
        Command::Test(args) => test::run(&args),
        Command::TestHost(args) => test::host::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Replay(args) => Ok(replay::run(&args)),
        Command::Gen(args) => generate::run(&args),
        Command::Abi(args) => abi::run(&args),
        Command::Matrix(args) => matrix::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Cache(args) => cache::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completions { shell } => Ok(complete(shell)),
        Command::SandboxJob { job } => do_job(&job),
        Command::PluginHost { abi } => isolate::serve_as_helper(&abi),
    };
    let code = outcome.unwrap_or_else(|failure| {
        failure.print(as_json);
        ExitCode::FAILURE
    });
    supervised::Worker::get().done();
    code
}

fn do_job(job: &Path) -> Result<ExitCode, Failure> {
    let result = osaurus_conformance::do_job(job);
    result.or_fail("this process of the sandbox failed", "")?;
    Ok(ExitCode::SUCCESS)
}

fn complete(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "osaurus-bridge", &mut script);
    terminal::report(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
