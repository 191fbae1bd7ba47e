//! Whose turn it is on a connection: the client's, while it sends or is sent something, or the
//! host's, while it works. A client that takes its time holds a connection up; a plugin that does
//! is waited for. The server asks, the exchange says, the socket counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Bytes that a client moves at least within its limit, unless it is done before.
pub(crate) const LIVELY: u64 = 64 * 1024;

/// The turn of one connection.
#[derive(Clone, Default)]
pub(crate) struct ActiveSide(Arc<State>);

#[derive(Default)]
struct State {
    is_hosts: watch::Sender<bool>,
    moved: AtomicU64,
}

impl ActiveSide {
    /// The host works, until the guard goes.
    pub(crate) fn of_host(&self) -> HostAtWork {
        self.0.is_hosts.send_replace(true);
        HostAtWork(self.clone())
    }

    /// So many bytes went one way or the other.
    pub(crate) fn moved(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.0.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn is_clients(&self) -> bool {
        !*self.0.is_hosts.borrow()
    }

    /// Ends when it was the client's turn for all of `limit` and fewer than `enough` bytes moved
    /// meanwhile.
    pub(crate) async fn client_stalls(&self, limit: Duration, enough: u64) {
        let mut turn = self.0.is_hosts.subscribe();
        loop {
            let _ = turn.wait_for(|is_hosts| !is_hosts).await;
            let before = self.0.moved.load(Ordering::Relaxed);
            tokio::select! {
                _ = turn.wait_for(|is_hosts| *is_hosts) => {}
                () = tokio::time::sleep(limit) => {
                    if self.0.moved.load(Ordering::Relaxed) - before < enough {
                        return;
                    }
                }
            }
        }
    }
}

/// The host works while this lives.
pub(crate) struct HostAtWork(ActiveSide);

impl Drop for HostAtWork {
    fn drop(&mut self) {
        self.0.0.is_hosts.send_replace(false);
    }
}
