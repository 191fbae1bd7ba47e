//! Hello: a small Osaurus plugin in Rust. Shows the `osaurus-plugin` crate: tools, a route,
//! configuration, the database and the log.
//!
//! ```text
//! cargo build --release -p rust-hello      # target/release/librust_hello.so, .dylib on macOS
//! ```
//!
//! - The tool `greet` answers in the wording of the agent's setting `greeting` and counts the
//!   visit.
//! - The tool `guest_book` and the route `GET /guests` list the guests.
//!
//! What to copy for a plugin of your own: a manifest (`manifest.json`, embedded at build time), a
//! type that implements [`Plugin`], and [`export!`](osaurus_plugin::export!). Each handler gets a
//! [`Frame`]; `frame.host()` has the typed host functions. They work on the thread of the call, so
//! handlers pass the host along and keep no copy.

mod guests;

use osaurus_plugin::envelope::{self, Kind};
use osaurus_plugin::{Frame, Handlers, Host, HostError, Plugin, log_level};
use serde_json::{Value, json};

/// How a greeting reads when the user has not chosen one.
const DEFAULT_GREETING: &str = "Hello, {name}!";

/// The plugin. It has no state of its own: what it knows is in the host's database and
/// configuration.
struct Hello;

impl Plugin for Hello {
    fn manifest() -> &'static str {
        include_str!("../manifest.json")
    }

    fn start() -> Result<Self, String> {
        Ok(Hello)
    }

    fn invoke(&self, frame: &Frame, kind: &str, id: &str, payload: &str) -> String {
        if kind != "tool" {
            let text = format!("there is nothing for the invocation type `{kind}`");
            return envelope::failure(Kind::ToolNotFound, &text);
        }
        let arguments: Value = match serde_json::from_str(payload) {
            Ok(arguments) => arguments,
            Err(error) => {
                let text = format!("the arguments are not JSON: {error}");
                return envelope::failure(Kind::InvalidArgs, &text);
            }
        };
        match id {
            "greet" => greet(frame.host(), &arguments),
            "guest_book" => guest_book(frame.host(), &arguments),
            other => {
                let text = format!("there is no tool `{other}`; there are greet and guest_book");
                envelope::failure(Kind::ToolNotFound, &text)
            }
        }
    }

    fn handle_route(&self, frame: &Frame, request: &str) -> String {
        let request: Value = serde_json::from_str(request).unwrap_or_default();
        let limit = request["query"]["limit"].as_str();
        let limit = limit.map_or(Ok(guests::DEFAULT_LIMIT), str::parse);
        let Ok(limit @ 1..=guests::MAX_LIMIT) = limit else {
            return envelope::response_error(400, "`limit` must be a number from 1 to 100");
        };
        match guests::most_frequent(frame.host(), limit) {
            Ok(list) => envelope::response(
                200,
                "application/json",
                &json!({ "guests": list }).to_string(),
            ),
            Err(error) => envelope::response_error(500, &error.to_string()),
        }
    }

    fn on_config_changed(&self, frame: &Frame, key: &str, value: Option<&str>) {
        let forgets_name = value.is_some_and(|text| !text.is_empty() && !text.contains("{name}"));
        if key == "greeting" && forgets_name {
            let line = "the greeting has no {name}, so everyone is greeted alike";
            frame.host().log(log_level::WARN, line);
        }
    }

    fn handlers() -> Handlers {
        Handlers {
            route: true,
            config: true,
            task: false,
        }
    }
}

fn greet(host: Host<'_>, arguments: &Value) -> String {
    let Some(name) = arguments["name"]
        .as_str()
        .filter(|name| !name.trim().is_empty())
    else {
        return envelope::invalid_args("name", "a name, not empty", "`name` is missing or empty");
    };
    let greeting = match host.config_get("greeting") {
        Ok(greeting) => greeting,
        // Loaded by a version 1 host: greet without settings and guest book.
        Err(HostError::NoHost { .. }) => None,
        Err(error) => return envelope::host_failure(&error),
    };
    let greeting = greeting.filter(|text| !text.is_empty());
    let text = greeting
        .as_deref()
        .unwrap_or(DEFAULT_GREETING)
        .replace("{name}", name);
    let visits = match guests::count_visit(host, name) {
        Ok(visits) => Some(visits),
        Err(HostError::NoHost { .. }) => None,
        Err(error) => return envelope::host_failure(&error),
    };
    host.log_structured(
        log_level::INFO,
        "greeted a guest",
        &json!({ "name": name, "visits": visits }),
    );
    envelope::success(json!({ "text": text, "visits": visits }))
}

fn guest_book(host: Host<'_>, arguments: &Value) -> String {
    let limit = match &arguments["limit"] {
        Value::Null => Some(guests::DEFAULT_LIMIT),
        limit => limit.as_i64(),
    };
    let Some(limit @ 1..=guests::MAX_LIMIT) = limit else {
        let text = "`limit` must be a number from 1 to 100";
        return envelope::invalid_args("limit", "an integer from 1 to 100", text);
    };
    match guests::most_frequent(host, limit) {
        Ok(list) => envelope::success(json!({ "guests": list })),
        Err(error) => envelope::host_failure(&error),
    }
}

osaurus_plugin::export!(Hello);
