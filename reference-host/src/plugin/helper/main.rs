//! The helper process as a program of its own, under the name that Osaurus gives it. A number as
//! its only argument is how many milliseconds the plugin's host calls wait for the host.

use std::time::Duration;

fn main() {
    osaurus_reference_host::leave_sigpipe_at_its_default();
    osaurus_reference_host::leave_no_core_file();
    let wait = std::env::args().nth(1).and_then(|text| text.parse().ok());
    match wait {
        Some(wait) => osaurus_reference_host::helper::serve_with(Duration::from_millis(wait)),
        None => osaurus_reference_host::helper::serve(),
    }
}
