//! Systems on which a process cannot confine itself.

use super::{Reach, Support};
use std::io;

pub(super) fn support() -> Support {
    Support::Missing("it can do so on Linux and on macOS")
}

pub(super) fn enforce(_reach: &Reach) -> io::Result<bool> {
    Ok(false)
}
