//! A conversation with the model: reading a plugin's chat request, adding what agent and plugin contribute, and the
//! loop that runs tools until the model is done. The inference slots and the agent loop of tasks use it.

use crate::context::PluginContext;
use crate::envelope;
use crate::host::HostCore;
use crate::ids::AgentId;
use crate::json;
use crate::model::{ChatAnswer, ChatRequest, Delta, ModelToolCall, content_text};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;

const FORWARDED: [&str; 10] = [
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "n",
    "tool_choice",
    "enable_thinking",
    "reasoning_effort",
];
const DEFAULT_ITERATIONS: u64 = 30;
const MAX_ITERATIONS: u64 = 120;

/// A conversation ready to run.
pub(crate) struct Conversation {
    pub(crate) host: Arc<HostCore>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) request: ChatRequest,
    pub(crate) max_iterations: u64,
}

/// Who listens to a conversation.
pub(crate) trait Observer {
    /// Checked between pieces and before each round; true ends the conversation.
    fn cancelled(&self) -> bool;
    /// Whether pieces are wanted; else the model answers at once.
    fn streams(&self) -> bool;
    /// A piece of an answer.
    fn delta(&mut self, delta: Delta);
    /// A round of the model has ended.
    fn round(&mut self, _answer: &ChatAnswer) {}
    /// The model wants tools; they run next.
    fn tool_calls(&mut self, _calls: &[ModelToolCall]) {}
    /// A tool has answered with this envelope.
    fn tool_result(&mut self, _call: &ModelToolCall, _envelope: &str) {}
}

/// How a conversation ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered { finish_reason: String },
    Completed { summary: String },
    Clarify { question: String },
    MaxIterations,
    Cancelled,
    Failed(String),
}

/// What a conversation came to.
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    /// The text since the last round of tools.
    pub(crate) content: Option<String>,
    pub(crate) executed: Vec<Value>,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) messages: Vec<Value>,
}

impl Conversation {
    /// Reads a chat request. Errors are the plugin's `invalid_request`.
    pub(crate) fn parse(
        context: &PluginContext,
        agent: Option<AgentId>,
        request: &Map<String, Value>,
    ) -> Result<Conversation, Value> {
        let bad = || json::error("invalid_request", "Failed to parse chat completion request");
        let model = request
            .get("model")
            .and_then(Value::as_str)
            .ok_or_else(bad)?;
        let messages = request
            .get("messages")
            .and_then(Value::as_array)
            .ok_or_else(bad)?;
        let messages: Option<Vec<Value>> = messages.iter().map(clean_message).collect();
        let tools = match request.get("tools") {
            None | Some(Value::Null | Value::Bool(false)) => Vec::new(),
            Some(Value::Bool(true)) => agent.map_or_else(Vec::new, |_| all_tools(&context.host)),
            Some(Value::Array(tools)) => tools.clone(),
            Some(_) => return Err(bad()),
        };
        let options = request
            .iter()
            .filter(|(key, value)| FORWARDED.contains(&key.as_str()) && !value.is_null());
        let options = options
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let iterations = request
            .get("max_iterations")
            .and_then(Value::as_i64)
            .map(|n| u64::try_from(n).unwrap_or(1));
        let request = ChatRequest {
            model: model.into(),
            messages: messages.ok_or_else(bad)?,
            tools,
            options,
        };
        Ok(Self::new(
            context,
            agent,
            request,
            iterations.unwrap_or(DEFAULT_ITERATIONS),
        ))
    }

    /// Adds the agent's prompt and defaults and the plugin's instructions.
    pub(crate) fn new(
        context: &PluginContext,
        agent: Option<AgentId>,
        mut request: ChatRequest,
        max_iterations: u64,
    ) -> Conversation {
        let host = Arc::clone(&context.host);
        let bound = agent.and_then(|id| host.settings.agent(id));
        let bound = bound.as_deref();
        if matches!(
            request.model.trim().to_ascii_lowercase().as_str(),
            "" | "default"
        ) {
            let chosen = bound.and_then(|agent| agent.model.clone());
            request.model = chosen.unwrap_or_else(|| host.model.default_model());
        }
        if let Some(temperature) = bound.and_then(|agent| agent.temperature) {
            request
                .options
                .entry("temperature")
                .or_insert(temperature.into());
        }
        if let Some(tokens) = bound.and_then(|agent| agent.max_tokens) {
            request.options.entry("max_tokens").or_insert(tokens.into());
        }
        let prompt = bound.and_then(|agent| agent.system_prompt.clone());
        add_system(&mut request.messages, prompt, context.instructions());
        Conversation {
            host,
            agent,
            request,
            max_iterations: max_iterations.clamp(1, MAX_ITERATIONS),
        }
    }

    /// Runs until the model is done, a limit is met, or the observer ends it.
    pub(crate) fn run(mut self, observer: &mut dyn Observer) -> Outcome {
        let mut outcome = Outcome {
            ending: Ending::MaxIterations,
            content: None,
            executed: Vec::new(),
            prompt_tokens: 0,
            completion_tokens: 0,
            messages: Vec::new(),
        };
        for _ in 0..self.max_iterations {
            if let Some(ending) = self.round(observer, &mut outcome) {
                outcome.ending = ending;
                break;
            }
        }
        outcome.messages = self.request.messages;
        outcome
    }

