//! What changed between two states of the ABI, and whom it hits. Pure: the states come from
//! specifications, from versions of one, or from measured headers; `osaurus-bridge abi diff` and
//! `abi next` ask.

mod facts;
mod hits;
mod payloads;
mod prose;
mod rules;
mod slots;
mod surface;
mod tables;

pub use rules::{Class, RULES, Rule};
pub use surface::{Surface, UnknownLevel};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What sort of change it is.
    pub rule: &'static Rule,
    /// What changed, such as `osr_host_api.free_string` or `DispatchRequest.prompt`. With the
    /// rule's id it names the change in a ledger.
    pub item: String,
    /// A sentence about it.
    pub text: String,
    /// Who is hit and how, a sentence each.
    pub hits: Vec<String>,
}

impl Change {
    fn new(rule: &'static Rule, item: impl Into<String>, text: impl Into<String>) -> Change {
        Change {
            rule,
            item: item.into(),
            text: text.into(),
            hits: Vec::new(),
        }
    }

    fn hitting(mut self, hits: impl IntoIterator<Item = String>) -> Change {
        self.hits.extend(hits);
        self
    }
}

/// Every change from `old` to `new`: tables first, then functions, payloads, and the rest. What
/// only one of the two knows of because the other is a header is not compared.
pub fn diff(old: &Surface, new: &Surface) -> Vec<Change> {
    let mut changes = tables::changes(old, new);
    changes.extend(facts::constants(old, new));
    if let (Some(before), Some(after)) = (&old.spec, &new.spec) {
        changes.extend(slots::changes(before, after));
        changes.extend(payloads::changes(before, after));
        changes.extend(facts::changes(before, after));
        changes.extend(prose::changes(before, after));
    }
    changes
}
