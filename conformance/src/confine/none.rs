//! Systems on which a process cannot shut itself in.

use super::Reach;
use std::io;

pub(super) fn is_available() -> bool {
    false
}

pub(super) fn enforce(_reach: &Reach) -> io::Result<bool> {
    Ok(false)
}
