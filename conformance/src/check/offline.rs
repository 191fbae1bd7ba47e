//! What the checker's host answers in place of the network. Used by whatever loads a plugin for a
//! rule.

use super::tracked::{Answer, Answers};
use osaurus_abi::HostSlot;

/// What `http_request` answers where there is no network.
const NO_NETWORK: &str =
    r#"{"elapsed_ms":0,"error":"dns_failure","message":"The checker's host has no network."}"#;

/// Whether a host call was answered so.
pub(super) fn is_refusal(answer: &str) -> bool {
    answer == NO_NETWORK
}

/// The checker calls tools with made-up arguments: nothing of that should leave the machine unless
/// the author wants.
pub(super) fn offline(network: bool, inner: Option<Answers>) -> Answers {
    Answers::new(move |asked| {
        let answer = inner
            .as_ref()
            .map_or(Answer::Host, |inner| inner.decide(asked));
        match answer {
            Answer::Host | Answer::After(_) if !network && asked.slot == HostSlot::HttpRequest => {
                Answer::Text(NO_NETWORK.into())
            }
            answer => answer,
        }
    })
}
