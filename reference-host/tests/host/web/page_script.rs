//! The injected script, run by a real JavaScript engine.

use super::site::*;
use super::vite::node_is_missing;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::{Value, json};
use std::process::Command;

/// Runs the page's script and then `code`, which leaves what it found in `out`. `fetch` only notes
/// its calls.
fn in_page(code: &str) -> Value {
    let site = Site::full(
        Host::builder(),
        &web_manifest(),
        &[],
        &[("index.html", b"</head>")],
    );
    let html = site.get("/ui").text();
    let script = html.split("<script>").nth(1).unwrap();
    let script = script.split("</script>").next().unwrap();
    let program = format!(
        "globalThis.window = globalThis; const out = [];
        globalThis.fetch = async (input, init) => out.push([input, init.method, \
        [...init.headers].sort()]);
        {script}
        {code}
        console.log(JSON.stringify(out));"
    );
    let output = Command::new("node")
        .args(["-e", &program])
        .output()
        .unwrap();
    assert_ok(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn its_fetch_names_the_agent_unless_the_caller_did() {
    if node_is_missing() {
        return;
    }
    let called = in_page(
        "const { fetch: own } = window.__osaurus;
        own('/a');
        own('/b', { method: 'POST', headers: { 'X-One': '1' } });
        own('/c', { headers: { 'x-osaurus-agent-id': 'mine' } });",
    );
    let agent = json!(["x-osaurus-agent-id", alice().unwrap().to_string()]);
    let expected = json!([
        ["/a", null, [agent]],
        ["/b", "POST", [["x-one", "1"], agent]],
        ["/c", null, [["x-osaurus-agent-id", "mine"]]],
    ]);
    assert_eq!(called, expected);
}

#[test]
fn it_defines_five_fields() {
    if node_is_missing() {
        return;
    }
    let fields = in_page("out.push(...Object.keys(window.__osaurus));");
    assert_eq!(
        fields,
        json!(["pluginId", "baseUrl", "apiUrl", "agentId", "fetch"])
    );
}
