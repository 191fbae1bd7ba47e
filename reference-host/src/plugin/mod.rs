//! One plugin: how its library is opened, what belongs to it, the calls into it, its end. The
//! process that runs it apart is in `helper`.

pub(crate) mod boundary;
pub(crate) mod calls;
pub(crate) mod context;
pub mod helper;
pub(crate) mod list;
pub(crate) mod loaded;
pub(crate) mod loader;
pub mod manifest;
pub(crate) mod shutdown;
