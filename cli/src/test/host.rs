//! `osaurus-bridge test-host`: the reference host with one library, for the tests of a project. Each
//! line of standard input is a request, JSON; each line of standard output its answer, with what
//! the plugin logged and asked of the host meanwhile. `BuiltHost` of the SDKs starts it and is of
//! the same version, so it is not for people and may change.

use crate::failure::{Failure, OrFail};
use crate::given::Given;
use crate::host_options::{self, HostOptions};
use crate::library;
use crate::supervised::OutputKept;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use osaurus_abi::{HostSlot, Param, ParamKind};
use osaurus_reference_host::{
    ActivityQuery, Agent, AgentId, CallKind, CallRecord, Host, LoadedPlugin, LogLine, RouteCall,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// The longest request, in bytes; routes take bodies of 10 MiB.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// Arguments of `test-host`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library
    library: PathBuf,
    #[command(flatten)]
    host: HostOptions,
    #[command(flatten)]
    given: Given,
}

/// A line of standard input.
#[derive(Deserialize)]
struct Request {
    /// The agent on whose behalf; null: none.
    agent: Option<String>,
    #[serde(flatten)]
    action: Action,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Action {
    /// Calls a tool.
    Call { tool: String, arguments: String },
    /// Sends a request to a route.
    Route {
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Stores a setting and tells the plugin.
    Config { key: String, value: String },
    /// Sends a task event.
    Event {
        task: String,
        kind: i32,
        payload: String,
    },
    /// Shares an artifact.
    Artifact { payload: String },
    /// Waits until no task runs.
    Tasks { seconds: u64 },
}

/// Runs until standard input ends.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    // A plugin may print; that must not come between the answers.
    let output_kept = OutputKept::start()?;
    let mut output = output_kept.file()?;
    let started = Session::start(args);
    let ready = match &started {
        Ok(session) => json!({"ready": session.plugin.manifest().json()}),
        Err(failure) => json!({"error": failure.to_string()}),
    };
    write(&mut output, &ready)?;
    let mut session = started?;
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut input).take(LONGEST_LINE);
        let size = limited.read_until(b'\n', &mut line);
        if size.or_fail("cannot read standard input", "")? == 0 {
            break;
        }
        write(&mut output, &session.answer(&line))?;
    }
    session.host.shutdown();
    Ok(ExitCode::SUCCESS)
}

fn write(output: &mut File, answer: &Value) -> Result<(), Failure> {
    let line = format!("{answer}\n");
    output
        .write_all(line.as_bytes())
        .or_fail("cannot write the answer", "")
}

/// The host with its plugin.
struct Session {
    host: Host,
    plugin: Arc<LoadedPlugin>,
    agents: HashSet<AgentId>,
    log: Receiver<LogLine>,
    /// The last record that an answer had.
    last: u64,
}

impl Session {
    fn start(args: &Args) -> Result<Self, Failure> {
        library::check_code(&args.library)?;
        let agents = args.given.agents();
        let builder = args.host.builder()?.agents(agents.all()?.to_vec());
        // What no test answers must not reach the network.
        let host = host_options::build(builder.only_mapped_hosts())?;
        agents.connect(&host)?;
        let log = host.follow_log();
        let plugin = host.load(&args.library).or_fail(
            format!("{} does not load", args.library.display()),
            "osaurus-bridge inspect says what the file holds",
        )?;
        args.given.give(&host)?;
        Ok(Session {
            agents: agents.all()?.iter().map(|agent| agent.id).collect(),
            host,
            plugin,
            log,
            last: 0,
        })
    }

    fn answer(&mut self, line: &[u8]) -> Value {
        let result = serde_json::from_slice(line)
            .map_err(|error| format!("this is not a request: {error}"))
            .and_then(|request| self.perform(request));
        let (key, value) = match result {
            Ok(value) => ("result", value),
            Err(error) => ("error", json!(error)),
        };
        json!({key: value, "log": self.new_log_lines(), "calls": self.new_host_calls()})
    }

