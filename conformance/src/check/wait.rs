//! Waiting for a condition, with a limit: rules wait for what they want to see and not for a time
//! to pass.

use std::time::{Duration, Instant};

/// Asks again and again until the answer is true or the limit is over; the last answer.
pub(crate) fn until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
