//! The test host for plugins' own tests: what a plugin gets from it, and what it says of a plugin.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

use osaurus_plugin::envelope::{self, Kind};
use osaurus_plugin::testing::{HttpAnswer, RouteRequest, TestHost};
use osaurus_plugin::{
    DispatchRequest, Frame, Handlers, Host, HostError, HostSlot, HttpRequest, Plugin, export,
    log_level, task_event,
};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

const MANIFEST: &str = r#"{
    "plugin_id": "dev.example.tested",
    "capabilities": {
        "tools": [
            {"id": "count"}, {"id": "fetch"}, {"id": "ask"}, {"id": "stream"}, {"id": "dispatch"},
            {"id": "embed"}, {"id": "whoami"}, {"id": "secret"}, {"id": "nonsense"}
        ],
        "routes": [{"id": "one", "path": "/notes/:id", "methods": ["GET"]}]
    }
}"#;

struct Tested;

impl Plugin for Tested {
    fn manifest() -> &'static str {
        MANIFEST
    }

    fn start() -> Result<Self, String> {
        Ok(Tested)
    }

    fn handlers() -> Handlers {
        Handlers {
            route: true,
            config: true,
            task: true,
        }
    }

    fn invoke(&self, frame: &Frame, kind: &str, id: &str, payload: &str) -> String {
        let payload: Value = serde_json::from_str(payload).unwrap();
        if id == "nonsense" {
            return "no envelope".to_owned();
        }
        let result = match kind {
            "artifact" => Ok(payload["name"].clone()),
            _ => tool(frame.host(), frame.abi_version(), id, &payload),
        };
        match result {
            Ok(result) => envelope::success(result),
            Err(error) => envelope::failure(Kind::ExecutionError, &error.to_string()),
        }
    }

    fn handle_route(&self, _frame: &Frame, request: &str) -> String {
        let request: Value = serde_json::from_str(request).unwrap();
        let body = json!({"id": request["path_params"]["id"], "page": request["query"]["page"]});
        json!({"status": 200, "headers": {}, "body": body.to_string()}).to_string()
    }

    fn on_config_changed(&self, frame: &Frame, key: &str, value: Option<&str>) {
        frame
            .host()
            .log_structured(log_level::WARN, key, &json!({ "value": value }));
    }

    fn on_task_event(&self, frame: &Frame, task_id: &str, event_type: i32, event_json: &str) {
        let event: Value = serde_json::from_str(event_json).unwrap();
        let line = format!("{task_id} {event_type} {}", event["output"]);
        frame.host().log(log_level::INFO, &line);
    }
}

export!(Tested);

