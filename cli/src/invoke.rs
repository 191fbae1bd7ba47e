//! `osaurus-bridge invoke`: loads a plugin in the reference host, calls one tool, prints the log as
//! it comes and then the envelope.

use crate::closest::closest;
use crate::failure::{Failure, OrFail};
use crate::given::Given;
use crate::host_options::{self, HostOptions, absolute};
use crate::supervised::{self, OnSignal, Order, Worker};
use crate::terminal::{self, note, say};
use crate::{embedding, json_input, library, pretty, progress};
use osaurus_payload::Mode;
use osaurus_reference_host::{Host, LoadedPlugin};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a process that was told to end returns by convention: 128 and the number of SIGTERM.
const TOLD_TO_END: i32 = 143;

const POLL: Duration = Duration::from_millis(20);

/// Arguments of `invoke`.
#[derive(clap::Args, Clone)]
#[command(override_usage = "osaurus-bridge invoke [OPTIONS] [FILE] TOOL [ARGUMENTS]")]
pub struct Args {
    /// The plugin library [default: the one in dist/], the tool's id, and its arguments: JSON text,
    /// @file, or - for standard input [default: {}]
    #[arg(required = true, num_args = 1..=3, value_names = ["FILE", "TOOL", "ARGUMENTS"])]
    words: Vec<String>,
    #[command(flatten)]
    host: HostOptions,
    #[command(flatten)]
    given: Given,
    /// Run the plugin's script embedded or in a worker, whatever it was built for
    #[arg(long, conflicts_with = "isolate")]
    mode: Option<Mode>,
    /// Follow background tasks to their end, for so many seconds at most, instead of cancelling
    /// them
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "600")]
    wait: Option<u64>,
    /// Print the envelope alone, without the host's log on stderr
    #[arg(long)]
    pub json: bool,
}

/// What is called, taken from the words of the command line.
struct Call<'a> {
    file: Option<&'a Path>,
    tool: &'a str,
    arguments: &'a str,
}

impl Args {
    fn call(&self) -> Result<Call<'_>, Failure> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let (file, rest) = match &words[..] {
            [first, rest @ ..] if library::is_meant(first) => (Some(Path::new(*first)), rest),
            all => (None, all),
        };
        let call = |tool, arguments| Call {
            file,
            tool,
            arguments,
        };
        match rest {
            [tool] => Ok(call(*tool, "{}")),
            [tool, arguments] => Ok(call(*tool, *arguments)),
            [] => Err(Failure::new(
                "no tool is named",
                "osaurus-bridge inspect lists the tools",
            )),
            [file, ..] => Err(library::find(Some(Path::new(file)))
                .err()
                .unwrap_or_else(|| {
                    Failure::new(
                        format!(
                            "{file} is not a plugin library: its name ends neither with .so nor \
                             with .dylib"
                        ),
                        "name a library, a tool and its arguments, in this order",
                    )
                })),
        }
    }
}

impl Args {
    /// Gives this process the environment that was asked for; the same arguments as they hold in
    /// it. To be called while no other thread of this program runs.
    fn settled(&self) -> Result<Option<Args>, Failure> {
        if !self.host.dock_environment {
            return Ok(None);
        }
        let settled = Args {
            host: self.host.absolute(),
            given: self.given.settled()?,
            ..self.clone()
        };
        // SAFETY: the caller's promise.
        unsafe { self.host.enter_dock() }?;
        Ok(Some(settled))
    }
}

/// Runs the command. The exit code is 1 when the tool failed.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let call = args.call()?;
    let file = library::find(call.file)?;
    if !supervised::is_worker() {
        return supervised::run(OnSignal::End);
    }
    let arguments = json_input::read(call.arguments)?;
    let file = if args.host.dock_environment {
        absolute(&file)
    } else {
        file
    };
    let settled = args.settled()?;
    let args = settled.as_ref().unwrap_or(args);
    if let Some(mode) = args.mode {
        embedding::run_in(mode);
    }
    let output = supervised::OutputKept::start()?;
    let host = start(args)?;
    let log = (!args.json).then(|| LogPrinter::start(&host));
    let answer = answer(args, &host, &file, call.tool, &arguments);
    host.shutdown();
    if let Some(log) = log {
        log.end();
    }
    drop(output);
    let answer = answer?;
    print(args, &answer);
    let failed =
        serde_json::from_str::<Value>(&answer).is_ok_and(|envelope| envelope["ok"] == false);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The host, with its agents and their tunnels.
