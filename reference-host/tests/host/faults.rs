//! What happens when something breaks, at every place where it can: the Nth database write,
//! returned string, socket read or model chunk fails, for every N of a scenario. Nothing crashes,
//! every tool call ends in an envelope, and no row is lost that was acknowledged.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{BuiltinModel, Fault, Host, HostBuilder, KeyPlace, LoadedPlugin};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Runs `scenario` with the first occasion failing, then the second, until none is left; returns
/// how many there were.
fn at_every_place(fault: Fault, scenario: impl Fn(HostBuilder, u64) -> Option<Host>) -> u64 {
    for number in 1..500 {
        let host = scenario(Host::builder().fail_at(fault, number), number);
        if host.is_some_and(|host| !host.fault_struck()) {
            return number - 1;
        }
    }
    panic!("the fault strikes forever");
}

/// One host call of the probe as a tool call: always an envelope. Its text is what the host call
/// returned.
fn enveloped(plugin: &Arc<LoadedPlugin>, order: &[&str]) -> String {
    let envelope = plugin.invoke("call", &order.join("\x1f"), alice());
    let value: Value =
        serde_json::from_str(&envelope).unwrap_or_else(|error| panic!("{error}: {envelope}"));
    assert!(value["ok"].is_boolean(), "{envelope}");
    value["result"]["text"]
        .as_str()
        .unwrap_or_default()
        .to_string()
}

#[test]
fn every_database_write_may_fail_and_no_acknowledged_row_is_lost() {
    let occasions = at_every_place(Fault::DatabaseWrite, |builder, number| {
        let data = tempfile::tempdir().unwrap();
        let on = |builder: HostBuilder| builder.data_dir(data.path()).key_place(KeyPlace::File);
        let mut acknowledged = BTreeSet::new();
        let host = match on(builder).build() {
            Ok(host) => host,
            Err(error) => {
                assert!(error.to_string().contains("secrets.db"), "{error}");
                return None;
            }
        };
        let plugin = host.load(&probe_with(&manifest("dev.probe"))).unwrap();
        let db = |sql: &str| enveloped(&plugin, &["4", "t2", sql, "NULL"]);
        let mut failures =
            usize::from(!db("CREATE TABLE t(n INTEGER PRIMARY KEY)").contains("changes"));
        for n in 1..=6 {
            enveloped(&plugin, &["2", "v2", "k", &n.to_string()]);
            let answer = db(&format!("INSERT INTO t VALUES ({n})"));
            if answer.starts_with("{\"changes\":1,") {
                acknowledged.insert(n);
            } else {
                assert!(
                    answer.starts_with("{\"error\":\""),
                    "write {number}: {answer}"
                );
                failures += 1;
            }
        }
        assert!(failures <= 7 && (host.fault_struck() || failures == 0));
        host.shutdown();
        let (_again, plugin) = loaded(on(Host::builder()));
        let rows = Probe(&plugin, None).query("SELECT n FROM t", "");
        for n in &acknowledged {
            assert!(
                rows.contains(&format!("[{n}]")),
                "write {number}: {n} is lost: {rows}"
            );
        }
        Some(host)
    });
    assert!(occasions >= 10, "{occasions}");
}

