//! What is kept on disk: plugins' databases, settings and secrets, and the key that encrypts them.

pub(crate) mod database;
pub(crate) mod durable_file;
pub(crate) mod keys;
pub(crate) mod sql_guard;
pub(crate) mod statement;
pub(crate) mod store;
