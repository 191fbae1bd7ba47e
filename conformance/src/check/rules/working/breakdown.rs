//! Tools none of whose sample calls works: those that break down, and those of which that cannot be
//! said.

use super::start;
use crate::check::case::Case;
use crate::check::envelope::is_success;
use crate::check::evidence::Evidence;
use crate::check::observed::Answer;
use crate::check::outcome::{Problem, Verdict, verdict};
use serde_json::Value;

/// The process of a script ended during the call.
const CRASHED: &str = "crashed";
/// What errors say that come of this machine, in any case of letters, and codes, which are in
/// capitals: a server that is not reached says nothing of the plugin.
const OUTSIDE: [&str; 8] = [
    "connect",
    "network",
    "name resolution",
    "getaddrinfo",
    "timed out",
    "unreachable",
    "dns_failure",
    "fetch failed",
];
const CODES: [&str; 3] = ["ENOTFOUND", "ECONN", "EAI_AGAIN"];

/// A tool that never worked.
struct Dead<'a> {
    answer: &'a Answer,
    message: String,
    /// Whether an error came that the tool did not expect, for which neither arguments nor this
    /// machine account.
    breaks_down: bool,
}

/// `tool-always-fails`
pub(super) fn always_fails(case: &Case) -> Verdict {
    let dead = dead_tools(case)?;
    let broken = dead.iter().filter(|tool| tool.breaks_down);
    verdict(broken.map(|tool| tool.evidence("every sample call of the tool breaks down")))
}

/// `tool-unproven`
pub(super) fn unproven(case: &Case) -> Verdict {
    let dead = dead_tools(case)?;
    let rest = dead.iter().filter(|tool| !tool.breaks_down);
    verdict(rest.map(|tool| tool.evidence("no sample call of the tool works")))
}

impl Dead<'_> {
    fn evidence(&self, what: &str) -> Evidence {
        let what = format!("{what}: {}", start::gist(&self.message));
        Evidence::new(what).in_call(&self.answer.call)
    }
}

/// Tools that answered nothing but `execution_error` and `unavailable`, and of which the checker
/// refused nothing.
fn dead_tools(case: &Case) -> Result<Vec<Dead<'_>>, Problem> {
    let usual = case.usual()?;
    if start::failure(usual).is_some() {
        return Err(Problem::skipped(
            "cannot be judged while script-loads is broken",
        ));
    }
    let mut tools: Vec<(&str, Vec<&Answer>)> = Vec::new();
    for answer in &usual.answers {
        match tools.iter_mut().find(|(tool, _)| *tool == answer.tool) {
            Some((_, answers)) => answers.push(answer),
            None => tools.push((&answer.tool, vec![answer])),
        }
    }
    Ok(tools
        .iter()
        .filter_map(|(_, answers)| dead(answers))
        .collect())
}

fn dead<'a>(answers: &[&'a Answer]) -> Option<Dead<'a>> {
    let failed = |answer: &&&Answer| {
        let kind = &answer.json()["kind"];
        let counts = kind == "execution_error" || kind == "unavailable";
        counts && !is_success(&answer.text) && !answer.was_refused
    };
    if answers.iter().filter(failed).count() < answers.len() {
        return None;
    }
    let failure = answers.iter().find(|answer| breaks_down(answer));
    let answer = failure.or(answers.first())?;
    Some(Dead {
        answer,
        message: message(answer),
        breaks_down: answers.iter().all(|answer| may_break_down(answer)) && failure.is_some(),
    })
}

fn message(answer: &Answer) -> String {
    let value = answer.json();
    value["message"].as_str().unwrap_or_default().to_owned()
}

/// Also when a worker is not started again after a crash.
fn may_break_down(answer: &Answer) -> bool {
    breaks_down(answer) || answer.json()["data"]["code"].is_string()
}

fn breaks_down(answer: &Answer) -> bool {
    let value = answer.json();
    let text = value["message"].as_str().unwrap_or_default();
    if value["data"]["code"] == CRASHED {
        return true;
    }
    value["kind"] == "execution_error"
        && is_exception(text)
        && !blames_outside(text)
        && !blames_arguments(text, &answer.payload)
}