fn start(args: &Args) -> Result<Host, Failure> {
    let agents = args.given.agents();
    let builder = args.host.builder()?.agents(agents.all()?.to_vec());
    let worker = Worker::get();
    worker.take_orders(end_with_the_watcher());
    let host = host_options::build(worker.watch(builder))?;
    agents.connect(&host)?;
    if let Some(note) = host_options::certificate_note(&host).filter(|_| !args.json) {
        note!("{note}");
    }
    Ok(host)
}

/// A process that was told to end takes the one that does its work along.
fn end_with_the_watcher() -> Sender<Order> {
    let (sender, orders) = channel();
    std::thread::spawn(move || {
        if orders.recv().is_ok() {
            std::process::exit(TOLD_TO_END);
        }
    });
    sender
}

fn answer(
    args: &Args,
    host: &Host,
    file: &Path,
    tool: &str,
    arguments: &str,
) -> Result<String, Failure> {
    let worker = Worker::get();
    library::check_code(file)?;
    worker.stage(&format!("{} was opened", file.display()));
    let plugin = host.load(file).or_fail(
        format!("{} does not load", file.display()),
        "osaurus-bridge inspect says what the file holds",
    )?;
    worker.stage("");
    check_tool(plugin.manifest().json(), tool)?;
    args.given.give(host)?;
    let answer = progress::during(&format!("{tool} is running"), || {
        plugin.invoke(tool, arguments, args.given.agents().first())
    });
    follow_tasks(args, host, &plugin);
    Ok(answer)
}

fn follow_tasks(args: &Args, host: &Host, plugin: &LoadedPlugin) {
    let Some(seconds) = args.wait else { return };
    let message = format!("tasks of {} are running", plugin.id());
    let ended = progress::during(&message, || {
        host.wait_for_tasks(Duration::from_secs(seconds))
    });
    if !ended {
        note!(
            "after {seconds} s tasks still run; they are cancelled (--wait=SECONDS waits longer)"
        );
    }
    for question in host.clarifications() {
        note!(
            "a task waits for an answer and is cancelled: {}",
            question.question
        );
    }
}

/// Prints lines of the host's log on stderr as they come.
struct LogPrinter {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl LogPrinter {
    fn start(host: &Host) -> Self {
        let lines = host.follow_log();
        let ended = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ended);
        let print = move || {
            loop {
                match lines.recv_timeout(POLL) {
                    Ok(line) => note!("{line}"),
                    // A handler that never ends never gives its sender back.
                    Err(RecvTimeoutError::Timeout) if !is_over.load(Ordering::Acquire) => {}
                    Err(_) => break,
                }
            }
        };
        Self {
            ended,
            thread: std::thread::spawn(print),
        }
    }

    /// Prints what has come, and ends.
    fn end(self) {
        self.ended.store(true, Ordering::Release);
        let _ = self.thread.join();
    }
}

/// Fails when the manifest has no tool of this name, with the names that there are.
pub fn check_tool(manifest: &Value, tool: &str) -> Result<(), Failure> {
    let tools = manifest["capabilities"]["tools"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let ids: Vec<&str> = tools.iter().filter_map(|t| t["id"].as_str()).collect();
    if ids.contains(&tool) {
        return Ok(());
    }
    let names = if ids.is_empty() {
        "it has none".into()
    } else {
        format!("it has {}", ids.join(", "))
    };
    let owned: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let advice = match closest(tool, &owned) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "give one of these names".into(),
    };
    Err(Failure::new(
        format!("the plugin has no tool {tool:?}; {names}"),
        advice,
    ))
}

fn print(args: &Args, answer: &str) {
    match args.json {
        true => terminal::data(answer),
        false => say!("{}", pretty::answer(answer)),
    }
}
