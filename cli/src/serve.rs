//! `osaurus-bridge serve`: runs plugins in the reference host in the foreground, with their routes and pages on this
//! machine and a live log, until Ctrl-C or SIGTERM stops them in order.

use crate::failure::{Failure, OrFail};
use crate::host_options::{self, HostOptions};
use crate::install::folder;
use crate::library;
use crate::live_log::LiveLog;
use osaurus_reference_host::manifest::{Auth, Route};
use osaurus_reference_host::{
    Agent, AgentId, Host, HostBuilder, LoadedPlugin, NewAccessKey, Server,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What a process that a signal ended returns by convention: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin libraries [default: the one in dist/, else what is installed; with --data what is installed there]
    pub plugins: Vec<PathBuf>,
    #[command(flatten)]
    pub host: HostOptions,
    /// The agents, separated by commas: UUIDs, or any names
    #[arg(long, value_delimiter = ',', default_value = "you")]
    pub agents: Vec<String>,
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 1338)]
    port: u16,
}

/// Runs the command until a signal ends it.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    run_with(args, |builder| builder)
}

/// As [`run`], in a host to which `add` adds something.
pub fn run_with(
    args: &Args,
    add: impl FnOnce(HostBuilder) -> HostBuilder,
) -> Result<ExitCode, Failure> {
    // Before anything is loaded, so that Ctrl-C always means an orderly end.
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .or_fail("cannot watch for Ctrl-C", "this is a limit of the system")?;
    let libraries = libraries(args)?;
    let host = start(args, add)?;
    let log = LiveLog::start(&host);
    if libraries.is_empty() {
        load_installed(&host, &log)?;
    }
    for path in &libraries {
        load(&host, path)?;
    }
    let server = host
        .serve((Ipv4Addr::LOCALHOST, args.port).into())
        .or_fail("the web server does not start", "")?;
    let key = owner_key(&host)?;
    print_places(args, &host, &server, key.as_ref());
    let signal = signals.forever().next();
    quit_at_once_on_a_second(signals);
    log.say(match signal {
        Some(SIGTERM) => "SIGTERM: stopping; no more requests are taken",
        _ => "Ctrl-C: stopping; no more requests are taken (Ctrl-C again quits at once)",
    });
    server.stop();
    let in_order = stop_plugins(&host, &log);
    revoke(&host, key)?;
    drop(host);
    log.end("stopped");
    Ok(if in_order {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The host as the arguments want it. Without libraries it has the folder that `install` installs into.
pub fn start(args: &Args, add: impl FnOnce(HostBuilder) -> HostBuilder) -> Result<Host, Failure> {
    let mut builder = args.host.builder()?;
    if args.plugins.is_empty() && args.host.data.is_none() {
        builder = builder.data_dir(folder::default_data()?);
    }
    let agents = args.agents.iter().map(|name| Agent::named(name));
    host_options::build(add(builder.agents(agents).port(args.port)))
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
    Err(Failure::new(
        format!("nothing is installed in {}", tools.display()),
        "osaurus-bridge install FILE.zip --consent, or name a plugin library here",
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

fn load(host: &Host, path: &Path) -> Result<(), Failure> {
    let loaded = host.load(path).or_fail(
        format!("{} does not load", path.display()),
        "osaurus-bridge inspect says what the file holds",
    );
    loaded.map(drop)
}

/// A key for this run, when something asks for one.
fn owner_key(host: &Host) -> Result<Option<NewAccessKey>, Failure> {
    let wants_key = |plugin: &Arc<LoadedPlugin>| {
        let web = plugin.manifest().capabilities.web.as_ref();
        let mut routes = plugin.manifest().routes().iter();
        routes.any(|r| r.auth == Auth::Owner) || web.is_some_and(|web| web.auth == Auth::Owner)
    };
    if !host.plugins().iter().any(wants_key) {
        return Ok(None);
    }
    let key = host.create_access_key("osaurus-bridge serve", None);
    key.map(Some).or_fail("cannot make an access key", "")
}

fn revoke(host: &Host, key: Option<NewAccessKey>) -> Result<(), Failure> {
    let Some(key) = key else { return Ok(()) };
    let revoked = host.revoke_access_key(&key.kept.id);
    revoked
        .map(drop)
        .or_fail("cannot take the access key back", "")
}

fn print_places(args: &Args, host: &Host, server: &Server, key: Option<&NewAccessKey>) {
    let agents = args.agents.iter().map(|name| AgentId::parse_or_name(name));
    let agents: Vec<String> = agents.map(|agent| agent.to_string()).collect();
    for plugin in host.plugins() {
        print_plugin(&plugin, &server.url(), &agents[0]);
    }
    println!("data: {}", host.data_dir().display());
    if let Some(isolate) = args.host.isolate {
        println!("{}", isolate.note());
    }
    for (name, id) in args.agents.iter().zip(&agents) {
        println!("agent {name}: X-Osaurus-Agent-Id: {id}");
    }
    if let Some(key) = key {
        println!("owner key, for this run: Authorization: Bearer {}", key.key);
    }
    println!("serving on {}; Ctrl-C stops", server.url());
}

fn print_plugin(plugin: &LoadedPlugin, url: &str, agent: &str) {
    let manifest = plugin.manifest();
    let tools: Vec<&str> = manifest
        .tools()
        .iter()
        .map(|tool| tool.id.as_str())
        .collect();
    println!("{} from {}", plugin.id(), plugin.path().display());
    if !tools.is_empty() {
        println!("  tools: {}", tools.join(", "));
    }
    let root = format!("{url}/plugins/{}", plugin.id());
    if let Some(web) = &manifest.capabilities.web {
        let mount = web.mount.trim().trim_matches('/');
        println!(
            "  pages: {root}/{mount}?osr_agent={agent}{}",
            for_owner(web.auth)
        );
    }
    for route in manifest.routes() {
        println!("  {}", route_line(route, &root));
    }
}

fn route_line(route: &Route, root: &str) -> String {
    let path = route.path.trim_start_matches('/');
    let methods = route.methods.join(" ").to_uppercase();
    format!("{methods} {root}/{path}{}", for_owner(route.auth))
}

fn for_owner(auth: Auth) -> &'static str {
    match auth {
        Auth::Owner => "  (with the owner key)",
        Auth::None | Auth::Verify => "",
    }
}

/// In the order they were loaded. False when one was left running.
fn stop_plugins(host: &Host, log: &LiveLog) -> bool {
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

fn quit_at_once_on_a_second(mut signals: Signals) {
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            eprintln!("stopped at once: plugins were not shut down");
            std::process::exit(INTERRUPTED);
        }
    });
}
