//! `osaurus-bridge serve`: runs plugins in the reference host in the foreground, with their routes and pages on this
//! machine and a live log, until Ctrl-C or SIGTERM stops them in order.

use crate::failure::{Failure, OrFail};
use crate::isolate::Isolate;
use crate::live_log::LiveLog;
use osaurus_reference_host::manifest::{Auth, Route};
use osaurus_reference_host::{
    Agent, AgentId, Host, HostBuilder, LoadedPlugin, NewAccessKey, Profile, Server,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What a process that a signal ended returns by convention: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin libraries [default: what is installed in --data, in its folder Tools]
    #[arg(required_unless_present = "data")]
    pub plugins: Vec<PathBuf>,
    /// ABI version that the host advertises, 1 to 6
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=6))]
    pub abi: u32,
    /// Run tools in a helper process, where a crash or a hang ends one call only; models, tasks and files cannot be
    /// reached from there, as in Osaurus
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    isolate: Option<Isolate>,
    /// The agents, separated by commas: UUIDs, or any names
    #[arg(long, value_delimiter = ',', default_value = "you")]
    pub agents: Vec<String>,
    /// Folder that keeps databases, settings and keys [default: a temporary one]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 1338)]
    port: u16,
    /// Which known differences the host shows: actual, documented or osaurus-exact
    #[arg(long, default_value = "actual", value_parser = Profile::parse)]
    pub profile: Profile,
    /// OpenAI-compatible server for inference [default: a built-in deterministic model]
    #[arg(long)]
    model_url: Option<String>,
    /// Script for the built-in model (docs/model-script.md)
    #[arg(long, conflicts_with = "model_url")]
    model_script: Option<PathBuf>,
    /// Send http_request calls for a host name to a local server: NAME=ADDRESS:PORT
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = mapping)]
    map_host: Vec<(String, String)>,
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let advice = "expected NAME=ADDRESS:PORT, such as api.example.com=127.0.0.1:8080";
    let (name, address) = text.split_once('=').ok_or(advice)?;
    match address.parse::<SocketAddr>() {
        Ok(_) if !name.is_empty() => Ok((name.into(), address.into())),
        _ => Err(advice.into()),
    }
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
    let host = start(args, add)?;
    let log = LiveLog::start(&host);
    if args.plugins.is_empty() {
        load_installed(&host, &log);
    }
    for path in &args.plugins {
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

/// The host as the arguments want it.
pub fn start(args: &Args, add: impl FnOnce(HostBuilder) -> HostBuilder) -> Result<Host, Failure> {
    let mut builder = Host::builder()
        .abi(args.abi)
        .agents(args.agents.iter().map(|name| Agent::named(name)))
        .profile(args.profile)
        .port(args.port);
    if let Some(isolate) = args.isolate {
        builder = isolate.set_up(builder, args.abi)?;
    }
    if let Some(folder) = &args.data {
        builder = builder.data_dir(folder);
    }
    if let Some(url) = &args.model_url {
        builder = builder.model_url(url);
    }
    if let Some(script) = &args.model_script {
        builder = builder.model_script(script);
    }
    let mapped =
        |builder: HostBuilder, (name, address): &(String, String)| builder.map_host(name, address);
    let builder = args.map_host.iter().fold(builder, mapped);
    add(builder).build().or_fail(
        "the reference host does not start",
        "check --data, --model-url and --model-script",
    )
}

/// As Osaurus does when it starts: what cannot be loaded is named, the others run.
fn load_installed(host: &Host, log: &LiveLog) {
    for failure in host.load_all().failures {
        log.say(&format!(
            "{} is not loaded: {}",
            failure.plugin_id, failure.error
        ));
    }
}

fn load(host: &Host, path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(
            format!("{} is a folder, not a plugin library", path.display()),
            "give the library itself, such as dist/plugin.dylib; for installed plugins name their host's folder with --data instead",
        ));
    }
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
    if let Some(isolate) = args.isolate {
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
