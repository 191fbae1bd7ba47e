//! The HTTP server: one thread with its own runtime, one request per connection, loopback only.
//! Started by [`crate::Host::serve`]; requests go to `exchange.rs`.

pub(crate) mod active_side;
pub(crate) mod arrival;
pub(crate) mod connection;
pub(crate) mod connections;
pub(crate) mod cors;
pub(crate) mod exchange;

use crate::common::signals;
use crate::host::core::HostCore;
use crate::web::server::active_side::{ActiveSide, LIVELY};
use crate::web::server::connection::Connection;
use crate::web::server::connections::{Connections, affordable};
use crate::web::server::exchange::Arrival;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::watch;

/// How long a client may still take when the server stops: for the rest of its request, and for its
/// answer.
const GRACE: Duration = Duration::from_secs(2);
/// Headers that are read before the connection is given up; the limit that is answered lies far
/// below.
const HEADERS_READ: usize = 2_000;
/// Bytes that are read for them; likewise.
const BYTES_READ: usize = 4 * 1024 * 1024;

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is not this machine's own.
    #[error("{0} cannot be served: plugin routes are for this machine only; use 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// The system refused.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for any free one")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A running web server of a host. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(host: &Arc<HostCore>, address: SocketAddr) -> Result<Server, ServeError> {
        Server::start_on(host, listen(address)?)
    }

    /// On a socket that listens already.
    pub(crate) fn start_on(
        host: &Arc<HostCore>,
        listener: std::net::TcpListener,
    ) -> Result<Server, ServeError> {
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = listener.local_addr().unwrap_or(unknown);
        let failed = |source| ServeError::Listen {
            address: bound,
            source,
        };
        if !bound.ip().is_loopback() {
            return Err(ServeError::NotLoopback(bound));
        }
        listener.set_nonblocking(true).map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let core = Arc::clone(host);
        let thread = std::thread::Builder::new().name("osaurus-web".into());
        let thread = thread.spawn(move || run(&core, listener, stopped));
        host.web.port.store(bound.port(), Ordering::Relaxed);
        Ok(Server {
            address: bound,
            stop,
            thread: Some(thread.map_err(failed)?),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root of all its addresses, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more requests and waits for the answers of those that came in. Clients of calls
    /// that run longer than the route limit have their answer by then. A client that takes its
    /// time, to send or to read, has two seconds.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A socket for [`crate::Host::serve_on`]: its port is this process' from now on.
pub fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    std::net::TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })
}

fn run(host: &Arc<HostCore>, listener: std::net::TcpListener, stopped: watch::Receiver<bool>) {
    signals::hold_sigpipe_off();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.and_then(|runtime| runtime.block_on(accept(host, listener, stopped)));
    if let Err(error) = outcome {
        eprintln!("reference host: the web server stopped: {error}");
    }
}

/// Ends when asked to, after the last request that came in.
async fn accept(
    host: &Arc<HostCore>,
    listener: std::net::TcpListener,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut connections = Connections::new(host.settings.connections.unwrap_or_else(affordable));
    loop {
        let has_room = connections.has_room();
        tokio::select! {
            () = asked_to_stop(&mut stopped) => break,
            Some(()) = connections.next_end() => {}
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, peer)) => {
                    let turn = ActiveSide::default();
                    let serving = serve(Arc::clone(host), stream, peer, turn.clone(), stopped.clone());
                    connections.add(turn, serving);
                }
                // Out of descriptors, most likely: others may be closed meanwhile.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    drop(listener);
    while connections.next_end().await.is_some() {}
    Ok(())
}

/// Serves the one request of a connection. When the server stops, a connection that sent nothing
/// yet is closed.
async fn serve(
    host: Arc<HostCore>,
    stream: TcpStream,
    peer: SocketAddr,
    turn: ActiveSide,
    mut stopped: watch::Receiver<bool>,
) {
    let limit = host.settings.budgets.client;
    let (stream, ending) = Connection::new(stream, &turn);
    let router = Router::new().fallback(exchange::answer);
    let arrival = Arrival::new(&host, peer, ending, turn.clone());
    let service = TowerToHyperService::new(router.with_state(arrival));
    let connection = protocol(limit).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // A connection that breaks is the client's affair; its request is recorded as one whose client
    // went away.
    tokio::select! {
        _ = connection.as_mut() => return,
        // A body that stalls is refused before, by the exchange; so this is about answers.
        () = turn.client_stalls(limit * 2, LIVELY) => return,
        () = asked_to_stop(&mut stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = turn.client_stalls(GRACE, u64::MAX) => {}
    }
}

async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn protocol(headers: Duration) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(headers)
        .keep_alive(false)
        .auto_date_header(false)
        .max_headers(HEADERS_READ)
        .max_buf_size(BYTES_READ);
    protocol
}
