//! Tools, settings, the database, the log, the agent.

use super::{Scenario, calling, tools};
use crate::matrix::stage::Stage;
use osaurus_reference_host::AgentId;
use serde_json::{Value, json};

pub(super) const TOOLS_ANSWER: Scenario =
    tools("a tool gets its arguments and answers in UTF-8", |stage| {
        let text = "Grüße, \"Ada\" \\ 🦖\n\u{1}";
        let envelope = stage.tool("echo", &json!({ "text": text }));
        assert_eq!(envelope, json!({"ok": true, "result": {"text": text}}));
    });

pub(super) const FAILURES_KEEP_THEIR_KIND: Scenario =
    tools("a failure is an envelope with its kind", |stage| {
        let refused = stage.tool("refuse", &json!({}));
        assert_eq!(
            (&refused["ok"], &refused["kind"]),
            (&json!(false), &json!("not_found"))
        );
        assert_eq!(
            (&refused["message"], &refused["retryable"]),
            (&json!("nothing has that name"), &json!(false))
        );
        let wrong = stage.tool("echo", &json!({}));
        assert_eq!(
            (&wrong["kind"], &wrong["field"]),
            (&json!("invalid_args"), &json!("text"))
        );
    });

pub(super) const MANIFEST: Scenario = calling(
    "the manifest arrives whole",
    &["plugin.get_manifest"],
    |stage| {
        let manifest = stage.plugin.manifest();
        let tools: Vec<&str> = manifest
            .tools()
            .iter()
            .map(|tool| tool.id.as_str())
            .collect();
        assert_eq!(tools, ["call", "echo", "refuse", "seen"]);
        let routes: Vec<&str> = manifest
            .routes()
            .iter()
            .map(|route| route.path.as_str())
            .collect();
        assert_eq!(routes, ["/things/:name", "/broken"]);
        assert_eq!(stage.plugin.handles_routes(), stage.plugin.abi() >= 2);
    },
);

pub(super) const CONFIG_VALUES: Scenario = calling(
    "a setting is missing, set, empty and gone",
    &["host.config_get", "host.config_set", "host.config_delete"],
    |stage| {
        assert_eq!(stage.call("config_get", json!(["mood"])), None);
        assert_eq!(stage.call("config_set", json!(["mood", "fröhlich"])), None);
        assert_eq!(
            stage.call("config_get", json!(["mood"])).as_deref(),
            Some("fröhlich")
        );
        stage.call("config_set", json!(["mood", ""]));
        assert_eq!(
            stage.call("config_get", json!(["mood"])).as_deref(),
            Some("")
        );
        stage.call("config_delete", json!(["mood"]));
        assert_eq!(stage.call("config_get", json!(["mood"])), None);
    },
);

pub(super) const CONFIG_OF_ANOTHER_AGENT: Scenario = calling(
    "a setting belongs to the calling agent",
    &["host.config_get", "host.config_set"],
    |stage| {
        stage.call("config_set", json!(["owner", "ada"]));
        assert_eq!(
            stage
                .host
                .config_value(stage.ada, "dev.behaviour.probe", "owner")
                .as_deref(),
            Some("ada")
        );
        for other in [Some(AgentId::named("ben")), None] {
            assert_eq!(stage.call_as("config_get", json!(["owner"]), other), None);
        }
    },
);

pub(super) const DATABASE: Scenario = calling(
    "rows come back as they went in",
    &["host.db_exec", "host.db_query"],
    |stage| {
        stage.ask("db_exec", json!(["CREATE TABLE t (a, b, c, d)", null]));
        let inserted = stage.ask(
            "db_exec",
            json!([
                "INSERT INTO t VALUES (?, ?, ?, ?)",
                "[1, 2.5, \"drei\", null]"
            ]),
        );
        assert_eq!(inserted, json!({"changes": 1, "last_insert_rowid": 1}));
        let rows = stage.ask("db_query", json!(["SELECT * FROM t", null]));
        assert_eq!(
            rows,
            json!({"columns": ["a", "b", "c", "d"], "rows": [[1, 2.5, "drei", null]]})
        );
    },
);

pub(super) const DATABASE_ERRORS: Scenario = calling(
    "the database's errors arrive",
    &["host.db_exec", "host.db_query"],
    |stage| {
        let unknown = stage.ask("db_query", json!(["SELECT * FROM nowhere", null]));
        assert_eq!(unknown, json!({"error": "no such table: nowhere"}));
        let forbidden = stage.ask("db_exec", json!(["ATTACH 'x' AS y", null]));
        assert_eq!(forbidden, json!({"error": "Forbidden SQL statement"}));
    },
);

pub(super) const LOG: Scenario = calling(
    "a line reaches the log with its level",
    &["host.log"],
    |stage| {
        stage.call("log", json!([3, "careful"]));
        let line = stage
            .host
            .log_lines()
            .into_iter()
            .find(|line| line.message == "careful")
            .expect("the line");
        assert_eq!((line.level, line.from_host, line.payload), (3, false, None));
    },
);

pub(super) const STRUCTURED_LOG: Scenario = calling(
    "a line can carry fields",
    &["host.log_structured"],
    |stage| {
        stage.call("log_structured", json!([2, "fields", "{\"n\":1}"]));
        stage.call("log_structured", json!([2, "no fields", null]));
        let lines = stage.host.log_lines();
        let payload = |text: &str| {
            let line = lines.iter().find(|line| line.message == text);
            line.unwrap_or_else(|| panic!("no line {text}"))
                .payload
                .clone()
        };
        assert_eq!(
            (payload("fields").as_deref(), payload("no fields")),
            (Some("{\"n\":1}"), None)
        );
    },
);

pub(super) const AGENT: Scenario = calling(
    "the calling agent can be asked for",
    &["host.get_active_agent_id"],
    |stage: &Stage| {
        let id = Value::from(stage.call("get_active_agent_id", json!([])));
        assert_eq!(id, json!(stage.ada.to_string()));
        assert_eq!(stage.call_as("get_active_agent_id", json!([]), None), None);
    },
);
