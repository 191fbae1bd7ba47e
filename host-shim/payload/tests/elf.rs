//! Injection into a real ELF library: it still loads, also after strip, and the payload is found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
#![cfg(target_os = "linux")]
mod common;
use common::payload;
use osaurus_payload::{Payload, PayloadInFile, inject, read_from_file};
use std::path::{Path, PathBuf};
use std::process::Command;

fn library(folder: &Path) -> PathBuf {
    let source = folder.join("tiny.c");
    std::fs::write(
        &source,
        "static int hidden = 41;\nint answer(void) { return hidden + 1; }\n",
    )
    .unwrap();
    let out = folder.join("tiny.so");
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&out)
        .arg(&source));
    out
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[track_caller]
fn loads_and_carries(path: &Path, payload: &[u8]) {
    // SAFETY: our own library, without initialisers.
    let library = unsafe { libloading::Library::new(path) }.unwrap();
    // SAFETY: `int answer(void)` as compiled above.
    let answer = unsafe { library.get::<unsafe extern "C" fn() -> i32>(b"answer") }.unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { answer() }, 42);
    assert_eq!(read_from_file(path).unwrap().as_deref(), Some(payload));
}

#[test]
fn an_injected_library_loads_and_strip_keeps_the_payload() {
    let folder = tempfile::tempdir().unwrap();
    let plain = library(folder.path());
    assert_eq!(read_from_file(&plain).unwrap(), None);
    let bytes = payload("one").to_bytes().unwrap();
    let filled = folder.path().join("filled.so");
    std::fs::write(
        &filled,
        inject(&std::fs::read(&plain).unwrap(), &bytes).unwrap(),
    )
    .unwrap();
    loads_and_carries(&filled, &bytes);
    let head = PayloadInFile::in_library(&filled)
        .unwrap()
        .unwrap()
        .head()
        .unwrap();
    assert_eq!(head.config.plugin_id, "dev.example.notes");

    for option in ["--strip-all", "--strip-unneeded", "--strip-debug"] {
        let stripped = folder.path().join(format!("stripped{option}.so"));
        run(Command::new("strip")
            .arg(option)
            .arg("-o")
            .arg(&stripped)
            .arg(&filled));
        loads_and_carries(&stripped, &bytes);
        // And again into what strip has rearranged.
        let other = payload("two").to_bytes().unwrap();
        let again = folder.path().join(format!("again{option}.so"));
        std::fs::write(
            &again,
            inject(&std::fs::read(&stripped).unwrap(), &other).unwrap(),
        )
        .unwrap();
        loads_and_carries(&again, &other);
    }
}

#[test]
fn injecting_again_equals_injecting_once() {
    let folder = tempfile::tempdir().unwrap();
    let plain = std::fs::read(library(folder.path())).unwrap();
    let one = payload("one").to_bytes().unwrap();
    let two = payload(&"two".repeat(5000)).to_bytes().unwrap();
    let first = inject(&plain, &one).unwrap();
    let second = inject(&first, &two).unwrap();
    assert_eq!(inject(&second, &one).unwrap(), first);
    assert_eq!(inject(&first, &one).unwrap(), first);
}

#[test]
fn readelf_finds_nothing_to_complain_about() {
    let folder = tempfile::tempdir().unwrap();
    let plain = std::fs::read(library(folder.path())).unwrap();
    let filled = folder.path().join("filled.so");
    std::fs::write(
        &filled,
        inject(&plain, &payload("one").to_bytes().unwrap()).unwrap(),
    )
    .unwrap();
    let output = Command::new("readelf")
        .args(["-W", "-S", "-l"])
        .arg(&filled)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains(".osrpay           PROGBITS        0000000000000000"),
        "{text}"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn what_cannot_carry_a_payload_is_refused_with_a_reason() {
    let bytes = payload("one").to_bytes().unwrap();
    let refused = |library: &[u8]| inject(library, &bytes).unwrap_err().to_string();
    let text = refused(b"#!/bin/sh\n");
    assert!(
        text.contains(
            "expected an ELF or Mach-O library, found a file that begins with [23, 21, 2f, 62]"
        ),
        "{text}"
    );
    let folder = tempfile::tempdir().unwrap();
    let plain = std::fs::read(library(folder.path())).unwrap();
    let mut program = plain.clone();
    program[16] = 2;
    assert!(refused(&program).contains("found ELF type 2"));
    let mut small = plain.clone();
    small[4] = 1;
    assert!(refused(&small).contains("expected a 64-bit little-endian ELF file"));
    assert!(refused(&plain[..plain.len() - 100]).contains("the file is cut or damaged"));
    let mut bare = plain.clone();
    bare[60] = 0;
    bare[61] = 0;
    assert!(refused(&bare).contains("no usable section table"));
    let text = inject(&plain, b"not a payload").unwrap_err().to_string();
    assert!(text.contains("the payload is damaged"), "{text}");
}

#[test]
fn a_payload_beside_the_library_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    assert!(PayloadInFile::beside(&library).unwrap().is_none());
    std::fs::write(
        folder.path().join("tiny.osrpay"),
        payload("one").to_bytes().unwrap(),
    )
    .unwrap();
    let payload: Payload = PayloadInFile::beside(&library)
        .unwrap()
        .unwrap()
        .payload()
        .unwrap();
    assert!(payload.manifest.contains("one"));
}
