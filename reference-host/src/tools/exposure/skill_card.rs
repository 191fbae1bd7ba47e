//! A SKILL.md as models see it: its front matter, read by Osaurus' rules, and its text. The
//! catalogue makes it.

/// A skill that can be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkillCard {
    /// What `skill/<name>` has as its name.
    pub(crate) name: String,
    pub(crate) description: String,
    /// The text after the front matter.
    pub(crate) text: String,
}

impl SkillCard {
    /// None without front matter that is closed and has a name: such a skill is not there.
    pub(crate) fn of(file: &str) -> Option<SkillCard> {
        let file = file.trim().replace("\r\n", "\n");
        let rest = file.strip_prefix("---")?.split_once('\n')?.1;
        let lines: Vec<&str> = rest.split('\n').collect();
        let end = lines.iter().position(|line| line.trim_end() == "---")?;
        let (head, text) = (&lines[..end], &lines[end + 1..]);
        let name = value(head, "name").filter(|name| !name.is_empty())?;
        let name = match value(head, "id") {
            Some(_) => name,
            None => display_name(&name),
        };
        Some(SkillCard {
            name,
            description: value(head, "description").unwrap_or_default(),
            text: text.join("\n").trim().to_string(),
        })
    }
}

/// The string of a key at the top; `true` and `false` are not strings.
fn value(head: &[&str], key: &str) -> Option<String> {
    let at = head
        .iter()
        .position(|line| line.split_once(':').is_some_and(|(name, _)| name == key))?;
    let value = head[at].split_once(':')?.1.trim();
    match value {
        "true" | "false" => None,
        ">" | "|" | ">-" | "|-" => {
            let glue = if value.starts_with('>') { " " } else { "\n" };
            let block = head[at + 1..]
                .iter()
                .take_while(|line| line.starts_with(' ') || line.is_empty());
            let lines: Vec<&str> = block.map(|line| line.trim()).collect();
            Some(lines.join(glue).trim().to_string())
        }
        plain => Some(unquoted(plain).to_string()),
    }
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

/// The parts between dashes, each with a capital letter.
fn display_name(name: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    let parts: Vec<String> = name
        .split('-')
        .filter(|part| !part.is_empty())
        .map(capital)
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_gives_name_and_description_or_there_is_no_skill() {
        let card = SkillCard::of(
            "\n---\r\nname: send-e-mails\r\ndescription: >\r\n  Sends\r\n  \
                                  mail.\r\n---\r\n# How\r\n",
        )
        .unwrap();
        assert_eq!(
            (
                card.name.as_str(),
                card.description.as_str(),
                card.text.as_str()
            ),
            ("Send E Mails", "Sends mail.", "# How")
        );
        let with_id = SkillCard::of("---\nid: 1\nname: 'as-it-is'\n---\nx").unwrap();
        assert_eq!(
            (with_id.name.as_str(), with_id.description.as_str()),
            ("as-it-is", "")
        );
        for none in [
            "# no front matter",
            "---\nname: open",
            "---\nname: true\n---",
            "---\nname:\n---",
            "---\ntitle: x\n---",
        ] {
            assert_eq!(SkillCard::of(none), None, "{none}");
        }
    }
}
