//! config, db, log, http_request and file_read, as a plugin sees them.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{AgentId, Host};
use serde_json::json;

#[test]
fn settings_belong_to_an_agent_above_the_default_one() {
    let data = tempfile::tempdir().unwrap();
    {
        let (host, plugin) = loaded(Host::builder().data_dir(data.path()));
        let (alice, bob) = (Probe(&plugin, alice()), Probe(&plugin, bob()));
        host.store_config(AgentId::DEFAULT, "dev.probe", "shared", "for all")
            .unwrap();
        alice.config_set("mine", "");
        assert_eq!(alice.config_get("mine"), "", "empty is a value");
        assert_eq!(bob.config_get("mine"), "NULL");
        alice.config_set("shared", "alice's");
        assert_eq!(
            (alice.config_get("shared"), bob.config_get("shared")),
            ("alice's".into(), "for all".into())
        );
        alice.call(&["3", "v1", "shared"]);
        assert_eq!(
            alice.config_get("shared"),
            "for all",
            "deleting uncovers the default"
        );
        let (limit, over) = ("x".repeat(1_048_576), "x".repeat(1_048_577));
        alice.config_set("big", &limit);
        alice.config_set("big", &over);
        assert_eq!(
            alice.config_get("big").len(),
            limit.len(),
            "one byte more is dropped"
        );
        alice.config_set("kept", "yes");
    }
    let (host, plugin) = loaded(Host::builder().data_dir(data.path()));
    assert_eq!(Probe(&plugin, alice()).config_get("kept"), "yes");
    for agent in [None, Some(AgentId::DEFAULT)] {
        let without_agent = Probe(&plugin, agent);
        without_agent.config_set("kept", "no");
        assert_eq!(without_agent.config_get("kept"), "NULL");
    }
    assert_eq!(
        Probe(&plugin, Some(AgentId::DEFAULT)).active_agent(),
        AgentId::DEFAULT.to_string()
    );
    let warned = host
        .log_lines()
        .into_iter()
        .filter(|line| line.message.contains("without an agent"))
        .count();
    assert_eq!(warned, 2, "once for get and once for set");
}

