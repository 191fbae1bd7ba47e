//! Warnings that come once: which keys were warned about, and the last of them for people to see.
//! Plugin contexts add to it; the host shows it.

use parking_lot::Mutex;
use std::collections::{HashSet, VecDeque};

/// Warnings that can be looked at.
const KEPT: usize = 256;

/// A warning that was given once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The plugin it is about: the key up to its first `|`.
    pub plugin: String,
    /// `<plugin id>|<what>`.
    pub key: String,
}

#[derive(Default)]
pub(crate) struct Warnings(Mutex<(HashSet<String>, VecDeque<String>)>);

impl Warnings {
    /// True the first time that `key` is seen.
    pub(crate) fn first_time(&self, key: &str) -> bool {
        let mut state = self.0.lock();
        let (seen, kept) = &mut *state;
        let first = seen.insert(key.to_string());
        if first {
            kept.push_back(key.to_string());
            kept.drain(..kept.len().saturating_sub(KEPT));
        }
        first
    }

    pub(crate) fn kept(&self) -> Vec<Warning> {
        let state = self.0.lock();
        let warning = |key: &String| Warning {
            plugin: key.split('|').next().unwrap_or_default().to_string(),
            key: key.clone(),
        };
        state.1.iter().map(warning).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_warns_once_however_many_follow_and_the_last_256_are_kept() {
        let warnings = Warnings::default();
        assert!((0..300).all(|number| warnings.first_time(&format!("dev.x|{number}|a"))));
        assert!((0..300).all(|number| !warnings.first_time(&format!("dev.x|{number}|a"))));
        let latest = warnings.kept();
        assert_eq!((latest.len(), latest[0].key.as_str()), (256, "dev.x|44|a"));
        assert_eq!(latest[0].plugin, "dev.x");
    }
}
