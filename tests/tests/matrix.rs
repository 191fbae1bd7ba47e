//! The version matrix, which is also the behaviour table: every probe, for every version that its
//! language can be built for or targets, in hosts of every version, each pair in a process of its
//! own. `tests/behaviour/README.md` says what a probe does and how a language joins.

use osaurus_abi_spec::Spec;
use osaurus_bridge_tests::project::text_of;
use osaurus_bridge_tests::swift::Toolchain;
use osaurus_bridge_tests::{built, probes, target};
use osaurus_conformance::Sandbox;
use osaurus_conformance::matrix::{Entry, Runner, View, terminal};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::OnceLock;

/// The probe of every language, built once for all tests of this file.
fn plugins() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = target().join("matrix-probes");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        probes::build(&folder)
    })
}

#[test]
fn every_plugin_does_in_every_host_what_the_spec_says() {
    let plugins = plugins();
    let spec = Spec::load_embedded().expect("the spec");
    let homes = std::env::var_os("HOME").map(Into::into);
    let sandbox = Sandbox::new(
        built("osaurus-bridge"),
        &["sandbox-job"],
        homes.into_iter().collect(),
    );
    let grid = Runner::new(sandbox)
        .grid(&spec, plugins, |_, _| ())
        .expect("children start");
    println!("{}", terminal(&View::from(&grid), false));
    let differences = grid.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(grid.hosts.len(), 10, "{:?}", grid.hosts);
    let mut languages = vec![
        "C",
        "C++",
        "Rust",
        "Python embedded",
        "Python worker",
        "TypeScript",
    ];
    languages.extend(Toolchain::find().map(|_| "Swift"));
    for language in languages {
        let there = plugins.iter().any(|plugin| plugin.name == language);
        assert!(there, "no {language}");
    }
    // Every scenario was played by every language in the newest host.
    for row in &grid.rows {
        let newest = row.cells.last().expect("a cell for each host");
        let most = if row.entry.built_for == "6" { 20 } else { 3 };
        assert!(
            newest.scenarios.len() >= most,
            "{}: {:?}",
            row.plugin,
            newest.scenarios
        );
    }
}

/// A version that does not exist yet, drafted and run by the program: plugins of today do in it
/// what they do in the newest.
#[test]
fn an_imaginary_version_7_changes_nothing_for_plugins_of_today() {
    let folder = tempfile::tempdir().expect("a folder");
    let [draft, list] = ["draft.toml", "plugins.json"].map(|name| folder.path().join(name));
    std::fs::write(&draft, include_str!("data/draft.toml")).expect("a draft");
    let plugins = plugins();
    std::fs::write(&list, serde_json::to_vec(plugins).expect("JSON")).expect("a list");
    let output = Command::new(built("osaurus-bridge"))
        .args(["abi", "next", "--json", "--list"])
        .args([&list, &draft])
        .arg("--out")
        .arg(folder.path().join("out"))
        .output()
        .expect("osaurus-bridge runs");
    assert!(output.status.success(), "{}", text_of(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["matrix"]["hosts"], json!(["6", "7"]));
    let rows = report["matrix"]["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), plugins.len());
    for row in rows {
        let [newest, drafted] = [0, 1].map(|at| &row["cells"][at]);
        assert_eq!(drafted["differences"], json!([]), "{row}");
        assert_eq!(newest["scenarios"], drafted["scenarios"], "{row}");
    }
}

/// A probe whose entry promises more than the library holds: what the run shows is not what the
/// spec says.
#[test]
fn a_plugin_with_another_manifest_is_a_difference() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut plugins = probes::build_c(folder.path());
    plugins.retain(|plugin| plugin.built_for == "3");
    plugins[0].built_for = "6".into();
    let list = folder.path().join("plugins.json");
    std::fs::write(&list, serde_json::to_vec(&plugins).expect("JSON")).expect("a list");
    let output = Command::new(built("osaurus-bridge"))
        .args(["matrix", "--list"])
        .arg(&list)
        .output()
        .expect("osaurus-bridge runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = "C built for v6 in host v6: host.log_structured: the spec says it works, the run \
                says the plugin does not know it";
    assert!(text.contains(line), "{text}");
}

/// A user's own plugin: what it takes from which host.
#[test]
fn any_plugin_can_be_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let plugins = probes::build_c(folder.path());
    let newest = plugins
        .iter()
        .find(|plugin| !plugin.v1_symbol)
        .expect("the bare one");
    let page = folder.path().join("page.html");
    let output = Command::new(built("osaurus-bridge"))
        .arg("matrix")
        .arg(&newest.library)
        .args([
            "--call",
            r#"call={"function": "log_structured", "arguments": [2, "x", "{}"]}"#,
        ])
        .arg("--html")
        .arg(&page)
        .output()
        .expect("osaurus-bridge runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for expected in [
        "v5 6  c6-bare.so: called log_structured",
        "v2a 2b 2c 2d 2e 3 4  c6-bare.so: tool call failed, unavailable: the host does not have \
         this function",
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(
        page.contains("<!doctype html>") && page.contains("dev.behaviour.probe"),
        "{page}"
    );
}

#[test]
fn every_tool_is_called_unless_it_is_not_wanted_and_other_answers_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let plugins = probes::build_c(folder.path());
    let newest = plugins.last().expect("a probe");
    let look = |more: &[&str]| {
        let mut matrix = Command::new(built("osaurus-bridge"));
        matrix.arg("matrix").arg(&newest.library).args(more);
        let output = matrix.output().expect("osaurus-bridge runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let text = look(&[]);
    assert!(
        text.contains("calls of tools work in the newest host"),
        "{text}"
    );
    assert!(text.contains("tool seen answered"), "{text}");
    let text = look(&["--no-call"]);
    assert!(
        text.contains("No tool was called.") && !text.contains("tool seen"),
        "{text}"
    );
    let text = look(&[
        "--call",
        r#"call={"function": "log_structured", "arguments": [2, "x", "{}"]}"#,
    ]);
    let why =
        "the host does not have this function (the host does not have `log_structured` (since v5))";
    assert!(text.contains(why), "{text}");
}
