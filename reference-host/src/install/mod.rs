//! Finding what is installed, checking it, and loading all of it: receipts, consent, the
//! quarantine, the scan. The host calls it.

pub(crate) mod code_signature;
pub(crate) mod documents;
pub mod installed;
pub(crate) mod marker;
pub(crate) mod quarantine;
pub(crate) mod receipt;
pub(crate) mod report;
pub(crate) mod scan;
pub(crate) mod scan_turn;
pub(crate) mod tools_folder;
pub(crate) mod whole_file;
