//! share_artifact: the copy, the artifact object, links, and the plugins that are told.

use crate::support::*;
use osaurus_reference_host::{Host, HostBuilder, LoadedPlugin, Profile};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

const LONG: std::time::Duration = std::time::Duration::from_secs(60);

/// A script that shares with these arguments and then tells the tool's answer.
fn sharing(arguments: &Value) -> HostBuilder {
    let arguments = arguments.to_string();
    scripted(&format!(
        "[[rule]]\nwhen = \"\"\ncall = [{{ tool = \"share_artifact\", arguments = \
         '''{arguments}''' }}]\n"
    ))
}

fn share_on(builder: HostBuilder) -> (Host, Arc<LoadedPlugin>, Value) {
    let (host, plugin) = loaded(builder);
    let answer = Probe(&plugin, alice()).complete(&ask("share", json!({})));
    (host, plugin, answer)
}

fn handler(id: &str) -> Value {
    let mut manifest = manifest(id);
    manifest["capabilities"]["artifact_handler"] = true.into();
    manifest
}

fn events_of(plugin: &Arc<LoadedPlugin>) -> Vec<String> {
    let mut lines = Probe(plugin, None).events();
    lines.retain(|line| line.starts_with("artifact|"));
    lines
}

fn envelope(answer: &Value) -> Value {
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    serde_json::from_str(content.strip_prefix("share_artifact returned: ").unwrap()).unwrap()
}

#[test]
fn a_file_is_copied_and_described_in_answer_error_and_stream() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.md");
    std::fs::write(&file, "# Report").unwrap();
    let arguments = json!({"path": file, "description": "the report"});
    let (host, plugin, answer) = share_on(sharing(&arguments));
    let artifact = &answer["shared_artifacts"][0];
    let keys: Vec<&String> = artifact.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "description",
            "filename",
            "host_path",
            "is_directory",
            "mime_type",
            "size"
        ]
    );
    let expected = (
        &json!("report.md"),
        &json!("text/markdown"),
        &json!(8),
        &json!(false),
        &json!("the report"),
    );
    let properties = (
        &artifact["filename"],
        &artifact["mime_type"],
        &artifact["size"],
        &artifact["is_directory"],
        &artifact["description"],
    );
    assert_eq!(properties, expected);
    let copy = Path::new(artifact["host_path"].as_str().unwrap());
    assert!(copy.starts_with(host.data_dir().join("artifacts")) && copy != file);
    std::fs::remove_file(&file).unwrap();
    let contents = Probe(&plugin, alice()).file_read(copy);
    assert_eq!(
        (&contents["size"], &contents["mime_type"]),
        (&json!(8), &json!("text/markdown"))
    );
    assert_eq!(envelope(&answer)["result"]["artifact"], *artifact);
    assert_eq!(answer["tool_calls_executed"][0]["name"], "share_artifact");
    std::fs::write(&file, "again").unwrap();
    let probe = Probe(&plugin, alice());
    let capped = probe.complete(&ask("share", json!({"max_iterations": 1})));
    assert_eq!(capped["error"], "max_iterations_reached");
    assert_eq!(capped["shared_artifacts"][0]["size"], 5);
    let (_, streamed) = probe.stream(&ask("share", json!({})), "");
    assert_eq!(streamed["shared_artifacts"][0]["filename"], "report.md");
    assert_ne!(
        streamed["shared_artifacts"][0]["host_path"],
        capped["shared_artifacts"][0]["host_path"]
    );
}

#[test]
fn text_is_shared_under_a_name_that_cannot_leave_its_folder() {
    let (host, _plugin, answer) = share_on(sharing(
        &json!({"content": "a,b", "filename": "../../table.csv"}),
    ));
    let artifact = &answer["shared_artifacts"][0];
    assert_eq!(
        (&artifact["filename"], &artifact["mime_type"]),
        (&json!("table.csv"), &json!("text/csv"))
    );
    assert_eq!(artifact.get("description"), None);
    let copy = Path::new(artifact["host_path"].as_str().unwrap());
    assert!(copy.starts_with(host.data_dir().join("artifacts")));
    assert_eq!(std::fs::read_to_string(copy).unwrap(), "a,b");
}

#[test]
fn what_cannot_be_shared_is_a_failure_that_the_model_sees() {
    for (arguments, kind, words) in [
        (json!({}), "invalid_args", "Give `path`"),
        (
            json!({"content": "x"}),
            "invalid_args",
            "needs a `filename`",
        ),
        (
            json!({"path": "report.md"}),
            "invalid_args",
            "no working folder",
        ),
        (json!({"path": "/"}), "invalid_args", "names no file"),
        (
            json!({"path": "/nowhere/report.md"}),
            "not_found",
            "/nowhere/report.md",
        ),
    ] {
        let (_host, _plugin, answer) = share_on(sharing(&arguments));
        let envelope = envelope(&answer);
        assert_eq!(envelope["kind"], kind, "{envelope}");
        assert!(
            envelope["message"].as_str().unwrap().contains(words),
            "{envelope}"
        );
        assert_eq!(answer.get("shared_artifacts"), None);
    }
}

