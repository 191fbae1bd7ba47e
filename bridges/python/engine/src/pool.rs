//! Threads for handlers that must not run on the host's thread (`threads=True`). Grows with demand
//! up to a limit, so that a waiting handler does not block the next. Knows only closures.
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// More handlers than that wait for a thread.
const MAX_THREADS: usize = 64;
/// Python code recurses; macOS gives secondary threads 512 kB only.
const STACK: usize = 8 << 20;

type Job = Box<dyn FnOnce() + Send>;

struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: usize,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: VecDeque::new(),
    idle: 0,
    threads: 0,
});
static WORK: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `job` on a thread of the pool.
pub fn submit(job: Job) {
    let mut queue = queue();
    queue.jobs.push_back(job);
    if queue.idle >= queue.jobs.len() || queue.threads >= MAX_THREADS {
        WORK.notify_one();
        return;
    }
    let spawned = thread::Builder::new()
        .name("osaurus-handler".into())
        .stack_size(STACK)
        .spawn(serve);
    if spawned.is_ok() {
        queue.threads += 1;
    } else {
        // The system gives no more threads: one of the others will come to it.
        WORK.notify_one();
    }
}

fn serve() {
    let mut waiting = queue();
    loop {
        if let Some(job) = waiting.jobs.pop_front() {
            drop(waiting);
            let _ = catch_unwind(AssertUnwindSafe(job));
            waiting = queue();
            continue;
        }
        waiting.idle += 1;
        waiting = WORK.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        waiting.idle -= 1;
    }
}