fn tool(host: Host<'_>, version: u32, id: &str, payload: &Value) -> Result<Value, HostError> {
    match id {
        "count" => {
            host.db_exec("CREATE TABLE IF NOT EXISTS n (n INTEGER)", &[])?;
            host.db_exec("INSERT INTO n VALUES (?)", &[payload["n"].clone()])?;
            Ok(host.db_query("SELECT sum(n) FROM n", &[])?.rows[0][0].clone())
        }
        "fetch" => {
            let response = host.http_request(&HttpRequest::get("https://api.example.com/x?y=1"))?;
            Ok(json!([response.status, response.text()]))
        }
        "ask" => {
            let answer =
                host.complete(&json!({"messages": [{"role": "user", "content": "What is it?"}]}))?;
            Ok(answer["choices"][0]["message"]["content"].clone())
        }
        "dispatch" => Ok(json!(host.dispatch(&DispatchRequest::new("look"))?.0)),
        "embed" => Ok(json!(host.embed(&["x"])?)),
        "stream" => {
            let pieces = Mutex::new(Vec::new());
            let request =
                json!({"stream_id": "one", "messages": [{"role": "user", "content": "x"}]});
            let answer = host.complete_stream(&request, &|chunk| {
                let piece = chunk["choices"][0]["delta"]["content"].clone();
                pieces.lock().unwrap().push(piece);
                match payload["stop"] == true {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            let answer = answer.map_or_else(
                |error| json!(error.to_string()),
                |answer| answer["id"].clone(),
            );
            Ok(json!([pieces.into_inner().unwrap(), answer]))
        }
        "secret" => Ok(payload["_secrets"]["token"].clone()),
        _ => {
            let agent = host
                .agent_id()
                .unwrap_or_else(|error| Some(error.to_string()));
            Ok(json!([version, agent, host.config_get("colour")?]))
        }
    }
}

/// What a test that fails says.
fn failure(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).unwrap_err();
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn the_database_is_real_and_each_host_has_its_own() {
    for _ in 0..2 {
        let host = TestHost::<Tested>::new();
        assert_eq!(host.call("count", json!({"n": 2})).unwrap(), 2);
        assert_eq!(host.call("count", json!({"n": 3})).unwrap(), 5);
        assert_eq!(
            host.db("SELECT n FROM n ORDER BY n", &[]).rows,
            [[json!(2)], [json!(3)]]
        );
    }
}

#[test]
fn what_the_test_does_not_answer_is_refused_with_what_to_write() {
    let host = TestHost::<Tested>::new();
    let message = |tool| host.call(tool, json!({})).unwrap_err().message;
    assert!(
        message("fetch").contains(
            "the test answers no GET https://api.example.com/x?y=1; say \
             host.answer_http(\"https://api.example.com/x?y=1\", ...)"
        ),
        "{}",
        message("fetch")
    );
    assert!(message("ask").contains("say host.answer_model(...)"));
    assert!(
        message("embed")
            .contains("the test answers no embed; say host.answer(HostSlot::Embed, ...)")
    );
}

#[test]
fn requests_models_and_any_other_call_are_answered_by_the_test() {
    let host = TestHost::<Tested>::new();
    host.answer_http(
        "https://api.example.com/*",
        HttpAnswer::new("busy").status(503).times(1),
    );
    host.answer_http("https://*", HttpAnswer::json(&json!([1])));
    assert_eq!(host.call("fetch", json!({})).unwrap(), json!([503, "busy"]));
    assert_eq!(host.call("fetch", json!({})).unwrap(), json!([200, "[1]"]));
    host.answer_model("WHAT is", "a test");
    assert_eq!(host.call("ask", json!({})).unwrap(), "a test");
    host.answer(HostSlot::Embed, |args| {
        assert_eq!(args[0]["input"], json!(["x"]));
        json!({"data": [{"index": 0, "embedding": [0.5]}]})
    });
    assert_eq!(host.call("embed", json!({})).unwrap(), json!([[0.5]]));
    let requests = host.calls_of(HostSlot::HttpRequest);
    assert_eq!(
        (requests.len(), &requests[0].args[0]["method"]),
        (2, &json!("GET"))
    );
}

#[test]
fn a_models_answer_is_streamed_word_by_word_until_the_plugin_stops_it() {
    let host = TestHost::<Tested>::new();
    host.answer_model("", "one two three");
    let answer = host.call("stream", json!({})).unwrap();
    assert_eq!(answer, json!([["one ", "two ", "three"], "cmpl-TEST"]));
    let stopped = host.call("stream", json!({"stop": true})).unwrap();
    assert!(stopped[0].as_array().unwrap().len() < 3, "{stopped}");
    drop(host);
    let host = TestHost::<Tested>::new();
    host.fail_model("x", "too hot");
    assert!(
        host.call("stream", json!({})).unwrap()[1]
            .as_str()
            .unwrap()
            .contains("too hot")
    );
}

#[test]
fn an_answer_that_panics_fails_the_test_and_not_the_plugin() {
    let host = TestHost::<Tested>::new();
    host.answer(HostSlot::Embed, |_| panic!("expected another request"));
    let text = failure(|| drop(host.call("embed", json!({}))));
    assert_eq!(text, "expected another request");
    assert_eq!(host.call("count", json!({"n": 1})).unwrap(), 1);
}

#[test]
fn tasks_are_recorded_and_finished_by_the_test() {
    let host = TestHost::<Tested>::new();
    let id = host.call("dispatch", json!({})).unwrap();
    let tasks = host.tasks();
    assert_eq!(
        (&tasks[0].prompt, &tasks[0].status),
        (&"look".to_owned(), &"running".to_owned())
    );
    host.finish_task(id.as_str().unwrap(), "found it");
    assert_eq!(host.tasks()[0].status, "completed");
    let expected = format!("{} {} \"found it\"", tasks[0].id, task_event::COMPLETED);
    assert_eq!(host.logs()[0].message, expected);
    assert!(failure(|| host.finish_task("other", "")).contains("dispatched no task \"other\""));
}

#[test]
fn settings_secrets_artifacts_and_routes_reach_the_plugin() {
    let host = TestHost::<Tested>::new();
    host.set_secret("token", "s3cret");
    assert_eq!(host.call("secret", json!({})).unwrap(), "s3cret");
    host.config_changed("colour", "red");
    let line = host.logs().remove(0);
    let expected = (log_level::WARN, "colour", json!({"value": "red"}));
    assert_eq!((line.level, &*line.message, line.fields), expected);
    assert_eq!(host.artifact(json!({"name": "a.pdf"}))["result"], "a.pdf");
    let request = RouteRequest {
        query: vec![("page".into(), "2".into())],
        ..RouteRequest::get("/notes/3")
    };
    let response = host.request(&request);
    assert_eq!(response["body"], r#"{"id":"3","page":"2"}"#);
    assert_eq!(host.request(&RouteRequest::get("/other"))["status"], 404);
}

#[test]
fn an_older_host_lacks_what_came_later() {
    let agent = "11111111-2222-3333-4444-555555555555";
    let host = TestHost::<Tested>::with_abi(4);
    assert_eq!(
        host.call("whoami", json!({})).unwrap(),
        json!([4, agent, null])
    );
    drop(host);
    let host = TestHost::<Tested>::with_abi(3);
    let answer = host.call("whoami", json!({})).unwrap();
    assert!(
        answer[1].as_str().unwrap().contains("get_active_agent_id"),
        "{answer}"
    );
    drop(host);
    assert!(failure(|| drop(TestHost::<Tested>::with_abi(1))).contains("expected 2 to 6"));
}

#[test]
fn without_an_agent_there_are_no_settings() {
    let host = TestHost::<Tested>::new();
    host.set_config("colour", "red");
    assert_eq!(host.call("whoami", json!({})).unwrap()[2], "red");
    host.set_agent(None);
    assert_eq!(
        host.call("whoami", json!({})).unwrap(),
        json!([6, null, null])
    );
}

#[test]
fn a_mistake_of_the_plugin_or_the_test_is_said() {
    let host = TestHost::<Tested>::new();
    let text = failure(|| drop(host.call("cuont", json!({}))));
    assert!(
        text.starts_with("the manifest has no tool `cuont`; it has count, fetch"),
        "{text}"
    );
    let text = failure(|| drop(host.call("nonsense", json!({}))));
    assert!(text.contains("no envelope"), "{text}");
    let text = failure(|| drop(TestHost::<Tested>::new()));
    assert!(text.contains("has a TestHost already"), "{text}");
}
