//! What every room uses: ids, JSON and C strings, times, limits, threads, signals. Knows no host
//! and no plugin.

pub(crate) mod clock;
pub mod dock;
pub(crate) mod ids;
pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod media_type;
pub(crate) mod pool;
pub(crate) mod signals;
pub mod visible;
