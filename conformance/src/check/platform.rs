//! Everything that differs between systems or is asked of the system: memory that shows what is done to it, faults,
//! threads, signals, processes. The one place of the checker that knows Linux from macOS.

mod fault;
mod memory;
mod process;

pub(crate) use fault::{Fault, Region, Tripwire, catch_faults};
pub(crate) use memory::{Pages, RoomyBlock};
pub(crate) use process::{end_group, own_group, peak_memory, signal_name, thread_name};
