//! The probe for hosts that say version 2 and are of its last revision.

mod probe;

const OLDEST: osaurus_plugin::V2Revision = osaurus_plugin::V2Revision::E;

osaurus_plugin::export!(probe::Probe);
