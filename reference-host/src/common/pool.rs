//! Host threads: a pool that grows with demand (Osaurus' concurrent queues have no bound), and
//! serial queues on it. Plugins are always called from these threads, never from the
//! thread that drives the host.

use crate::host::errors::CallError;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;
type IdleThreads = Mutex<Vec<(u64, Sender<Job>)>>;

static NEXT_THREAD: AtomicU64 = AtomicU64::new(1);

/// How long an idle thread waits for its next job.
const IDLE: Duration = Duration::from_secs(10);
/// Stack of a host thread: that of a dispatch worker on macOS, where Osaurus calls plugins.
pub const STACK: usize = 512 * 1024;

/// Runs jobs, each on a thread of its own at once.
#[derive(Clone, Default)]
pub(crate) struct Pool {
    idle: Arc<IdleThreads>,
}

impl Pool {
    /// Starts `job` on an idle thread or a new one. Panics of the job end the job only.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        let mut job: Job = Box::new(job);
        while let Some((_, thread)) = { self.idle.lock().pop() } {
            match thread.send(job) {
                Ok(()) => return,
                Err(returned) => job = returned.0,
            }
        }
        self.start_thread(job);
    }

    /// Runs `job` and waits for its result, at most `limit`. On expiry the job keeps running.
    pub(crate) fn run_within<T: Send + 'static>(
        &self,
        limit: Duration,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Waited> {
        let (sender, receiver) = channel();
        self.run(move || {
            let _ = sender.send(job());
        });
        receiver.recv_timeout(limit).map_err(Waited::from)
    }

    fn start_thread(&self, first: Job) {
        let idle = Arc::clone(&self.idle);
        let thread = std::thread::Builder::new()
            .name("osaurus-host".into())
            .stack_size(STACK);
        let spawned = thread.spawn(move || work(&idle, first));
        if let Err(error) = spawned {
            eprintln!("reference host: no thread for a call ({error}); the call is dropped");
        }
    }
}

fn work(idle: &IdleThreads, first: Job) {
    let me = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
    let (sender, receiver): (Sender<Job>, Receiver<Job>) = channel();
    run_contained(first);
    loop {
        idle.lock().push((me, sender.clone()));
        let job = receiver
            .recv_timeout(IDLE)
            .ok()
            .or_else(|| leave(idle, me, &receiver));
        match job {
            Some(job) => run_contained(job),
            None => return,
        }
    }
}

/// Takes this thread off the idle list. When it is no longer there, a job is on its way and must be
/// served.
fn leave(idle: &IdleThreads, me: u64, receiver: &Receiver<Job>) -> Option<Job> {
    let mut idle = idle.lock();
    if let Some(at) = idle.iter().position(|(thread, _)| *thread == me) {
        idle.remove(at);
        return None;
    }
    drop(idle);
    receiver.recv().ok()
}

fn run_contained(job: Job) {
    if catch_unwind(AssertUnwindSafe(job)).is_err() {
        eprintln!("reference host: a host job panicked; this is a bug in the host");
    }
}

/// Why there is no result.
pub(crate) enum Waited {
    TimeUp,
    Failed,
}

impl Waited {
    /// What the caller of a plugin is told.
    pub(crate) fn into_error(self, what: &str, limit: Duration) -> CallError {
        let what = what.to_string();
        match self {
            Waited::TimeUp => CallError::Timeout { what, limit },
            Waited::Failed => CallError::Host(what),
        }
    }
}

impl From<RecvTimeoutError> for Waited {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => Waited::TimeUp,
            RecvTimeoutError::Disconnected => Waited::Failed,
        }
    }
}

/// Jobs that run one after the other, in the order they were given, on threads of the pool.
#[derive(Clone)]
pub(crate) struct SerialQueue {
    pool: Pool,
    shared: Arc<(Mutex<Serial>, Condvar)>,
}

#[derive(Default)]
struct Serial {
    waiting: VecDeque<Job>,
    running: bool,
    held: bool,
}

impl SerialQueue {
    pub(crate) fn new(pool: &Pool) -> Self {
        Self {
            pool: pool.clone(),
            shared: Arc::default(),
        }
    }

    /// A queue that keeps its jobs until [`SerialQueue::release`].
    pub(crate) fn held(pool: &Pool) -> Self {
        let queue = Self::new(pool);
        queue.shared.0.lock().held = true;
        queue
    }

    pub(crate) fn push(&self, job: impl FnOnce() + Send + 'static) {
        let mut serial = self.shared.0.lock();
        serial.waiting.push_back(Box::new(job));
        self.start(serial);
    }

    pub(crate) fn release(&self) {
        let mut serial = self.shared.0.lock();
        serial.held = false;
        self.start(serial);
    }

    /// Waits until nothing is queued or running. False when `limit` passed first.
    pub(crate) fn wait_idle(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut serial = self.shared.0.lock();
        while serial.running || !serial.waiting.is_empty() {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            self.shared.1.wait_for(&mut serial, rest);
        }
        true
    }

    fn start(&self, mut serial: MutexGuard<'_, Serial>) {
        if serial.held || serial.running || serial.waiting.is_empty() {
            return;
        }
        serial.running = true;
        drop(serial);
        let shared = Arc::clone(&self.shared);
        self.pool.run(move || drain(&shared));
    }
}

fn drain(shared: &(Mutex<Serial>, Condvar)) {
    loop {
        let mut serial = shared.0.lock();
        let Some(job) = serial.waiting.pop_front() else {
            serial.running = false;
            shared.1.notify_all();
            return;
        };
        drop(serial);
        run_contained(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_run_at_once_and_a_waiter_gives_up_alone() {
        let pool = Pool::default();
        let (sender, receiver) = channel::<()>();
        let slow = pool.run_within(Duration::from_millis(20), move || receiver.recv().is_ok());
        assert!(matches!(slow, Err(Waited::TimeUp)));
        let quick = pool.run_within(Duration::from_secs(5), || 7);
        assert!(
            matches!(quick, Ok(7)),
            "a blocked job must not block others"
        );
        drop(sender);
        assert!(matches!(
            pool.run_within(Duration::from_secs(5), || panic!("contained")),
            Err::<(), _>(Waited::Failed)
        ));
    }

    #[test]
    fn serial_queue_keeps_order_and_can_be_held() {
        let pool = Pool::default();
        let queue = SerialQueue::held(&pool);
        let (sender, receiver) = channel();
        for number in 0..100 {
            let sender = sender.clone();
            queue.push(move || {
                let _ = sender.send(number);
            });
        }
        assert!(
            receiver.recv_timeout(Duration::from_millis(30)).is_err(),
            "held jobs must wait"
        );
        queue.release();
        assert!(queue.wait_idle(Duration::from_secs(5)));
        assert_eq!(
            receiver.try_iter().collect::<Vec<_>>(),
            (0..100).collect::<Vec<_>>()
        );
    }
}
