//! What shows that a rule is broken: a sentence, and the call, the thread and the bytes that it is
//! about. Pure data that travels from the child to the report.

use serde::{Deserialize, Serialize};

/// How many bytes of a string a report shows.
const SHOWN: usize = 160;

/// One observation that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// What was seen, and what was expected instead.
    pub what: String,
    /// The call it was seen in, as `invoke("tool", "greet", …)`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<String>,
    /// The thread it was seen on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thread: Option<String>,
    /// The bytes in question, readable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<String>,
}

impl Evidence {
    /// An observation in a sentence.
    pub fn new(what: impl Into<String>) -> Evidence {
        Evidence {
            what: what.into(),
            ..Evidence::default()
        }
    }

    /// Adds the call it was seen in.
    #[must_use]
    pub fn in_call(mut self, call: impl Into<String>) -> Evidence {
        self.call = Some(call.into());
        self
    }

    /// Adds the thread it was seen on.
    #[must_use]
    pub fn on_thread(mut self, thread: impl Into<String>) -> Evidence {
        self.thread = Some(thread.into());
        self
    }

    /// Adds the bytes in question.
    #[must_use]
    pub fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Evidence {
        self.bytes = Some(readable(bytes.as_ref()));
        self
    }
}

/// Bytes for people: text as it is, anything else escaped as `\xNN`, long ones cut with their
/// length.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let end = cut_at(bytes);
    let mut text = String::new();
    for chunk in bytes[..end].utf8_chunks() {
        chunk.valid().chars().for_each(|c| match c {
            '\n' | '\t' | '\r' => text.extend(c.escape_default()),
            c if c.is_control() => text.extend(c.escape_unicode()),
            c => text.push(c),
        });
        chunk
            .invalid()
            .iter()
            .for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    if end < bytes.len() {
        text.push_str(&format!("… ({} bytes in all)", bytes.len()));
    }
    text
}

/// Where a long text is cut: not inside a character.
fn cut_at(bytes: &[u8]) -> usize {
    if bytes.len() <= SHOWN {
        return bytes.len();
    }
    let inside = |at: &usize| bytes[*at] & 0xC0 == 0x80;
    (SHOWN - 3..=SHOWN)
        .rev()
        .find(|at| !inside(at))
        .unwrap_or(SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_shown_as_numbers() {
        assert_eq!(
            readable(b"{\"a\":\"\xff\xc3\"}\n\x01"),
            "{\"a\":\"\\xff\\xc3\"}\\n\\u{1}"
        );
    }

    #[test]
    fn long_strings_are_cut_between_characters_and_say_how_long_they_were() {
        let excerpt = readable("é".repeat(200).as_bytes());
        assert_eq!(excerpt, format!("{}… (400 bytes in all)", "é".repeat(80)));
        let odd = readable(format!("a{}", "é".repeat(200)).as_bytes());
        assert_eq!(odd, format!("a{}… (401 bytes in all)", "é".repeat(79)));
    }
}
