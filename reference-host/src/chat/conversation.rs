//! A conversation with the model: the loop that runs tools until the model is done. The inference
//! slots and the agent loop of tasks use it.

use crate::chat::ending::Ending;
use crate::chat::model::{ChatAnswer, ChatRequest, Delta, ModelError, ModelToolCall};
use crate::chat::request::{Wanted, WantedTools};
use crate::chat::setup;
use crate::common::ids::AgentId;
use crate::host::core::HostCore;
use crate::plugin::context::PluginContext;
use crate::tools::arguments;
use crate::tools::artifacts;
use crate::tools::built_in::{self, Effect};
use crate::tools::call::ToolCall;
use crate::tools::definitions;
use crate::tools::exposure::first_turn::{self, ConversationKind};
use crate::tools::exposure::scope::refusal;
use crate::tools::exposure::size_class::SizeClass;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// A conversation ready to run.
pub(crate) struct Conversation {
    pub(crate) host: Arc<HostCore>,
    pub(crate) plugin: Arc<PluginContext>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) request: ChatRequest,
    pub(crate) max_iterations: u64,
    /// Where loaded tools are remembered.
    pub(crate) session: Option<String>,
    pub(crate) working_directory: Option<PathBuf>,
    /// A plugin's own completion may call any tool that there is; a chat only what it was shown.
    pub(crate) kind: ConversationKind,
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

/// What a conversation came to.
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    /// The text since the last round of tools.
    pub(crate) content: Option<String>,
    pub(crate) executed: Vec<Value>,
    pub(crate) artifacts: Vec<Value>,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) fingerprint: Option<String>,
    pub(crate) messages: Vec<Value>,
}

impl Outcome {
    fn empty() -> Outcome {
        Outcome {
            ending: Ending::MaxIterations,
            content: None,
            executed: Vec::new(),
            artifacts: Vec::new(),
            prompt_tokens: 0,
            completion_tokens: 0,
            fingerprint: None,
            messages: Vec::new(),
        }
    }

    /// Whether there is text at the end.
    pub(crate) fn is_silent(&self) -> bool {
        let text = self.content.as_deref().unwrap_or_default();
        text.trim().is_empty()
    }
}

impl Conversation {
    /// The conversation that a plugin's request asks for.
    pub(crate) fn of_request(
        host: &Arc<HostCore>,
        context: &Arc<PluginContext>,
        agent: Option<AgentId>,
        wanted: Wanted,
    ) -> Conversation {
        let documented = host.settings.profile.documented();
        let tools = match (wanted.tools, agent) {
            (WantedTools::These(tools), _) => tools,
            (WantedTools::Agents, Some(agent)) if !documented => {
                let model = wanted.model.as_deref().unwrap_or_default();
                let size = SizeClass::of(host, &setup::model(host, Some(agent), model));
                first_turn::tools(host, agent, ConversationKind::Completion, size)
            }
            _ => Vec::new(),
        };
        let request = ChatRequest {
            model: wanted.model.unwrap_or_default(),
            messages: wanted.messages,
            tools,
            options: wanted.options,
        };
        let iterations = wanted.max_iterations.filter(|_| !documented);
        let mut conversation = Self::new(
            host,
            context,
            agent,
            request,
            setup::iterations(context, iterations),
            None,
        );
        conversation.kind = ConversationKind::Completion;
        let live = wanted.session.as_deref();
        let folder = live.and_then(|id| host.tasks.folder_of(&context.plugin_id, id));
        conversation.working_directory = folder;
        conversation.session = wanted.session;
        conversation.recall_tools();
        conversation
    }

    /// Adds the agent's prompt, memory and defaults, a chat's section of capabilities, and the
    /// plugin's instructions.
    pub(crate) fn new(
        host: &Arc<HostCore>,
        context: &Arc<PluginContext>,
        agent: Option<AgentId>,
        mut request: ChatRequest,
        max_iterations: u64,
        section: Option<String>,
    ) -> Conversation {
        setup::add_defaults(host, agent, &mut request);
        setup::add_prompts(context, agent, section, &mut request.messages);
        Conversation {
            host: Arc::clone(host),
            plugin: Arc::clone(context),
            agent,
            request,
            max_iterations,
            session: None,
            working_directory: None,
            kind: ConversationKind::Chat,
        }
    }

