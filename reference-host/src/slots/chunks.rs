//! The plugin's chunk callback of a stream, usable from the worker thread until the call is over.

use crate::common::json;
use osaurus_abi::OnChunk;
use parking_lot::Mutex;
use serde_json::Value;
use std::ffi::{CString, c_void};
use std::sync::Arc;

/// The plugin's chunk callback. Closed when the call is over, so that no late chunk meets freed
/// user data.
#[derive(Clone)]
pub(super) struct ChunkSink(Arc<Mutex<Option<(OnChunk, UserData)>>>);

struct UserData(*mut c_void);
// SAFETY: the ABI says that chunks arrive on a worker thread of the host; the pointer is only
// passed back.
unsafe impl Send for UserData {}

impl ChunkSink {
    pub(super) fn new(on_chunk: Option<OnChunk>, user_data: *mut c_void) -> Self {
        ChunkSink(Arc::new(Mutex::new(
            on_chunk.map(|callback| (callback, UserData(user_data))),
        )))
    }

    pub(super) fn is_null(&self) -> bool {
        self.0.lock().is_none()
    }

    pub(super) fn send(&self, chunk: &Value) {
        let Ok(text) = CString::new(json::canonical(chunk)) else {
            return;
        };
        let callback = self.0.lock();
        if let Some((callback, user_data)) = &*callback {
            // SAFETY: the plugin's callback with its own user data, while its complete_stream call
            // is still waiting (the sink is closed before that call returns); the text lives until
            // the callback returns.
            unsafe { callback(text.as_ptr(), user_data.0) };
        }
    }

    /// No chunk is delivered after this returns.
    pub(super) fn close(&self) {
        *self.0.lock() = None;
    }
}
