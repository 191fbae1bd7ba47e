//! JSON given on the command line: as text, from a file (`@path`) or from standard input (`-`).

use crate::failure::{Failure, OrFail};
use std::io::Read;

/// Returns the text after checking that it is JSON; the error shows where it stops being so.
pub fn read(argument: &str) -> Result<String, Failure> {
    let text = match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).or_fail(
            format!("cannot read {path}"),
            "give the path of a JSON file after the @",
        )?,
        None if argument == "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .or_fail("cannot read standard input", "pipe a JSON object in")?;
            text
        }
        None => argument.to_owned(),
    };
    serde_json::from_str::<serde::de::IgnoredAny>(&text).or_fail(
        format!("the arguments are not JSON ({})", shorten(&text)),
        "quote them for the shell, as in '{\"text\": \"hello\"}', or use @file or - for standard \
         input",
    )?;
    Ok(text)
}

fn shorten(text: &str) -> String {
    let head: String = text.trim().chars().take(40).collect();
    format!("found {head:?}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_that_is_not_json_says_what_was_found_and_how_to_quote_it() {
        let failure = super::read("{text: hello}").unwrap_err();
        let message = format!("{failure:?}");
        assert!(message.contains("found \\\"{text: hello}\\\""), "{message}");
        assert!(message.contains("line 1 column 2"), "{message}");
        assert!(message.contains("quote them for the shell"), "{message}");
    }
}
