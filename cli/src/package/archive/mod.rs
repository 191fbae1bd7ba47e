//! ZIP archives as Osaurus' installer reads them: what it refuses is refused here by the name of
//! the rule, and what it unpacks is unpacked with the same limits. Knows nothing of plugins.

mod extract;
mod names;
mod structure;

pub use extract::extract;

/// The largest archive, in bytes.
pub const MOST_BYTES: u64 = 256 << 20;
/// The most that its files may take when they are unpacked.
const MOST_EXPANDED: u64 = 1 << 30;
/// The most entries.
const MOST_ENTRIES: u64 = 20_000;
/// How often larger than its compressed bytes something may be, once it is larger than
/// [`RATIO_FROM`].
const MOST_RATIO: u64 = 200;
/// What is smaller may be compressed as well as it can.
const RATIO_FROM: u64 = 4 << 20;