    fn perform(&mut self, request: Request) -> Result<Value, String> {
        let agent = request.agent.map(|id| self.agent(&id)).transpose()?;
        let for_agent = || agent.ok_or("this needs an agent: expected agent_id, found none");
        match request.action {
            Action::Call { tool, arguments } => {
                Ok(json!(self.plugin.invoke(&tool, &arguments, agent)))
            }
            Action::Route {
                method,
                path,
                headers,
                body,
            } => {
                let mut call = RouteCall::new(&method, &path, agent).body(body);
                call.headers = headers;
                let answer = self.plugin.route(call);
                let (body, encoding) = match String::from_utf8(answer.body) {
                    Ok(text) => (text, "utf8"),
                    Err(error) => (STANDARD.encode(error.as_bytes()), "base64"),
                };
                Ok(
                    json!({"status": answer.status, "headers": answer.headers, "body": body,
                    "body_encoding": encoding}),
                )
            }
            Action::Config { key, value } => {
                let agent = for_agent()?;
                let stored = self
                    .host
                    .store_config(agent, self.plugin.id(), &key, &value);
                stored.map_err(|error| error.to_string())?;
                self.plugin.config_changed(agent, &key, &value);
                Ok(Value::Null)
            }
            Action::Event {
                task,
                kind,
                payload,
            } => {
                self.plugin.task_event(for_agent()?, &task, kind, &payload);
                Ok(Value::Null)
            }
            Action::Artifact { payload } => {
                let answer = self.plugin.invoke_raw("artifact", "share", &payload, agent);
                Ok(json!(answer))
            }
            Action::Tasks { seconds } => {
                let limit = Duration::from_secs(seconds);
                Ok(json!(self.host.wait_for_tasks(limit)))
            }
        }
    }

    /// The agent of an id, who is new to the host if need be.
    fn agent(&mut self, id: &str) -> Result<AgentId, String> {
        let agent = AgentId::parse(id).ok_or_else(|| format!("{id:?} is not a UUID"))?;
        if self.agents.insert(agent) {
            self.host.add_agent(Agent::named(id));
        }
        Ok(agent)
    }

    /// What the plugin logged since the last answer.
    fn new_log_lines(&self) -> Vec<Value> {
        let lines = self.log.try_iter().filter(|line| !line.from_host);
        let line = |line: LogLine| {
            let fields = line.payload.as_deref().map(parsed);
            json!({"level": line.label.to_lowercase(), "message": line.message, "fields": fields})
        };
        lines.map(line).collect()
    }

    /// What the plugin asked of the host since the last answer.
    fn new_host_calls(&mut self) -> Vec<Value> {
        let query = ActivityQuery::new()
            .kind(CallKind::HostCall)
            .after(self.last);
        let records = self.host.records(&query);
        self.last = records.last().map_or(self.last, |record| record.seq);
        // Those are among the lines.
        let is_log = |record: &&CallRecord| record.slot.starts_with("log");
        let calls = records.iter().filter(|record| !is_log(record));
        calls.map(host_call).collect()
    }
}

/// A host call with its arguments in order; those that are JSON are parsed.
fn host_call(record: &CallRecord) -> Value {
    let slot = HostSlot::ALL.iter().find(|slot| slot.name() == record.slot);
    let is_recorded =
        |param: &&Param| !matches!(param.kind, ParamKind::ChunkCallback | ParamKind::Opaque);
    let params = slot.map_or(0, |slot| slot.params().iter().filter(is_recorded).count());
    let args = match (params, serde_json::from_str(&record.request)) {
        (0, _) => Vec::new(),
        (1, request) => vec![request.unwrap_or_else(|_| json!(record.request))],
        (_, Ok(Value::Object(args))) => args.into_iter().map(|(_, value)| value).collect(),
        (_, _) => vec![json!(record.request)],
    };
    let response = record.response.as_deref().map(parsed);
    json!({"name": record.slot, "args": args, "response": response})
}

/// JSON where it is, else the text.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_what_is_done_and_for_whom() {
        let line = r#"{"do": "config", "agent": null, "key": "a", "value": "b"}"#;
        let request: Request = serde_json::from_str(line).unwrap();
        assert!(request.agent.is_none());
        assert!(matches!(request.action, Action::Config { key, .. } if key == "a"));
        let wrong = serde_json::from_str::<Request>(r#"{"do": "dance"}"#).err();
        let text = wrong.unwrap().to_string();
        assert!(text.contains("dance") && text.contains("`call`"), "{text}");
    }
}
