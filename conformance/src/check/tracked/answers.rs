//! What a host may answer instead of its own answer, so that rules can show plugins a bad day.

use osaurus_abi::HostSlot;
use std::sync::Arc;
use std::time::Duration;

/// A host call about to be answered.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The function.
    pub slot: HostSlot,
    /// How many calls that return a string came before it in this load.
    pub before: u64,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The reference host answers.
    Host,
    /// NULL.
    Null,
    /// This text.
    Text(String),
    /// The reference host answers, after this time.
    After(Duration),
}

/// Decides each answer. It is asked for functions that return a string, on the calling thread.
#[derive(Clone)]
pub struct Answers(Arc<dyn Fn(Asked) -> Answer + Send + Sync>);

impl Answers {
    /// Answers as this function says.
    pub fn new(decide: impl Fn(Asked) -> Answer + Send + Sync + 'static) -> Answers {
        Answers(Arc::new(decide))
    }

    pub(crate) fn decide(&self, asked: Asked) -> Answer {
        (self.0)(asked)
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers")
    }
}
