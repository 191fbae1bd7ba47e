//! Text in lines of a bounded width.

use crate::visible;

/// Columns of a line.
const WIDTH: usize = 100;

/// A string after a label, wrapped, with further lines below the first. Control characters in it
/// are made visible.
pub(super) fn labelled(indent: usize, label: &str, text: &str) -> String {
    let hanging = indent + label.chars().count();
    let width = WIDTH.saturating_sub(hanging).max(20);
    let text = visible::lines(text);
    let mut lines = text.lines().flat_map(|line| lines(line, width));
    let first = lines.next().unwrap_or_default();
    let mut wrapped = format!("{:indent$}{label}{first}\n", "");
    for line in lines {
        wrapped.push_str(&format!("{:hanging$}{line}\n", ""));
    }
    wrapped
}

/// The words of a string in lines. A word that is too long is cut, because bytes have no spaces.
fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        for (number, piece) in pieces(word, width).into_iter().enumerate() {
            let length = piece.chars().count();
            let space = usize::from(number == 0 && used > 0);
            if used > 0 && used + space + length > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                let space = if used > 0 { space } else { 0 };
                line.push_str(&" ".repeat(space));
                line.push_str(&piece);
                used += space + length;
            }
        }
    }
    lines
}

fn pieces(word: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters
        .chunks(width)
        .map(|piece| piece.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_move_to_the_next_line_and_long_ones_are_cut() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(lines("", 4), [""]);
    }

    #[test]
    fn further_lines_stand_beneath_the_first() {
        let text = labelled(2, "fix  ", &"word ".repeat(25));
        let starts: Vec<&str> = text.lines().map(|line| &line[..8]).collect();
        assert_eq!(starts, ["  fix  w", "       w"]);
    }
}
