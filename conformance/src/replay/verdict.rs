//! How a replay ended, in words and as data. The child writes it to a file, the parent and the
//! program read it.

use super::session::{Event, line_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a replay ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The plugin did everything that it did when it was recorded.
    Same {
        /// Calls into the plugin.
        calls: usize,
        /// Calls of the host.
        host_calls: usize,
    },
    /// It did something else.
    Different(Difference),
    /// The session could not be played.
    Failed {
        /// What was expected and found.
        what: String,
    },
}

/// The first thing that was different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The line of the session that was expected then.
    pub line: usize,
    /// The call into the plugin in which it happened.
    pub place: String,
    /// What the recording has.
    pub expected: String,
    /// What the plugin did.
    pub found: String,
    /// Where exactly the two differ, or what else is known.
    pub detail: Option<String>,
}

impl Difference {
    pub(super) fn new(
        index: usize,
        place: String,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Difference {
        Difference {
            line: line_of(index),
            place,
            expected: expected.into(),
            found: found.into(),
            detail: None,
        }
    }

    pub(super) fn at(mut self, detail: Option<String>) -> Difference {
        self.detail = detail;
        self
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "line {}, {}", self.line, self.place)?;
        writeln!(f, "  expected  {}", self.expected)?;
        write!(f, "  found     {}", self.found)?;
        let mut detail = self.detail.iter();
        detail.try_for_each(|detail| write!(f, "\n  {detail}"))
    }
}

/// Characters shown of a string.
const SHOWN: usize = 160;

/// `db_exec("DELETE …", "[1]")`.
pub(super) fn call_text(slot: &str, args: &[Option<String>]) -> String {
    let args: Vec<String> = args.iter().map(|text| text_text(text.as_deref())).collect();
    format!("{slot}({})", args.join(", "))
}

/// A string in quotes, or NULL.
pub(super) fn text_text(text: Option<&str>) -> String {
    let Some(text) = text else {
        return "NULL".to_owned();
    };
    let start: String = text.chars().take(SHOWN).collect();
    let more = text.chars().count().saturating_sub(SHOWN);
    let dots = match more {
        0 => String::new(),
        more => format!("… ({more} more characters)"),
    };
    format!("{}{dots}", Value::from(start))
}

/// What an event is, as something that was expected.
pub(super) fn event_text(event: &Event) -> String {
    match event {
        Event::Call { slot, args, .. } => format!("the host calls {}", call_text(slot, args)),
        Event::Return { result: None, .. } => "the call returns".to_owned(),
        Event::Return { result, .. } => {
            format!("the call returns {}", text_text(result.as_deref()))
        }
        Event::HostCall { slot, args, .. } => call_text(slot, args),
        Event::Chunk { text, .. } => {
            format!("the host gives the piece {}", text_text(Some(text)))
        }
        Event::HostReturn { result, .. } => {
            format!("the host returns {}", text_text(result.as_deref()))
        }
        Event::End {} => "the end of the session".to_owned(),
    }
}

/// Where two lists of strings differ first.
pub(super) fn first_difference(
    expected: &[Option<String>],
    found: &[Option<String>],
    what: &str,
) -> Option<String> {
    let mut pairs = expected.iter().zip(found).enumerate();
    let (at, (old, new)) = pairs.find(|(_, (old, new))| old != new)?;
    let (old, new) = (old.as_deref()?, new.as_deref()?);
    let name = match what {
        "argument" => format!("argument {}", at + 1),
        what => what.to_owned(),
    };
    let json = |text: &str| {
        let value = serde_json::from_str::<Value>(text).ok();
        value.filter(|value| value.is_object() || value.is_array())
    };
    if let (Some(old), Some(new)) = (json(old), json(new))
        && let Some((path, old, new)) = json_difference("$", &old, &new)
    {
        return Some(format!("{name} at {path}: {old} became {new}"));
    }
    Some(text_difference(&name, old, new))
}

fn json_difference(path: &str, old: &Value, new: &Value) -> Option<(String, String, String)> {
    match (old, new) {
        _ if old == new => None,
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().collect();
            keys.extend(b.keys().filter(|key| !a.contains_key(*key)));
            keys.into_iter()
                .find_map(|key| member_difference(&format!("{path}.{key}"), a.get(key), b.get(key)))
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .find_map(|at| member_difference(&format!("{path}[{at}]"), a.get(at), b.get(at))),
        _ => Some((path.to_owned(), value_text(old), value_text(new))),
    }
}

fn member_difference(
    path: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Option<(String, String, String)> {
    match (old, new) {
        (Some(old), Some(new)) => json_difference(path, old, new),
        (old, new) => {
            let display = |value: Option<&Value>| value.map_or("nothing".to_owned(), value_text);
            Some((path.to_owned(), display(old), display(new)))
        }
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text_text(Some(text)),
        value => {
            let text = value.to_string();
            text.chars().take(SHOWN).collect()
        }
    }
}

fn text_difference(name: &str, old: &str, new: &str) -> String {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
    let same = same.count();
    let from = |text: &str| {
        let rest: String = text.chars().skip(same).take(40).collect();
        match rest.as_str() {
            "" => "the end".to_owned(),
            rest => Value::from(rest).to_string(),
        }
    };
    format!(
        "{name} from character {}: {} became {}",
        same + 1,
        from(old),
        from(new)
    )
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    fn differ(old: &str, new: &str) -> String {
        first_difference(&[Some(old.into())], &[Some(new.into())], "argument").unwrap()
    }

    #[test]
    fn the_place_of_a_difference_is_named() {
        assert_eq!(
            differ(r#"{"a":[{"b":1}]}"#, r#"{"a":[{"b":2}]}"#),
            "argument 1 at $.a[0].b: 1 became 2"
        );
        assert_eq!(
            differ(r#"{"a":1}"#, r#"{"a":1,"c":true}"#),
            "argument 1 at $.c: nothing became true"
        );
        assert_eq!(
            differ("SELECT a", "SELECT b, c"),
            "argument 1 from character 8: \"a\" became \"b, c\""
        );
        assert_eq!(
            differ("ab", "a"),
            "argument 1 from character 2: \"b\" became the end"
        );
    }
}
