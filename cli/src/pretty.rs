//! JSON for people to read: the same text on several lines. It is never parsed into numbers, which
//! would lose digits. Used by `invoke`; the text must be JSON.

const INDENT: &str = "  ";

/// What a plugin answered: JSON on several lines, and anything else as it is.
pub fn answer(text: &str) -> String {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => json(text),
        Err(_) => text.to_owned(),
    }
}

/// Breaks JSON into lines.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => string(&mut letters, &mut out),
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other if other.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&INDENT.repeat(depth));
}

/// The rest of a string, whose opening quote has been taken.
fn string(letters: &mut impl Iterator<Item = char>, out: &mut String) {
    out.push('"');
    while let Some(letter) = letters.next() {
        out.push(letter);
        match letter {
            '"' => return,
            '\\' => out.extend(letters.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_strings_stay_as_they_are() {
        let text = r#"{"a":[10000000000000000000000000000000000000000,0.10],"b":"x, {y}: \"z\" \\","c":{},"d":[ ]}"#;
        let lines = [
            "{",
            "  \"a\": [",
            "    10000000000000000000000000000000000000000,",
            "    0.10",
            "  ],",
            r#"  "b": "x, {y}: \"z\" \\","#,
            "  \"c\": {},",
            "  \"d\": []",
            "}",
        ];
        assert_eq!(json(text), lines.join("\n"));
    }
}
