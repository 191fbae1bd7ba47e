//! What of one value has been judged, for `unevaluatedItems` and `unevaluatedProperties`.
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Evaluated {
    keys: BTreeSet<String>,
    /// Items before this one.
    before: usize,
    items: BTreeSet<usize>,
}

impl Evaluated {
    pub(super) fn key(&mut self, name: &str) {
        if !self.keys.contains(name) {
            self.keys.insert(name.to_owned());
        }
    }

    pub(super) fn has_key(&self, name: &str) -> bool {
        self.keys.contains(name)
    }

    pub(super) fn items_before(&mut self, end: usize) {
        self.before = self.before.max(end);
    }

    pub(super) fn item(&mut self, index: usize) {
        self.items.insert(index);
    }

    pub(super) fn has_item(&self, index: usize) -> bool {
        index < self.before || self.items.contains(&index)
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.items.extend(other.items);
        self.items_before(other.before);
    }
}
