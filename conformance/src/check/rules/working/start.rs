//! Whether what the plugin runs starts: a failure says so with `data.code` (a route with
//! `error.code`), which the project's own library sets and any other may.

use crate::check::case::Case;
use crate::check::evidence::Evidence;
use crate::check::observed::{Answer, Usual};
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::tracked::Call;
use serde_json::Value;

/// What runs the plugin does not start, and its script does not load.
const NOT_STARTED: &str = "not_started";
const NOT_LOADED: &str = "not_loaded";
/// What the project's own library logs when a script cannot run as it was built.
const OTHER_MODE: &str = "not embedded, although ";
/// The variable with which a user chooses a mode for all plugins.
const MODE_VARIABLE: &str = "OSAURUS_BRIDGE_MODE";

/// `script-loads`
pub(super) fn loads(case: &Case) -> Verdict {
    verdict(failure(case.usual()?))
}

/// The first sign that nothing of the plugin runs; none as soon as anything worked.
pub(super) fn failure(usual: &Usual) -> Option<Evidence> {
    let tools = usual.answers.iter().map(of_tool);
    let routes = usual.calls.iter().filter_map(of_route);
    // A script that crashes later may not be started again: what came first tells the two apart.
    let mut outcomes = tools.chain(routes);
    let first = outcomes.next()??;
    outcomes.all(|one| one.is_some()).then_some(first)
}

/// That the script did not run; None when it did, whatever it answered.
fn of_tool(answer: &Answer) -> Option<Evidence> {
    let value = answer.json();
    let what = sentence(value["data"]["code"].as_str(), &value["message"])?;
    Some(Evidence::new(what).in_call(&answer.call))
}

/// The same of a call of a route; the outer None is for other calls.
#[expect(
    clippy::option_option,
    reason = "a call that counts, and what it shows"
)]
fn of_route(call: &Call) -> Option<Option<Evidence>> {
    if call.function != "handle_route" {
        return None;
    }
    let response: Value = serde_json::from_str(&call.answer_text()?).unwrap_or_default();
    let body = response["body"].as_str().unwrap_or_default();
    let error = serde_json::from_str::<Value>(body).unwrap_or_default()["error"].take();
    let what = sentence(error["code"].as_str(), &error["message"]);
    Some(what.map(|what| call.evidence(what)))
}

fn sentence(code: Option<&str>, message: &Value) -> Option<String> {
    let what = match code? {
        NOT_LOADED => "the script does not load, so no tool and no route can run",
        NOT_STARTED => "what runs the script does not start, so no tool and no route can run",
        _ => return None,
    };
    Some(format!(
        "{what}: {}",
        gist(message.as_str().unwrap_or_default())
    ))
}

/// The first line of an error, which has the place, and the last one of its traceback.
pub(super) fn gist(message: &str) -> String {
    let mut lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(last) if !first.contains(last) => format!("{first} … {last}"),
        _ => first.to_owned(),
    }
}

/// `script-mode`
pub(super) fn mode(case: &Case) -> Verdict {
    let usual = case.usual()?;
    if std::env::var_os(MODE_VARIABLE).is_some_and(|mode| !mode.is_empty()) {
        let reason = format!("{MODE_VARIABLE} is set, which chooses the mode of all scripts");
        return Err(Problem::skipped(reason));
    }
    let log_line = usual.log().find_map(|call| {
        let text = call.text(1);
        let (_, rest) = text.split_once(OTHER_MODE)?;
        Some(call.evidence(format!("it runs in a worker, although {rest}")))
    });
    verdict(log_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_by_its_place_and_its_last_line() {
        let python = "main.py:3: KeyError: 'HOME'\nTraceback (most recent call last):\n  File \
                      \"main.py\"\nKeyError: 'HOME'";
        assert_eq!(gist(python), "main.py:3: KeyError: 'HOME'");
        let node = "the worker process ended. Its last lines:\nthe plugin cannot be loaded\n  at \
                    main.ts:3:7\nError: no token";
        assert_eq!(
            gist(node),
            "the worker process ended. Its last lines: … Error: no token"
        );
        assert_eq!(gist("  one line\n"), "one line");
    }
}
