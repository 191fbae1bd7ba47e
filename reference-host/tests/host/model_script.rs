//! Scripts of the built-in model: the documented example does what it says, and a bad script is
//! told where and what.

use crate::support::*;
use osaurus_reference_host::{BuildError, Host};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DOCUMENT: &str = include_str!("../../../docs/model-script.md");

/// The document's TOML block, and a plugin with the tool it speaks of.
fn example() -> (String, Value) {
    let block = DOCUMENT.split("```toml\n").nth(1).unwrap();
    let script = block.split("```").next().unwrap().to_string();
    let mut manifest = manifest("dev.weather");
    let tools = manifest["capabilities"]["tools"].as_array_mut().unwrap();
    tools.push(json!({"id": "get_weather", "description": "d"}));
    (script, manifest)
}

#[test]
fn the_documents_example_does_what_it_says() {
    let (script, manifest) = example();
    let host = scripted(&script).build().unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    let probe = Probe(&plugin, alice());
    let (chunks, answer) = probe.stream(&ask("Weather in Oslo?", json!({})), "");
    let delta = |at: usize| &chunks[at]["choices"][0]["delta"];
    assert_eq!(
        delta(0)["reasoning_content"],
        "They want the weather in Oslo."
    );
    assert_eq!(
        delta(2)["tool_calls"][0]["function"],
        json!({"name": "get_weather", "arguments": r#"{"city":"Oslo"}"#})
    );
    // The probe has no such tool and answers with an envelope that has no text: the default tells
    // it.
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(content.starts_with("get_weather returned: "), "{content}");
    let answer_to = |text: &str| probe.complete(&ask(text, json!({})));
    assert_eq!(
        answer_to("Unreliable?")["message"],
        "The model is being loaded."
    );
    for _ in 0..2 {
        assert_eq!(
            answer_to("unreliable")["choices"][0]["message"]["content"],
            "Here I am."
        );
    }
    assert_eq!(
        answer_to("Please book a table")["question"],
        "For how many?"
    );
    assert_eq!(
        answer_to("else")["choices"][0]["message"]["content"],
        "You said: else"
    );
}

#[test]
fn every_key_of_the_document_is_known_and_every_known_key_is_documented() {
    let error = fault("[[rule]]\nnonsense = 1\n");
    let keys: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(keys.len() > 14, "{error}");
    for key in keys {
        assert!(
            DOCUMENT.contains(&format!("`{key} = ")),
            "docs/model-script.md lacks {key}"
        );
    }
}

#[test]
fn groups_fill_strings_and_arguments_and_a_plain_rule_leaves_dollars_alone() {
    let script = r#"
[[rule]]
matches = 'add (\d+) and (?<b>\d+)'
call = [{ tool = "raw", arguments = { a = ["$1", { deep = "${b}" }], price = "$$5", n = 7 } }]
[[rule]]
after_tool = "*"
matches = '(?s)\{.*\}'
chunks = ["<", "$0", ">"]
[[rule]]
when = "PRICE"
text = "It costs $1."
"#;
    let (_host, plugin) = loaded(scripted(script));
    let content_of = |text: &str| {
        let answer = Probe(&plugin, alice()).complete(&ask(text, json!({})));
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        content_of("please add 12 and 30"),
        r#"<{"ok":true,"result":{"text":"{\"a\":[\"12\",{\"deep\":\"30\"}],\"n\":7,\"price\":\"$5\"}"},"tool":"raw"}>"#
    );
    assert_eq!(content_of("the price?"), "It costs $1.");
}

#[test]
fn delays_and_paces_take_their_time() {
    let script = "[[rule]]\nwhen = \"\"\ndelay_ms = 60\npace_ms = 20\nchunks = [\"a\", \"b\"]\n";
    let (_host, plugin) = loaded(scripted(script));
    let timed = |call: &dyn Fn()| {
        let began = Instant::now();
        call();
        began.elapsed()
    };
    let probe = Probe(&plugin, alice());
    let streamed = timed(&|| drop(probe.stream(&ask("x", json!({})), "")));
    let whole = timed(&|| drop(probe.complete(&ask("x", json!({})))));
    assert!(streamed >= Duration::from_millis(100) && whole >= Duration::from_millis(60));
}

/// The text of the error that a script gives, without the file's name.
fn fault(script: &str) -> String {
    match scripted(script).build() {
        Err(error @ BuildError::ModelScript { .. }) => {
            let text = error.to_string();
            let (_, rest) = text.split_once(".toml").unwrap();
            rest.to_string()
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the script was taken: {script}"),
    }
}

#[test]
fn a_bad_script_is_an_error_with_line_key_and_what_was_expected() {
    let one_of = "expected one of `when`, `matches`, `after_tool`, `times`";
    for (script, line, parts) in [
        (
            "[[rule]]\nwhen = \"x\"\ntxt = \"y\"\n",
            3,
            vec!["unknown field `txt`", one_of],
        ),
        (
            "[[rule]]\nwhen = \"x\"\ntext = 7\n",
            3,
            vec!["invalid type: integer `7`, expected a string"],
        ),
        (
            "pace = 7\n",
            1,
            vec![
                "unknown field `pace`",
                "expected one of `pace_ms`, `context_window`",
            ],
        ),
        (
            "\n\n[[rule]]\ntext = \"y\"\n",
            3,
            vec![
                "no condition",
                "`when` (\"\" always fits), `matches` or `after_tool`",
            ],
        ),
        (
            "[[rule]]\nwhen = \"x\"\n",
            1,
            vec!["does nothing", "`text`, `chunks`"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\nmatches = 'y'\ntext = \"z\"\n",
            1,
            vec!["`when` and `matches`; expected one"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\ntext = \"z\"\nchunks = []\n",
            1,
            vec!["`text` and `chunks`; expected one"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\nfail = \"z\"\ncomplete = \"c\"\n",
            1,
            vec!["fails and calls tools"],
        ),
        (
            "[[rule]]\nmatches = '('\ntext = \"z\"\n",
            2,
            vec!["`matches` is not a regular expression: unclosed group"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\nfail = { message = \"m\", code = \"odd\" }\n",
            3,
            vec![
                "expected the message as a string",
                "failed or context_overflow",
            ],
        ),
        (
            "[[rule]]\nwhen = \"x\"\nclarify = 7\n",
            3,
            vec!["expected the question as a string"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\ncall = [{ tool = \"t\", arguments = 7 }]\n",
            3,
            vec!["expected a table, or a string"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\ncall = [{ arguments = \"\" }]\n",
            3,
            vec!["missing field `tool`"],
        ),
        (
            "[[rule]]\nwhen = \"x\"\ntimes = -1\ntext = \"\"\n",
            3,
            vec!["invalid value: integer `-1`"],
        ),
        ("[[rule]]\nwhen = \"x\n", 2, vec!["invalid basic string"]),
    ] {
        let error = fault(script);
        assert!(
            error.starts_with(&format!(", line {line}: ")),
            "{script}{error}"
        );
        for part in parts {
            assert!(error.contains(part), "{script}{error}");
        }
    }
}

#[test]
fn a_script_that_is_not_there_is_named() {
    let error = Host::builder()
        .model_script("/nowhere/x.toml")
        .build()
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("model script /nowhere/x.toml: it cannot be read: "),
        "{error}"
    );
}
