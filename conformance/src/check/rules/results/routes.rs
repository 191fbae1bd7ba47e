//! What the plugin's routes answer.

use super::super::spec;
use crate::check::case::Case;
use crate::check::outcome::{Verdict, verdict};
use crate::check::spec_walk::differences;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// `route-response`
pub(super) fn response(case: &Case) -> Verdict {
    let spec = spec()?;
    let calls = case.usual()?.calls.iter();
    let calls = calls.filter(|call| call.function == "handle_route");
    let problems = calls.filter_map(|call| {
        let text = call.answer_text();
        let problem = match &text {
            Some(text) => response_problem(spec, text)?,
            None => "the response is NULL".to_string(),
        };
        Some(call.evidence(problem).bytes(text.unwrap_or_default()))
    });
    verdict(problems)
}

fn response_problem(spec: &osaurus_abi_spec::Spec, text: &str) -> Option<String> {
    let Ok(response) = serde_json::from_str::<Value>(text) else {
        return Some("the response is not JSON".into());
    };
    let differences = differences(spec, "RouteResponse", &response);
    if let Some(wrong) = differences.iter().find(|one| one.is_error()) {
        return Some(wrong.sentence());
    }
    if !(100..600).contains(&response["status"].as_i64().unwrap_or(0)) {
        return Some(format!(
            "`status` is {}; expected 100 to 599",
            response["status"]
        ));
    }
    let body = response["body"].as_str().unwrap_or_default();
    let broken = response["body_encoding"] == "base64" && BASE64_STANDARD.decode(body).is_err();
    broken.then(|| "`body` is not base64, although `body_encoding` says so".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn responses_are_what_hosts_can_send() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let problem = |text: &str| response_problem(&spec, text);
        assert_eq!(problem(r#"{"status":204}"#), None);
        assert_eq!(
            problem(r#"{"status":200,"body":"AA==","body_encoding":"base64","headers":{"a":"b"}}"#),
            None
        );
        assert!(problem("ok").is_some_and(|said| said.contains("not JSON")));
        assert!(
            problem(r#"{"status":"200"}"#)
                .is_some_and(|said| said.contains("`status` must be of type integer"))
        );
        assert!(problem(r#"{"status":99}"#).is_some_and(|said| said.contains("100 to 599")));
        assert!(
            problem(r#"{"status":200,"body":"é","body_encoding":"base64"}"#)
                .is_some_and(|said| said.contains("not base64"))
        );
        assert!(
            problem(r#"{"status":200,"headers":{"a":1}}"#)
                .is_some_and(|said| said.contains("headers.a"))
        );
    }
}
