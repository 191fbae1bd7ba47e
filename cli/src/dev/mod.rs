//! `osaurus-bridge dev`: builds the project in a folder, runs it in the reference host as `serve`
//! does, and replaces it whenever a file is saved. Data, settings and agents stay; an edit that
//! does not build leaves the last good version running.

mod command;
mod commands;
mod current;
mod debugger;
mod inspector;
mod osaurus;
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
use commands::{Commands, Ended};
use current::Current;
use debugger::Debugger;
use inspector::Inspector;
use osaurus::Osaurus;
use osaurus_reference_host::{Host, HostBuilder, Server};
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The longest line that is taken from the keyboard, in bytes; tools take arguments of 1 MiB.
const LONGEST_LINE: u64 = 2 * 1024 * 1024;

/// As good as none, and an instant can be moved by it.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How often a command that runs is looked at.
const GLANCE: Duration = Duration::from_millis(20);
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
    /// Open a port for a debugger, and have no deadlines: 9229 for Node, 5678 for debugpy of Python,
    /// unless one is named; 0 takes any free one
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true)]
    inspect: Option<Option<u16>>,
    /// Put each build into the folder of Osaurus itself, on a Mac, and have it load its plugins anew
    #[arg(long)]
    osaurus: bool,
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
    /// A line of standard input, and what is dropped when its command has ended.
    Line(String, Ended),
    /// There are no more lines.
    InputEnded,
    /// A debugger has let go of the terminal.
    Continued,
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
    let osaurus = args.osaurus.then(Osaurus::here).transpose()?;
    let inspector = args.inspect.map(|port| Inspector::of(&project, port));
    let inspector = inspector.transpose()?;
    if let Some(inspector) = &inspector {
        inspector.print();
    }
    // SAFETY: this thread has started no other one.
    let debugger = unsafe { Debugger::start(inspector) }?;
    let (sender, events) = channel();
    forward(serve::orders()?, sender.clone());
    let listener = serve::listen(args.port)?;
    let port = listener.local_addr().or_fail("the port is not known", "")?;
    let serving = args.serving(port.port());
    let host = Arc::new(serve::start(&serving, without_limits)?);
    let log = Arc::new(LiveLog::start(&host));
    let proxied = |data: &Path, proxy| set_proxy(data, &project.id, proxy);
    proxied(host.data_dir(), args.web_proxy.as_ref())?;
    let osaurus_data = osaurus.as_ref().map(|osaurus| osaurus.root().to_owned());
    let osaurus_data = osaurus_data.filter(|_| args.web_proxy.is_some());
    if let Some(data) = &osaurus_data {
        proxied(data, args.web_proxy.as_ref())?;
    }
    if !args.no_watch {
        // Before the first build, so that what is saved meanwhile is seen.
        watch::start(&project.folder, sender.clone())?;
    }
    if !args.no_tty {
        debugger.offer_terminal(sender.clone())?;
    }
    let mut current = Current::new(
        &project.folder,
        Arc::clone(&host),
        args.given.clone(),
        Arc::clone(&debugger),
        osaurus,
    )?;
    let first = current.replace();
    let server = host
        .serve_on(listener)
        .or_fail("the web server does not start", "")?;
    let console = print_places(&serving, &host, &server)?;
    if !args.no_tty {
        say!("{BANNER}");
        read_lines(sender, Arc::clone(&debugger));
    }
    let mut commands = Commands::new(Arc::clone(&host), Arc::clone(&log), args.given.agents())?;
    let mut reporter = Reporter {
        log: &log,
        console: &console,
        last_failure: None,
    };
    reporter.report(first);
    Session {
        current: &mut current,
        commands: &mut commands,
        reporter: &mut reporter,
        debugger: &debugger,
        saved: false,
    }
    .follow(&events);
    debugger.take_terminal_back();
    if let Some(data) = &osaurus_data {
        proxied(data, None)?;
    }
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

/// A host reads this file in its data folder for every request to the plugin's pages.
fn set_proxy(data: &Path, id: &str, proxy: Option<&url::Url>) -> Result<(), Failure> {
    let folder = data.join("config");
    let file = folder.join("dev-proxy.json");
    let Some(url) = proxy else {
        // One of an earlier run, in a folder that was named with --data.
        let _ = std::fs::remove_file(file);
        return Ok(());
    };
    let setting =
        serde_json::json!({"plugin_id": id, "web_proxy": url.as_str().trim_end_matches('/')});
    let outcome =
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, setting.to_string()));
    outcome.or_fail(
        format!("cannot write {}", file.display()),
        "check the folder's permissions",
    )
}

/// Plugins end their calls before Osaurus' limits, unless someone debugs; the host then waits.
fn without_limits(builder: HostBuilder) -> HostBuilder {
    builder
        .tool_limit(NO_LIMIT)
        .route_limit(NO_LIMIT)
        .helper_limit(NO_LIMIT)
}

/// What happens is passed on to these.
struct Session<'a> {
    current: &'a mut Current,
    commands: &'a mut Commands,
    reporter: &'a mut Reporter<'a>,
    debugger: &'a Debugger,
    /// Something was saved while a debugger had the terminal.
    saved: bool,
}

impl Session<'_> {
    /// Runs until the author has enough.
    fn follow(&mut self, events: &Receiver<Event>) {
        for event in events {
            match event {
                Event::Saved if self.debugger.has_terminal() => self.saved = true,
                Event::Saved => self.replace(),
                Event::Continued if self.saved => self.replace(),
                Event::Continued => {}
                Event::Stop(why) => return self.reporter.log.say(why),
                Event::InputEnded => self.debugger.take_terminal_back(),
                Event::Line(line, _) if self.debugger.hears(&line) => {}
                Event::Line(line, ended) => match command::parse(&line) {
                    Ok(Command::Quit) => return self.reporter.log.say("quit: stopping"),
                    Ok(Command::Reload) => {
                        // Who asks gets an answer, the same one if need be.
                        self.reporter.last_failure = None;
                        self.reporter.report(self.current.replace());
                    }
                    Ok(command) => self.commands.run(command, ended),
                    Err(failure) => self.reporter.log.failure(&failure),
                },
            }
        }
    }

    fn replace(&mut self) {
        self.saved = false;
        self.reporter.report(self.current.replace_if_changed());
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

/// Standard input may end; the command then runs on until a signal. Where it is not a terminal, the
/// lines were written beforehand: each waits for the command before it, unless that has stopped in a
/// debugger, which the next lines are for.
fn read_lines(sender: Sender<Event>, debugger: Arc<Debugger>) {
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let in_turn = !input.is_terminal();
        loop {
            let mut line = String::new();
            let mut limited = std::io::Read::take(&mut input, LONGEST_LINE);
            let (ended, has_ended) = channel();
            match limited.read_line(&mut line) {
                Ok(1..) if sender.send(Event::Line(line, ended)).is_ok() => {}
                _ => {
                    let _ = sender.send(Event::InputEnded);
                    return;
                }
            }
            // Nothing is sent: the other end is dropped.
            let runs = || has_ended.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout);
            while in_turn && runs() && !debugger.has_terminal() {}
        }
    });
}
