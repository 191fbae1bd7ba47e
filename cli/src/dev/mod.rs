//! `osaurus-bridge dev`: builds the project in a folder, runs it in the reference host as `serve`
//! does, and replaces it whenever a file is saved. Data, settings and agents stay; an edit that
//! does not build leaves the last good version running.

mod command;
mod commands;
mod current;
mod watch;

use crate::console::{self, Console};
use crate::failure::{Failure, OrFail};
use crate::given::Given;
use crate::host_options::HostOptions;
use crate::live_log::LiveLog;
use crate::project::Project;
use crate::serve;
use crate::supervised::{self, OnSignal, Order};
use crate::terminal::say;
use command::Command;
use commands::Commands;
use current::Current;
use osaurus_reference_host::{Host, Server};
use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// The longest line that is taken from the keyboard, in bytes; tools take arguments of 1 MiB.
const LONGEST_LINE: u64 = 2 * 1024 * 1024;

const BANNER: &str = "commands: call, agent, set, event, tools, reload, help, quit";

/// Arguments of `dev`.
#[derive(clap::Args, Clone)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    #[command(flatten)]
    host: HostOptions,
    #[command(flatten)]
    given: Given,
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 1338)]
    port: u16,
    /// Let pages of this origin, such as http://app.example:5173, call the plugin (CORS); * lets
    /// all; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Serve the plugin's pages from a development server, such as Vite at http://localhost:5173
    #[arg(long, value_name = "URL")]
    web_proxy: Option<url::Url>,
    /// Take no commands from standard input
    #[arg(long)]
    no_tty: bool,
    /// Do not watch files: the command reload builds
    #[arg(long)]
    no_watch: bool,
}

