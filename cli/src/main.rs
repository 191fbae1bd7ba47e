//! The program osaurus-bridge.
fn main() {}
