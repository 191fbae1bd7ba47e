//! The behaviour table's probe in Rust, on the crate `osaurus-plugin`; README.md beside this folder
//! says what it does. Built twice: the crate around it says as `OLDEST` which revision of version 2
//! it promises to run on.

use osaurus_plugin::envelope::{self, Kind};
use osaurus_plugin::{CallArg, Frame, Handlers, HostSlot, Plugin, RawCall, V2Revision};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

pub struct Probe {
    events: Mutex<Vec<String>>,
}

impl Plugin for Probe {
    fn manifest() -> &'static str {
        include_str!("../../manifest.json")
    }

    fn start() -> Result<Self, String> {
        Ok(Probe {
            events: Mutex::default(),
        })
    }

    fn invoke(&self, frame: &Frame, _kind: &str, id: &str, payload: &str) -> String {
        let arguments: Value = serde_json::from_str(payload).unwrap_or_default();
        match id {
            "call" => call(frame, &arguments),
            "echo" => match arguments["text"].as_str() {
                Some(text) => envelope::success(json!({ "text": text })),
                None => envelope::invalid_args("text", "a string", "`text` is missing"),
            },
            "seen" => envelope::success(json!({ "events": *self.events() })),
            _ => envelope::failure(Kind::NotFound, "nothing has that name"),
        }
    }

    fn handle_route(&self, _frame: &Frame, request: &str) -> String {
        let request: Value = serde_json::from_str(request).unwrap_or_default();
        if request["route_id"] != "thing" {
            return envelope::response_error(500, "broken");
        }
        let text = |group: &str, name: &str| request[group][name].as_str().unwrap_or_default();
        let body = json!({
            "method": request["method"],
            "name": text("path_params", "name"),
            "q": text("query", "q"),
            "header": text("headers", "x-test"),
        });
        json!({"status": 201, "headers": {"X-Probe": "yes"}, "body": body.to_string()}).to_string()
    }

    fn on_config_changed(&self, _frame: &Frame, key: &str, value: Option<&str>) {
        if key != osaurus_plugin::abi::text::ABI_PROBE_KEY {
            let value = value.unwrap_or_default();
            self.events().push(format!("config {key}={value}"));
        }
    }

    fn on_task_event(&self, _frame: &Frame, task_id: &str, event_type: i32, event_json: &str) {
        let event = format!("task {event_type} {task_id} {event_json}");
        self.events().push(event);
    }

    fn handlers() -> Handlers {
        Handlers {
            route: true,
            config: true,
            task: true,
        }
    }

    fn min_v2_revision() -> V2Revision {
        crate::OLDEST
    }
}

impl Probe {
    fn events(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn call(frame: &Frame, arguments: &Value) -> String {
    let name = arguments["function"].as_str().unwrap_or_default();
    let Some(slot) = HostSlot::ALL.into_iter().find(|slot| slot.name() == name) else {
        return envelope::failure(Kind::NotFound, "this SDK does not know the function");
    };
    let args: Vec<CallArg<'_>> = arguments["arguments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(argument)
        .collect();
    let chunks = Mutex::new(Vec::new());
    let on_chunk = |chunk: &str| {
        let mut chunks = chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.push(chunk.to_owned());
        if arguments["cancel"].is_string() && chunks.len() == 2 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let raw = RawCall {
        slot,
        args: &args,
        on_chunk: (slot == HostSlot::CompleteStream).then_some(&on_chunk),
    };
    let result = frame.host().call(&raw);
    let chunks = chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
    match result {
        Ok(answer) => {
            let answer = answer.map(|text| text.to_string());
            envelope::success(json!({"answer": answer, "chunks": chunks}))
        }
        Err(error) if error.is_missing() => {
            envelope::failure(Kind::Unavailable, &error.to_string())
        }
        Err(error) => envelope::failure(Kind::ExecutionError, &error.to_string()),
    }
}

fn argument(value: &Value) -> CallArg<'_> {
    match value {
        Value::String(text) => CallArg::Text(text),
        Value::Number(number) => CallArg::Int(
            number
                .as_i64()
                .and_then(|n| i32::try_from(n).ok())
                .unwrap_or(0),
        ),
        _ => CallArg::Null,
    }
}
