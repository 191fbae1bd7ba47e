//! Rules of the group `payloads`.

use super::Group;

pub(super) const RULES: Group = &[];
