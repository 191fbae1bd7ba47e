//! Host calls tell in their records which quirks they met, so that an author sees why something was
//! not as written.

use crate::support::*;
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, Profile};
use serde_json::{Value, json};
use std::sync::Arc;

/// The quirks of the last call of the probe.
fn met(
    host: &Host,
    plugin: &Arc<LoadedPlugin>,
    agent: Option<AgentId>,
    parts: &[&str],
) -> Vec<u32> {
    Probe(plugin, agent).call(parts);
    own_calls(host).pop().unwrap().quirks()
}

fn chat(text: &str, more: Value) -> String {
    ask(text, more).to_string()
}

#[test]
fn a_call_has_the_quirks_that_it_met_and_no_others() {
    let script = "[[rule]]\nwhen = \"odd\"\ntext = \"x\"\nfinish_reason = \"because\"\n\
                  [[rule]]\nwhen = \"loop\"\ncall = [{ tool = \"raw\", arguments = {} }]\n";
    let builder = scripted(script).map_host("closed.example.com", "127.0.0.1:1");
    let (host, plugin) = loaded(builder);
    let default = Some(AgentId::DEFAULT);
    let (odd, endless) = (
        chat("odd", json!({})),
        chat("loop", json!({"max_iterations": 1})),
    );
    let all = chat("hello", json!({"tools": true}));
    let no_model = json!({"messages": []}).to_string();
    let get = json!({"method": "GET", "url": "http://closed.example.com/"}).to_string();
    let table: &[(Option<AgentId>, &[&str], &[u32])] = &[
        (alice(), &["1", "t1", "k"], &[]),
        (None, &["1", "t1", "k"], &[4]),
        (default, &["2", "v2", "k", "v"], &[5]),
        (None, &["5", "t2", "SELECT 1", "[]"], &[]),
        (None, &["5", "t2", "SELECT :a", "{\"a\":1}"], &[1]),
        (None, &["4", "t2", "SELEC", "NULL"], &[3]),
        (
            None,
            &["7", "t1", "{\"prompt\":\"x\",\"mode\":\"chat\"}"],
            &[13, 4],
        ),
        (default, &["7", "t1", "{\"prompt\":\"x\"}"], &[5]),
        (alice(), &["11", "t1", &no_model], &[7]),
        (alice(), &["11", "t1", &all], &[11]),
        (alice(), &["11", "t1", &endless], &[11, 8]),
        (alice(), &["12", "s", &endless], &[11]),
        (alice(), &["11", "t1", &odd], &[10]),
        (alice(), &["12", "s", &odd], &[10]),
        (alice(), &["14", "t0"], &[12]),
        (alice(), &["15", "t1", &get], &[21]),
        (alice(), &["20", "t2", "x", "y"], &[26]),
    ];
    for (agent, parts, expected) in table {
        assert_eq!(met(&host, &plugin, *agent, parts), *expected, "{parts:?}");
    }
    let (host, plugin) = loaded(scripted(script).profile(Profile::Documented));
    for (agent, parts, _) in table {
        assert!(met(&host, &plugin, *agent, parts).is_empty(), "{parts:?}");
    }
    assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
}
