//! Messages of the worker protocol (docs/worker-protocol.md) over one connection: building, sending,
//! receiving. Used by the rest of `worker`, and by Node's addon for waiting. Knows bytes and time
//! limits, not what a message is for.
use crate::platform::Link;
pub use osaurus_abi::worker::{MAX_MESSAGE, kind};
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// After this the kernel gives a blocked send or receive back once; from then on we wait with
/// `poll`.
pub const FIRST_WAIT: Duration = Duration::from_millis(20);
/// Length field, type, call, sequence.
const HEADER: usize = 13;
/// More fields than any message has. A field takes one byte in a message and twenty-four when it is
/// read.
const MAX_FIELDS: usize = 32;
/// A buffer above this is given back after use.
const KEEP: usize = 1 << 20;

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// No value.
    Null,
    /// Text.
    Text(&'a str),
    /// A number.
    Int(i32),
}

/// A message to send. Built in one buffer, so that one system call sends it.
pub struct Outgoing(Vec<u8>);

impl Outgoing {
    /// Begins a message. `seq` is 0 where there is none.
    pub fn new(kind: u8, call: u32, seq: u32) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(kind);
        bytes.extend_from_slice(&call.to_le_bytes());
        bytes.extend_from_slice(&seq.to_le_bytes());
        Self(bytes)
    }

    /// Adds a field.
    pub fn field(mut self, field: Field<'_>) -> Self {
        match field {
            Field::Null => self.0.push(0),
            Field::Text(text) => {
                self.0.push(1);
                self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
                self.0.extend_from_slice(text.as_bytes());
            }
            Field::Int(value) => {
                self.0.push(2);
                self.0.extend_from_slice(&value.to_le_bytes());
            }
        }
        self
    }

    /// Adds a string.
    pub fn text(self, text: &str) -> Self {
        self.field(Field::Text(text))
    }

    /// Adds a number.
    pub fn int(self, value: i32) -> Self {
        self.field(Field::Int(value))
    }

    /// The finished bytes; `None` when the message is longer than [`MAX_MESSAGE`].
    fn finish(mut self) -> Option<Vec<u8>> {
        let rest = self.0.len() - 4;
        if rest > MAX_MESSAGE {
            return None;
        }
        self.0[..4].copy_from_slice(&(rest as u32).to_le_bytes());
        Some(self.0)
    }
}

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One of [`kind`].
    pub kind: u8,
    /// Which call, 0 for none.
    pub call: u32,
    /// Which host call of that call.
    pub seq: u32,
    body: Vec<u8>,
}

impl Message {
    /// Reads the fields.
    ///
    /// # Errors
    /// A sentence about what is wrong with the message.
    pub fn fields(&self) -> Result<Vec<Field<'_>>, String> {
        let mut rest = self.body.as_slice();
        let mut out = Vec::with_capacity(4);
        while !rest.is_empty() {
            if out.len() == MAX_FIELDS {
                return Err(format!(
                    "message {} has more than {MAX_FIELDS} fields",
                    self.kind
                ));
            }
            let (field, after) = one_field(rest).ok_or_else(|| {
                format!(
                    "field {} of message {} is cut, or not UTF-8",
                    out.len() + 1,
                    self.kind
                )
            })?;
            out.push(field);
            rest = after;
        }
        Ok(out)
    }

    /// Length of the fields in bytes.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// The second field's text without a copy where the first is a number: the shape of RESULT.
    pub fn into_int_and_text(mut self) -> Result<(i32, String), String> {
        let value = match self.fields()?.as_slice() {
            [Field::Int(value), Field::Text(_)] => *value,
            [Field::Int(value), Field::Null] => return Ok((*value, "null".into())),
            _ => return Err("expected a number and a string in the worker's answer".to_owned()),
        };
        self.body.drain(..10);
        // SAFETY: after the number and the text's length are the bytes that `fields` has just
        // found to be UTF-8.
        Ok((value, unsafe { String::from_utf8_unchecked(self.body) }))
    }
}

