//! Proof that a plugin works: `check` checks one library against rules, `matrix` runs every plugin
//! in every host, `replay` plays a recorded session again. Called by the program `osaurus-bridge`
//! and by tests. Knows plugins only through the C boundary.

pub mod check;
pub mod confine;
mod jobs;
pub mod matrix;
pub mod replay;
mod sandbox;
pub use osaurus_reference_host::visible;

pub use jobs::do_job;
pub use sandbox::Sandbox;
