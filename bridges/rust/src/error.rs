//! What can go wrong with a host call. Every text says what was expected, what was found and what
//! to do.

use osaurus_abi::{HostSlot, V2Revision};
use serde_json::Value;

/// Why a host call gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The host is older than the slot.
    #[error(
        "the host has no `{}`: it needs ABI version {needs}, this host says {host_version}; update \
         Osaurus, or do without the call on older hosts",
        slot.name()
    )]
    MissingSlot {
        /// The slot that was asked for.
        slot: HostSlot,
        /// The first ABI version that has it.
        needs: u32,
        /// What the host's table says.
        host_version: u32,
    },
    /// The host says version 2, and the plugin promised to run on a revision of it that lacks the
    /// slot.
    #[error(
        "`{}` came with revision {needs} of ABI version 2, but the plugin promises to run on revision {minimum} hosts, whose table ends before it; \
         raise Plugin::min_v2_revision to {needs} or do without the call on version 2 hosts",
        slot.name()
    )]
    SlotNotInRevision {
        /// The slot that was asked for.
        slot: HostSlot,
        /// The first revision that has it.
        needs: V2Revision,
        /// What [`crate::Plugin::min_v2_revision`] says.
        minimum: V2Revision,
    },
    /// The table is long enough, but the slot is NULL.
    #[error(
        "`{}` is NULL in this host's table although ABI version {host_version} has it: a stub \
         host, such as `osaurus manifest extract`; run the plugin in Osaurus",
        slot.name()
    )]
    NullSlot {
        /// The slot that was asked for.
        slot: HostSlot,
        /// What the host's table says.
        host_version: u32,
    },
    /// There is no host table: the version 1 entry, or a NULL host.
    #[error(
        "there is no host API: the plugin was loaded through the version 1 entry or with a NULL \
         host, so tools must work without `{}`",
        slot.name()
    )]
    NoHost {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// A string with a NUL inside cannot cross a C boundary.
    #[error(
        "{what} has a NUL character at byte {at}: the host reads text up to the first NUL, so it \
         would be cut; remove the character or encode the data, for example as base64"
    )]
    NulInString {
        /// Which string, for example "argument 2 of `config_set`".
        what: String,
        /// Byte offset of the first NUL.
        at: usize,
    },
    /// The host's answer is not UTF-8.
    #[error(
        "the answer of `{}` is not UTF-8: the first bad byte is at {at}; this is a bug in the \
         host, please report it to Osaurus",
        slot.name()
    )]
    InvalidUtf8 {
        /// The slot that answered.
        slot: HostSlot,
        /// Byte offset of the first bad byte.
        at: usize,
    },
    /// The call of the host that the frame stands for has returned (or its result was given).
    #[error(
        "`{}` came too late: the call of the host that it belongs to has ended; make host calls \
         before the handler returns, or use `Unscoped` for background work",
        slot.name()
    )]
    FrameEnded {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// The deadline of [`crate::Frame::serve`] passed before the call's turn came.
    #[error(
        "`{}` was not made: the time of the call of the host that it belongs to was over first; \
         finish, and answer `timeout`",
        slot.name()
    )]
    DeadlinePassed {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// Another thread than the frame's, while the frame's thread is not serving calls.
    #[error(
        "`{}` was called on another thread than the host's: Osaurus knows plugin and agent by the thread, and that thread is busy running the handler; \
         make the call on the handler's thread, or let the handler wait in Frame::serve",
        slot.name()
    )]
    WrongThread {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// The frame's thread, but a newer frame is active on it.
    #[error(
        "`{}` was called on a frame that waits for a newer call on the same thread: the host would \
         charge it to the newer call's agent; use the newer call's frame",
        slot.name()
    )]
    FrameShadowed {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// From inside a chunk callback of the frame's own stream: the frame's thread waits for the
    /// stream.
    #[error(
        "`{}` was called from a chunk callback of the stream that the same frame waits for: it \
         would wait for itself; collect the chunk, and call when the stream is over",
        slot.name()
    )]
    InsideChunk {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// The plugin is not between its first call and its destruction.
    #[error(
        "`{}` is not possible now: the host has not called the plugin yet, or has destroyed it, \
         and its table may be gone; wait for a call of the host",
        slot.name()
    )]
    NotRunning {
        /// The slot that was asked for.
        slot: HostSlot,
    },
    /// Arguments that do not fit the slot.
    #[error("`{}` takes {expected}, but was given {found}", slot.name())]
    BadArguments {
        /// The slot that was asked for.
        slot: HostSlot,
        /// What it takes, for example "(string, string)".
        expected: String,
        /// What it was given.
        found: String,
    },
    /// The host answered NULL where it owes a string.
    #[error(
        "`{}` answered NULL, expected a string: the host was out of memory or did not accept a \
         NULL argument",
        slot.name()
    )]
    NullAnswer {
        /// The slot that answered.
        slot: HostSlot,
    },
    /// The host answered something else than the documented JSON.
    #[error("the answer of `{}` is not what the ABI says: expected {expected}, found {found}", slot.name())]
    BadAnswer {
        /// The slot that answered.
        slot: HostSlot,
        /// What the ABI says.
        expected: String,
        /// What came.
        found: String,
    },
    /// The host answered an error envelope.
    #[error("{0}")]
    Host(Box<HostEnvelope>),
}

/// An error that the host itself reported.
#[derive(Debug, Clone)]
pub struct HostEnvelope {
    /// The slot that answered.
    pub slot: HostSlot,
    /// The host's code, for example `rate_limit_exceeded`; `db_error` for the messages of the
    /// database slots.
    pub code: String,
    /// The host's text; may be empty.
    pub message: String,
    /// The whole answer: some errors carry more, such as `partial_content` or `retry_after_ms`.
    pub body: Value,
}

impl std::fmt::Display for HostEnvelope {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "the host refused `{}`: {}",
            self.slot.name(),
            self.code
        )?;
        if self.message.is_empty() {
            return Ok(());
        }
        write!(out, " ({})", self.message)
    }
}

impl HostError {
    /// The host's error code when the host itself refused, else `None`.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// match host.embed(&["milk"]) {
    ///     Err(error) if error.code() == Some("plugin_busy") => println!("later"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn code(&self) -> Option<&str> {
        match self {
            HostError::Host(envelope) => Some(&envelope.code),
            _ => None,
        }
    }

    /// Whether the host does not have the function, as far as the plugin may rely on it: it is
    /// older, gives no functions at all, or is a stub. A plugin answers `unavailable`, or does
    /// without.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// match host.agent_id() {
    ///     Err(error) if error.is_missing() => println!("hosts have it since version 4"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            HostError::MissingSlot { .. }
                | HostError::SlotNotInRevision { .. }
                | HostError::NullSlot { .. }
                | HostError::NoHost { .. }
        )
    }

    pub(crate) fn host(slot: HostSlot, code: &str, message: &str, body: Value) -> Self {
        HostError::Host(Box::new(HostEnvelope {
            slot,
            code: code.to_owned(),
            message: message.to_owned(),
            body,
        }))
    }
}
