//! What the rules do, one file per group: each a short function over a [`Case`].
//! `conformance/rules/GROUP.toml` says what they mean.

mod entry;
mod garbage;
mod lifetime;
mod load;
mod manifest;
mod payloads;
mod registry;
mod results;
mod strings;
mod threads;
mod working;

pub use registry::problems as registry_problems;

use super::case::Case;
use super::outcome::{Problem, Verdict};
use osaurus_abi_spec::Spec;
use std::sync::OnceLock;

/// A rule's function.
pub(crate) type Function = fn(&Case) -> Verdict;
/// The functions of a group by their rules' ids.
pub(crate) type Group = &'static [(&'static str, Function)];

const GROUPS: [Group; 10] = [
    entry::RULES,
    strings::RULES,
    threads::RULES,
    lifetime::RULES,
    manifest::RULES,
    payloads::RULES,
    results::RULES,
    load::RULES,
    working::RULES,
    registry::RULES,
];

/// The ABI spec, read once.
fn spec() -> Result<&'static Spec, Problem> {
    static SPEC: OnceLock<Option<Spec>> = OnceLock::new();
    let spec = SPEC.get_or_init(|| osaurus_abi_spec::load().ok()).as_ref();
    spec.ok_or_else(|| Problem::skipped("the spec in this program cannot be read"))
}

/// The function of the rule with this id.
pub(crate) fn function(id: &str) -> Option<Function> {
    let mut all = GROUPS.iter().flat_map(|group| group.iter());
    all.find(|(name, _)| *name == id)
        .map(|(_, function)| *function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue;
    use std::collections::BTreeSet;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn every_rule_has_a_function_and_every_function_a_rule() {
        let functions = GROUPS.iter().flat_map(|group| group.iter());
        let functions: BTreeSet<&str> = functions.map(|(id, _)| *id).collect();
        let rules: BTreeSet<&str> = catalogue().iter().map(|rule| rule.id.as_str()).collect();
        let lone = |a: &BTreeSet<&str>, b: &BTreeSet<&str>| {
            a.difference(b).map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            lone(&rules, &functions),
            [""; 0],
            "rules without a function"
        );
        assert_eq!(
            lone(&functions, &rules),
            [""; 0],
            "functions without a rule"
        );
    }
}
