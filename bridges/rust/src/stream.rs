//! The chunk callback of `complete_stream`, and cancelling from it. Called by `perform`; the host
//! calls `on_chunk` on threads of its own, and, after a time-out of its own, perhaps even after
//! `complete_stream` has returned. So `user_data` is a number to look up, not an address.

use crate::call::ChunkFn;
use crate::panics;
use crate::table::{HostTable, read_slot};
use crate::text::{self, TextBuffer};
use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Whose stream it is: decides what a chunk callback may do and when the stream must end.
#[derive(Clone, Copy)]
pub(crate) struct StreamScope {
    /// The address of the frame that waits for the stream, or 0. Compared with, never followed.
    pub(crate) frame: usize,
    /// When the stream is cancelled at the latest.
    pub(crate) deadline: Option<Instant>,
    /// Leaves a `complete_cancel` with another thread of this plugin; false if none is free.
    pub(crate) cancel_elsewhere: fn(HostTable, &str) -> bool,
    /// Logs that a chunk callback panicked, with what it said.
    pub(crate) report_panic: fn(&str),
}

/// The caller's callback and request. They are not really `'static`: [`OpenStream::drop`] ends
/// their use.
#[derive(Clone, Copy)]
struct Sink {
    on_chunk: &'static ChunkFn<'static>,
    request: &'static str,
}

struct Stream {
    id: usize,
    /// Locked while a chunk is delivered; `None` once the call has returned.
    sink: Mutex<Option<Sink>>,
    table: HostTable,
    scope: StreamScope,
    /// Chunks since the callback said Break; 0 = it has not.
    since_break: AtomicU32,
    /// What the callback said when it panicked; logged by the frame's thread, where the line is the
    /// plugin's own.
    panic: Mutex<Option<String>>,
}

static STREAMS: Mutex<Vec<Arc<Stream>>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The frame whose chunk callback runs on this thread. No destructor, so that no exit handler
    /// is left behind.
    static CHUNK_OF: Cell<usize> = const { Cell::new(0) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Is this thread inside a chunk callback of a stream that the frame at this address waits for?
pub(crate) fn inside_chunk_of(frame: usize) -> bool {
    CHUNK_OF.get() == frame
}

/// Keeps a stream's callback reachable; dropped after the host's call has returned.
pub(crate) struct OpenStream(Arc<Stream>);

impl OpenStream {
    pub(crate) fn user_data(&self) -> *mut c_void {
        std::ptr::without_provenance_mut(self.0.id)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        lock(&STREAMS).retain(|stream| !Arc::ptr_eq(stream, &self.0));
        // Waits for a chunk that is just being delivered; a later one finds None. After this the
        // borrows may end.
        *lock(&self.0.sink) = None;
        if let Some(text) = lock(&self.0.panic).take() {
            (self.0.scope.report_panic)(&text);
        }
    }
}

/// Registers a stream that is about to start.
pub(crate) fn open(
    table: HostTable,
    on_chunk: &ChunkFn<'_>,
    request: &str,
    scope: StreamScope,
) -> OpenStream {
    // SAFETY: only lifetimes change. The borrows outlive the OpenStream, which the caller drops
    // before it returns, and whose Drop takes them out of the stream under the lock that every use
    // holds.
    let sink = unsafe {
        std::mem::transmute::<(&ChunkFn<'_>, &str), (&'static ChunkFn<'static>, &'static str)>((
            on_chunk, request,
        ))
    };
    let stream = Arc::new(Stream {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        sink: Mutex::new(Some(Sink {
            on_chunk: sink.0,
            request: sink.1,
        })),
        table,
        scope,
        since_break: AtomicU32::new(0),
        panic: Mutex::new(None),
    });
    lock(&STREAMS).push(Arc::clone(&stream));
    OpenStream(stream)
}

/// What the host calls. `user_data` is [`OpenStream::user_data`].
pub(crate) unsafe extern "C" fn on_chunk(chunk: *const c_char, user_data: *mut c_void) {
    let delivered = catch_unwind(AssertUnwindSafe(|| {
        let id = user_data.addr();
        let stream = lock(&STREAMS).iter().find(|open| open.id == id).cloned();
        let Some(stream) = stream else { return };
        // SAFETY: the ABI: a chunk is NUL-terminated and valid during this call.
        if let Ok(chunk) = unsafe { text::borrow(chunk) } {
            stream.deliver(chunk);
        }
    }));
    if let Err(panic) = delivered {
        panics::swallow(panic);
    }
}

impl Stream {
    fn deliver(&self, chunk: &str) {
        let sink = lock(&self.sink);
        let Some(Sink { on_chunk, request }) = *sink else {
            return;
        };
        if self.since_break.load(Ordering::Relaxed) == 0 {
            let outer = CHUNK_OF.replace(self.scope.frame);
            let flow = catch_unwind(AssertUnwindSafe(|| on_chunk(chunk)));
            CHUNK_OF.set(outer);
            let late = self.scope.deadline.is_some_and(|end| Instant::now() >= end);
            match flow {
                Ok(ControlFlow::Continue(())) if !late => return,
                Ok(_) => {}
                Err(panic) => *lock(&self.panic) = Some(panics::text_of(panic)),
            }
        }
        // The cancel may be lost (the host finds the plugin by the thread), so it is repeated, ever
        // more rarely.
        let chunks = self.since_break.fetch_add(1, Ordering::Relaxed) + 1;
        if chunks.is_power_of_two() {
            self.cancel(request, chunks == 1);
        }
    }

    /// Best effort: from a thread of this plugin if one is idle, else from here, where the host has
    /// to guess.
    fn cancel(&self, request: &str, prefer_frame: bool) {
        let Some(id) = stream_id(request) else { return };
        let Ok(cancel) = read_slot!(self.table, CompleteCancel, complete_cancel) else {
            return;
        };
        if prefer_frame && (self.scope.cancel_elsewhere)(self.table, &id) {
            return;
        }
        // One that cannot be made changes nothing: the stream runs to its end and its chunks are
        // dropped.
        let mut buffer = TextBuffer::new();
        if let Ok(id) = buffer.fill(&id) {
            // SAFETY: read from the table after its version promised it; the buffer lives until the
            // call returns.
            unsafe { cancel(id) };
        }
    }
}

/// The request's `stream_id`, without building the rest of the document.
fn stream_id(request: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Request {
        stream_id: Option<String>,
    }
    serde_json::from_str::<Request>(request).ok()?.stream_id
}
