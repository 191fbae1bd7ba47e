//! HELLO and READY: what the shim and a new worker say to each other before the first call. Used by
//! `session`.
use super::log_line::write_log;
use super::output::LogFn;
use super::port::Lane;
use super::run::WorkerRun;
use super::wire::{Field, Message, Outgoing, WireError, kind};
use crate::debugging::Deadline;
use crate::engine::{EngineContext, EngineFailure};
use osaurus_abi::worker::ready;
use std::time::{Duration, Instant};

/// How soon a start is given up that a debugger holds and a reload ends.
const LOOK: Duration = Duration::from_millis(50);

/// What the worker said of itself.
pub struct Ready {
    /// For the log.
    pub description: String,
    /// Whether it takes calls on the lane.
    pub serves_lane: bool,
    /// Whether both connections go on over the pipes that it was offered.
    pub takes_pipes: bool,
}

/// Why there was no READY.
pub enum GreetError {
    /// The connection failed.
    Wire(WireError),
    /// FAILED, with the text of it.
    Script(String),
}

impl From<WireError> for GreetError {
    fn from(error: WireError) -> Self {
        GreetError::Wire(error)
    }
}

impl GreetError {
    /// As the answer of a call.
    pub fn into_failure(self, run: &WorkerRun, deadline: Instant) -> EngineFailure {
        let text = match self {
            GreetError::Script(text) => return EngineFailure::Script { text },
            GreetError::Wire(WireError::Closed) => run.describe_end(),
            GreetError::Wire(WireError::Broken(text)) => {
                format!("{} was stopped: {text}", run.noun())
            }
            GreetError::Wire(WireError::Late) => format!(
                "{} did not load the plugin in time (given up {:.1} s ago); does it do slow work \
                 on import?",
                run.noun(),
                deadline.elapsed().as_secs_f64()
            ),
        };
        let loading = true;
        EngineFailure::Crashed { text, loading }
    }
}

/// Says who we are and waits until the script is loaded.
pub fn greet(
    lane: &mut Lane,
    context: &EngineContext,
    log: &LogFn,
    deadline: Instant,
    is_wanted: &dyn Fn() -> bool,
) -> Result<Ready, GreetError> {
    let hello = Outgoing::new(kind::HELLO, 0, 0)
        .text(&context.settings_json)
        .text(&context.root.to_string_lossy())
        .text(&context.plugin_id);
    lane.send(hello, deadline)?;
    let mut deadline = Deadline::until(deadline);
    loop {
        let message = match lane.receive(deadline.at().min(Instant::now() + LOOK)) {
            Err(WireError::Late) if is_wanted() && !deadline.has_passed() => continue,
            received => received?,
        };
        // What has come already is given without waiting: a flood would go on forever.
        if deadline.has_passed() {
            return Err(WireError::Late.into());
        }
        match message.kind {
            kind::READY => return read_ready(&message),
            kind::FAILED => return Err(GreetError::Script(failed(&message)?)),
            kind::LOG => write_log(&message, log),
            kind::HOST => {
                let refusal =
                    "there are no host calls while the plugin is imported; make them in a handler";
                let reply = Outgoing::new(kind::REPLY, message.call, message.seq);
                lane.send(reply.int(1).text(refusal), deadline.at())?;
            }
            other => {
                let text = format!("message type {other} where READY or FAILED was expected");
                return Err(WireError::Broken(text).into());
            }
        }
    }
}

fn read_ready(message: &Message) -> Result<Ready, GreetError> {
    let fields = message.fields().map_err(WireError::Broken)?;
    let (description, lane) = match fields.as_slice() {
        [Field::Text(text)] => (text, ready::LANE),
        [Field::Text(text), Field::Int(lane), ..] => (text, *lane),
        _ => return Err(WireError::Broken("READY without a description".into()).into()),
    };
    Ok(Ready {
        description: (*description).to_owned(),
        serves_lane: ![ready::NO_LANE, ready::PIPES_WITHOUT_LANE].contains(&lane),
        takes_pipes: [ready::LANE_AND_PIPES, ready::PIPES_WITHOUT_LANE].contains(&lane),
    })
}

fn failed(message: &Message) -> Result<String, GreetError> {
    match message.fields().map_err(WireError::Broken)?.as_slice() {
        [Field::Text(text), ..] => Ok((*text).to_owned()),
        _ => Err(WireError::Broken("FAILED without a message".into()).into()),
    }
}
