//! One `KEY=VALUE` of the command line, perhaps for one agent alone. The options are parsed into
//! these.

/// A key with where its value comes from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The agent it is for; None: all.
    pub agent: Option<String>,
    /// The key that a manifest declares.
    pub key: String,
    /// Where the value is.
    pub value: Source,
}

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the command line.
    Text(String),
    /// In a file; `-` is standard input.
    File(String),
    /// In the environment, in a variable of the key's name.
    Environment,
}

impl Entry {
    /// Whether the agent with this name gets it.
    pub fn is_for(&self, agent: &str) -> bool {
        self.agent.as_deref().is_none_or(|named| named == agent)
    }

    /// The text on the command line; empty when the value is elsewhere.
    pub fn text(&self) -> String {
        match &self.value {
            Source::Text(text) => text.clone(),
            Source::File(_) | Source::Environment => String::new(),
        }
    }
}

/// `KEY=VALUE` or `AGENT/KEY=VALUE`.
pub fn setting(text: &str) -> Result<Entry, String> {
    let expected = "expected KEY=VALUE, such as language=en, or AGENT/KEY=VALUE for one agent";
    let (key, value) = text.split_once('=').ok_or(expected)?;
    entry(key, Source::Text(value.into())).ok_or(expected.into())
}

/// As a setting; `KEY` alone means the environment, `@FILE` a file, `@@` an `@` itself.
pub fn secret(text: &str) -> Result<Entry, String> {
    let expected = "expected KEY, KEY=@FILE or KEY=VALUE, such as bot_token=@token.txt";
    let (key, value) = match text.split_once('=') {
        None => (text, Source::Environment),
        Some((key, value)) => (key, source(value)),
    };
    if value == Source::File(String::new()) {
        return Err(format!("a file's name is missing after the @; {expected}"));
    }
    entry(key, value).ok_or(expected.into())
}

fn source(value: &str) -> Source {
    match value.strip_prefix('@') {
        Some(rest) if rest.starts_with('@') => Source::Text(rest.into()),
        Some(file) => Source::File(file.into()),
        None => Source::Text(value.into()),
    }
}

fn entry(key: &str, value: Source) -> Option<Entry> {
    let (agent, key) = match key.split_once('/') {
        Some((agent, key)) => (Some(agent.to_owned()), key),
        None => (None, key),
    };
    let is_named = !key.is_empty() && agent.as_ref().is_none_or(|agent| !agent.is_empty());
    is_named.then(|| Entry {
        agent,
        key: key.into(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::{Source, secret, setting};

    #[test]
    fn a_secret_comes_from_the_environment_a_file_or_the_command_line() {
        let value = |text: &str| secret(text).unwrap().value;
        assert_eq!(value("key"), Source::Environment);
        assert_eq!(value("key=@a/b"), Source::File("a/b".into()));
        assert_eq!(value("key=@@x"), Source::Text("@x".into()));
        assert_eq!(value("key=a=b"), Source::Text("a=b".into()));
        assert!(secret("key=@").unwrap_err().contains("after the @"));
        for nothing in ["=x", "", "/x=1", "bob/=1"] {
            assert!(secret(nothing).is_err(), "{nothing}");
        }
    }

    #[test]
    fn an_entry_may_be_for_one_agent() {
        let entry = setting("bob/limit=7").unwrap();
        assert!(entry.is_for("bob") && !entry.is_for("alice"));
        assert_eq!((entry.key.as_str(), entry.text().as_str()), ("limit", "7"));
        assert!(setting("limit").unwrap_err().contains("KEY=VALUE"));
    }
}