#[test]
fn links_do_not_leave_a_shared_folder_unless_the_host_is_exactly_osaurus() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "top").unwrap();
    let inner = folder.path().join("shared");
    std::fs::create_dir_all(inner.join("deep")).unwrap();
    std::fs::write(inner.join("deep/file.txt"), "12345").unwrap();
    symlink("file.txt", inner.join("deep/alias")).unwrap();
    let arguments = json!({"path": inner});
    let (_host, _plugin, answer) = share_on(sharing(&arguments));
    let artifact = &answer["shared_artifacts"][0];
    let properties = (
        &artifact["is_directory"],
        &artifact["size"],
        &artifact["mime_type"],
    );
    assert_eq!(
        properties,
        (&json!(true), &json!(10), &json!("inode/directory")),
        "the inner link is a copy"
    );
    symlink(folder.path().join("secret"), inner.join("out")).unwrap();
    let (host, _plugin, answer) = share_on(sharing(&arguments));
    let refused = envelope(&answer);
    assert_eq!(refused["kind"], "rejected");
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .starts_with("stricter than Osaurus: the link")
    );
    assert!(
        warnings(&host)
            .iter()
            .any(|text| text.starts_with("stricter than Osaurus"))
    );
    let count = std::fs::read_dir(host.data_dir().join("artifacts"))
        .unwrap()
        .count();
    assert_eq!(count, 0, "nothing stays of a refused copy");
    let exact = sharing(&arguments).profile(Profile::OsaurusExact);
    let (_host, _plugin, answer) = share_on(exact);
    let copy = Path::new(answer["shared_artifacts"][0]["host_path"].as_str().unwrap());
    assert!(
        copy.join("out").is_symlink(),
        "Osaurus copies the link as it is"
    );
}

#[test]
fn every_handler_is_called_at_once_without_an_agent_and_all_are_awaited() {
    let folder = tempfile::tempdir().unwrap();
    let meet = format!("MEET=\"{}\"", folder.path().join("meet").display());
    let arguments = json!({"content": "x", "filename": "a.txt"});
    let (host, plugin) = loaded(sharing(&arguments));
    let load = |id: &str, macros: &[&str]| {
        let manifest = manifest_macro(&handler(id));
        let mut all = vec!["WITH_V2", manifest.as_str()];
        all.extend(macros);
        host.load(&probe(&all)).unwrap()
    };
    let (one, two) = (
        load("dev.one", &[&meet]),
        load("dev.two", &[&meet, "ARTIFACT_NULL"]),
    );
    let old = {
        let manifest = manifest_macro(&handler("dev.old"));
        host.load(&probe(&["WITH_V1", &manifest])).unwrap()
    };
    let answer = Probe(&plugin, alice()).complete(&ask("share", json!({})));
    let artifact = &answer["shared_artifacts"][0];
    for plugin in [&one, &two] {
        let lines = Probe(plugin, None).events();
        let expected = format!("artifact|none|share|{artifact}");
        assert!(lines.contains(&expected), "{lines:?} lacks {expected}");
        assert!(
            lines.contains(&"met|none|share|both".to_string()),
            "{lines:?}"
        );
    }
    assert!(
        events_of(&plugin).is_empty(),
        "a plugin that is not a handler"
    );
    assert!(events_of(&old).is_empty(), "a plugin of version 1");
    let failed = warnings(&host);
    let failed: Vec<&String> = failed
        .iter()
        .filter(|text| text.contains("artifact handler failed"))
        .collect();
    assert_eq!(
        failed.len(),
        1,
        "a failure is logged and changes nothing: {failed:?}"
    );
}

#[test]
fn a_tasks_share_tells_handlers_and_a_users_only_in_the_documents() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (profile, times) in [(Profile::Actual, 1), (Profile::Documented, 2)] {
        let arguments = json!({"path": file.path()});
        let host = sharing(&arguments).profile(profile).build().unwrap();
        let plugin = host.load(&probe_with(&handler("dev.handler"))).unwrap();
        let before = events_of(&plugin).len();
        let shared = host.share_file(file.path(), Some("a file")).unwrap();
        assert_eq!(shared["description"], "a file");
        Probe(&plugin, alice()).dispatch(&json!({"prompt": "share"}));
        assert!(host.wait_for_tasks(LONG));
        assert_eq!(events_of(&plugin).len() - before, times, "{profile:?}");
        let lines = Probe(&plugin, None).events();
        let completed = lines
            .iter()
            .rfind(|line| line.starts_with("event 4"))
            .unwrap();
        let lists_artifacts = profile == Profile::Documented;
        assert_eq!(
            completed.contains("\"artifacts\":["),
            lists_artifacts,
            "{completed}"
        );
        let copies = std::fs::read_dir(host.data_dir().join("artifacts"))
            .unwrap()
            .count();
        assert_eq!(copies, 2);
    }
}

#[test]
fn a_user_cannot_share_what_is_not_there() {
    let host = Host::builder().build().unwrap();
    let error = host.share_file(Path::new("/nowhere/x"), None).unwrap_err();
    assert_eq!(error.to_string(), "No such file: /nowhere/x");
}
