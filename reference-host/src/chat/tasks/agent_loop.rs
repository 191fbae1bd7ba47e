//! The agent that works on a dispatched task: it asks the model, lets it call tools, and reports
//! what happens as task events. One host thread per task while it works; none while it waits for
//! the user.

use crate::chat::conversation::{Conversation, Observer, Outcome};
use crate::chat::ending::Ending;
use crate::chat::model::{ChatAnswer, ChatRequest, Delta, ModelToolCall};
use crate::chat::setup;
use crate::chat::tasks::events::Event;
use crate::chat::tasks::registry::Registered;
use crate::chat::tasks::task::Task;
use crate::host::core::HostCore;
use crate::tools::definitions;
use crate::tools::exposure::first_turn::{self, ConversationKind};
use crate::tools::exposure::section::section as capabilities;
use crate::tools::exposure::size_class::SizeClass;
use serde_json::{Value, json};
use std::sync::Arc;

const MAX_ROUNDS: u32 = 30;

/// Tells of a task that was just registered, and starts its loop unless it is queued.
pub(crate) fn start(host: &Arc<HostCore>, registered: Registered) -> Arc<Task> {
    let Registered { task, messages } = registered;
    task.emit(&Event::Started);
    if let Some(messages) = messages {
        run(host, &task, messages);
    }
    task
}

/// Starts the queued tasks that there is room for. Called whenever a task stops running.
pub(crate) fn start_queued(host: &Arc<HostCore>) {
    if host.is_stopped() {
        return;
    }
    for (task, messages) in host.tasks.promote(host.settings.active_tasks) {
        run(host, &task, messages);
    }
}

/// Cancels a task and gives its slot away.
pub(crate) fn cancel(host: &Arc<HostCore>, task: &Arc<Task>) {
    task.cancel();
    start_queued(host);
}

/// Goes on with a completed task that its user replied to. False if it has not completed.
pub(crate) fn reply(host: &Arc<HostCore>, task: &Arc<Task>, text: &str) -> bool {
    go_on(host, task, task.revive(), text)
}

/// Goes on with the user's answer. False if the task does not wait for one.
pub(crate) fn resume(host: &Arc<HostCore>, task: &Arc<Task>, answer: &str) -> bool {
    go_on(host, task, task.wake(), answer)
}

fn go_on(host: &Arc<HostCore>, task: &Arc<Task>, messages: Option<Vec<Value>>, text: &str) -> bool {
    let Some(mut messages) = messages else {
        return false;
    };
    messages.push(json!({"role": "user", "content": text}));
    host.tasks.loop_started();
    run(host, task, messages);
    true
}

fn run(host: &Arc<HostCore>, task: &Arc<Task>, messages: Vec<Value>) {
    let running = Running {
        host: Arc::clone(host),
        task: Arc::clone(task),
    };
    host.pool
        .run(move || work(&running.host, &running.task, messages));
}

/// Counts the loop as ended whatever happens; a task that nothing has ended or paused by then
/// fails.
struct Running {
    host: Arc<HostCore>,
    task: Arc<Task>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let message = "The reference host failed; this is a bug in the host.";
        self.task.finish(Err(message.into()), None, Vec::new());
        start_queued(&self.host);
        self.host.tasks.loop_ended();
    }
}

fn work(host: &Arc<HostCore>, task: &Arc<Task>, messages: Vec<Value>) {
    let mut worker = Worker::new(task);
    let outcome = conversation(host, task, messages).run(&mut worker);
    let mut messages = without_system(&outcome.messages);
    for artifact in &outcome.artifacts {
        task.shared(artifact.clone());
    }
    if let Ending::Clarify(question) = outcome.ending {
        return task.pause(question, messages);
    }
    messages.extend(task.take_late_turns());
    // Before the end is told: the plugin may dispatch the session's next task at once.
    host.tasks.store_session(task, messages.clone());
    let (result, output) = result(outcome);
    task.finish(result, output, messages);
}

fn conversation(host: &Arc<HostCore>, task: &Arc<Task>, messages: Vec<Value>) -> Conversation {
    let documented = host.settings.profile.documented();
    let chat_only = documented && task.order.chat_mode;
    let request = ChatRequest {
        messages,
        ..ChatRequest::default()
    };
    let rounds = if chat_only { 1 } else { u64::from(MAX_ROUNDS) };
    let size = SizeClass::of(host, &setup::model(host, Some(task.agent), ""));
    let section = section(host, task, size).filter(|_| !chat_only);
    let agent = Some(task.agent);
    let mut conversation = Conversation::new(host, &task.context, agent, request, rounds, section);
    conversation.session.clone_from(&task.order.session_key);
    conversation
        .working_directory
        .clone_from(&task.order.folder);
    if !chat_only && size != SizeClass::TooSmall {
        conversation.pin(&task.order.tools);
        let tools = first_turn::tools(host, task.agent, ConversationKind::Chat, size);
        definitions::add(&mut conversation.request.tools, tools);
        conversation.recall_tools();
    }
    conversation
}

/// The section that the session began with; a task with a folder has none.
fn section(host: &HostCore, task: &Task, size: SizeClass) -> Option<String> {
    if task.order.folder.is_some() {
        return None;
    }
    let fresh = || capabilities(host, task.agent, size);
    host.tasks.section_of(task, fresh)
}

fn result(outcome: Outcome) -> (Result<(), String>, Option<String>) {
    match outcome.ending {
        Ending::Completed { summary } => (Ok(()), Some(summary)),
        Ending::MaxIterations => {
            let message = format!("The task was not done after {MAX_ROUNDS} rounds.");
            (Err(message), None)
        }
        Ending::Failed(message) | Ending::ContextOverflow(message) => (Err(message), None),
        Ending::Answered { .. } | Ending::Cancelled | Ending::Clarify(_) => {
            (Ok(()), outcome.content)
        }
    }
}

/// Agent prompt and instructions are added afresh to each task of a session.
fn without_system(messages: &[Value]) -> Vec<Value> {
    let is_system = |message: &Value| message.get("role").and_then(Value::as_str) == Some("system");
    let rest = messages.iter().filter(|message| !is_system(message));
    rest.cloned().collect()
}

struct Worker<'a> {
    task: &'a Arc<Task>,
    documented: bool,
    rounds: u32,
    /// The next piece of text begins a turn.
    begins: bool,
}

impl<'a> Worker<'a> {
    fn new(task: &'a Arc<Task>) -> Self {
        Worker {
            task,
            documented: task.context.services.settings.profile.documented(),
            rounds: 0,
            begins: true,
        }
    }
}

impl Observer for Worker<'_> {
    fn cancelled(&self) -> bool {
        self.task.should_stop()
    }

    fn streams(&self) -> bool {
        true
    }

    fn delta(&mut self, delta: Delta) {
        if let Delta::Content(text) = delta {
            self.task.says(&text, std::mem::take(&mut self.begins));
        }
    }

    fn round(&mut self, answer: &ChatAnswer) {
        self.begins = true;
        self.rounds += 1;
        if !self.documented {
            return;
        }
        if let Some(text) = answer.content.as_ref().filter(|text| !text.is_empty()) {
            self.task.emit(&Event::Output(text.clone()));
        }
        let current_step = answer.tool_calls.last().map(|call| call.name.clone());
        let progress = f64::from(self.rounds) / f64::from(MAX_ROUNDS);
        let event = Event::Progress {
            progress,
            current_step,
        };
        self.task.emit(&event);
    }

    fn tool_calls(&mut self, calls: &[ModelToolCall]) {
        for call in calls {
            self.task.used_tool(&call.name);
        }
    }
}