#[test]
fn secrets_and_the_working_folder_are_added_to_arguments() {
    let (host, plugin) = loaded(Host::builder());
    host.store_config(AgentId::DEFAULT, "dev.probe", "token", "default")
        .unwrap();
    host.store_config(AgentId::DEFAULT, "dev.probe", "other", "o")
        .unwrap();
    host.store_config(alice().unwrap(), "dev.probe", "token", "alice's")
        .unwrap();
    let call = osaurus_reference_host::ToolCall {
        tool: "raw".into(),
        arguments: r#"{"ok":true,"_context":1}"#.into(),
        agent: alice(),
        working_directory: Some("/tmp".into()),
    };
    let value: serde_json::Value = serde_json::from_str(&plugin.call_tool(&call)).unwrap();
    assert_eq!(value["_secrets"], json!({"token": "alice's", "other": "o"}));
    assert_eq!(value["_context"], json!({"working_directory": "/tmp"}));
    assert_eq!(
        plugin.invoke("raw", r#"{"ok":true}"#, None),
        r#"{"ok":true}"#,
        "no agent, no secrets"
    );
    assert!(
        plugin.invoke("raw", "[1]", alice()).contains("[1]"),
        "only objects get extras"
    );
}

#[test]
fn tool_calls_end_in_envelopes() {
    let limit = std::time::Duration::from_secs(3);
    let (_host, plugin) = loaded(Host::builder().tool_limit(limit));
    let envelope = |tool: &str, payload: &str| -> serde_json::Value {
        serde_json::from_str(&plugin.invoke(tool, payload, None)).unwrap()
    };
    assert_eq!(envelope("nope", "{}")["kind"], "tool_not_found");
    assert_eq!(
        envelope("null", "{}")["message"],
        "Plugin returned NULL response"
    );
    let late = envelope("sleep", "8000");
    assert_eq!(
        (late["kind"].as_str(), late["retryable"].as_bool()),
        (Some("timeout"), Some(true))
    );
    assert_eq!(envelope("raw", "while that call still runs")["ok"], true);
}

#[test]
fn db_has_the_binding_rules_and_messages_of_osaurus() {
    let (_host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    assert_eq!(
        db.exec("CREATE TABLE t(a, b, c, d, e, f)", ""),
        r#"{"changes":0,"last_insert_rowid":0}"#
    );
    let row = r#"[null, true, 1.0, 2.5, "x\u0000y", {"b":1,"a":[2]}, "too many"]"#;
    assert_eq!(
        db.exec("INSERT INTO t VALUES(?,?,?,?,?,?)", row),
        r#"{"changes":1,"last_insert_rowid":1}"#
    );
    assert_eq!(
        db.query("SELECT * FROM t", ""),
        r#"{"columns":["a","b","c","d","e","f"],"rows":[[null,1,1,2.5,"x","{\"a\":[2],\"b\":1}"]]}"#
    );
    assert_eq!(
        db.query("SELECT :x AS x, 1 AS x", r#"{":x": 1}"#),
        r#"{"columns":["x","x"],"rows":[[null,1]]}"#
    );
    assert_eq!(
        db.query("SELECT ?2, ?1", "[1,2]"),
        r#"{"columns":["?2","?1"],"rows":[[2,1]]}"#
    );
    assert_eq!(
        db.query(
            "SELECT 3.0, 1e20, x'0102', x'', 'q\"\n', 9223372036854775807",
            ""
        ),
        r#"{"columns":["3.0","1e20","x'0102'","x''","'q\"\n'","9223372036854775807"],"rows":[[3.0,1e+20,"AQI=",null,"q\"\n",9223372036854775807]]}"#
    );
    assert_eq!(
        db.exec("INSERT INTO t(a) VALUES(7); DELETE FROM t", ""),
        r#"{"changes":1,"last_insert_rowid":2}"#
    );
    assert_eq!(
        db.query("SELECT count(*) AS n FROM t", ""),
        r#"{"columns":["n"],"rows":[[2]]}"#,
        "only the first statement"
    );
    assert_eq!(
        db.exec("attach 'x' as y", ""),
        r#"{"error":"Forbidden SQL statement"}"#
    );
    assert_eq!(
        db.query("SELEC", ""),
        r#"{"error":"near \"SELEC\": syntax error"}"#
    );
    assert_eq!(db.query("-- nothing", "[1]"), r#"{"columns":[],"rows":[]}"#);
    assert_eq!(
        db.exec("", ""),
        r#"{"error":"bad parameter or other API misuse"}"#
    );
    assert_eq!(
        db.query("PRAGMA journal_mode", ""),
        r#"{"columns":["journal_mode"],"rows":[["wal"]]}"#
    );
    assert_eq!(
        db.query("PRAGMA max_page_count", ""),
        r#"{"columns":["max_page_count"],"rows":[[25600]]}"#
    );
    for (setting, value) in [
        ("synchronous", 1),
        ("foreign_keys", 1),
        ("temp_store", 2),
        ("cache_size", -20000),
    ] {
        let text = db.query(&format!("PRAGMA {setting}"), "");
        assert!(text.ends_with(&format!("[[{value}]]}}")), "{text}");
    }
}

#[test]
fn a_database_is_full_at_its_cap_and_unreadable_without_the_key() {
    let (host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    db.exec("CREATE TABLE t(a)", "");
    db.query("PRAGMA max_page_count = 10", "");
    assert_eq!(
        db.exec("INSERT INTO t VALUES(zeroblob(100000))", ""),
        r#"{"error":"database or disk is full"}"#
    );
    let file = host.data_dir().join("Tools/dev.probe/data/data.db");
    host.unload(&plugin);
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.len() >= 4096 && !bytes.starts_with(b"SQLite format 3"));
}

#[test]
fn log_lines_keep_level_agent_and_payload() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    probe.call(&["6", "l2", "3", "plain"]);
    probe.call(&["23", "l3", "9", "odd", "{not json"]);
    probe.call(&["23", "l3", "2", "bare", "NULL"]);
    probe.call(&["6", "l2", "2", "NULL"]);
    let lines = host.log_lines();
    let own: Vec<_> = lines.iter().filter(|line| !line.from_host).collect();
    let lines: Vec<_> = own
        .iter()
        .map(|line| (line.label, line.message.as_str(), line.payload.as_deref()))
        .collect();
    assert_eq!(
        lines,
        [
            ("WARN", "plain", None),
            ("LOG", "odd", Some("{not json")),
            ("INFO", "bare", None)
        ]
    );
    assert!(own.iter().all(|line| line.agent == alice()));
    assert_eq!(
        host.activity()
            .iter()
            .find(|call| call.slot == "log")
            .unwrap()
            .status,
        299
    );
}

#[test]
fn http_follows_redirects_by_osaurus_rules() {
    let server = Server::start(|request| match request.path.as_str() {
        "/start" => respond("302 Found", "Location: /next\r\n", ""),
        "/keep" => respond(
            "307 Temporary Redirect",
            "Location: http://other.example.com/next\r\n",
            "",
        ),
        "/loop" => respond("302 Found", "Location: /loop\r\n", ""),
        "/inside" => respond("302 Found", "Location: http://10.1.2.3/\r\n", ""),
        "/binary" => vec![
            "HTTP/1.1 404 Not Found\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 2\r\n\r\n".into(),
            "\u{0}a".into(),
        ],
        _ => respond("200 OK", "X-Seen: yes\r\n", "hello"),
    });
    let address = server.address.to_string();
    let builder = Host::builder()
        .map_host("api.example.com", &address)
        .map_host("other.example.com", &address);
    let (host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    let post = |path: &str, extra: serde_json::Value| {
        let mut request = json!({"method": "post", "url": format!("http://api.example.com{path}"),
            "body": "b",
            "headers": {"Authorization": "secret", "Content-Type": "text/x", "X-Own": "1"}});
        request
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        probe.http(&request)
    };
    let answer = post("/start", json!({}));
    assert_eq!(
        (answer["status"].as_u64(), answer["body"].as_str()),
        (Some(200), Some("hello"))
    );
    assert_eq!(
        (
            answer["headers"]["x-seen"].as_str(),
            answer["body_encoding"].as_str()
        ),
        (Some("yes"), Some("utf8"))
    );
    post(
        "/keep",
        json!({"headers": {"Authorization": "secret", "User-Agent": "mine"}}),
    );
    let requests = server.requests();
    assert_eq!(
        (
            requests[1].method.as_str(),
            requests[1].header("content-type"),
            requests[1].body.as_str()
        ),
        ("GET", None, "")
    );
    assert_eq!(
        (
            requests[1].header("authorization"),
            requests[1].header("x-own")
        ),
        (Some("secret"), Some("1"))
    );
    assert_eq!(
        (requests[3].method.as_str(), requests[3].body.as_str()),
        ("POST", "b"),
        "307 keeps method and body"
    );
    assert_eq!(requests[3].header("authorization"), None, "another host");
    assert_eq!(
        requests[3].header("user-agent"),
        Some("mine Osaurus/0.23.0 Plugin/dev.probe")
    );
    assert_eq!(
        post("/start", json!({"follow_redirects": false}))["status"],
        302
    );
    assert_eq!(post("/loop", json!({}))["error"], "too_many_redirects");
    let refused = post("/inside", json!({}));
    assert_eq!(refused["error"], "ssrf_blocked");
    assert!(
        refused["message"].as_str().unwrap().contains("RFC1918") && refused["elapsed_ms"].is_u64()
    );
    let answer = post(
        "/binary",
        json!({"headers": {"Authorization": 1, "X-Own": "1"}}),
    );
    assert_eq!(
        (
            answer["status"].as_u64(),
            answer["headers"]["x-two"].as_str()
        ),
        (Some(404), Some("a, b"))
    );
    assert_eq!(
        server.requests().last().unwrap().header("x-own"),
        None,
        "one bad value drops all headers"
    );
    let notes: Vec<String> = host
        .activity()
        .into_iter()
        .flat_map(|call| call.notes)
        .collect();
    for name in ["api", "other"] {
        assert!(
            notes.contains(&format!("mapped host: {name}.example.com -> {address}")),
            "{notes:?}"
        );
    }
}

#[test]
fn http_refuses_fails_and_limits_by_name() {
    let (_host, plugin) = loaded(Host::builder().map_host("closed.example.com", "127.0.0.1:1"));
    let probe = Probe(&plugin, alice());
    let get = |url: &str| probe.http(&json!({"method": "GET", "url": url}));
    assert_eq!(get("http://127.0.0.1:1/")["error"], "ssrf_blocked");
    assert_eq!(
        get("http://127.0.0.1:1/")["message"],
        "Requests to loopback addresses are blocked (SSRF protection)"
    );
    assert_eq!(
        probe.http(&json!({"method": "GET"}))["error"],
        "invalid_request"
    );
    let refused = get("http://closed.example.com/");
    assert_eq!(refused["error"], "connection_refused", "{refused}");
    assert_eq!(get("http://no-such-host.invalid/")["error"], "dns_failure");
    for _ in 0..58 {
        get("http://closed.example.com/");
    }
    let limited = get("http://closed.example.com/");
    assert_eq!(
        (
            limited["error"].as_str(),
            limited["retry_after_ms"].as_u64()
        ),
        (Some("rate_limit_exceeded"), Some(60_000))
    );
    let other =
        Probe(&plugin, bob()).http(&json!({"method": "GET", "url": "http://closed.example.com/"}));
    assert_eq!(
        other["error"], "connection_refused",
        "another agent has its own limit"
    );
}

#[test]
fn http_waits_no_longer_than_its_timeout_and_sends_any_method_with_a_body() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let server = Server::start(move |request| {
        if request.path == "/slow" {
            let _ = gate.lock().unwrap().recv();
        }
        respond(
            "200 OK",
            "",
            &format!("{} {}", request.method, request.body),
        )
    });
    let builder = Host::builder().map_host("api.example.com", &server.address.to_string());
    let (_host, plugin) = loaded(builder);
    let ask = |method: &str, path: &str, patience: u32| {
        let url = format!("http://api.example.com{path}");
        Probe(&plugin, None).http(
            &json!({"method": method, "url": url, "timeout_ms": patience,
            "body": "aGk=", "body_encoding": "base64"}),
        )
    };
    let late = ask("GET", "/slow", 150);
    assert_eq!(late["error"], "connection_timeout");
    assert!(late["elapsed_ms"].as_u64() >= Some(150), "{late}");
    drop(open);
    for method in ["get", "DELETE", "REPORT", "PATCH"] {
        assert_eq!(
            ask(method, "/", 60_000)["body"],
            format!("{} hi", method.to_uppercase())
        );
    }
}

#[test]
fn file_read_serves_the_artifacts_folder_only() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, None);
    let folder = host.data_dir().join("artifacts");
    std::fs::write(folder.join("note.md"), "hi").unwrap();
    std::fs::write(host.data_dir().join("outside.txt"), "no").unwrap();
    std::os::unix::fs::symlink(host.data_dir().join("outside.txt"), folder.join("link.txt"))
        .unwrap();
    assert_eq!(
        probe.call(&[
            "16",
            "t1",
            &json!({"path": folder.join("x/../note.md")}).to_string()
        ]),
        r#"{"data":"aGk=","mime_type":"text/markdown","size":2}"#
    );
    assert_eq!(
        probe.file_read(&folder.join("../outside.txt"))["error"],
        "access_denied"
    );
    assert_eq!(
        probe.file_read(&folder.join("link.txt"))["error"],
        "access_denied"
    );
    assert_eq!(probe.file_read(&folder.join("none"))["error"], "not_found");
    assert_eq!(probe.json(&["16", "t1", "{}"])["error"], "invalid_request");
    std::fs::create_dir(folder.join("d")).unwrap();
    assert_eq!(probe.file_read(&folder.join("d"))["error"], "read_error");
}
