//! Where a handler runs: on the host's thread, in the pool, or on the loop. Called by `api` for
//! every call.
use crate::asynchronous;
use crate::call::{OwnedRequest, Request, Started, complete};
use crate::pin;
use crate::pool;
use crate::running::Running;
use crate::script::{HandlerPlace, Script};
use crate::shim::HostFrame;
use pyo3::prelude::*;
use std::sync::Arc;

/// Runs a handler, or starts it elsewhere.
pub fn start(script: &Arc<Script>, frame: HostFrame, request: Request<'_>) -> Started {
    match pin::attach(|py| start_attached(py, script, frame, request)) {
        Ok(started) => started,
        Err(text) => Started::Done(Err(text)),
    }
}

fn start_attached(
    py: Python<'_>,
    script: &Arc<Script>,
    frame: HostFrame,
    request: Request<'_>,
) -> Result<Started, String> {
    match script.place(py, request)? {
        HandlerPlace::HostThread => {
            let call = Running::queued();
            script.running().insert(frame.key(), Arc::clone(&call));
            Ok(Started::Done(script.run(py, frame, &call, request, true)))
        }
        HandlerPlace::Pool => {
            start_on_pool(script, frame, request.to_owned());
            Ok(Started::Pending)
        }
        HandlerPlace::Loop => asynchronous::start(py, script, frame, request),
    }
}

fn start_on_pool(script: &Arc<Script>, frame: HostFrame, request: OwnedRequest) {
    let call = Running::queued();
    script.running().insert(frame.key(), Arc::clone(&call));
    let script = Arc::clone(script);
    pool::submit(Box::new(move || {
        let outcome =
            pin::attach(|py| script.run(py, frame.clone(), &call, request.borrow(), false));
        complete(&frame, outcome);
    }));
}
