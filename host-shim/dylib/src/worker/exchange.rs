//! The conversation of one call: sends it, serves the script's host calls on this (the host's)
//! thread until the result comes, stops it at its deadline. The same over lane and mux. Used by
//! `session`.
use super::lock::lock;
use super::log_line::write_log;
use super::output::LogFn;
use super::port::Port;
use super::wire::{Field, MAX_MESSAGE, Message, Outgoing, WireError, kind};
use crate::debugging::Deadline;
use crate::engine::Request;
use crate::oldest_host;
use osaurus_engine_abi::STATUS_MISSING;
use osaurus_plugin::{CallArg, ChunkFn, Frame, HostError, HostSlot, HostString, RawCall};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long a script may take to end after it was told to.
pub const GRACE: Duration = Duration::from_secs(1);
/// How long printed lines wait at most for their way into the host's log.
const LOG_PAUSE: Duration = Duration::from_millis(50);
/// The worker's word for a result and for an error outside the handler.
const RESULT_OK: i32 = 0;

/// How a conversation ended without a result.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// The script answered with an error of its own.
    Script(String),
    /// The deadline passed. `stopped` tells whether the script ended within [`GRACE`].
    Late {
        /// False: it still runs, and only killing the process ends it.
        stopped: bool,
    },
    /// The connection failed.
    Wire(WireError),
}

/// What a conversation needs to know.
pub struct Exchange<'a> {
    /// Where host calls go; none during unload.
    pub frame: Option<&'a Frame>,
    /// Number of the call.
    pub call: u32,
    /// Where LOG messages go.
    pub log: &'a LogFn,
}

