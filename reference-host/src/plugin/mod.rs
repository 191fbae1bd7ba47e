//! One plugin: how its library is opened, what belongs to it, the calls into it, its end. The
//! process that runs it apart is in `helper`.

pub(crate) mod call;
pub(crate) mod callers;
pub(crate) mod context;
pub(crate) mod entry;
pub(crate) mod gate;
pub mod helper;
pub(crate) mod invocation;
pub(crate) mod isolation;
pub(crate) mod layer;
pub(crate) mod list;
pub(crate) mod loaded;
pub(crate) mod loader;
pub mod manifest;
pub(crate) mod scope;
pub(crate) mod shutdown;
pub(crate) mod stub_host;
pub(crate) mod table;
pub(crate) mod tap;