    /// Runs until the model is done, a limit is met, or the observer ends it.
    pub(crate) fn run(mut self, observer: &mut dyn Observer) -> Outcome {
        let mut outcome = Outcome::empty();
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
        if self.max_iterations > 1 {
            setup::trim(&self.host, &mut self.request);
        }
        let mut content = String::new();
        let answer = match self.ask(observer, &mut content) {
            Ok(answer) => self.with_opened_arguments(answer, observer),
            Err(ModelError::Failed(message)) => return Some(Ending::Failed(message)),
            Err(ModelError::ContextOverflow(message)) => {
                return Some(Ending::ContextOverflow(message));
            }
        };
        outcome.take(&answer);
        if answer.stopped || observer.cancelled() {
            let turn = json!({"role": "assistant", "content": content});
            self.request.messages.push(turn);
            outcome.content = Some(content);
            return Some(Ending::Cancelled);
        }
        observer.round(&answer);
        self.request.messages.push(assistant_message(&answer));
        if answer.tool_calls.is_empty() || is_cut(&answer) {
            return Some(Ending::Answered {
                finish_reason: answer.finish_reason,
            });
        }
        observer.tool_calls(&answer.tool_calls);
        outcome.content = None;
        let mut calls = answer.tool_calls.iter();
        calls.find_map(|call| self.run_tool(call, observer, outcome))
    }

    /// A completion that does not stream repairs the arguments of its tool calls by the request's
    /// own schemas.
    fn with_opened_arguments(&self, mut answer: ChatAnswer, observer: &dyn Observer) -> ChatAnswer {
        if observer.streams() || self.request.tools.is_empty() || is_cut(&answer) {
            return answer;
        }
        let rules = self.host.settings.profile.argument_rules();
        for call in &mut answer.tool_calls {
            let schema = definitions::parameters(&self.request.tools, &call.name);
            call.arguments = arguments::opened(&call.name, &call.arguments, schema, rules);
        }
        answer
    }

