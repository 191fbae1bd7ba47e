//! The probe for all hosts that say version 2, the first ones too.

#[path = "../../rust/src/probe.rs"]
mod probe;

const OLDEST: osaurus_plugin::V2Revision = osaurus_plugin::V2Revision::A;

osaurus_plugin::export!(probe::Probe);
