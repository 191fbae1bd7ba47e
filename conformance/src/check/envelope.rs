//! Tool results as the host sees them, and as they say of themselves. Pure.

use serde_json::Value;

/// Where in a result the host looks: the limit `envelope_detection_characters` of the spec.
const DETECTED: usize = 2_048;

/// Whether the host takes a result for a failure: it looks for parts of text in the beginning, not
/// at the JSON.
pub(crate) fn looks_failed(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(DETECTED).collect();
    let has = |part: &str| head.contains(part);
    let legacy = has("\"error\":") && has("\"retryable\":");
    let says = has("\"ok\":false") || has("\"ok\": false");
    head.starts_with("[REJECTED]")
        || head.starts_with("[TIMEOUT]")
        || (head.starts_with('{') && (legacy || says))
}

/// What the result says of itself: its own `ok`.
pub(crate) fn says_ok(text: &str) -> Option<bool> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.get("ok")?.as_bool()
}

/// Whether the host passes it on as a success, be it an envelope or not.
pub(crate) fn is_success(text: &str) -> bool {
    !looks_failed(text)
}

/// Whether it has `error` and no `ok`: meant as a failure, and taken for a success.
pub(crate) fn is_bare_error(text: &str) -> bool {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    says_ok(text).is_none() && value.get("error").is_some_and(|error| !error.is_null())
}

/// Whether it is an object that says `ok`, which is the least that a model can use.
pub(crate) fn is_envelope(text: &str) -> bool {
    says_ok(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn the_limit_is_the_specs() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let limit = spec.limit("envelope_detection_characters");
        assert_eq!(limit.map(|limit| limit.value), Some(DETECTED as u64));
    }

    #[test]
    fn the_host_looks_at_text() {
        assert!(looks_failed(" {\"ok\": false}") && looks_failed("[TIMEOUT] x"));
        assert!(
            looks_failed("{\"ok\":true,\"result\":{\"ok\":false}}"),
            "an inner one counts"
        );
        assert!(
            looks_failed("{\"error\":\"x\",\"retryable\":true}")
                && !looks_failed("{\"error\":\"x\"}")
        );
        let late = format!("{{\"text\":\"{}\",\"ok\":false}}", "x".repeat(2048));
        assert!(!looks_failed(&late) && says_ok(&late) == Some(false));
        assert!(is_success("prose") && !is_envelope("prose") && !is_envelope("{\"ok\":1}"));
    }
}
