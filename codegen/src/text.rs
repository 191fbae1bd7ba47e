//! Prose in generated files: one paragraph, wrapped comments, table cells.

/// What begins an item of a list: a dash, or a tag such as `@param`.
const ITEM_STARTS: [char; 2] = ['-', '@'];

/// Breaks text into lines of at most `width` characters. Blank lines separate paragraphs; items of
/// lists stay apart and hang by two spaces.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, paragraph) in paragraphs(text).into_iter().enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        for item in items(&paragraph) {
            wrap_words(&item, width, &mut lines);
        }
    }
    lines
}

fn paragraphs(text: &str) -> Vec<String> {
    text.trim()
        .split("\n\n")
        .map(|p| p.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect()
}

/// Joins the lines of a paragraph, but starts anew at list items.
fn items(paragraph: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in paragraph.lines().map(str::trim) {
        match items.last_mut() {
            Some(last) if !line.starts_with(ITEM_STARTS) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => items.push(line.to_owned()),
        }
    }
    items
}

fn wrap_words(text: &str, width: usize, lines: &mut Vec<String>) {
    let indent = if text.starts_with(ITEM_STARTS) {
        "  "
    } else {
        ""
    };
    let mut line = String::new();
    for word in text.split_whitespace() {
        let empty = line.trim().is_empty();
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
            line.push_str(word);
            continue;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
}

/// The text wrapped, each line after `prefix`; no line ends in a space.
pub fn prefixed(text: &str, prefix: &str, width: usize) -> String {
    let room = width.saturating_sub(prefix.chars().count()).max(30);
    let lines: Vec<String> = wrap(text, room)
        .iter()
        .map(|line| format!("{prefix}{line}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// All white space as single spaces: for table cells and one-line comments.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first sentence of prose, on one line.
pub fn first_sentence(text: &str) -> String {
    let line = one_line(text);
    let end = line
        .match_indices(". ")
        .map(|(at, _)| at + 1)
        .find(|end| !line[..*end].ends_with("e.g.") && !line[..*end].ends_with("i.e."));
    end.map_or(line.clone(), |end| line[..end].to_owned())
}

/// Upper-case first letter and a full stop at the end; `macOS` and its like stay as they are.
pub fn sentence(text: &str) -> String {
    let line = one_line(text);
    let mut letters = line.chars();
    let Some(first) = letters.next() else {
        return line;
    };
    let spelled = letters.clone().take_while(|c| !c.is_whitespace());
    let own_spelling = spelled.into_iter().any(|c| c.is_uppercase() || c == '_');
    let capital = if own_spelling {
        line.clone()
    } else {
        first.to_uppercase().to_string() + letters.as_str()
    };
    if capital.ends_with(['.', '!', '?', ':']) {
        capital
    } else {
        capital + "."
    }
}

/// Exactly one line end at the end, no space before any line end.
pub fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// As [`tidy`], and never two blank lines in a row.
pub fn tidy_prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in tidy(text).lines() {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_paragraphs_and_list_items() {
        let text = "One two three\nfour five.\n\n- first item that is long\n- second";
        let expected = [
            "One two",
            "three four",
            "five.",
            "",
            "- first",
            "  item that",
            "  is long",
            "- second",
        ];
        assert_eq!(wrap(text, 11), expected);
    }

    #[test]
    fn first_sentence_stops_at_the_first_full_stop_and_not_inside_a_name() {
        assert_eq!(
            first_sentence("Reads v2.0 keys,\ne.g. one. Then more."),
            "Reads v2.0 keys, e.g. one."
        );
        assert_eq!(first_sentence("No stop"), "No stop");
    }

    #[test]
    fn tidy_prose_squeezes_blank_lines() {
        assert_eq!(tidy_prose("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
    }
}
