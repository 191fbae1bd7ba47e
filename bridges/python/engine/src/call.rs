//! One call of a script as data: what is asked, and what came of it. Used by `script`, `dispatch`
//! and `asynchronous`. Knows no Python.
use crate::shim::HostFrame;
use osaurus_engine_abi::{STATUS_FAILED, STATUS_OK};

/// The result as JSON, or a sentence for the log.
pub type Outcome = Result<Option<Vec<u8>>, String>;

/// What the start of a call answers.
pub enum Started {
    /// The handler has ended.
    Done(Outcome),
    /// The outcome follows through the frame.
    Pending,
}

/// What the shim asks for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// One of [`kind`].
    pub kind: u32,
    /// Tool, route or task id.
    pub target: &'a str,
    /// JSON.
    pub payload: &'a str,
    /// JSON object, or empty.
    pub context: &'a str,
}

/// A request that outlives the shim's call.
pub struct OwnedRequest {
    kind: u32,
    strings: [String; 3],
}

impl Request<'_> {
    /// A copy.
    pub fn to_owned(self) -> OwnedRequest {
        OwnedRequest {
            kind: self.kind,
            strings: [self.target, self.payload, self.context].map(str::to_owned),
        }
    }
}

impl OwnedRequest {
    /// The request.
    pub fn borrow(&self) -> Request<'_> {
        Request {
            kind: self.kind,
            target: &self.strings[0],
            payload: &self.strings[1],
            context: &self.strings[2],
        }
    }
}

/// Ends a pending call. The GIL may be held or not.
pub fn complete(frame: &HostFrame, outcome: Outcome) {
    match outcome {
        Ok(text) => frame.complete(STATUS_OK, text.as_deref().unwrap_or_default()),
        Err(text) => frame.complete(STATUS_FAILED, text.as_bytes()),
    }
}
