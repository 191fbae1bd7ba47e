//! Rules of the group `load`.

use super::Group;

pub(super) const RULES: Group = &[];
