//! What comes from a plugin, a library or a log, made fit for a terminal: control characters are
//! shown, never sent. Used by the host's echo of a log, by reports, and by every command that prints such
//! text for people; what goes to other programs is left as it is.

use std::borrow::Cow;

/// One line: line ends are shown, too.
pub fn line(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

/// Several lines: line ends and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| matches!(c, '\n' | '\t'))
}

/// A string between the codes of a terminal, which are ours: `1;31`. As it is where there are none.
pub fn coloured(text: &str, code: Option<&str>) -> String {
    match code {
        Some(code) => format!("\x1b[{code}m{text}\x1b[0m"),
        None => text.to_owned(),
    }
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_odd = |c: char| (c.is_control() || turns_around(c)) && !stays(c);
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let piece = |c: char| match is_odd(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    Cow::Owned(text.chars().map(piece).collect())
}

/// Changes the direction of what follows: a string then reads as another one.
fn turns_around(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_forges_a_line() {
        assert_eq!(line("1.0\n  kind  native"), "1.0\\n  kind  native");
        assert_eq!(
            line("\x1b]0;title\x07\u{9b}31m"),
            "\\u{1b}]0;title\\u{7}\\u{9b}31m"
        );
        assert_eq!(lines("a\n\tb\rc"), "a\n\tb\\rc");
        assert_eq!(line("a\u{202e}b"), "a\\u{202e}b");
        assert!(matches!(line("ünï \u{1f600}"), Cow::Borrowed(_)));
    }
}
