//! The traps of running Python inside another program, T1 to T13. Each was seen to bite; each test
//! shows that it does not bite here. Crashes and exits that only a worker can survive are in
//! `worker.rs`.

mod calls;
mod modules;
mod process;
