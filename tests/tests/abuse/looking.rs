//! `inspect` looks at files that are not trusted: nothing of them runs unless the user asks for it,
//! and then within limits.

use crate::support::{bridge_in, compiled, ends_with, scripted};
use osaurus_bridge_tests::{built, library};
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT, Payload};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn a_native_library_runs_only_when_it_is_asked_for() {
    let home = tempfile::tempdir().expect("a folder");
    let mark = home.path().join("it-ran");
    let lines = format!(
        "#define CONSTRUCTOR fprintf(stderr, \"it ran\\n\"); close(open(\"{}\", O_CREAT | \
         O_WRONLY, 0600));",
        mark.display()
    );
    let file = compiled(home.path(), "constructor", &lines);
    let report = ends_with(bridge_in(home.path()).arg("inspect").arg(&file), 0);
    assert!(report.contains("kind             native"), "{report}");
    let how = format!(
        "in the library's code, which was not run; to run it: osaurus-bridge inspect --load {}",
        file.display()
    );
    assert!(report.contains(&how), "{report}");
    assert!(!mark.exists());
    let report = ends_with(
        bridge_in(home.path())
            .args(["inspect", "--json"])
            .arg(&file),
        0,
    );
    assert!(report.contains("\"manifest\":null"), "{report}");

    let output = ends_with(
        bridge_in(home.path())
            .args(["inspect", "--load"])
            .arg(&file),
        0,
    );
    assert!(
        output.contains("dev.abuse 1.0.0") && output.contains("Goes."),
        "{output}"
    );
    if osaurus_conformance::confine::is_available() {
        assert!(!mark.exists(), "it has written to the user's home");
    }
}

#[test]
fn a_library_that_hangs_floods_or_takes_memory_is_stopped() {
    let home = tempfile::tempdir().expect("a folder");
    let cases = [
        ("hangs", "for (;;) pause();", "took longer than 2 s"),
        (
            "floods",
            "for (;;) if (write(1, \"AAAAAAAAAAAAAAAA\", 16) < 0 || write(2, \"B\", 1) < 0) break;",
            "took longer than 2 s",
        ),
        (
            "eats",
            "for (;;) { char *p = malloc(1 << 28); if (!p) abort(); p[0] = 1; }",
            "does not load",
        ),
        (
            "leaves",
            "if (fork() == 0) { for (;;) pause(); } _exit(3);",
            "exit status: 3",
        ),
    ];
    for (name, code, expected) in cases {
        let file = compiled(home.path(), name, &format!("#define CONSTRUCTOR {code}"));
        let began = Instant::now();
        let mut program = bridge_in(home.path());
        program
            .args(["inspect", "--load", "--load-timeout", "2"])
            .arg(&file);
        let output = ends_with(&mut program, 1);
        assert!(output.contains(expected), "{name}: {output}");
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{name} was waited for"
        );
    }
}

/// A payload of our own around settings that no build would write.
fn packed(folder: &Path, config: BridgeConfig) -> PathBuf {
    let empty = folder.join("empty");
    fs::create_dir_all(&empty).expect("a folder");
    let manifest =
        r#"{"plugin_id":"dev.abuse","version":"1.0\n  kind             native","capabilities":{}}"#;
    let config = BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: "dev.abuse".into(),
        language: "python".into(),
        entry: "main:plugin".into(),
        ..config
    };
    let payload = Payload::from_folder(manifest.into(), config, &empty).expect("a payload");
    let shim = fs::read(built(&library("osaurus_shim"))).expect("the shim");
    let bytes =
        osaurus_payload::inject(&shim, &payload.to_bytes().expect("bytes")).expect("a library");
    let file = folder.join("dev.abuse.so");
    fs::write(&file, bytes).expect("a file");
    file
}

#[test]
fn an_interpreter_that_the_file_names_is_not_started() {
    let home = tempfile::tempdir().expect("a folder");
    let helper = home.path().join("helper");
    let mark = home.path().join("it-ran");
    fs::write(&helper, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).expect("a script");
    let executable = Command::new("chmod").arg("755").arg(&helper).status();
    assert!(executable.expect("chmod").success());
    for named in ["./helper", "~/helper", helper.to_str().expect("UTF-8")] {
        let config = BridgeConfig {
            python: Some(named.into()),
            ..BridgeConfig::default()
        };
        let file = packed(home.path(), config);
        let output = ends_with(bridge_in(home.path()).arg("inspect").arg(&file), 0);
        assert!(
            output.contains(&format!("{named} (the plugin's setting; not started")),
            "{output}"
        );
        assert!(!mark.exists(), "{named} was started");
        assert!(
            !output.contains("\n  kind             native"),
            "a forged line: {output}"
        );
    }
    let file = packed(
        home.path(),
        BridgeConfig {
            python: Some("./helper".into()),
            ..BridgeConfig::default()
        },
    );
    let output = ends_with(
        bridge_in(home.path())
            .args(["inspect", "--load"])
            .arg(&file),
        0,
    );
    assert!(!output.contains("./helper"), "{output}");
    assert!(!mark.exists());
}

#[test]
fn cut_changed_sparse_and_special_files_are_reported_and_nothing_blocks() {
    let home = tempfile::tempdir().expect("a folder");
    let whole = fs::read(scripted()).expect("a library");
    let file = home.path().join("dev.test.so");
    let inspect = |code: i32| ends_with(bridge_in(home.path()).arg("inspect").arg(&file), code);
    for length in [whole.len() - 1, whole.len() / 2, 70_000, 5000] {
        fs::write(&file, &whole[..length]).expect("a cut file");
        let report = inspect(1);
        assert!(report.contains("cut"), "{length}: {report}");
        let output = ends_with(
            bridge_in(home.path())
                .arg("invoke")
                .arg(&file)
                .args(["ping", "{}"]),
            1,
        );
        assert!(
            output.contains("the file is cut: its tables need")
                || output.contains("the library is cut"),
            "{length}: {output}"
        );
    }
    let mut changed = whole.clone();
    let payload = whole
        .windows(8)
        .rposition(|bytes| bytes == osaurus_payload::MAGIC)
        .expect("a payload");
    let middle = payload + 20_000;
    changed[middle] ^= 1;
    fs::write(&file, &changed).expect("a changed file");
    let report = inspect(1);
    assert!(
        report.contains("the hash of the plugin's files does not match"),
        "{report}"
    );

    fs::write(&file, &whole).expect("the file");
    let opened = File::options().write(true).open(&file).expect("the file");
    opened.set_len(40 << 30).expect("a sparse file");
    inspect(0);
    fs::remove_file(&file).expect("removed");
    let mkfifo = Command::new("mkfifo").arg(&file).status();
    assert!(mkfifo.expect("mkfifo").success());
    let output = inspect(1);
    assert!(
        output.contains("expected a file, found a folder, pipe or device"),
        "{output}"
    );
}