    fn ask(
        &self,
        observer: &mut dyn Observer,
        content: &mut String,
    ) -> Result<ChatAnswer, ModelError> {
        if !observer.streams() {
            return self.host.model.chat(&self.request, None);
        }
        let mut listener = |delta: Delta| {
            if observer.cancelled() {
                return ControlFlow::Break(());
            }
            if let Delta::Content(text) = &delta {
                content.push_str(text);
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

    /// Runs one tool and tells the model what it answered.
    fn run_tool(
        &mut self,
        call: &ModelToolCall,
        observer: &mut dyn Observer,
        outcome: &mut Outcome,
    ) -> Option<Ending> {
        let (envelope, effect) = match self.refusal(&call.name) {
            Some(refused) => (refused, Effect::Nothing),
            None => self.answer_of(call),
        };
        let executed = json!({"name": call.name, "tool_call_id": call.id});
        outcome.executed.push(executed);
        let ending = self.apply(effect, outcome);
        observer.tool_result(call, &envelope);
        let answer = json!({"role": "tool", "tool_call_id": call.id, "content": envelope});
        self.request.messages.push(answer);
        ending
    }

    /// What a tool answers: a plugin's, else the host's own.
    fn answer_of(&self, call: &ModelToolCall) -> (String, Effect) {
        let Some((plugin, tool)) = self.host.plugins.tool_owner(&call.name) else {
            return built_in::run(&self.caller(), &without_prefix(call));
        };
        let call = self.tool_call(tool, call);
        let envelope = match self.kind {
            ConversationKind::Completion => plugin.call_tool_in_completion(&call),
            ConversationKind::Chat => plugin.call_tool(&call),
        };
        (envelope, Effect::Nothing)
    }

    fn caller(&self) -> built_in::Caller<'_> {
        built_in::Caller {
            host: &self.host,
            plugin: &self.plugin.plugin_id,
            agent: self.agent,
            folder: self.working_directory.as_deref(),
        }
    }

    /// The envelope that says why a tool may not be called here: a chat never showed it to the
    /// model.
    fn refusal(&self, name: &str) -> Option<String> {
        let profile = self.host.settings.profile;
        if self.kind == ConversationKind::Completion || profile.documented() || profile.of_june() {
            return None;
        }
        let exposed = |name: &str| definitions::parameters(&self.request.tools, name).is_some();
        let name = name
            .strip_prefix("tool/")
            .filter(|rest| !exposed(name) && self.is_registered(rest))
            .unwrap_or(name);
        let failure = refusal(&self.host, self.agent, exposed, name)?;
        Some(failure.write(name))
    }

    fn is_registered(&self, name: &str) -> bool {
        built_in::NAMES.contains(&name) || self.host.plugins.tool_owner(name).is_some()
    }

    fn tool_call(&self, tool: String, call: &ModelToolCall) -> ToolCall {
        ToolCall {
            tool,
            arguments: call.arguments.clone(),
            agent: self.agent,
            // A plugin's own run may use a folder, but its tools are not told of it.
            working_directory: self
                .working_directory
                .clone()
                .filter(|_| self.kind == ConversationKind::Chat),
        }
    }

    fn apply(&mut self, effect: Effect, outcome: &mut Outcome) -> Option<Ending> {
        match effect {
            Effect::Nothing => {}
            Effect::Ends(ending) => return Some(ending),
            Effect::Shared(artifact) => {
                artifacts::notify(&self.host, &artifact);
                outcome.artifacts.push(artifact);
            }
            Effect::Loaded(names) => {
                if let Some(session) = &self.session {
                    self.plugin.remember_tools(self.agent, session, &names);
                }
                self.offer(&names);
            }
        }
        None
    }

    /// Offers tools from the first turn on, and in the session's later tasks.
    pub(crate) fn pin(&mut self, names: &[String]) {
        if let Some(session) = &self.session {
            self.plugin.remember_tools(self.agent, session, names);
        }
        self.offer(names);
    }

    /// Offers the tools that this session has loaded before.
    pub(crate) fn recall_tools(&mut self) {
        let Some(session) = &self.session else {
            return;
        };
        let names = self.plugin.remembered_tools(self.agent, session);
        self.offer(&names);
    }

    /// Adds tools by name; unknown names add nothing.
    pub(crate) fn offer(&mut self, names: &[String]) {
        let more: Vec<Value> = names
            .iter()
            .filter_map(|name| {
                definitions::of_plugins(&self.host, name).or_else(|| built_in::named(name))
            })
            .collect();
        definitions::add(&mut self.request.tools, more);
    }
}

impl Outcome {
    fn take(&mut self, answer: &ChatAnswer) {
        self.prompt_tokens += answer.prompt_tokens;
        self.completion_tokens += answer.completion_tokens;
        self.content.clone_from(&answer.content);
        self.fingerprint.clone_from(&answer.fingerprint);
    }
}

/// The call by the host's own name for the tool, where `tool/` is before it.
fn without_prefix(call: &ModelToolCall) -> ModelToolCall {
    let mut call = call.clone();
    let own = call.name.strip_prefix("tool/");
    if let Some(own) = own.filter(|own| built_in::NAMES.contains(own)) {
        call.name = own.to_string();
    }
    call
}

/// Cut by the limit of tokens in the middle of a tool call, which then cannot run.
fn is_cut(answer: &ChatAnswer) -> bool {
    let is_whole = |call: &ModelToolCall| serde_json::from_str::<Value>(&call.arguments).is_ok();
    answer.finish_reason == "length" && !answer.tool_calls.iter().all(is_whole)
}

fn assistant_message(answer: &ChatAnswer) -> Value {
    let mut message = json!({"role": "assistant", "content": answer.content});
    if !answer.tool_calls.is_empty() && !is_cut(answer) {
        let calls = answer.tool_calls.iter().map(|call| {
            json!({"id": call.id, "type": "function", "function": {"name": call.name,
                "arguments": call.arguments}})
        });
        message["tool_calls"] = calls.collect();
    }
    message
}
