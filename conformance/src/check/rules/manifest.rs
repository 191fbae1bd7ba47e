//! Rules of the group `manifest`.

use super::Group;

pub(super) const RULES: Group = &[];
