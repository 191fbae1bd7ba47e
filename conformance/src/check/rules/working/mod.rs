//! Whether the plugin works at all: it starts, its tools give something, its settings are the ones
//! that it reads.

mod breakdown;
mod reach;
mod settings;
mod start;

use super::Group;

pub(super) const RULES: Group = &[
    ("script-loads", start::loads),
    ("script-mode", start::mode),
    ("tool-always-fails", breakdown::always_fails),
    ("tool-unproven", breakdown::unproven),
    ("settings-unread", settings::unread),
    ("settings-undeclared", settings::undeclared),
    ("route-unreachable", reach::unreachable),
];
