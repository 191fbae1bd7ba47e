//! What changes under `Profile::Documented`: the side of the documents, quirk by quirk. The side of
//! the implementation is in the other files.

use crate::support::*;
use osaurus_reference_host::{ActivityQuery, AgentId, Host, HostBuilder, Profile};
use serde_json::{Value, json};

fn documented() -> HostBuilder {
    Host::builder().profile(Profile::Documented)
}

#[test]
fn sql_takes_named_parameters_and_gives_rows_as_objects() {
    let (host, plugin) = loaded(documented());
    let db = Probe(&plugin, None);
    assert_eq!(
        db.query(
            "SELECT :a AS a, @b AS b, $c AS c, ?4 AS d",
            r#"{"a":1,"@b":"two","c":[3]}"#
        ),
        r#"{"columns":["a","b","c","d"],"rows":[{"a":1,"b":"two","c":"[3]","d":null}]}"#
    );
    assert_eq!(
        db.query("SELECT ? AS a, 9e999 AS b, char(1) AS c", "[5]"),
        r#"{"columns":["a","b","c"],"rows":[{"a":5,"b":null,"c":"\u0001"}]}"#
    );
    assert!(own_calls(&host).iter().all(|call| call.notes.is_empty()));
}

#[test]
fn database_errors_have_a_code_and_a_message() {
    let (_host, plugin) = loaded(documented());
    let db = Probe(&plugin, None);
    assert_eq!(
        db.query("SELEC", ""),
        r#"{"error":"database_error","message":"near \"SELEC\": syntax error"}"#
    );
    assert_eq!(
        db.exec("DETACH x", ""),
        r#"{"error":"database_error","message":"Forbidden SQL statement"}"#
    );
}

#[test]
fn without_an_agent_the_default_agent_is_used_and_is_like_any_other() {
    let (host, plugin) = loaded(documented());
    let (without_agent, default) = (Probe(&plugin, None), Probe(&plugin, Some(AgentId::DEFAULT)));
    without_agent.config_set("k", "v");
    assert_eq!(
        (without_agent.config_get("k"), default.config_get("k")),
        ("v".into(), "v".into())
    );
    let stored = host.config_value(AgentId::DEFAULT, "dev.probe", "k");
    assert_eq!(stored.as_deref(), Some("v"));
    assert_eq!(
        Probe(&plugin, alice()).config_get("k"),
        "v",
        "it is beneath every agent"
    );
    default.call(&["3", "v1", "k"]);
    assert_eq!(without_agent.config_get("k"), "NULL");
    let warned = |key: &str| host.warnings().iter().any(|one| one.key == key);
    assert!(
        warned("dev.probe|config_set|no_agent_context"),
        "with a warning"
    );
    assert_eq!(
        default.dispatch(&json!({"prompt": "x"}))["status"],
        "running"
    );
    assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
}

fn with_requirements(requirements: &[&str]) -> Value {
    let mut manifest = manifest("dev.probe");
    manifest["capabilities"]["tools"][0]["requirements"] = json!(requirements);
    manifest
}

#[test]
fn requirements_gate_http_and_files_in_the_documents_only() {
    let http = json!({"method": "GET", "url": "http://closed.example.com/"});
    let file = |host: &Host| host.data_dir().join("artifacts/none");
    let builder = |profile| {
        Host::builder()
            .profile(profile)
            .map_host("closed.example.com", "127.0.0.1:1")
    };
    let answers = |profile, requirements: &[&str]| {
        let host = builder(profile).build().unwrap();
        let plugin = host
            .load(&probe_with(&with_requirements(requirements)))
            .unwrap();
        let probe = Probe(&plugin, alice());
        let file = probe.file_read(&file(&host));
        (probe.http(&http), file)
    };
    let (sent, read) = answers(Profile::Documented, &["Network"]);
    assert_eq!(
        (&sent["error"], &read["error"]),
        (&json!("connection_refused"), &json!("forbidden"))
    );
    let (sent, read) = answers(Profile::Documented, &["filesystem"]);
    assert_eq!(
        (&sent["error"], &read["error"]),
        (&json!("forbidden"), &json!("not_found"))
    );
    assert_eq!(
        sent["message"],
        "Plugin 'dev.probe' declares the requirement 'network' for none of its tools."
    );
    let (sent, read) = answers(Profile::Actual, &[]);
    assert_eq!(
        (&sent["error"], &read["error"]),
        (&json!("connection_refused"), &json!("not_found"))
    );
}

/// In a child, because the actual side depends on what was called last in the process.
#[test]
fn a_thread_of_the_plugins_own_finds_no_context() {
    if child_case().is_none() {
        let test = "documented::a_thread_of_the_plugins_own_finds_no_context";
        return assert_ok(&in_child(test, "run"));
    }
    let (_host, plugin) = loaded(documented());
    let probe = Probe(&plugin, alice());
    let answer = probe.thread(&["5", "t2", "SELECT 1", ""]);
    assert!(
        answer.starts_with(r#"{"error":"context_unavailable","message":"#),
        "{answer}"
    );
    let (_other, actual) = loaded(Host::builder());
    let answer = Probe(&actual, alice()).thread(&["5", "t2", "SELECT 1 AS a", ""]);
    assert_eq!(answer, r#"{"columns":["a"],"rows":[[1]]}"#);
}

#[test]
fn models_call_tools_by_the_plugins_id_and_the_tools_own() {
    let called = |profile, tool: &str| {
        let (host, plugin) = loaded(Host::builder().profile(profile));
        let prompt = json!({"prompt": format!("call {tool} {{\"a\":1}}"), "tools": [tool]});
        assert_eq!(
            Probe(&plugin, alice()).dispatch(&prompt)["status"],
            "running"
        );
        assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
        let dropped = host
            .warnings()
            .iter()
            .any(|one| one.key.contains("|tool_scope|"));
        let calls = host.records(&ActivityQuery::new().slot("invoke"));
        let call = calls.into_iter().find(|call| call.path.ends_with("/raw"));
        (dropped, call.map(|call| call.response.unwrap()))
    };
    let called_as_declared = (false, Some(r#"{"a":1}"#.to_string()));
    let unknown = (true, None);
    assert_eq!(called(Profile::Actual, "raw"), called_as_declared);
    assert_eq!(called(Profile::Actual, "dev.probe_raw"), unknown);
    assert_eq!(
        called(Profile::Documented, "dev.probe_raw"),
        called_as_declared
    );
    assert_eq!(called(Profile::Documented, "raw"), unknown);
}
