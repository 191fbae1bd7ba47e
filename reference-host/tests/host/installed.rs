//! Plugins in the Tools folder: which are found, which are refused and why, crashes and the
//! quarantine, reloads.

use crate::support::*;
use osaurus_reference_host::{Host, HostBuilder, LoadReport, Profile};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Installs a library as `<data>/Tools/<id>/<version>/<file>` and returns the version's folder.
fn install(data: &Path, id: &str, version: &str, library: &Path) -> PathBuf {
    let folder = data.join("Tools").join(id).join(version);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(library, folder.join("plugin.so")).unwrap();
    folder
}

fn approve(folder: &Path) {
    let bytes = fs::read(folder.join("plugin.so")).unwrap();
    let hash: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let receipt = json!({
        "plugin_id": "any", "version": "1.0.0", "installed_at": 780_000_000.5,
        "dylib_filename": "plugin.so",
        "dylib_sha256": hash, "platform": "macos", "arch": "arm64",
        "artifact": {"url": "https://example.com/a.zip", "sha256": "00"},
    });
    fs::write(folder.join("receipt.json"), receipt.to_string()).unwrap();
}

fn debug_host(data: &Path) -> HostBuilder {
    Host::builder().data_dir(data).release_build(false)
}

fn messages(report: &LoadReport) -> Vec<String> {
    let text = |failure: &osaurus_reference_host::LoadFailure| {
        format!("{}: {}", failure.plugin_id, failure.error)
    };
    report.failures.iter().map(text).collect()
}

fn ids(report: &LoadReport) -> Vec<String> {
    report.loaded.iter().map(|p| p.id().to_string()).collect()
}

