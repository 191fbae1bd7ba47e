//! The Osaurus plugin ABI as data, and the model that reads it. Knows nobody.
pub mod model;
