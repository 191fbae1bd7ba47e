//! White space taken out of long tool results before anything else looks at them, as Osaurus does
//! to save tokens. `envelope` calls it; nothing else does. Nothing is encoded anew.

use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Results of fewer bytes stay as they are.
const MIN_BYTES: usize = 256;
/// Results of more bytes stay as they are.
const MAX_BYTES: usize = 524_288;
/// Set to `1` in the host's environment, nothing is compacted.
const OFF: &str = "OSAURUS_DISABLE_TOOL_OUTPUT_COMPRESSION";

/// JSON without white space between its tokens; other text without blanks at the ends of its lines.
pub(crate) fn compact(text: &str) -> Cow<'_, str> {
    let off = std::env::var_os(OFF).is_some_and(|value| value == "1");
    if off || !(MIN_BYTES..=MAX_BYTES).contains(&text.len()) || text.trim().is_empty() {
        return text.into();
    }
    if is_json_container(text) {
        without_space(text).into()
    } else {
        without_trailing_blanks(text).into()
    }
}

fn is_json_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_json_container(text: &str) -> bool {
    let start = text.trim_start_matches(is_json_space);
    start.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn without_space(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let compact = json.chars().filter(|&c| {
        if in_string {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            in_string = !closes;
            return true;
        }
        in_string = c == '"';
        !is_json_space(c)
    });
    compact.collect()
}

fn without_trailing_blanks(text: &str) -> String {
    let mut compacted = String::with_capacity(text.len());
    for line in text.split_inclusive(['\n', '\r']) {
        let content = line.trim_end_matches(['\n', '\r']);
        compacted.push_str(content.trim_end_matches([' ', '\t']));
        compacted.push_str(&line[content.len()..]);
    }
    compacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_json_loses_white_space_outside_of_strings_and_nothing_else() {
        let rows = r#"  { "b" : 1.0, "b": "a \" b\\", "c" : "\u00e9\/ x" ,"pad": "#;
        let text = format!("{rows}\"{}\" }}\n", "y".repeat(256));
        let expected = format!(
            r#"{{"b":1.0,"b":"a \" b\\","c":"\u00e9\/ x","pad":"{}"}}"#,
            "y".repeat(256)
        );
        assert_eq!(compact(&text), expected);
        assert_eq!(compact(&expected), expected);
    }

    #[test]
    fn long_text_loses_blanks_at_the_ends_of_lines() {
        let text = format!("{}a \t\r\nb  \n\n  c \r d \t", "x".repeat(256));
        assert_eq!(
            compact(&text),
            format!("{}a\r\nb\n\n  c\r d", "x".repeat(256))
        );
    }

    #[test]
    fn short_long_and_blank_text_stays() {
        for text in [
            format!("{{ {} }}", " ".repeat(200)),
            format!("[{}]", " ".repeat(524_288)),
            " ".repeat(300),
        ] {
            assert_eq!(compact(&text), text);
        }
    }
}
