//! The agent that works on a dispatched task: it asks the model, lets it call the plugin's own tools, and reports what
//! happens as task events. One host thread per task.

use crate::chat::{Conversation, Ending, Observer, tool_definitions};
use crate::events::{self, Event};
use crate::model::{ChatRequest, Delta, ModelToolCall};
use crate::task::Task;
use serde_json::{Value, json};
use std::sync::Arc;

const MAX_ROUNDS: u64 = 30;

/// Starts the loop. `history` is the session's conversation so far.
pub(crate) fn start(task: &Arc<Task>, prompt: &str, history: Vec<Value>) {
    let (task, prompt) = (Arc::clone(task), prompt.to_string());
    events::emit(&task, &Event::Started);
    let pool = task.context.host.pool.clone();
    pool.run(move || work(&task, &prompt, history));
}

/// Counts the loop as ended whatever happens, and keeps the conversation.
struct Loop<'a> {
    task: &'a Task,
    messages: Vec<Value>,
}

impl Drop for Loop<'_> {
    fn drop(&mut self) {
        self.task
            .context
            .host
            .tasks
            .loop_ended(self.task, std::mem::take(&mut self.messages));
    }
}

fn work(task: &Arc<Task>, prompt: &str, mut messages: Vec<Value>) {
    let mut guard = Loop {
        task,
        messages: Vec::new(),
    };
    messages.push(json!({"role": "user", "content": prompt}));
    let tools = task
        .context
        .manifest
        .get()
        .map(|manifest| tool_definitions(manifest))
        .unwrap_or_default();
    let request = ChatRequest {
        messages,
        tools,
        ..ChatRequest::default()
    };
    let conversation = Conversation::new(&task.context, Some(task.agent), request, MAX_ROUNDS);
    let outcome = conversation.run(&mut Worker { task });
    guard.messages = without_system(outcome.messages);
    guard.messages.extend(task.take_late_turns());
    let (result, output) = match outcome.ending {
        Ending::Answered { .. } | Ending::Cancelled => (Ok(()), outcome.content),
        Ending::Completed { summary } => (Ok(()), Some(summary)),
        Ending::MaxIterations => (
            Err(format!("The task was not done after {MAX_ROUNDS} rounds.")),
            None,
        ),
        Ending::Failed(message) => (Err(message), None),
        Ending::Clarify { question } => {
            // Nobody is there to answer: the pause is reported, and the task ends with the question as its output.
            events::emit(
                task,
                &Event::Clarification {
                    question: question.clone(),
                },
            );
            (Ok(()), Some(question))
        }
    };
    task.finish(result, output);
}

/// Agent prompt and instructions are added afresh to each task of a session.
fn without_system(messages: Vec<Value>) -> Vec<Value> {
    messages
        .into_iter()
        .filter(|message| message.get("role").and_then(Value::as_str) != Some("system"))
        .collect()
}

struct Worker<'a> {
    task: &'a Arc<Task>,
}

impl Observer for Worker<'_> {
    fn cancelled(&self) -> bool {
        self.task.should_stop()
    }

    fn streams(&self) -> bool {
        true
    }

    fn delta(&mut self, _delta: Delta) {}

    fn tool_calls(&mut self, calls: &[ModelToolCall]) {
        for call in calls {
            self.task.used_tool(&call.name);
        }
    }
}
