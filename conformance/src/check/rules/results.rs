//! Rules of the group `results`.

use super::Group;

pub(super) const RULES: Group = &[];