impl Exchange<'_> {
    /// Runs the call to its end. `cancel` tells the worker to stop it.
    pub fn run(
        &self,
        port: &mut Port<'_>,
        request: &Request<'_>,
        cancel: impl FnOnce(),
    ) -> Result<String, Ended> {
        if request.payload.len() + request.context.len() > MAX_MESSAGE - (1 << 20) {
            let text = format!(
                "the arguments are too long for a worker; the limit is {MAX_MESSAGE} bytes"
            );
            return Err(Ended::Script(text));
        }
        let outcome = port
            .send(self.call_message(request), request.deadline)
            .and_then(|()| self.until_result(port, Deadline::until(request.deadline), false));
        match outcome {
            Ok((RESULT_OK, text)) => Ok(text),
            Ok((_, text)) => Err(Ended::Script(text)),
            Err(WireError::Late) => {
                cancel();
                let last = self.until_result(port, Deadline::firm(Instant::now() + GRACE), true);
                Err(match last {
                    Ok(_) => Ended::Late { stopped: true },
                    Err(WireError::Late) => Ended::Late { stopped: false },
                    Err(other) => Ended::Wire(other),
                })
            }
            Err(other) => Err(Ended::Wire(other)),
        }
    }

    fn call_message(&self, request: &Request<'_>) -> Outgoing {
        let timeout = i32::try_from(request.timeout_ms()).unwrap_or(i32::MAX);
        Outgoing::new(kind::CALL, self.call, 0)
            .int(request.kind as i32)
            .text(request.target)
            .text(request.payload)
            .text(request.context)
            .int(timeout)
            .int(i32::from(request.handler.is_async))
    }

    fn until_result(
        &self,
        port: &mut Port<'_>,
        mut deadline: Deadline,
        expired: bool,
    ) -> Result<(i32, String), WireError> {
        loop {
            let message = self.receive(port, &mut deadline)?;
            match message.kind {
                kind::RESULT if message.call == self.call => {
                    return message.into_int_and_text().map_err(WireError::Broken);
                }
                kind::HOST => self.serve(port, &message, deadline.at(), expired)?,
                kind::LOG => write_log(&message, self.log),
                // A stop that came after the stream's end.
                kind::STREAM_STOP => {}
                other => {
                    return Err(WireError::Broken(format!(
                        "message type {other} for call {} while call {} runs",
                        message.call, self.call
                    )));
                }
            }
            // A script that never stops talking must not escape its deadline.
            if Instant::now() >= deadline.at() && deadline.has_passed() {
                return Err(WireError::Late);
            }
        }
    }

    /// Waits for the worker, and looks now and then for what it has printed, which comes on another
    /// thread.
    fn receive(&self, port: &mut Port<'_>, deadline: &mut Deadline) -> Result<Message, WireError> {
        loop {
            let soon = deadline.at().min(Instant::now() + LOG_PAUSE);
            match port.receive(soon) {
                Err(WireError::Late) if !deadline.has_passed() => {
                    if let Some(frame) = self.frame {
                        frame.deliver_log();
                    }
                }
                received => return received,
            }
        }
    }

    fn serve(
        &self,
        port: &mut Port<'_>,
        message: &Message,
        deadline: Instant,
        expired: bool,
    ) -> Result<(), WireError> {
        let fields = message.fields().map_err(WireError::Broken)?;
        let reply = Outgoing::new(kind::REPLY, message.call, message.seq);
        let frame = match self.frame {
            Some(frame) if message.call == self.call && !expired => frame,
            _ => return port.send(reply.int(1).text(self.refusal(expired)), deadline),
        };
        let Some((slot, args)) = host_call(&fields) else {
            return port.send(
                reply
                    .int(1)
                    .text("a host call needs a slot number and its arguments"),
                deadline,
            );
        };
        let answer = self.call_host(frame, port, message, slot, &args, deadline)?;
        let reply = match &answer {
            Ok(None) => reply.int(0).field(Field::Null),
            Ok(Some(text)) if text.len() > MAX_MESSAGE - 64 => reply.int(1).text(&format!(
                "the host's answer of {} bytes is too long for a worker; the limit is \
                 {MAX_MESSAGE}",
                text.len()
            )),
            Ok(Some(text)) => reply.int(0).text(text),
            Err(error) if error.is_missing() => reply
                .int(STATUS_MISSING)
                .text(&oldest_host::for_author(error)),
            Err(error) => reply.int(1).text(&error.to_string()),
        };
        // The host may have taken longer than the call has left; the script still gets the answer
        // it waits for.
        port.send(reply, deadline.max(Instant::now() + GRACE))
    }

    fn refusal(&self, expired: bool) -> &'static str {
        match (self.frame, expired) {
            (_, true) => "the call's time is over; return from the handler",
            (None, _) => "there are no host calls in on_unload: the host has let go of the plugin",
            _ => "this host call belongs to a call that has ended",
        }
    }

    /// The outer error is the connection's, the inner one the host's.
    fn call_host(
        &self,
        frame: &Frame,
        port: &mut Port<'_>,
        message: &Message,
        slot: HostSlot,
        args: &[CallArg<'_>],
        deadline: Instant,
    ) -> Result<HostAnswer, WireError> {
        if slot != HostSlot::CompleteStream {
            let on_chunk = None;
            return Ok(frame.call(&RawCall {
                slot,
                args,
                on_chunk,
            }));
        }
        let shared = Mutex::new((port, None));
        // On a thread of the host's own, one chunk after the other. A script that reads slowly
        // slows the stream down.
        let on_chunk = |chunk: &str| {
            let (port, failed) = &mut *lock(&shared);
            let text = Outgoing::new(kind::CHUNK, message.call, message.seq).text(chunk);
            if failed.is_none() {
                *failed = port.send(text, deadline).err();
            }
            if failed.is_some() || port.stream_was_stopped(message.seq, self.log) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let on_chunk: Option<&ChunkFn<'_>> = Some(&on_chunk);
        let answer = frame.call(&RawCall {
            slot,
            args,
            on_chunk,
        });
        // A chunk that was lost must not look like a shorter answer.
        match lock(&shared).1.take() {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }
}

type HostAnswer = Result<Option<HostString>, HostError>;

fn host_call<'a>(fields: &[Field<'a>]) -> Option<(HostSlot, Vec<CallArg<'a>>)> {
    let (Field::Int(slot), rest) = fields.split_first()? else {
        return None;
    };
    let slot = HostSlot::from_index(u32::try_from(*slot).ok()?)?;
    let args = rest.iter().map(|field| match field {
        Field::Null => CallArg::Null,
        Field::Text(text) => CallArg::Text(text),
        Field::Int(value) => CallArg::Int(*value),
    });
    Some((slot, args.collect()))
}