/// What happens while the command runs.
enum Event {
    /// The author saved something.
    Saved,
    /// A line of standard input.
    Line(String),
    /// Ctrl-C or SIGTERM.
    Stop(&'static str),
}

/// Runs the command until it is told to end.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.host.dock_environment {
        return Err(Failure::new(
            "dev builds, which needs the environment of the terminal",
            "leave out --dock-environment here; invoke and serve have it",
        ));
    }
    let project = args.project.canonicalize().or_fail(
        format!("cannot open {}", args.project.display()),
        "name the folder of a plugin project",
    )?;
    let project = Project::read(&project)?;
    if !supervised::is_worker() {
        return supervised::run(OnSignal::Tell);
    }
    let (sender, events) = channel();
    forward(serve::orders()?, sender.clone());
    let listener = serve::listen(args.port)?;
    let port = listener.local_addr().or_fail("the port is not known", "")?;
    let serving = args.serving(port.port());
    let host = Arc::new(serve::start(&serving, |builder| builder)?);
    let log = Arc::new(LiveLog::start(&host));
    set_proxy(&host, &project.id, args.web_proxy.as_ref())?;
    if !args.no_watch {
        // Before the first build, so that what is saved meanwhile is seen.
        watch::start(&project.folder, sender.clone())?;
    }
    let mut current = Current::new(&project.folder, Arc::clone(&host), args.given.clone())?;
    let first = current.replace();
    let server = host
        .serve_on(listener)
        .or_fail("the web server does not start", "")?;
    let console = print_places(&serving, &host, &server)?;
    if !args.no_tty {
        say!("{BANNER}");
        read_lines(sender);
    }
    let mut commands = Commands::new(Arc::clone(&host), Arc::clone(&log), args.given.agents())?;
    let mut reporter = Reporter {
        log: &log,
        console: &console,
        last_failure: None,
    };
    reporter.report(first);
    follow(&events, &mut current, &mut commands, &mut reporter);
    drop((commands, console));
    server.stop();
    let in_order = serve::stop_plugins(&host, &log);
    drop((current, host));
    if let Ok(log) = Arc::try_unwrap(log) {
        log.end("stopped");
    }
    Ok(if in_order {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Says where everything is, and starts the console.
fn print_places(
    serving: &serve::Args,
    host: &Arc<Host>,
    server: &Server,
) -> Result<Console, Failure> {
    let key = host.create_access_key_for_this_run("osaurus-bridge dev");
    let key = key.or_fail("cannot make an access key", "")?;
    serve::print_places(serving, host, server, Some(&key))?;
    let console = console::start(host, serving.given.agents().all()?.to_vec(), server.url())?;
    say!("console: {}", console.url());
    Ok(console)
}

impl Args {
    fn serving(&self, port: u16) -> serve::Args {
        serve::Args {
            // None would be what is installed.
            plugins: vec![self.project.clone()],
            host: self.host.clone(),
            given: self.given.clone(),
            port,
            allow_origin: self.allow_origin.clone(),
        }
    }
}

/// The host reads this file for every request to the plugin's pages.
fn set_proxy(host: &Host, id: &str, proxy: Option<&url::Url>) -> Result<(), Failure> {
    let file = host.data_dir().join("config/dev-proxy.json");
    let Some(url) = proxy else {
        // One of an earlier run, in a folder that was named with --data.
        let _ = std::fs::remove_file(file);
        return Ok(());
    };
    let setting =
        serde_json::json!({"plugin_id": id, "web_proxy": url.as_str().trim_end_matches('/')});
    let outcome = std::fs::create_dir_all(host.data_dir().join("config"))
        .and_then(|()| std::fs::write(&file, setting.to_string()));
    outcome.or_fail(
        format!("cannot write {}", file.display()),
        "check the folder given with --data",
    )
}

/// Runs until the author has enough.
fn follow(
    events: &Receiver<Event>,
    current: &mut Current,
    commands: &mut Commands,
    reporter: &mut Reporter<'_>,
) {
    for event in events {
        match event {
            Event::Saved => reporter.report(current.replace_if_changed()),
            Event::Stop(why) => return reporter.log.say(why),
            Event::Line(line) => match command::parse(&line) {
                Ok(Command::Quit) => return reporter.log.say("quit: stopping"),
                Ok(Command::Reload) => {
                    // Who asks gets an answer, the same one if need be.
                    reporter.last_failure = None;
                    reporter.report(current.replace());
                }
                Ok(command) => commands.run(command),
                Err(failure) => reporter.log.failure(&failure),
            },
        }
    }
}

/// Says how a build went, in the terminal and in the console.
struct Reporter<'a> {
    log: &'a LiveLog,
    console: &'a Console,
    /// What was said last, if it was a failure: saving a file again does not say it again.
    last_failure: Option<String>,
}

impl Reporter<'_> {
    fn report(&mut self, replaced: Result<Option<String>, Failure>) {
        match replaced {
            Ok(Some(line)) => {
                self.last_failure = None;
                self.log.say(&line);
                self.console.built(&line, false);
            }
            // The last good version was built again.
            Ok(None) if self.last_failure.take().is_some() => {
                self.log
                    .say("built again; nothing changed since the last good version");
                self.console.built("the last good version runs", false);
            }
            Ok(None) => {}
            Err(failure) => {
                let text = failure.to_string();
                if self.last_failure.as_ref() != Some(&text) {
                    self.log.failure(&failure);
                    self.console.built(&text, true);
                    self.last_failure = Some(text);
                }
            }
        }
    }
}

fn forward(orders: Receiver<Order>, sender: Sender<Event>) {
    std::thread::spawn(move || {
        let why = match orders.recv() {
            Ok(Order::Interrupt) => "Ctrl-C: stopping (Ctrl-C again quits at once)",
            Ok(Order::Terminate) | Err(_) => "SIGTERM: stopping",
        };
        serve::quit_at_once_on_a_second(orders);
        // Nothing to tell when the command is ending already.
        let _ = sender.send(Event::Stop(why));
    });
}

/// Standard input may end; the command then runs on until a signal.
fn read_lines(sender: Sender<Event>) {
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = String::new();
            let mut limited = std::io::Read::take(&mut input, LONGEST_LINE);
            match limited.read_line(&mut line) {
                Ok(1..) if sender.send(Event::Line(line)).is_ok() => {}
                _ => return,
            }
        }
    });
}
