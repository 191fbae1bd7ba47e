//! The records: one per call in either direction, with arguments and answer as bytes.

use super::frames;
use crate::check::evidence::{Evidence, readable};
use crate::check::trail::Trail;
use osaurus_abi::HostSlot;
use std::cell::OnceCell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes kept of each argument and answer.
const KEPT: usize = 1 << 20;

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The plugin calls the host.
    Host,
    /// The host calls the plugin.
    Plugin,
}

/// An argument as it crossed the boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// NULL.
    Null,
    /// A string's bytes.
    Text(Vec<u8>),
    /// A number.
    Number(i64),
}

/// A thread, as far as a report can name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTag {
    /// Its number in the order in which threads were first seen.
    pub number: u64,
    /// Its name, if it has one.
    pub name: String,
}

impl fmt::Display for ThreadTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "thread {}", self.number),
            name => write!(f, "thread {} ({name})", self.number),
        }
    }
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number in the order in which calls began, from 1.
    pub number: u64,
    /// Who was called.
    pub side: Side,
    /// The function's name in its table, or `on_chunk`.
    pub function: &'static str,
    /// The host's function, if it is one.
    pub slot: Option<HostSlot>,
    /// The thread it was made on.
    pub thread: ThreadTag,
    /// The innermost call into the plugin on the same thread when it began: its number and
    /// function.
    pub within: Option<(u64, &'static str)>,
    /// How many calls into the plugin were under way in the process when it began.
    pub open_frames: usize,
    /// The arguments, without the context.
    pub arguments: Vec<Argument>,
    /// The returned string's bytes; None for NULL, for nothing, and while the call runs.
    pub answer: Option<Vec<u8>>,
    /// Where the returned string lay; 0 for NULL and for nothing.
    pub answer_address: usize,
    /// How long it took; None while it runs.
    pub duration: Option<Duration>,
}

impl Call {
    /// The text of an argument; empty for NULL and numbers.
    pub fn text(&self, index: usize) -> String {
        match self.arguments.get(index) {
            Some(Argument::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        }
    }

    /// The answer's text.
    pub fn answer_text(&self) -> Option<String> {
        let bytes = self.answer.as_ref()?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Evidence that names this call and its thread.
    pub fn evidence(&self, what: impl Into<String>) -> Evidence {
        Evidence::new(what)
            .in_call(self.to_string())
            .on_thread(self.thread.to_string())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(Argument::to_string).collect();
        write!(f, "{}({})", self.function, arguments.join(", "))?;
        match self.within {
            Some((_, outer)) if self.side == Side::Host => write!(f, " in {outer}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Argument::Null => f.write_str("NULL"),
            Argument::Number(number) => write!(f, "{number}"),
            Argument::Text(bytes) => f.write_str(&readable(bytes)),
        }
    }
}

/// All records of a load.
#[derive(Debug)]
pub(crate) struct Records {
    calls: Mutex<Vec<Call>>,
    trail: &'static Trail,
}

/// A call under way.
pub(super) struct Begun {
    pub(super) number: u64,
    index: usize,
    started: Instant,
}

impl Records {
    pub(super) fn new(trail: &'static Trail) -> Records {
        Records {
            calls: Mutex::default(),
            trail,
        }
    }

    pub(super) fn begin(
        &self,
        side: Side,
        (function, slot): (&'static str, Option<HostSlot>),
        arguments: Vec<Argument>,
    ) -> Begun {
        // Unique in the process: trackers follow each other.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let call = Call {
            number: NEXT.fetch_add(1, Ordering::SeqCst),
            side,
            function,
            slot,
            thread: this_thread(),
            within: frames::innermost(),
            open_frames: frames::open(),
            arguments: arguments.into_iter().map(clipped).collect(),
            answer: None,
            answer_address: 0,
            duration: None,
        };
        let number = call.number;
        self.trail
            .begins(number, &call.thread.to_string(), &call.to_string());
        let mut calls = self.lock();
        calls.push(call);
        Begun {
            number,
            index: calls.len() - 1,
            started: Instant::now(),
        }
    }

    pub(super) fn end(&self, begun: &Begun, answer: Option<&[u8]>, address: usize) {
        let mut calls = self.lock();
        if let Some(call) = calls.get_mut(begun.index) {
            call.answer = answer.map(|bytes| bytes[..bytes.len().min(KEPT)].to_vec());
            call.answer_address = address;
            call.duration = Some(begun.started.elapsed());
        }
        drop(calls);
        self.trail.ends(begun.number);
    }

    /// Everything so far, in the order in which calls began.
    pub(crate) fn all(&self) -> Vec<Call> {
        self.lock().clone()
    }

    pub(super) fn call(&self, begun: &Begun) -> Option<Call> {
        self.lock().get(begun.index).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn clipped(argument: Argument) -> Argument {
    match argument {
        Argument::Text(mut bytes) => {
            bytes.truncate(KEPT);
            Argument::Text(bytes)
        }
        other => other,
    }
}

/// The calling thread.
pub(crate) fn this_thread() -> ThreadTag {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static TAG: OnceCell<ThreadTag> = const { OnceCell::new() };
    }
    let make = || ThreadTag {
        number: NEXT.fetch_add(1, Ordering::Relaxed),
        name: crate::check::platform::thread_name(),
    };
    let tag = TAG.try_with(|tag| tag.get_or_init(make).clone());
    tag.unwrap_or_else(|_| ThreadTag {
        number: 0,
        name: "ending".into(),
    })
}
