//! What a test host knows and remembers while a plugin runs, and what it answers to each host call.
//! Filled by `host`, asked by `table` on any thread.

use super::database::Database;
use super::services::{Http, Model, Tasks, completion, inference_error};
use osaurus_abi::{HostSlot, log_level};
use serde_json::{Value, json};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// An answer that the test gives to a host call, of its arguments.
pub(super) type Answer = Arc<dyn Fn(&[Value]) -> Value + Send + Sync>;

/// A host call that the plugin made.
#[derive(Debug, Clone, PartialEq)]
pub struct HostCall {
    /// The function.
    pub slot: HostSlot,
    /// Its arguments; those that are JSON are parsed.
    pub args: Vec<Value>,
}

/// A line that the plugin logged.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// One of [`log_level`](crate::log_level).
    pub level: i32,
    /// What it says.
    pub message: String,
    /// The fields of a structured line; null without any.
    pub fields: Value,
}

/// The state of a test host.
pub(super) struct Script {
    pub config: HashMap<String, String>,
    pub secrets: serde_json::Map<String, Value>,
    pub agent: Option<String>,
    pub working_directory: Option<String>,
    pub answers: HashMap<HostSlot, Answer>,
    pub http: Http,
    pub model: Model,
    pub tasks: Tasks,
    pub database: Database,
    pub calls: Vec<HostCall>,
    pub logs: Vec<LogLine>,
    pub cancelled_streams: HashSet<String>,
    /// A panic of an answer, which must not cross the boundary.
    pub panic: Option<Box<dyn Any + Send>>,
}

/// What a host call gets.
pub(super) enum Reply {
    /// NULL, or nothing where the function gives nothing.
    Null,
    /// JSON; a string is given as it is.
    Json(Value),
    /// What the test said; to be asked without the lock.
    Ask(Answer),
}

impl Script {
    pub(super) fn new() -> Self {
        Script {
            config: HashMap::new(),
            secrets: serde_json::Map::new(),
            agent: Some("11111111-2222-3333-4444-555555555555".to_owned()),
            working_directory: None,
            answers: HashMap::new(),
            http: Http::default(),
            model: Model::default(),
            tasks: Tasks::default(),
            database: Database::open(),
            calls: Vec::new(),
            logs: Vec::new(),
            cancelled_streams: HashSet::new(),
            panic: None,
        }
    }

    /// Records a host call and says what it gets.
    pub(super) fn serve(&mut self, slot: HostSlot, args: &[Value]) -> Reply {
        self.calls.push(HostCall {
            slot,
            args: args.to_vec(),
        });
        match self.answers.get(&slot) {
            Some(answer) => Reply::Ask(Arc::clone(answer)),
            None => self.built_in(slot, args),
        }
    }

    fn built_in(&mut self, slot: HostSlot, args: &[Value]) -> Reply {
        let first = args.first().unwrap_or(&Value::Null);
        let second = args.get(1).unwrap_or(&Value::Null);
        let name = first.as_str().unwrap_or_default();
        match slot {
            HostSlot::ConfigGet => {
                // The host has settings for agents alone.
                let value = self.agent.as_ref().and_then(|_| self.config.get(name));
                value.map_or(Reply::Null, |value| Reply::Json(json!(value)))
            }
            HostSlot::ConfigSet => {
                let value = second.as_str().unwrap_or_default();
                if self.agent.is_some() {
                    self.config.insert(name.to_owned(), value.to_owned());
                }
                Reply::Null
            }
            HostSlot::ConfigDelete => {
                if self.agent.is_some() {
                    self.config.remove(name);
                }
                Reply::Null
            }
            HostSlot::DbExec => Reply::Json(self.database.exec(name, second)),
            HostSlot::DbQuery => Reply::Json(self.database.query(name, second)),
            HostSlot::Log => self.log(first, second, &Value::Null),
            HostSlot::LogStructured => self.log(first, second, args.get(2).unwrap_or(&Value::Null)),
            HostSlot::Dispatch => Reply::Json(self.tasks.dispatch(first)),
            HostSlot::TaskStatus => Reply::Json(self.tasks.status(name)),
            HostSlot::ListActiveTasks => Reply::Json(self.tasks.active()),
            HostSlot::DispatchCancel => {
                if let Some(task) = self.tasks.find(name) {
                    task.status = "cancelled".to_owned();
                }
                Reply::Null
            }
            HostSlot::HttpRequest => self.http_request(first),
            HostSlot::Complete => match self.completion(first) {
                Ok(text) => Reply::Json(completion(&text)),
                Err(error) => Reply::Json(error),
            },
            HostSlot::CompleteCancel => {
                self.cancelled_streams.insert(name.to_owned());
                Reply::Null
            }
            HostSlot::GetActiveAgentId => match &self.agent {
                Some(agent) => Reply::Json(json!(agent)),
                None => Reply::Null,
            },
            slot if slot.returns_string() => Reply::Json(refusal(&format!(
                "the test answers no {}; say host.answer(HostSlot::{slot:?}, ...)",
                slot.name()
            ))),
            _ => Reply::Null,
        }
    }

    fn http_request(&mut self, request: &Value) -> Reply {
        let text = |key: &str| request[key].as_str().unwrap_or_default();
        let answer = self.http.answer(request).unwrap_or_else(|| {
            refusal(&format!(
                "the test answers no {} {url}; say host.answer_http({url:?}, ...)",
                text("method"),
                url = text("url")
            ))
        });
        Reply::Json(answer)
    }

    /// What a model says, or the host's error.
    pub(super) fn completion(&mut self, request: &Value) -> Result<String, Value> {
        match self.model.answer(request) {
            Some(Ok(text)) => Ok(text),
            Some(Err(message)) => Err(inference_error(&message)),
            None => Err(refusal(
                "no rule of the test fits this message to a model; say host.answer_model(...)",
            )),
        }
    }

    fn log(&mut self, level: &Value, message: &Value, fields: &Value) -> Reply {
        let level = level.as_i64().and_then(|level| i32::try_from(level).ok());
        self.logs.push(LogLine {
            level: level.unwrap_or(log_level::INFO),
            message: message.as_str().unwrap_or_default().to_owned(),
            fields: fields.clone(),
        });
        Reply::Null
    }
}

/// What a plugin gets where the test says nothing. Also printed, so that the test's output has it
/// when the plugin keeps it to itself.
fn refusal(message: &str) -> Value {
    eprintln!("{message}");
    json!({"error": "not_scripted", "message": message})
}
