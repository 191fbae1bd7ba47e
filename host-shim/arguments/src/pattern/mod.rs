//! `pattern` and `patternProperties`: regular expressions of ECMA-262 in Unicode mode, searched,
//! not anchored. Only whether there is a match is asked, so all states are followed at once: the
//! time grows with pattern and text, never with their combinations. A small engine of our own,
//! because the tables and strategies of a general one are a third of the whole shim.

mod classes;
mod emoji;
mod program;
mod run;
mod syntax;

use program::Program;

pub(crate) struct Pattern {
    /// As the author wrote it.
    pub(crate) source: String,
    program: Program,
}

impl Pattern {
    /// Compiles; the error says what is wrong with the expression.
    pub(crate) fn compile(source: &str) -> Result<Self, String> {
        let program = syntax::parse(source)
            .and_then(|node| Program::of(&node))
            .map_err(|why| format!("`{source}` is not a usable regular expression: {why}"))?;
        Ok(Self {
            source: source.to_owned(),
            program,
        })
    }

    /// Whether it is found in the text. What takes too many steps counts as not found.
    pub(crate) fn matches(&self, text: &str) -> bool {
        run::search(&self.program, text)
    }
}

#[cfg(test)]
mod tests;
