//! `osaurus-bridge serve`: runs plugins in the reference host in the foreground, with their routes
//! and pages on this machine and a live log, until Ctrl-C or SIGTERM stops them in order.

use crate::failure::{Failure, OrFail};
use crate::given::Given;
use crate::host_options::{self, HostOptions, absolute};
use crate::install::folder;
use crate::library;
use crate::live_log::LiveLog;
use crate::supervised::{self, OnSignal, Order, Worker};
use crate::terminal::{self, note, say};
use osaurus_reference_host::manifest::{Auth, Route};
use osaurus_reference_host::{
    Host, HostBuilder, KeyError, LoadedPlugin, NewAccessKey, ServeError, Server,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// What a process that a signal ended returns by convention: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// The name of a run's owner key.
const KEY_NAME: &str = "osaurus-bridge serve";

/// Arguments of `serve`.
#[derive(clap::Args, Clone)]
pub struct Args {
    /// The plugin libraries [default: the one in dist/, else what is installed; with --data what is
    /// installed there]
    pub plugins: Vec<PathBuf>,
    #[command(flatten)]
    pub host: HostOptions,
    #[command(flatten)]
    pub given: Given,
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 1338)]
    pub port: u16,
    /// Let pages of this origin, such as http://app.example:5173, call the plugins (CORS); * lets
    /// all; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,
}

/// Runs the command until a signal ends it.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if !supervised::is_worker() {
        return supervised::run(OnSignal::Tell);
    }
    run_with(&args.settled()?, |builder| builder)
}

impl Args {
    /// Gives this process the environment that was asked for; the same arguments as they hold in
    /// it. To be called while no other thread of this program runs.
    fn settled(&self) -> Result<Args, Failure> {
        let mut settled = self.clone();
        if !self.host.dock_environment {
            return Ok(settled);
        }
        settled.host = self.host.absolute();
        settled.given = self.given.settled()?;
        settled.plugins = libraries(self)?.iter().map(|path| absolute(path)).collect();
        if runs_installed(self)? {
            settled.host.data = Some(folder::default_data()?);
        }
        // SAFETY: the caller's promise.
        unsafe { self.host.enter_dock() }?;
        Ok(settled)
    }
}

/// As [`run`], in this process and in a host to which `add` adds something.
pub fn run_with(
    args: &Args,
    add: impl FnOnce(HostBuilder) -> HostBuilder,
) -> Result<ExitCode, Failure> {
    // Before anything is loaded, so that Ctrl-C always means an orderly end.
    let orders = orders()?;
    let libraries = libraries(args)?;
    let listener = listen(args.port)?;
    let port = listener
        .local_addr()
        .or_fail("the port is not known", "")?
        .port();
    let host = start(args, |builder| add(builder.port(port)))?;
    let log = LiveLog::start(&host);
    load_all(&host, &log, &libraries)?;
    args.given.give(&host)?;
    let server = host
        .serve_on(listener)
        .or_fail("the web server does not start", "")?;
    let key = owner_key(&host)?;
    print_places(args, &host, &server, key.as_ref())?;
    let order = orders.recv();
    quit_at_once_on_a_second(orders);
    log.say(match order {
        Ok(Order::Interrupt) => {
            "Ctrl-C: stopping; no more requests are taken (Ctrl-C again quits at once)"
        }
        Ok(Order::Terminate) | Err(_) => "SIGTERM: stopping; no more requests are taken",
    });
    server.stop();
    let in_order = stop_plugins(&host, &log);
    drop(host);
    log.end("stopped");
    Ok(if in_order {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Before anything is loaded: plugins hear the port, and may tell it to others.
pub fn listen(port: u16) -> Result<TcpListener, Failure> {
    let listening = osaurus_reference_host::listen((Ipv4Addr::LOCALHOST, port).into());
    listening.map_err(|error| match error {
        ServeError::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse => Failure::new(
            format!("the port {port} is in use by another program"),
            "--port takes another one, and --port 0 any that is free",
        ),
        other => Failure::new(other.to_string(), ""),
    })
}

/// What the user wants from now on. A process that watches this one passes Ctrl-C on, which a
/// terminal sends to both.
pub fn orders() -> Result<Receiver<Order>, Failure> {
    let (sender, orders) = channel();
    let worker = Worker::get();
    worker.take_orders(sender.clone());
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .or_fail("cannot watch for Ctrl-C", "this is a limit of the system")?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            match signal {
                SIGTERM => drop(sender.send(Order::Terminate)),
                _ if worker.is_watched() => {}
                _ => drop(sender.send(Order::Interrupt)),
            }
        }
    });
    Ok(orders)
}

