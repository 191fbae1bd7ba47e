//! Why arguments did not pass. Made by `arguments` and `message`, read by the crate's callers.

/// Arguments that did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `notes[1].id`; empty for the arguments as a whole.
    pub field: String,
    /// What the field should have been.
    pub expected: String,
    /// A sentence for the model.
    pub message: String,
}
