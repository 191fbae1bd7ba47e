//! How many values a JSON text may hold before it is read: each takes up to forty times the bytes
//! of its text. Used by `arguments` for what a model has written.

/// More than any call needs.
pub(crate) const MAX_VALUES: usize = 1_000_000;

/// Whether there are more. Each value has a comma, a colon or a bracket of its own, outside of
/// strings.
pub(crate) fn is_exceeded(text: &str) -> bool {
    if text.len() <= MAX_VALUES {
        return false;
    }
    let (mut values, mut in_text, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values > MAX_VALUES
}