/// The host as the arguments want it. Without libraries it has the folder that `install` installs
/// into.
pub fn start(args: &Args, add: impl FnOnce(HostBuilder) -> HostBuilder) -> Result<Host, Failure> {
    let mut builder = args.host.builder()?;
    if runs_installed(args)? {
        builder = builder.data_dir(folder::default_data()?);
    }
    let agents = args.given.agents();
    let builder = builder.agents(agents.all()?.to_vec());
    let builder = builder.allow_origins(args.allow_origin.clone());
    let builder = Worker::get().watch(builder.port(args.port));
    let host = host_options::build(add(builder))?;
    agents.connect(&host)?;
    Ok(host)
}

/// As Osaurus does when it starts: what cannot be loaded is named, the others run.
fn load_installed(host: &Host, log: &LiveLog) -> Result<(), Failure> {
    let report = host.load_all();
    for failure in &report.failures {
        log.say(&format!(
            "{} is not loaded: {}",
            failure.plugin_id, failure.error
        ));
    }
    if !report.loaded.is_empty() || !report.failures.is_empty() {
        return Ok(());
    }
    let tools = host.data_dir().join("Tools");
    let named = match library::built_here() {
        Ok(Some(built)) => format!("name what was built here, {}", built.display()),
        _ => "name a plugin library here".into(),
    };
    Err(Failure::new(
        format!("nothing is installed in {}", tools.display()),
        format!("osaurus-bridge install FILE.zip --consent, or {named}"),
    ))
}

/// The named ones, or the one that was built here. None: what is installed.
fn libraries(args: &Args) -> Result<Vec<PathBuf>, Failure> {
    if args.plugins.is_empty() && args.host.data.is_none() {
        return Ok(library::built_here()?.into_iter().collect());
    }
    let named = args.plugins.iter();
    named.map(|path| library::find(Some(path))).collect()
}

/// Whether it runs what is installed in the user's own data folder, and so with the data there.
fn runs_installed(args: &Args) -> Result<bool, Failure> {
    let names_none = args.plugins.is_empty() && args.host.data.is_none();
    Ok(names_none && library::built_here()?.is_none())
}

fn load_all(host: &Host, log: &LiveLog, libraries: &[PathBuf]) -> Result<(), Failure> {
    if libraries.is_empty() {
        return load_installed(host, log);
    }
    libraries.iter().try_for_each(|path| load(host, path))
}

fn load(host: &Host, path: &Path) -> Result<(), Failure> {
    library::check_code(path)?;
    let worker = Worker::get();
    worker.stage(&format!("{} was opened", path.display()));
    let loaded = host.load(path).or_fail(
        format!("{} does not load", path.display()),
        "osaurus-bridge inspect says what the file holds",
    );
    worker.stage("");
    loaded.map(drop)
}

/// A key for this run, when something asks for one. It is in memory alone, so that it ends with the
/// run.
fn owner_key(host: &Host) -> Result<Option<NewAccessKey>, Failure> {
    let wants_key = |plugin: &Arc<LoadedPlugin>| {
        let web = plugin.manifest().capabilities.web.as_ref();
        let mut routes = plugin.manifest().routes().iter();
        routes.any(|r| r.auth == Auth::Owner) || web.is_some_and(|web| web.auth == Auth::Owner)
    };
    forget_old_keys(host).or_fail("cannot take old access keys back", "")?;
    if !host.plugins().iter().any(wants_key) {
        return Ok(None);
    }
    let key = host.create_access_key_for_this_run(KEY_NAME);
    key.map(Some).or_fail("cannot make an access key", "")
}

