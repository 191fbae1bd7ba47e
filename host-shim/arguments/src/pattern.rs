//! `pattern` and `patternProperties`: regular expressions of ECMA-262, searched, not anchored.
//! Translated by `jsonschema-regex`; run by `fancy-regex` in linear time where they have no look-around and no
//! back-references, and within a fixed number of steps where they have.
use fancy_regex::Regex;

pub(crate) struct Pattern {
    /// As the author wrote it.
    pub(crate) source: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles; the error says what is wrong with the expression.
    pub(crate) fn compile(source: &str) -> Result<Self, String> {
        let translated = jsonschema_regex::to_rust_regex(source)
            .map_err(|()| format!("`{source}` is not a regular expression of ECMA-262"))?;
        let regex = Regex::new(&translated)
            .map_err(|error| format!("`{source}` is not a usable regular expression: {error}"))?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    /// Whether it is found in the text. What takes too many steps counts as not found.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text).unwrap_or(false)
    }
}