/// Host calls whose answers are strings; a string that cannot be made is NULL, as the ABI says.
fn strings(builder: HostBuilder) -> Host {
    let (host, plugin) = loaded(builder);
    let answers: Vec<String> = [
        &["4", "t2", "CREATE TABLE t(a)", "NULL"][..],
        &["5", "t2", "SELECT 1", "NULL"],
        &["1", "t1", "k"],
        &["22", "t0"],
        &["14", "t0"],
        &["13", "t1", r#"{"input":"x"}"#],
        &["8", "t1", "x"],
        &["16", "t1", "{}"],
        &["15", "t1", "{}"],
        &["17", "t0"],
    ]
    .iter()
    .map(|order| enveloped(&plugin, order))
    .collect();
    let missing = answers.iter().filter(|answer| *answer == "NULL").count();
    assert!((1..=1 + usize::from(host.fault_struck())).contains(&missing));
    host
}

#[test]
fn every_returned_string_may_be_out_of_memory() {
    let occasions = at_every_place(Fault::ReturnedString, |builder, _| Some(strings(builder)));
    assert_eq!(
        occasions, 10,
        "one while loading, and one for each answer but the missing setting's"
    );
}

fn reads(builder: HostBuilder, server: &Server) -> Host {
    let (host, plugin) = loaded(builder.map_host("api.example.com", &server.address.to_string()));
    for path in ["/", "/moved", "/"] {
        let request = json!({"method": "GET", "url": format!("http://api.example.com{path}")});
        let answer = enveloped(&plugin, &["15", "t1", &request.to_string()]);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let whole = answer["body"] == "hello";
        assert!(whole || answer["error"] == "network_error", "{answer}");
    }
    host
}

#[test]
fn every_socket_read_may_fail() {
    let server = Server::start(|got| match got.path.as_str() {
        "/moved" => respond("302 Found", "Location: /\r\n", ""),
        _ => respond("200 OK", "", "hello"),
    });
    let occasions = at_every_place(Fault::SocketRead, |builder, _| {
        Some(reads(builder, &server))
    });
    assert!(occasions >= 4, "{occasions}");
}

#[test]
fn every_model_chunk_may_fail() {
    let chat = json!({"model": "", "messages": [{"role": "user", "content": "some words to stream \
        back"}]});
    let occasions = at_every_place(Fault::ModelChunk, |builder, _| {
        let (host, plugin) = loaded(builder.model(BuiltinModel::default()));
        let whole = enveloped(&plugin, &["11", "t1", &chat.to_string()]);
        let streamed = enveloped(&plugin, &["12", "s", &chat.to_string(), ""]);
        let answer: Value = serde_json::from_str(streamed.lines().last().unwrap()).unwrap();
        let failed = [
            whole.contains("inference_error"),
            answer["error"] == "inference_error",
        ];
        let task = enveloped(&plugin, &["7", "t1", r#"{"prompt":"x"}"#]);
        let task: Value = serde_json::from_str(&task).unwrap();
        assert_eq!(task["status"], "running");
        assert!(
            host.wait_for_tasks(Duration::from_secs(60)),
            "the task ends"
        );
        let ended = |line: &String| line.starts_with("event 4") || line.starts_with("event 5");
        let mut events = Probe(&plugin, alice()).events();
        events.retain(|line| line.contains(task["id"].as_str().unwrap()));
        assert_eq!(
            events.iter().filter(|line| ended(line)).count(),
            1,
            "{events:?}"
        );
        let broke =
            failed.iter().any(|one| *one) || events.iter().any(|line| line.starts_with("event 5"));
        assert_eq!(broke, host.fault_struck());
        Some(host)
    });
    assert!(occasions >= 4, "{occasions}");
}

/// The failing paths under a leak checker: each in a child under valgrind, which fails on memory
/// that nothing points to.
#[cfg(target_os = "linux")]
#[test]
fn failing_paths_leak_nothing() {
    if let Some(case) = child_case() {
        let number: u64 = case.parse().unwrap();
        let server = Server::start(|_| respond("200 OK", "", "hello"));
        drop(strings(
            Host::builder().fail_at(Fault::ReturnedString, number),
        ));
        drop(reads(
            Host::builder().fail_at(Fault::SocketRead, number),
            &server,
        ));
        let host = Host::builder()
            .fail_at(Fault::DatabaseWrite, number + 12)
            .build();
        return drop(host.inspect(|host| {
            let plugin = host.load(&probe_with(&manifest("dev.probe"))).unwrap();
            enveloped(&plugin, &["4", "t2", "CREATE TABLE t(n)", "NULL"]);
            enveloped(&plugin, &["4", "t2", "INSERT INTO t VALUES (1)", "NULL"]);
        }));
    }
    let output = std::process::Command::new("valgrind")
        .args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite"])
        .args(["--errors-for-leak-kinds=definite", "--error-exitcode=42"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "faults::failing_paths_leak_nothing",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("PROBE_CASE", "2")
        .output()
        .expect("valgrind: run script/setup");
    assert_ok(&output);
}
