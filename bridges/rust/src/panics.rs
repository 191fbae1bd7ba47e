//! What panics of the plugin say. Called where C or the host calls into Rust; imports nothing of
//! this crate.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic said; its payload is dropped, even if that panics again.
pub(crate) fn text_of(panic: Box<dyn Any + Send>) -> String {
    let text = if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "without a message".to_owned()
    };
    swallow(panic);
    text
}

/// Drops a panic's payload; one that panics while being dropped is leaked.
pub(crate) fn swallow(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}