/// Earlier versions kept the key of a run in the data folder, where it outlived a crash.
fn forget_old_keys(host: &Host) -> Result<(), KeyError> {
    let old = host.access_keys()?.into_iter();
    old.filter(|key| key.name == KEY_NAME)
        .try_for_each(|key| host.revoke_access_key(&key.id).map(drop))
}

pub fn print_places(
    args: &Args,
    host: &Host,
    server: &Server,
    key: Option<&NewAccessKey>,
) -> Result<(), Failure> {
    let agents = args.given.agents().all()?;
    let first = agents.first().map(|agent| agent.id.to_string());
    for plugin in host.plugins() {
        print_plugin(&plugin, &server.url(), first.as_deref().unwrap_or_default());
    }
    if !host.plugins().iter().any(|plugin| has_addresses(plugin)) {
        say!("no plugin has routes or pages; osaurus-bridge invoke calls tools");
    }
    say!("data: {}", host.data_dir().display());
    if let Some(note) = host_options::certificate_note(host) {
        say!("{note}");
    }
    if let Some(isolate) = args.host.isolate {
        say!("{}", isolate.note());
    }
    for agent in agents {
        say!("agent {}: X-Osaurus-Agent-Id: {}", agent.name, agent.id);
        if let Some(url) = args.given.agents().tunnel(agent) {
            say!("  tunnel: {url}");
        }
    }
    if let Some(key) = key {
        say!("owner key, for this run: Authorization: Bearer {}", key.key);
    }
    say!("serving on {}; Ctrl-C stops", server.url());
    Ok(())
}

fn has_addresses(plugin: &LoadedPlugin) -> bool {
    let manifest = plugin.manifest();
    !manifest.routes().is_empty() || manifest.capabilities.web.is_some()
}

fn print_plugin(plugin: &LoadedPlugin, url: &str, agent: &str) {
    let manifest = plugin.manifest();
    let tools: Vec<&str> = manifest
        .tools()
        .iter()
        .map(|tool| tool.id.as_str())
        .collect();
    say!("{} from {}", plugin.id(), plugin.path().display());
    if !tools.is_empty() {
        say!("  tools: {}", terminal::line(&tools.join(", ")));
    }
    let root = format!("{url}/plugins/{}", plugin.id());
    if let Some(web) = &manifest.capabilities.web {
        let mount = web.mount.trim().trim_matches('/');
        say!(
            "  pages: {root}/{mount}?osr_agent={agent}{}",
            for_owner(web.auth)
        );
    }
    for route in manifest.routes() {
        say!("  {}", route_line(route, &root));
    }
}

fn route_line(route: &Route, root: &str) -> String {
    let path = route.path.trim_start_matches('/');
    let methods = route.methods.join(" ").to_uppercase();
    let outside = if route.tunnel_exposed == Some(true) {
        "  (also through the tunnel)"
    } else {
        ""
    };
    let route = format!("{methods} {root}/{path}{}{outside}", for_owner(route.auth));
    terminal::line(&route).into_owned()
}

fn for_owner(auth: Auth) -> &'static str {
    match auth {
        Auth::Owner => "  (with the owner key)",
        Auth::None | Auth::Verify => "",
    }
}

/// In the order they were loaded. False when one was left running.
pub fn stop_plugins(host: &Host, log: &LiveLog) -> bool {
    let stop = |plugin: &Arc<LoadedPlugin>| {
        let stopped = host.unload(plugin);
        let outcome = if stopped {
            "has been shut down"
        } else {
            "still runs a call; it was not shut down"
        };
        log.say(&format!("{} {outcome}", plugin.id()));
        stopped
    };
    let all: Vec<bool> = host.plugins().iter().map(stop).collect();
    all.into_iter().all(|stopped| stopped)
}

pub fn quit_at_once_on_a_second(orders: Receiver<Order>) {
    std::thread::spawn(move || {
        if orders.recv().is_ok() {
            note!("stopped at once: plugins were not shut down");
            Worker::get().done();
            std::process::exit(INTERRUPTED);
        }
    });
}
