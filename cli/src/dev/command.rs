//! A line that the author of a plugin types while `dev` runs, read. Pure: what it does is in
//! `commands`.

use crate::closest::closest;
use crate::failure::Failure;

/// What can be typed, with what it does. `help` prints it.
pub const HELP: &str = "\
  call TOOL [JSON]         call a tool for the current agent
  agent [NAME]             show the agents, or make another one the current one
  set KEY=VALUE            save a setting for the current agent, as the settings page does
  event TASK KIND [JSON]   send a task event: KIND is its number (docs/host-api/events.md)
  tools                    list the tools
  reload                   build and load again
  quit                     stop the plugin and end";

/// The first words.
const NAMES: [&str; 8] = [
    "call", "agent", "set", "event", "tools", "reload", "help", "quit",
];

/// A command.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// A tool and its arguments, a JSON text.
    Call(String, String),
    /// The current agent, by name.
    Agent(Option<String>),
    /// A setting and its value.
    Set(String, String),
    /// A task's id, the event's number and its payload, a JSON text.
    Event(String, i32, String),
    /// The tools of the plugin.
    Tools,
    /// Another build.
    Reload,
    /// What can be typed.
    Help,
    /// The end.
    Quit,
    /// An empty line.
    Nothing,
}

/// Reads a line.
pub fn parse(line: &str) -> Result<Command, Failure> {
    let (name, rest) = split(line);
    match name {
        "" => Ok(Command::Nothing),
        "call" => {
            let (tool, arguments) = split(rest);
            needed(tool, "call TOOL [JSON]")?;
            Ok(Command::Call(tool.into(), json(arguments)?))
        }
        "agent" => Ok(Command::Agent((!rest.is_empty()).then(|| rest.into()))),
        "set" => match rest.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Command::Set(key.trim().into(), value.into()))
            }
            _ => Err(expected("set KEY=VALUE")),
        },
        "event" => event(rest),
        "tools" => Ok(Command::Tools),
        "reload" => Ok(Command::Reload),
        "help" => Ok(Command::Help),
        "quit" | "exit" => Ok(Command::Quit),
        other => Err(unknown(other)),
    }
}

fn event(rest: &str) -> Result<Command, Failure> {
    const FORM: &str = "event TASK KIND [JSON]";
    let (task, rest) = split(rest);
    let (kind, payload) = split(rest);
    needed(task, FORM)?;
    let kind = kind.parse().map_err(|_| expected(FORM))?;
    Ok(Command::Event(task.into(), kind, json(payload)?))
}

fn unknown(name: &str) -> Failure {
    let names = NAMES.map(String::from);
    let advice = match closest(name, &names) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "type help for the commands".into(),
    };
    Failure::new(format!("there is no command {name:?}"), advice)
}

fn needed(word: &str, form: &str) -> Result<(), Failure> {
    if word.is_empty() {
        Err(expected(form))
    } else {
        Ok(())
    }
}

fn expected(form: &str) -> Failure {
    Failure::new(format!("expected: {form}"), "")
}

fn json(text: &str) -> Result<String, Failure> {
    let text = if text.is_empty() { "{}" } else { text };
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| {
        Failure::new(
            format!("{text} is not JSON: {error}"),
            "write an object, such as {\"name\": \"Ada\"}; here nothing is quoted for a shell",
        )
    })?;
    Ok(text.into())
}

/// The first word, and the rest without blanks around it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> (String, String) {
        parse(line).unwrap_err().into_parts()
    }

    #[test]
    fn a_line_is_a_command_and_its_arguments() {
        let call = |tool: &str, json: &str| Command::Call(tool.into(), json.into());
        assert_eq!(parse("call greet").unwrap(), call("greet", "{}"));
        let named = parse("  call  greet {\"name\": \"Ada L\"} ").unwrap();
        assert_eq!(named, call("greet", "{\"name\": \"Ada L\"}"));
        assert_eq!(parse("agent").unwrap(), Command::Agent(None));
        assert_eq!(
            parse("agent Bob B").unwrap(),
            Command::Agent(Some("Bob B".into()))
        );
        assert_eq!(
            parse("set style=a = b").unwrap(),
            Command::Set("style".into(), "a = b".into())
        );
        let event = Command::Event("t1".into(), 3, "{}".into());
        assert_eq!(parse("event t1 3").unwrap(), event);
        assert_eq!(parse(" \n").unwrap(), Command::Nothing);
    }

    #[test]
    fn a_wrong_line_says_what_was_expected() {
        assert_eq!(error("cal x").0, "there is no command \"cal\"");
        assert_eq!(error("cal x").1, "did you mean call?");
        assert_eq!(error("frobnicate").1, "type help for the commands");
        assert_eq!(error("call").0, "expected: call TOOL [JSON]");
        assert_eq!(error("set style").0, "expected: set KEY=VALUE");
        assert_eq!(error("event t1 soon").0, "expected: event TASK KIND [JSON]");
        assert!(
            error("call greet {name: 1}")
                .0
                .starts_with("{name: 1} is not JSON: ")
        );
    }
}