    fn round(&mut self, observer: &mut dyn Observer, outcome: &mut Outcome) -> Option<Ending> {
        if observer.cancelled() {
            return Some(Ending::Cancelled);
        }
        let mut heard = String::new();
        let answer = match self.ask(observer, &mut heard) {
            Ok(answer) => answer,
            Err(message) => return Some(Ending::Failed(message)),
        };
        outcome.prompt_tokens += answer.prompt_tokens;
        outcome.completion_tokens += answer.completion_tokens;
        outcome.content = answer.content.clone();
        if answer.stopped || observer.cancelled() {
            self.request
                .messages
                .push(json!({"role": "assistant", "content": heard}));
            outcome.content = Some(heard);
            return Some(Ending::Cancelled);
        }
        observer.round(&answer);
        self.request.messages.push(assistant_message(&answer));
        if answer.tool_calls.is_empty() {
            return Some(Ending::Answered {
                finish_reason: answer.finish_reason,
            });
        }
        observer.tool_calls(&answer.tool_calls);
        outcome.content = None;
        answer
            .tool_calls
            .iter()
            .find_map(|call| self.run_tool(call, observer, outcome))
    }

    fn ask(&self, observer: &mut dyn Observer, heard: &mut String) -> Result<ChatAnswer, String> {
        if !observer.streams() {
            return self.host.model.chat(&self.request, None);
        }
        let mut listener = |delta: Delta| {
            if observer.cancelled() {
                return ControlFlow::Break(());
            }
            if let Delta::Content(text) = &delta {
                heard.push_str(text);
            }
            observer.delta(delta);
            if observer.cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        self.host.model.chat(&self.request, Some(&mut listener))
    }

    /// Runs one tool. The host's own `complete` and `clarify` end the conversation.
    fn run_tool(
        &mut self,
        call: &ModelToolCall,
        observer: &mut dyn Observer,
        outcome: &mut Outcome,
    ) -> Option<Ending> {
        let envelope = execute(&self.host, call, self.agent);
        let ending = envelope.1;
        outcome
            .executed
            .push(json!({"name": call.name, "tool_call_id": call.id}));
        observer.tool_result(call, &envelope.0);
        self.request
            .messages
            .push(json!({"role": "tool", "tool_call_id": call.id, "content": envelope.0}));
        ending
    }
}

fn execute(
    host: &Arc<HostCore>,
    call: &ModelToolCall,
    agent: Option<AgentId>,
) -> (String, Option<Ending>) {
    if let Some(plugin) = host.tool_owner(&call.name) {
        return (plugin.invoke(&call.name, &call.arguments, agent), None);
    }
    let argument = |key: &str| {
        let arguments = json::object(&call.arguments).unwrap_or_default();
        arguments
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_string()
    };
    let done = format!(
        "{{\"ok\":true,\"result\":{{\"text\":\"\"}},\"tool\":{}}}",
        Value::from(call.name.as_str())
    );
    match call.name.as_str() {
        "complete" => (
            done,
            Some(Ending::Completed {
                summary: argument("summary"),
            }),
        ),
        "clarify" => (
            done,
            Some(Ending::Clarify {
                question: argument("question"),
            }),
        ),
        name => (
            envelope::failure(
                "tool_not_found",
                &format!("There is no tool '{name}'."),
                name,
            ),
            None,
        ),
    }
}

/// A message with a role; content of a wrong type becomes null.
fn clean_message(message: &Value) -> Option<Value> {
    let mut message = message.as_object()?.clone();
    message.get("role")?.as_str()?;
    let content_fits = message
        .get("content")
        .is_none_or(|c| c.is_string() || c.is_array() || c.is_null());
    if !content_fits {
        message.insert("content".into(), Value::Null);
    }
    Some(Value::Object(message))
}

fn assistant_message(answer: &ChatAnswer) -> Value {
    let mut message = json!({"role": "assistant", "content": answer.content});
    if !answer.tool_calls.is_empty() {
        let calls = answer.tool_calls.iter().map(|call| {
            json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
        });
        message["tool_calls"] = calls.collect();
    }
    message
}

/// The agent's prompt goes before the request's own system prompt, the plugin's instructions after it.
fn add_system(messages: &mut Vec<Value>, before: Option<String>, after: Option<String>) {
    if before.is_none() && after.is_none() {
        return;
    }
    let has_own = messages
        .first()
        .and_then(|m| m.get("role"))
        .and_then(Value::as_str)
        == Some("system");
    let own = has_own.then(|| content_text(&messages.remove(0)));
    let parts: Vec<String> = [before, own, after].into_iter().flatten().collect();
    messages.insert(0, json!({"role": "system", "content": parts.join("\n\n")}));
}

/// OpenAI definitions of all tools of all plugins.
fn all_tools(host: &HostCore) -> Vec<Value> {
    host.plugins()
        .iter()
        .flat_map(|plugin| tool_definitions(plugin.manifest()))
        .collect()
}

/// OpenAI definitions of a plugin's tools.
pub(crate) fn tool_definitions(manifest: &crate::manifest::Manifest) -> Vec<Value> {
    let empty = || json!({"type": "object", "properties": {}});
    let define = |tool: &crate::manifest::Tool| {
        let parameters = tool.parameters.clone().unwrap_or_else(empty);
        let function =
            json!({"name": tool.id, "description": tool.description, "parameters": parameters});
        json!({"type": "function", "function": function})
    };
    manifest.tools().iter().map(define).collect()
}
