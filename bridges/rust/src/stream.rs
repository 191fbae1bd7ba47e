//! The chunk callback of `complete_stream`, and cancelling from it.
//! Called by `call`; the host calls `on_chunk` on threads of its own, and, after a time-out of its own, perhaps
//! even after `complete_stream` has returned. So `user_data` is a number to look up, not an address.

use crate::call::{CallArg, ChunkFn, RawCall};
use crate::frame::{self, FrameCore};
use crate::table::HostTable;
use crate::text;
use osaurus_abi::HostSlot;
use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Whose stream it is: decides what a chunk callback may do and when the stream must end.
pub(crate) struct StreamScope<'a> {
    /// The frame that waits for the stream, if any.
    pub(crate) frame: Option<&'a FrameCore>,
    /// When the stream is cancelled at the latest.
    pub(crate) deadline: Option<Instant>,
}

/// The caller's callback and request. The `'static` is a lie that [`OpenStream::drop`] makes good.
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
    /// Compared with, never followed.
    frame: usize,
    deadline: Option<Instant>,
    /// Chunks since the callback said Break; 0 = it has not.
    since_break: AtomicU32,
    /// What the callback said when it panicked; logged by the frame's thread, where the line is the plugin's own.
    panic: Mutex<Option<String>>,
}

static STREAMS: Mutex<Vec<Arc<Stream>>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The frame whose chunk callback runs on this thread. No destructor, so that no exit handler is left behind.
    static CHUNK_OF: Cell<usize> = const { Cell::new(0) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Is this thread inside a chunk callback of a stream that `frame` waits for?
pub(crate) fn inside_chunk_of(frame: *const FrameCore) -> bool {
    CHUNK_OF.get() == frame as usize
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
        // Waits for a chunk that is just being delivered; a later one finds None. After this the borrows may end.
        *lock(&self.0.sink) = None;
        if let Some(text) = lock(&self.0.panic).take() {
            crate::export::log_panic("a chunk callback", &text);
        }
    }
}

/// Registers a stream that is about to start.
pub(crate) fn open(
    table: HostTable,
    on_chunk: &ChunkFn<'_>,
    request: &str,
    scope: &StreamScope<'_>,
) -> OpenStream {
    // SAFETY: only lifetimes change. The borrows outlive the OpenStream, which the caller drops before it returns,
    // and whose Drop takes them out of the stream under the lock that every use holds.
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
        frame: scope.frame.map_or(0, |frame| frame as *const _ as usize),
        deadline: scope.deadline,
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
        crate::export::swallow(panic);
    }
}

impl Stream {
    fn deliver(&self, chunk: &str) {
        let sink = lock(&self.sink);
        let Some(Sink { on_chunk, request }) = *sink else {
            return;
        };
        if self.since_break.load(Ordering::Relaxed) == 0 {
            let outer = CHUNK_OF.replace(self.frame);
            let flow = catch_unwind(AssertUnwindSafe(|| on_chunk(chunk)));
            CHUNK_OF.set(outer);
            let late = self.deadline.is_some_and(|end| Instant::now() >= end);
            match flow {
                Ok(ControlFlow::Continue(())) if !late => return,
                Ok(_) => {}
                Err(panic) => *lock(&self.panic) = Some(crate::export::panic_text(panic)),
            }
        }
        // The cancel may be lost (the host finds the plugin by the thread), so it is repeated, ever more rarely.
        let chunks = self.since_break.fetch_add(1, Ordering::Relaxed) + 1;
        if chunks.is_power_of_two() {
            self.cancel(request, chunks == 1);
        }
    }

    /// Best effort: from a thread of this plugin if one is idle, else from here, where the host has to guess.
    fn cancel(&self, request: &str, prefer_frame: bool) {
        let Some(id) = stream_id(request) else { return };
        if self
            .table
            .slot_is_promised(HostSlot::CompleteCancel)
            .is_err()
        {
            return;
        }
        if prefer_frame && frame::cancel_on_idle_frame(self.table, &id) {
            return;
        }
        let nobody = StreamScope {
            frame: None,
            deadline: None,
        };
        let call = RawCall {
            slot: HostSlot::CompleteCancel,
            args: &[CallArg::Text(&id)],
            on_chunk: None,
        };
        // A refused cancel changes nothing: the stream runs to its end and its chunks are dropped.
        let _ = crate::call::perform(Some(self.table), &call, &nobody);
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
