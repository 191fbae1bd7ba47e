//! What every command returns when it cannot do its work: a sentence, and the next step.

use crate::terminal::{self, note};
use std::fmt::{self, Display};

/// A failed command: what went wrong and what to do about it.
#[derive(Debug)]
pub struct Failure {
    what: String,
    fix: String,
}

impl Failure {
    /// `what` is a whole sentence without "error:"; `fix` a next step, or empty when `what` already
    /// says it.
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            fix: fix.into(),
        }
    }

    /// Adds another way out after the next step.
    #[must_use]
    pub fn or_try(mut self, other: &str) -> Self {
        if !other.is_empty() {
            self.fix = format!("{}; {other}", self.fix);
        }
        self
    }

    /// What went wrong, and the next step.
    pub fn into_parts(self) -> (String, String) {
        (self.what, self.fix)
    }

    /// Prints to stderr, or as one JSON object to stdout where a script reads it.
    pub fn print(&self, as_json: bool) {
        if as_json {
            let object = serde_json::json!({"error": self.what, "fix": self.fix});
            terminal::data(object);
            return;
        }
        note!("error: {}", self.what);
        if !self.fix.is_empty() {
            note!("  try: {}", self.fix);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.fix.is_empty() {
            true => Ok(()),
            false => write!(f, "\n  try: {}", self.fix),
        }
    }
}

/// Turns any error into a [`Failure`] with a sentence before it and a next step after it.
pub trait OrFail<T> {
    /// `what` names the step that failed, for example "cannot write dist/x.so".
    fn or_fail(self, what: impl Display, fix: &str) -> Result<T, Failure>;
}

impl<T, E: Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, what: impl Display, fix: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(format!("{what}: {error}"), fix))
    }
}
