//! What is wrong with a package: the rule that it breaks by name, and what was found. Commands
//! print these; nothing here knows how a rule is judged.

use crate::failure::Failure;
use serde::Serialize;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The rule's name, in kebab case.
    pub rule: &'static str,
    /// What was found and what was expected.
    pub what: String,
    /// Whether it keeps the package from being installed. Others cost something else, which `what`
    /// says.
    pub fatal: bool,
}

impl Problem {
    /// A rule without which a package is not installed.
    pub fn new(rule: &'static str, what: impl Into<String>) -> Problem {
        Problem {
            rule,
            what: what.into(),
            fatal: true,
        }
    }

    /// A rule that a package may break and still be installed.
    pub fn warning(rule: &'static str, what: impl Into<String>) -> Problem {
        Problem {
            fatal: false,
            ..Problem::new(rule, what)
        }
    }

    /// One line.
    pub fn line(&self) -> String {
        let severity = if self.fatal { "error" } else { "warning" };
        format!("{severity} {}: {}", self.rule, self.what)
    }
}

/// Fails with the fatal ones among `problems`, if there are any.
pub fn refuse(what: &str, problems: &[Problem], fix: &str) -> Result<(), Failure> {
    let fatal: Vec<String> = problems
        .iter()
        .filter(|problem| problem.fatal)
        .map(|problem| format!("\n  {}: {}", problem.rule, problem.what))
        .collect();
    if fatal.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{what}:{}", fatal.concat()), fix))
}
