//! Where one call's messages go and come from: the lane, which belongs to the call alone, or its
//! share of the mux. Used by `exchange`.
use super::log_line::write_log;
use super::mux::MuxCall;
use super::output::LogFn;
use super::wire::{Incoming, Message, Outgoing, WireError, kind, send};
use crate::platform::Link;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// What may be read ahead of its time while a stream runs.
const MAX_EARLY: usize = 64 << 20;

/// Our end of the connection that carries one call at a time.
pub struct Lane {
    link: Arc<Link>,
    incoming: Incoming,
    /// Read while looking for a STREAM_STOP.
    early: VecDeque<Message>,
}

impl Lane {
    /// Takes over our end.
    pub fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            incoming: Incoming::default(),
            early: VecDeque::new(),
        }
    }

    /// Sends one message.
    pub fn send(&self, message: Outgoing, deadline: Instant) -> Result<(), WireError> {
        send(&self.link, message, deadline)
    }

    /// The next message.
    pub fn receive(&mut self, deadline: Instant) -> Result<Message, WireError> {
        match self.early.pop_front() {
            Some(message) => Ok(message),
            None => self.incoming.receive(&self.link, deadline),
        }
    }

    /// The host's thread is inside the stream, so whoever delivers a chunk looks for the stop.
    fn stream_was_stopped(&mut self, seq: u32, log: &LogFn) -> bool {
        while self.early.iter().map(Message::len).sum::<usize>() < MAX_EARLY
            && self.early.len() < 1000
            && let Ok(Some(message)) = self.incoming.receive_now(&self.link)
        {
            match message.kind {
                kind::STREAM_STOP if message.seq == seq => return true,
                kind::LOG => write_log(&message, log),
                _ => self.early.push_back(message),
            }
        }
        false
    }
}

/// The connection of one call.
pub enum Port<'a> {
    /// The lane, claimed.
    Lane(&'a mut Lane),
    /// A share of the mux.
    Mux(MuxCall<'a>),
}

impl Port<'_> {
    /// Sends one message.
    pub fn send(&mut self, message: Outgoing, deadline: Instant) -> Result<(), WireError> {
        match self {
            Port::Lane(lane) => lane.send(message, deadline),
            Port::Mux(call) => call.send(message, deadline),
        }
    }

    /// The next message of this call.
    pub fn receive(&mut self, deadline: Instant) -> Result<Message, WireError> {
        match self {
            Port::Lane(lane) => lane.receive(deadline),
            Port::Mux(call) => call.receive(deadline),
        }
    }

    /// True when the worker asked to cancel the stream `seq`.
    pub fn stream_was_stopped(&mut self, seq: u32, log: &LogFn) -> bool {
        match self {
            Port::Lane(lane) => lane.stream_was_stopped(seq, log),
            Port::Mux(call) => call.stream_was_stopped(seq),
        }
    }
}
