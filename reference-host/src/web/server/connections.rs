//! The open connections of the server, which are no more than the process can afford. When there is
//! no room, the one that has waited longest for its client makes room; those that the host works
//! for stay.

use crate::web::server::active_side::ActiveSide;
use rustix::process::{Resource, getrlimit};
use std::collections::VecDeque;
use std::future::Future;
use tokio::task::{AbortHandle, JoinSet};

/// Connections at once where the system allows many descriptors.
const MOST: usize = 256;
/// And where it allows few.
const FEWEST: usize = 8;

/// What is open, oldest first.
pub(super) struct Connections {
    most: usize,
    tasks: JoinSet<()>,
    open: VecDeque<(ActiveSide, AbortHandle)>,
}

impl Connections {
    pub(super) fn new(most: usize) -> Connections {
        Connections {
            most,
            tasks: JoinSet::new(),
            open: VecDeque::new(),
        }
    }

    /// Whether one more is taken.
    pub(super) fn has_room(&mut self) -> bool {
        self.open.retain(|(_, task)| !task.is_finished());
        self.open.len() < self.most || self.oldest_idle().is_some()
    }

    /// Serves one more, for which there is room.
    pub(super) fn add(
        &mut self,
        turn: ActiveSide,
        serving: impl Future<Output = ()> + Send + 'static,
    ) {
        if self.open.len() >= self.most
            && let Some(at) = self.oldest_idle()
            && let Some((_, task)) = self.open.remove(at)
        {
            task.abort();
        }
        let task = self.tasks.spawn(serving);
        self.open.push_back((turn, task));
    }

    /// Waits for the next one to end; None when none is open.
    pub(super) async fn next_end(&mut self) -> Option<()> {
        self.tasks.join_next().await.map(drop)
    }

    fn oldest_idle(&self) -> Option<usize> {
        let waits =
            |(turn, task): &(ActiveSide, AbortHandle)| turn.is_clients() && !task.is_finished();
        self.open.iter().position(waits)
    }
}

/// A quarter of the descriptors of this process, within bounds: plugins and databases need the
/// others.
pub(super) fn affordable() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(descriptors / 4)
        .unwrap_or(MOST)
        .clamp(FEWEST, MOST)
}
