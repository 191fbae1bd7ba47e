//! Requests of the plugin, files that were shared, requests to the plugin, settings that change.

use super::{Scenario, calling};
use osaurus_reference_host::RouteCall;
use serde_json::{Value, json};

pub(super) const HTTP: Scenario = calling(
    "a request goes out and its errors come back",
    &["host.http_request"],
    |stage| {
        let post = json!({"method": "POST", "url": "http://api.example.com/x?y=1", "body": "hi"});
        let answer = stage.ask("http_request", json!([post.to_string()]));
        assert_eq!(
            (&answer["status"], &answer["body"]),
            (&json!(200), &json!("POST /x?y=1 HTTP/1.1 hi")),
            "{answer}"
        );
        let inside = json!({"method": "GET", "url": "http://127.0.0.1:1/"});
        assert_eq!(
            stage.ask("http_request", json!([inside.to_string()]))["error"],
            "ssrf_blocked"
        );
    },
);

pub(super) const FILES: Scenario = calling(
    "shared files can be read, others not",
    &["host.file_read"],
    |stage| {
        let shared = stage.host.data_dir().join("artifacts/note.txt");
        std::fs::write(&shared, "hi").expect("a written file");
        let text_of = |path: &std::path::Path| {
            stage.ask("file_read", json!([json!({"path": path}).to_string()]))
        };
        assert_eq!(text_of(&shared)["data"], "aGk=");
        assert_eq!(text_of(stage.host.data_dir())["error"], "access_denied");
    },
);

pub(super) const ROUTES_AND_SETTINGS: Scenario = Scenario {
    name: "routes answer and settings arrive",
    needs: &["plugin.handle_route", "plugin.on_config_changed"],
    also: &[],
    play: |stage| {
        let call =
            RouteCall::new("POST", "/things/caf%C3%A9?q=a+b%21", stage.ada).header("X-Test", "yes");
        let answer = stage.plugin.route(call);
        assert_eq!(answer.status, 201, "{}", answer.text());
        let probe = |(name, value): (&String, &String)| {
            name.eq_ignore_ascii_case("x-probe") && value == "yes"
        };
        assert!(answer.headers.iter().any(probe), "{:?}", answer.headers);
        let body: Value = serde_json::from_str(&answer.text()).expect("JSON");
        assert_eq!(
            body,
            json!({"method": "POST", "name": "café", "q": "a+b!", "header": "yes"})
        );
        assert_eq!(
            stage
                .plugin
                .route(RouteCall::new("GET", "/broken", stage.ada))
                .status,
            500
        );
        stage.plugin.config_changed(stage.ada, "colour", "grün");
        assert_eq!(stage.seen("config "), ["config colour=grün"]);
    },
};