/// Whether an error begins with the name of a class of errors, as languages write errors that were
/// not caught.
fn is_exception(message: &str) -> bool {
    let head = message
        .split([':', '\n', '('])
        .next()
        .unwrap_or_default()
        .trim();
    let name = head.rsplit('.').next().unwrap_or_default();
    let ends = ["Error", "Exception", "Exit", "Interrupt", "Warning"];
    let is_word = head
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    is_word && !head.is_empty() && ends.iter().any(|end| name.ends_with(end))
}

fn blames_outside(message: &str) -> bool {
    let lower = message.to_lowercase();
    OUTSIDE.iter().any(|word| lower.contains(word))
        || CODES.iter().any(|code| message.contains(code))
}

/// Whether the message names a string that the checker made up.
fn blames_arguments(message: &str, payload: &str) -> bool {
    let payload: Value = serde_json::from_str(payload).unwrap_or_default();
    let values = payload.as_object().into_iter().flat_map(|all| all.values());
    let mut strings = values.filter_map(Value::as_str);
    strings.any(|text| text.len() > 2 && message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(envelope: Value) -> Answer {
        Answer {
            tool: "find".into(),
            payload: r#"{"path":"sample"}"#.into(),
            call: "invoke(…)".into(),
            text: envelope.to_string(),
            was_refused: false,
        }
    }

    fn failure(kind: &str, message: &str) -> Answer {
        answer(json!({"ok": false, "kind": kind, "message": message, "retryable": true}))
    }

    fn judged(answers: &[Answer]) -> Option<bool> {
        let answers: Vec<&Answer> = answers.iter().collect();
        dead(&answers).map(|dead| dead.breaks_down)
    }

    #[test]
    fn an_uncaught_error_breaks_down_and_what_a_tool_says_does_not() {
        let error = |message: &str| judged(&[failure("execution_error", message)]);
        assert_eq!(error("KeyError: 'pydantic_core'"), Some(true));
        assert_eq!(
            error("sqlite3.OperationalError: no such table: notes"),
            Some(true)
        );
        assert_eq!(error("TypeError: x is not a function"), Some(true));
        assert_eq!(
            error("ModuleNotFoundError: No module named 'requests'"),
            Some(true)
        );
        assert_eq!(
            error("Error: getaddrinfo ENOTFOUND api.example.com"),
            Some(false)
        );
        assert_eq!(error("emacs is not running"), Some(false));
        assert_eq!(error("Error while reading: try again"), Some(false));
        let missing = "FileNotFoundError: [Errno 2] No such file or directory: 'sample'";
        assert_eq!(error(missing), Some(false), "the argument is made up");
        assert_eq!(
            error("httpx.ConnectError: All connection attempts failed"),
            Some(false)
        );
    }

    #[test]
    fn a_tool_is_dead_only_when_each_call_fails_by_itself() {
        let good = answer(json!({"ok": true, "result": 1}));
        let bad = failure("execution_error", "KeyError: 'x'");
        assert_eq!(judged(&[good, bad.clone()]), None);
        assert_eq!(
            judged(&[failure("not_found", "no such note"), bad.clone()]),
            None
        );
        let mut refused = bad.clone();
        refused.was_refused = true;
        assert_eq!(judged(&[refused]), None, "the checker has no network");
        let unsure = failure("unavailable", "no window is open");
        assert_eq!(judged(&[bad, unsure]), Some(false));
    }

    #[test]
    fn a_script_that_ends_with_each_call_breaks_down() {
        let coded = |kind: &str, code: &str| {
            answer(
                json!({"ok": false, "kind": kind, "message": "the worker ended", "data": {"code": code}}),
            )
        };
        let calls = [
            coded("execution_error", "crashed"),
            coded("unavailable", "not_started"),
        ];
        assert_eq!(judged(&calls), Some(true));
    }
}
