//! SKILL.md as Osaurus reads it: the front matter that must be there, and the name under which
//! models find the skill. A skill that cannot be read is left out by the host without a word to the
//! user.

use std::collections::BTreeMap;

/// What a skill says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Its name as written.
    pub name: String,
    /// What it teaches; may be empty for the host, not for the registry.
    pub description: String,
    /// The name that models see.
    pub display_name: String,
}

const EXPECTED: &str =
    "expected front matter such as\n---\nname: my-plugin\ndescription: When to use it.\n---";

/// Reads a skill. The error is a sentence.
pub fn read(text: &str) -> Result<Skill, String> {
    let text = text.trim().replace("\r\n", "\n");
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return Err(format!(
            "SKILL.md does not begin with a line `---`; {EXPECTED}"
        ));
    }
    let lines: Vec<&str> = lines.collect();
    let Some(end) = lines.iter().position(|line| line.trim_end() == "---") else {
        return Err(format!(
            "the front matter of SKILL.md is not closed by a line `---`; {EXPECTED}"
        ));
    };
    let keys = scalars(&lines[..end]);
    let Some(name) = keys.get("name").filter(|name| !name.is_empty()) else {
        return Err(format!("SKILL.md has no `name`; {EXPECTED}"));
    };
    Ok(Skill {
        name: name.clone(),
        description: keys.get("description").cloned().unwrap_or_default(),
        display_name: match keys.contains_key("id") {
            true => name.clone(),
            false => capitalised(name),
        },
    })
}

/// `my-notes` to `My Notes`.
fn capitalised(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    name.split('-').map(word).collect::<Vec<_>>().join(" ")
}

/// The top-level keys with text. What is indented belongs to the key above it: a block of text, or
/// a table that nothing here needs. `true` and `false` are not strings.
fn scalars(lines: &[&str]) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.split_once(':').filter(|_| !is_indented(line)) else {
            continue;
        };
        let below = lines[index + 1..].iter();
        let block = below.take_while(|line| line.trim().is_empty() || is_indented(line));
        let block = || block.map(|line| line.trim()).collect::<Vec<_>>();
        let value = match value.trim() {
            ">" | ">-" | ">+" => block().join(" ").trim().to_string(),
            "|" | "|-" | "|+" => block().join("\n").trim().to_string(),
            "true" | "false" => continue,
            plain => unquoted(plain).to_string(),
        };
        keys.entry(key.trim().to_string()).or_insert(value);
    }
    keys
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_form_has_a_name_for_models() {
        let skill =
            read("---\r\nname: my-notes\r\ndescription: >\r\n  Keeps\r\n  notes.\r\n---\r\nText")
                .unwrap();
        assert_eq!(skill.display_name, "My Notes");
        assert_eq!(skill.description, "Keeps notes.");
        let own = read("---\nid: x\nname: \"my-notes\"\nmetadata:\n  author: me\n---").unwrap();
        assert_eq!(
            (own.display_name.as_str(), own.description.as_str()),
            ("my-notes", "")
        );
    }

    #[test]
    fn what_the_host_leaves_out_is_an_error_that_shows_the_form() {
        for (text, said) in [
            ("# Notes", "does not begin with a line `---`"),
            ("---\nname: x\n", "is not closed"),
            ("---\ndescription: x\n---", "has no `name`"),
            ("---\nname:\n---", "has no `name`"),
            ("---\nname: true\n---", "has no `name`"),
            ("---\nmetadata:\n  name: x\n---", "has no `name`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(
                error.contains(said) && error.contains("description:"),
                "{error}"
            );
        }
    }
}