fn one_field(bytes: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    match tag {
        0 => Some((Field::Null, rest)),
        1 => {
            let (len, rest) = rest.split_first_chunk::<4>()?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
            Some((Field::Text(std::str::from_utf8(text).ok()?), rest))
        }
        2 => {
            let (value, rest) = rest.split_first_chunk::<4>()?;
            Some((Field::Int(i32::from_le_bytes(*value)), rest))
        }
        _ => None,
    }
}

/// Why nothing was received or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// The time limit passed.
    Late,
    /// The other side is gone.
    Closed,
    /// The other side broke the protocol, or a message of ours is too long: the sentence says
    /// which.
    Broken(String),
}

/// Sends one message, waiting for room until `deadline`. The caller holds
/// the connection's write lock.
pub fn send(link: &Link, message: Outgoing, deadline: Instant) -> Result<(), WireError> {
    let bytes = message.finish().ok_or_else(|| {
        WireError::Broken(format!(
            "a message to the worker would be longer than {MAX_MESSAGE} bytes"
        ))
    })?;
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        match link.send(rest) {
            Ok(sent) => rest = &rest[sent..],
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                if link.has_ended() {
                    return Err(WireError::Closed);
                }
                if !link.wait(libc::POLLOUT, deadline) {
                    return Err(stuck(rest.len() < bytes.len()));
                }
            }
            Err(_) => return Err(WireError::Closed),
        }
    }
    Ok(())
}

/// Nothing can follow half a message on the same connection.
fn stuck(half_sent: bool) -> WireError {
    if half_sent {
        WireError::Broken("the worker stopped reading in the middle of a message".into())
    } else {
        WireError::Late
    }
}

/// Cuts messages out of what a connection receives.
#[derive(Default)]
pub struct Incoming {
    buffer: Vec<u8>,
    start: usize,
}

impl Incoming {
    /// The next message, waiting for it until `deadline`.
    pub fn receive(&mut self, link: &Link, deadline: Instant) -> Result<Message, WireError> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(message);
            }
            if link.never_blocks() && !link.wait(libc::POLLIN, deadline) {
                return Err(WireError::Late);
            }
            match self.fill(link, true) {
                Ok(0) => return Err(WireError::Closed),
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    if link.has_ended() {
                        return Err(WireError::Closed);
                    }
                    if !link.wait(libc::POLLIN, deadline) {
                        return Err(WireError::Late);
                    }
                }
                Err(_) => return Err(WireError::Closed),
            }
        }
    }

    /// The next message if it is here already.
    pub fn receive_now(&mut self, link: &Link) -> Result<Option<Message>, WireError> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            match self.fill(link, false) {
                Ok(0) => return Err(WireError::Closed),
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(WireError::Closed),
            }
        }
    }

    fn take(&mut self) -> Result<Option<Message>, WireError> {
        let Some(len) = self.whole()? else {
            return Ok(None);
        };
        let frame = &self.buffer[self.start + 4..self.start + 4 + len];
        let number = |at: usize| {
            frame[at..at + 4]
                .iter()
                .rev()
                .fold(0, |n, b| n << 8 | u32::from(*b))
        };
        let message = Message {
            kind: frame[0],
            call: number(1),
            seq: number(5),
            body: frame[HEADER - 4..].to_vec(),
        };
        self.start += 4 + len;
        self.tidy();
        Ok(Some(message))
    }

    /// Length of the next message, without its length field, once all of it is here.
    fn whole(&self) -> Result<Option<usize>, WireError> {
        let bytes = &self.buffer[self.start..];
        let Some((len, rest)) = bytes.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let len = u32::from_le_bytes(*len) as usize;
        if !(HEADER - 4..=MAX_MESSAGE).contains(&len) {
            return Err(WireError::Broken(format!(
                "the worker announced a message of {len} bytes; {} to {MAX_MESSAGE} are allowed",
                HEADER - 4
            )));
        }
        Ok((rest.len() >= len).then_some(len))
    }

    fn tidy(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
            if self.buffer.capacity() > KEEP {
                self.buffer = Vec::new();
            }
        }
    }

    /// Receives once. The buffer grows with what arrives, not with what was announced.
    fn fill(&mut self, link: &Link, may_wait: bool) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.reserve((64 << 10).max(self.buffer.len() / 2));
        link.receive(&mut self.buffer, may_wait)
    }
}

#[cfg(test)]
mod tests;
