//! How a conversation ends. The loop, the tools that end it and tasks share it.

/// A question of the model to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) question: String,
    pub(crate) options: Vec<String>,
    pub(crate) allow_multiple: bool,
}

/// How a conversation ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered { finish_reason: String },
    Completed { summary: String },
    Clarify(Question),
    MaxIterations,
    Cancelled,
    ContextOverflow(String),
    Failed(String),
}
