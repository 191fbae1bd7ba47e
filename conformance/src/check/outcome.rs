//! What comes of a rule: in its process ([`Verdict`]) and, with how that process ended, in the
//! report ([`RuleResult`]).

use super::evidence::Evidence;
use serde::{Deserialize, Serialize};

/// What a rule's function says: nothing when the rule holds.
pub type Verdict = Result<(), Problem>;

/// Why a rule does not hold, or cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Problem {
    /// It is broken.
    Failed(Vec<Evidence>),
    /// It does not apply to this plugin, or could not be judged; the reason is a sentence.
    Skipped(String),
}

impl Problem {
    /// Broken, with one observation.
    pub fn failed(evidence: Evidence) -> Problem {
        Problem::Failed(vec![evidence])
    }

    /// Does not apply or could not be judged.
    pub fn skipped(reason: impl Into<String>) -> Problem {
        Problem::Skipped(reason.into())
    }
}

/// The verdict for what was observed: the rule holds when nothing was.
pub fn verdict(evidence: impl IntoIterator<Item = Evidence>) -> Verdict {
    let evidence: Vec<Evidence> = evidence.into_iter().collect();
    if evidence.is_empty() {
        Ok(())
    } else {
        Err(Problem::Failed(evidence))
    }
}

/// What a report says of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds.
    Passed,
    /// It is broken.
    Failed,
    /// Its process died or had to be ended.
    Crashed,
    /// It does not apply, or could not be judged.
    Skipped,
    /// It is broken, and no more than a warning.
    Warned,
}

impl Status {
    /// Whether a check with such a result fails.
    pub fn is_bad(self) -> bool {
        matches!(self, Status::Failed | Status::Crashed)
    }
}

/// The result of one rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule's id.
    pub rule: String,
    /// How it ended.
    pub status: Status,
    /// Why it was skipped; empty otherwise.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    /// What shows that it is broken.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<Evidence>,
    /// The end of what the process printed, when it died.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub output: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

impl RuleResult {
    /// A result of this status, without anything to it yet.
    pub(crate) fn new(rule: &str, status: Status) -> RuleResult {
        RuleResult {
            rule: rule.to_string(),
            status,
            reason: String::new(),
            evidence: Vec::new(),
            output: String::new(),
            milliseconds: 0,
        }
    }

    /// A rule that was not run.
    pub(crate) fn skipped(rule: &str, reason: impl Into<String>) -> RuleResult {
        let mut result = RuleResult::new(rule, Status::Skipped);
        result.reason = reason.into();
        result
    }
}
