//! {{title}}, a plugin for Osaurus.

use osaurus_plugin::envelope::{self, Kind};
use osaurus_plugin::{Frame, Host, HostError, Plugin};
use serde::Deserialize;
use serde_json::{Value, json};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)";

/// The plugin. What it knows is in the host's database.
struct Greeter;

/// Arguments of the tool `greet`, as manifest.json declares them.
#[derive(Deserialize)]
struct Greet {
    name: String,
    #[serde(default)]
    excited: bool,
}

impl Plugin for Greeter {
    fn manifest() -> &'static str {
        include_str!("../manifest.json")
    }

    fn start() -> Result<Self, String> {
        Ok(Greeter)
    }

    fn invoke(&self, frame: &Frame, kind: &str, id: &str, payload: &str) -> String {
        match (kind, id) {
            ("tool", "greet") => greet(frame.host(), payload),
            _ => envelope::failure(Kind::ToolNotFound, &format!("there is no tool `{id}`")),
        }
    }
    // {{web}}

    fn handlers() -> osaurus_plugin::Handlers {
        osaurus_plugin::Handlers { route: true, ..Default::default() }
    }

    /// The only route is the one of the page.
    fn handle_route(&self, frame: &Frame, _request: &str) -> String {
        match greetings(frame.host()) {
            Ok(all) => envelope::response(200, "application/json; charset=utf-8", &all.to_string()),
            Err(error) => envelope::response_error(500, &error.to_string()),
        }
    }
    // {{/web}}
}

osaurus_plugin::export!(Greeter);

fn greet(host: Host<'_>, payload: &str) -> String {
    let greet: Greet = match serde_json::from_str(payload) {
        Ok(greet) => greet,
        Err(error) => return envelope::failure(Kind::InvalidArgs, &error.to_string()),
    };
    match count(host, &greet.name) {
        Ok(times) => envelope::success(json!({ "text": greeting(&greet, times) })),
        Err(error) => envelope::failure(Kind::ExecutionError, &error.to_string()),
    }
}

fn greeting(greet: &Greet, times: i64) -> String {
    let end = if greet.excited { "!" } else { "." };
    format!("Hello {}{end} (greeting number {times})", greet.name)
}

// {{web}}
/// Who was greeted how often.
fn greetings(host: Host<'_>) -> Result<Value, HostError> {
    host.db_exec(TABLE, &[])?;
    let rows = host.db_query("SELECT name, times FROM greeted ORDER BY times DESC, name", &[])?;
    let row = |row: &Vec<Value>| json!({ "name": row.first(), "times": row.get(1) });
    Ok(rows.rows.iter().map(row).collect())
}

// {{/web}}
/// Counts a greeting, this one included.
fn count(host: Host<'_>, name: &str) -> Result<i64, HostError> {
    host.db_exec(TABLE, &[])?;
    host.db_exec(
        "INSERT INTO greeted VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
        &[json!(name)],
    )?;
    let rows = host.db_query("SELECT times FROM greeted WHERE name = ?1", &[json!(name)])?;
    Ok(rows.rows.first().and_then(|row| row.first()).and_then(Value::as_i64).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use osaurus_plugin::testing::TestHost;

    #[test]
    fn greetings_are_counted_for_each_name() {
        let host = TestHost::<Greeter>::new();
        let greet = |arguments| host.call("greet", arguments).unwrap()["text"].clone();
        assert_eq!(greet(json!({"name": "Ada"})), "Hello Ada. (greeting number 1)");
        assert_eq!(greet(json!({"name": "Ada", "excited": true})), "Hello Ada! (greeting number 2)");
        assert_eq!(greet(json!({"name": "Eve"})), "Hello Eve. (greeting number 1)");
    }

    #[test]
    fn a_greeting_needs_a_name() {
        let failure = TestHost::<Greeter>::new().call("greet", json!({})).unwrap_err();
        assert_eq!(failure.kind, "invalid_args");
        assert!(failure.message.contains("name"), "{failure}");
    }
}
