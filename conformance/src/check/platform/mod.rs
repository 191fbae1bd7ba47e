//! Everything that differs between systems or is asked of the system: memory that shows what is
//! done to it, faults, threads, signals, processes. The one place of the checker that knows Linux
//! from macOS.

mod fault;
mod mapping;
mod memory;
mod probe;
mod process;
mod state;

pub(crate) use fault::{Fault, Part, Tripwire, catch_faults, name_table, slot_at};
pub(crate) use memory::{Pages, RoomyBlock, SCRIBBLE};
pub(crate) use probe::is_readable;
pub(crate) use process::{
    children, descriptors, is_code, is_loaded, private_memory, signal_name, thread_name, threads,
};
pub(crate) use state::{Stdio, StdoutCatch, process_state, signal_handlers};