#[test]
fn a_release_build_checks_in_order_and_a_debug_build_nothing() {
    let data = tempfile::tempdir().unwrap();
    let folder = install(
        data.path(),
        "dev.a",
        "1.0.0",
        &probe_with(&manifest("dev.a")),
    );
    let host = Host::builder().data_dir(data.path()).build().unwrap();
    let failure = || {
        let report = host.load_all();
        assert!(report.loaded.is_empty());
        assert_eq!(report.failures, host.load_failures());
        report.failures[0].error.to_string()
    };
    assert_eq!(
        failure(),
        "Missing receipt.json - plugin cannot be verified"
    );
    fs::create_dir(folder.join("receipt.json")).unwrap();
    assert_eq!(failure(), "Failed to read receipt.json");
    fs::remove_dir(folder.join("receipt.json")).unwrap();
    fs::write(folder.join("receipt.json"), r#"{"plugin_id":"dev.a"}"#).unwrap();
    assert_eq!(failure(), "Failed to parse receipt.json");
    assert!(
        host.load_failures()[0]
            .error
            .detail()
            .unwrap()
            .contains("version")
    );
    approve(&folder);
    let library = folder.join("plugin.so");
    let good = fs::read(&library).unwrap();
    fs::write(&library, [&good[..], b"x"].concat()).unwrap();
    assert!(failure().starts_with("Checksum verification failed - "));
    fs::write(&library, good).unwrap();
    assert_eq!(
        failure(),
        "consent_required: Plugin has not been approved for loading"
    );
    host.grant_consent("dev.a").unwrap();
    assert_eq!(fs::read(folder.join(".user_consent")).unwrap(), b"");
    assert_eq!(ids(&host.load_all()), ["dev.a"]);
    assert!(host.load_failures().is_empty(), "cleared by the next scan");
    assert!(
        host.grant_consent("dev.absent")
            .unwrap_err()
            .to_string()
            .contains("No valid version")
    );
    drop(host);
    fs::remove_file(folder.join("receipt.json")).unwrap();
    assert_eq!(
        ids(&debug_host(data.path()).build().unwrap().load_all()),
        ["dev.a"]
    );
}

#[test]
fn a_scan_names_what_it_cannot_load_and_skips_what_it_knows() {
    let data = tempfile::tempdir().unwrap();
    let tools = data.path().join("Tools");
    install(
        data.path(),
        "dev.a",
        "1.0.0",
        &probe_with(&manifest("dev.a")),
    );
    install(
        data.path(),
        "dev.wrong",
        "1.0.0",
        &probe_with(&manifest("dev.other")),
    );
    install(
        data.path(),
        "osaurus.search",
        "1.0.0",
        &probe_with(&manifest("osaurus.search")),
    );
    fs::create_dir_all(tools.join("dev.empty/1.0.0")).unwrap();
    fs::create_dir_all(tools.join("dev.none/data")).unwrap();
    fs::create_dir_all(tools.join("osaurus.browser")).unwrap();
    let host = debug_host(data.path()).build().unwrap();
    let report = host.load_all();
    assert_eq!(ids(&report), ["dev.a"]);
    let failures = messages(&report);
    assert_eq!(
        failures[0],
        "dev.empty: No dylib file found in plugin directory"
    );
    assert_eq!(failures[1], "dev.none: No valid version directory found");
    assert!(failures[2].starts_with("dev.wrong: Plugin manifest declares plugin_id 'dev.other'"));
    assert_eq!(failures.len(), 3, "superseded ids are not even failures");
    assert!(host.load_all().loaded.is_empty(), "loaded already");
    fs::remove_dir_all(tools.join("dev.a")).unwrap();
    host.load_all();
    assert!(host.plugin("dev.a").is_none(), "its path is gone");
}

#[test]
fn every_library_of_a_version_is_tried_and_the_first_of_an_id_stays() {
    let data = tempfile::tempdir().unwrap();
    let library = probe_with(&manifest("dev.a"));
    let folder = install(data.path(), "dev.a", "1.0.0", &library);
    fs::copy(&library, folder.join("second.so")).unwrap();
    fs::create_dir(folder.join("skills")).unwrap();
    for (name, text) in [
        ("skills/b-Skill.md", "how"),
        ("skills/x.txt", ""),
        ("README.md", ""),
        ("changelog.md", ""),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let host = debug_host(data.path()).build().unwrap();
    let report = host.load_all();
    assert_eq!(ids(&report), ["dev.a"]);
    let text = &messages(&report)[0];
    assert!(
        text.contains("Duplicate plugin id 'dev.a': already loaded from"),
        "{text}"
    );
    let docs = report.loaded[0].docs();
    assert_eq!(
        (docs.skills.len(), docs.skills[0].text.as_str()),
        (1, "how")
    );
    assert!(docs.readme.is_some() && docs.changelog.is_some());
}

#[test]
fn a_new_version_replaces_the_old_one_and_a_reload_opens_everything_again() {
    let data = tempfile::tempdir().unwrap();
    let library = probe_with(&manifest("dev.a"));
    install(data.path(), "dev.a", "1.0.0", &library);
    let host = debug_host(data.path()).build().unwrap();
    let old = host.load_all().loaded.remove(0);
    let by_path = host.load(&probe_with(&manifest("dev.path"))).unwrap();
    install(data.path(), "dev.a", "1.1.0", &library);
    let new = host.load_all().loaded.remove(0);
    assert!(new.path().to_string_lossy().contains("1.1.0"));
    assert!(
        old.invoke_raw("tool", "raw", "x", None).is_none(),
        "shut down"
    );
    assert!(new.invoke_raw("tool", "raw", "x", None).is_some());
    assert_eq!(ids(&host.reload()), ["dev.a", "dev.path"]);
    assert!(by_path.invoke_raw("tool", "raw", "x", None).is_none());
    let again = host.plugin("dev.path").unwrap();
    assert_eq!(
        Probe(&again, alice()).config_get("k"),
        "NULL",
        "host calls work"
    );
}

/// A process that dies while a plugin is loaded or probed; the next start knows which one it was.
#[test]
fn a_crash_while_loading_quarantines_until_version_or_build_change() {
    let test = "installed::a_crash_while_loading_quarantines_until_version_or_build_change";
    if let Some(data) = child_case() {
        let host = debug_host(Path::new(&data)).build().unwrap();
        host.load_all();
        return;
    }
    for crash in ["CRASH_IN_INIT", "CRASH_IN_PROBE"] {
        let data = tempfile::tempdir().unwrap();
        let bad = probe(&["WITH_V2", &manifest_macro(&manifest("dev.bad")), crash]);
        install(data.path(), "dev.bad", "1.0.0", &bad);
        let output = in_child(test, &data.path().to_string_lossy());
        assert!(
            !output.status.success(),
            "the plugin takes the process down"
        );
        let marker = data.path().join("Tools/.currently_loading");
        assert_eq!(fs::read_to_string(&marker).unwrap(), "dev.bad");
        let host = debug_host(data.path()).host_build("7").build().unwrap();
        let is_quarantined = || {
            let text = messages(&host.load_all()).join("");
            text.starts_with("dev.bad: Plugin quarantined after a crash during load — ")
        };
        assert!(is_quarantined() && is_quarantined(), "and again");
        assert!(!marker.exists());
        let row = &host.quarantined()[0];
        let stamp = (
            row.id.as_str(),
            row.version.as_deref(),
            row.build.as_deref(),
        );
        assert_eq!(stamp, ("dev.bad", Some("1.0.0"), Some("7")));
        install(
            data.path(),
            "dev.bad",
            "1.0.1",
            &probe_with(&manifest("dev.bad")),
        );
        assert_eq!(ids(&host.load_all()), ["dev.bad"], "one fresh try");
        assert!(host.quarantined().is_empty());
    }
}

#[test]
fn since_august_a_quarantined_plugin_without_a_version_fails_for_the_version() {
    let data = tempfile::tempdir().unwrap();
    let tools = data.path().join("Tools");
    fs::create_dir_all(tools.join("dev.a")).unwrap();
    fs::write(tools.join(".quarantine"), r#"["dev.a"]"#).unwrap();
    let failure = |profile| {
        let host = debug_host(data.path()).profile(profile).build().unwrap();
        messages(&host.load_all()).join("")
    };
    assert_eq!(
        failure(Profile::Actual),
        "dev.a: No valid version directory found"
    );
    assert_eq!(
        failure(Profile::June2026),
        "dev.a: Plugin quarantined after a crash during load — use the Retry or Uninstall button \
         below to recover."
    );
}

#[test]
fn retry_and_clear_release_and_remove_a_stale_marker() {
    let data = tempfile::tempdir().unwrap();
    let tools = data.path().join("Tools");
    for id in ["dev.a", "dev.b"] {
        install(data.path(), id, "1.0.0", &probe_with(&manifest(id)));
    }
    fs::write(tools.join(".quarantine"), r#"["dev.a","dev.b"]"#).unwrap();
    let host = debug_host(data.path()).build().unwrap();
    assert_eq!(
        host.load_all().failures.len(),
        2,
        "bare ids are never released"
    );
    fs::write(tools.join(".currently_loading"), "dev.b").unwrap();
    host.retry("dev.a").unwrap();
    assert!(!tools.join(".currently_loading").exists());
    assert_eq!(ids(&host.load_all()), ["dev.a"]);
    host.clear_quarantine().unwrap();
    assert!(!tools.join(".quarantine").exists());
    assert_eq!(ids(&host.load_all()), ["dev.b"]);
}

#[test]
fn a_library_that_cannot_be_read_is_named_and_the_others_load() {
    let data = tempfile::tempdir().unwrap();
    let library = probe_with(&manifest("dev.a"));
    let folder = install(data.path(), "dev.a", "1.0.0", &library);
    approve(&folder);
    std::os::unix::fs::symlink("/nowhere/at/all", folder.join("broken.so")).unwrap();
    let host = Host::builder().data_dir(data.path()).build().unwrap();
    host.grant_consent("dev.a").unwrap();
    let report = host.load_all();
    assert_eq!(ids(&report), ["dev.a"]);
    assert_eq!(
        messages(&report),
        ["dev.a: Failed to read plugin library file"]
    );
}
