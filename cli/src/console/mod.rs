//! The console: a web page on loopback that shows what a plugin does in the reference host, and
//! calls it. `dev` starts it. It reads and drives the host through its public interface alone;
//! `api` has the requests, `guard` who may make them, `stream` what the page hears, and `page/`
//! what a browser gets.

mod api;
mod assets;
mod database;
mod guard;
mod pages;
mod stream;

use crate::failure::{Failure, OrFail};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use guard::Guard;
use osaurus_reference_host::{Agent, Host};
use serde::Serialize;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// The cookie with the token.
const COOKIE: &str = "osaurus_console";

/// The largest request, in bytes: the arguments of a tool, or a route's body.
const BODY: usize = 8 * 1024 * 1024;

/// How the last build went.
#[derive(Clone, Default, Serialize)]
pub struct Status {
    /// Counts builds, so that the page sees that something is new.
    number: u64,
    /// What the terminal said of it.
    message: String,
    /// Whether it failed; the last good version runs on then.
    failed: bool,
}

/// A running console. It ends when it is dropped.
pub struct Console {
    url: String,
    status: watch::Sender<Status>,
    _stop: oneshot::Sender<()>,
}

/// What every request needs.
struct Shared {
    host: Arc<Host>,
    agents: Vec<Agent>,
    /// Where the plugin's routes and pages are served.
    server: String,
    /// Where its owner sees them, with what lets a browser in.
    pages: String,
    /// Kinds of task events, by number.
    event_kinds: Vec<String>,
    status: watch::Receiver<Status>,
}

/// Starts the console on any free port.
pub fn start(host: &Arc<Host>, agents: Vec<Agent>, server: String) -> Result<Console, Failure> {
    let (listener, port) = listen().or_fail("the console has no port", "")?;
    let (of_pages, pages_port) = listen().or_fail("the plugin's pages have no port", "")?;
    let first = agents.first().map(|agent| agent.id);
    let (pages, pages_url) = pages::router(host, first, pages_port)?;
    let guard = Guard::new(port, COOKIE)?;
    let url = format!("http://127.0.0.1:{port}/?token={}", guard.token());
    let (status, statuses) = watch::channel(Status::default());
    let shared = Shared {
        host: Arc::clone(host),
        agents,
        server,
        pages: pages_url,
        event_kinds: event_kinds()?,
        status: statuses,
    };
    let router = router(Arc::new(shared), Arc::new(guard));
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.or_fail("the console does not start", "")?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let from_std = tokio::net::TcpListener::from_std;
            let (Ok(listener), Ok(of_pages)) = (from_std(listener), from_std(of_pages)) else {
                return;
            };
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                _ = axum::serve(of_pages, pages) => {}
                _ = stopped => {}
            }
        });
        // Calls of tools may still run; they end with the host.
        runtime.shutdown_background();
    });
    Ok(Console {
        url,
        status,
        _stop: stop,
    })
}

/// On any free port.
fn listen() -> std::io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// As the spec of the ABI has them.
fn event_kinds() -> Result<Vec<String>, Failure> {
    let spec = osaurus_abi_spec::load().or_fail("the ABI spec cannot be read", "")?;
    let group = spec
        .constants
        .into_iter()
        .find(|group| group.name == "task_event");
    let items = group.into_iter().flat_map(|group| group.items);
    Ok(items.map(|kind| kind.name).collect())
}

impl Console {
    /// Its address, with what the browser needs to be let in.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tells the page how a build went.
    pub fn built(&self, message: &str, failed: bool) {
        self.status.send_modify(|status| {
            *status = Status {
                number: status.number + 1,
                message: message.into(),
                failed,
            };
        });
    }
}

fn router(shared: Arc<Shared>, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/static/{name}", get(assets::file))
        .route("/api/state", get(api::state))
        .route("/api/stream", get(stream::follow))
        .route("/api/model-view", get(api::model_view))
        .route("/api/tables", get(database::tables))
        .route("/api/rows", get(database::rows))
        .route("/api/call", post(api::call))
        .route("/api/settings", post(api::save_settings))
        .route("/api/route", post(api::request_route))
        .route("/api/event", post(api::send_event))
        .route("/api/answer", post(api::answer_task))
        .route("/api/dismiss", post(api::dismiss_task))
        .route("/api/share", post(api::share_file))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn(guard::protect))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(shared)
}
