//! Agent identifiers as the ABI shows them: upper-case UUID text.

use std::fmt;
use uuid::Uuid;

/// An agent's id. Displays as an upper-case UUID, which is the form plugins get.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentId(Uuid);

impl AgentId {
    /// The built-in agent. Config and dispatch treat it as "no agent".
    pub const DEFAULT: AgentId = AgentId(Uuid::from_u128(1));

    /// Reads a UUID; any other text is a name and gets an id derived from it, the same on every
    /// run.
    pub fn parse_or_name(text: &str) -> AgentId {
        Self::parse(text).unwrap_or_else(|| Self::named(text))
    }

    /// Reads a UUID in any of its usual spellings.
    pub fn parse(text: &str) -> Option<AgentId> {
        Uuid::parse_str(text.trim()).ok().map(AgentId)
    }

    /// The id of an agent that is known by a name (`"alice"`).
    pub fn named(name: &str) -> AgentId {
        let high = fnv1a(name.as_bytes(), 0xcbf2_9ce4_8422_2325);
        let low = fnv1a(name.as_bytes(), 0x8422_2325_cbf2_9ce4);
        let bits = (u128::from(high) << 64) | u128::from(low);
        AgentId(
            uuid::Builder::from_u128(bits)
                .with_version(uuid::Version::Custom)
                .into_uuid(),
        )
    }

    /// Whether this is the built-in agent.
    pub fn is_default(self) -> bool {
        self == Self::DEFAULT
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = Uuid::encode_buffer();
        f.write_str(self.0.hyphenated().encode_upper(&mut buffer))
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&str> for AgentId {
    fn from(text: &str) -> Self {
        Self::parse_or_name(text)
    }
}

impl From<String> for AgentId {
    fn from(text: String) -> Self {
        Self::parse_or_name(&text)
    }
}

/// One plugin id within one host; the same again when the plugin is loaded again. 0 means no
/// plugin.
pub(crate) type ScopeKey = u64;

/// A fresh random id in the upper-case form of the ABI.
pub(crate) fn fresh_uuid() -> String {
    Uuid::new_v4().to_string().to_uppercase()
}

/// The upper-case form of a UUID text, or None.
pub(crate) fn canonical_uuid(text: &str) -> Option<String> {
    Uuid::parse_str(text)
        .ok()
        .map(|id| id.to_string().to_uppercase())
}

/// FNV-1a, for ids and embeddings that must be the same on every machine.
pub(crate) fn fnv1a(bytes: &[u8], seed: u64) -> u64 {
    bytes.iter().fold(seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::AgentId;

    #[test]
    fn names_are_stable_and_uuids_are_kept() {
        assert_eq!(AgentId::named("alice"), AgentId::named("alice"));
        assert_ne!(AgentId::named("alice"), AgentId::named("bob"));
        let text = "6f1c2b7e-0d3a-4a55-9b1e-2f6a9c0d7e11";
        assert_eq!(AgentId::from(text).to_string(), text.to_uppercase());
        assert_eq!(
            AgentId::DEFAULT.to_string(),
            "00000000-0000-0000-0000-000000000001"
        );
    }
}
