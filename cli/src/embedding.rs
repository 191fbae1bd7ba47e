//! Plugins that were built for a worker, tried in the host's process: they carry no Python engine,
//! so this program lends them its own. Used by `invoke --mode`, and by `main` for the variable that
//! does the same. Knows nothing of engines but the names of the variables.

use crate::parts::{self, Target};
use osaurus_payload::Mode;
use osaurus_shim::python::ENGINE_VARIABLE;
use osaurus_shim::runtime::MODE_VARIABLE;

/// Runs every plugin of this process, and of those that it starts, in `mode`. To be called before
/// any thread is started.
pub fn run_in(mode: Mode) {
    // SAFETY: no other thread of this program has been started yet.
    unsafe { std::env::set_var(MODE_VARIABLE, mode.as_str()) };
    lend_engine();
}

/// Names this program's engine where plugins shall be embedded and no other is named. To be called
/// before any thread is started.
pub fn lend_engine() {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mode = std::env::var(MODE_VARIABLE).unwrap_or_default();
    if mode != Mode::Embedded.as_str() || is_set(ENGINE_VARIABLE) {
        return;
    }
    if let Ok(engine) = Target::here().and_then(parts::python_engine) {
        // SAFETY: no other thread of this program has been started yet.
        unsafe { std::env::set_var(ENGINE_VARIABLE, engine) };
    }
}
