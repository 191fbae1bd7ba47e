//! Where host and plugin meet: a library's entry, the host's table in memory, and what listens
//! between the two.

pub(crate) mod entry;
pub(crate) mod layer;
pub(crate) mod stub_host;
pub(crate) mod table;
pub(crate) mod tap;
