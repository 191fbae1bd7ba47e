//! Where the values of secrets come from: a file, standard input, the environment or the command
//! line. Read when they are given, in the process that runs the plugin.

use super::entry::{Entry, Source};
use crate::failure::{Failure, OrFail};
use std::io::Read;

/// The longest secret that is read; a keychain holds no more either.
const LONGEST: u64 = 1024 * 1024;

/// Each entry with its value.
pub fn values(entries: &[Entry]) -> Result<Vec<(&Entry, String)>, Failure> {
    let value = |entry| Ok((entry, value(entry)?));
    entries.iter().map(value).collect()
}

fn value(entry: &Entry) -> Result<String, Failure> {
    match &entry.value {
        Source::Text(text) => Ok(text.clone()),
        Source::File(name) => from_file(&entry.key, name),
        Source::Environment => from_environment(&entry.key),
    }
}

fn from_file(key: &str, name: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let value = match name {
        "-" => std::io::stdin().take(LONGEST).read_to_string(&mut text),
        path => {
            std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text))
        }
    };
    let from = if name == "-" { "standard input" } else { name };
    value.or_fail(
        format!("cannot read the secret {key:?} from {from}"),
        "name a file with UTF-8 text after the @, or - for standard input",
    )?;
    let value = text.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        let what = format!("the secret {key:?} is empty in {from}");
        return Err(Failure::new(what, "write its value into the file"));
    }
    Ok(value.to_owned())
}

fn from_environment(key: &str) -> Result<String, Failure> {
    let names = variables(key);
    let set = names.iter().find_map(|name| std::env::var(name).ok());
    set.filter(|value| !value.is_empty()).ok_or_else(|| {
        let names = names.join(" nor ");
        Failure::new(
            format!("the secret {key:?} has no value: the environment has no {names}"),
            format!("export one of them, or give --secret {key}=@FILE"),
        )
    })
}

/// The key as it is, and as shells write names: `bot.token` is `BOT_TOKEN`.
fn variables(key: &str) -> Vec<String> {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let upper = key.chars().map(letter).collect::<String>();
    let mut names = vec![key.to_owned(), upper.to_ascii_uppercase()];
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_variable_has_the_keys_name_or_the_shells_form_of_it() {
        assert_eq!(super::variables("bot-token"), ["bot-token", "BOT_TOKEN"]);
        assert_eq!(super::variables("TOKEN"), ["TOKEN"]);
    }
}
