//! `osaurus-bridge sign`: byte for byte what minisign 0.11 wrote with `-S -l` for the files in
//! `data/minisign`, with a plain key and with an encrypted one.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{assert_fails, bridge};

const COMMENT: &str = "timestamp:1700000000\tfile:message.txt";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/minisign")
        .join(name)
}

/// Signs the message with a key; the password goes with the environment.
fn sign(key: &str, to: &Path, password: Option<&str>) -> Command {
    let mut command = bridge(&["sign", "--trusted-comment", COMMENT, "--key"]);
    command
        .arg(data(key))
        .arg("--signature")
        .arg(to)
        .arg(data("message.txt"));
    match password {
        Some(password) => command.env("MINISIGN_PASSWORD", password),
        None => command.env_remove("MINISIGN_PASSWORD"),
    };
    command
}

#[test]
fn signatures_are_those_of_minisign_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (key, password) in [("plain", None), ("locked", Some("correct horse"))] {
        let to = folder.path().join(key);
        let output = sign(&format!("{key}.key"), &to, password).output().unwrap();
        let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat())
            .into_owned();
        assert!(output.status.success(), "{key}: {text}");
        let expected = std::fs::read_to_string(data(&format!("{key}.minisig"))).unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), expected, "{key}");
        let public = std::fs::read_to_string(data(&format!("{key}.pub"))).unwrap();
        assert!(
            text.contains(public.lines().nth(1).unwrap()),
            "{key}: {text}"
        );
    }
}

#[test]
fn keys_that_cannot_sign_are_named_with_a_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("signature");
    let output_of = |key: &str, password: Option<&str>| sign(key, &to, password).output().unwrap();
    assert_fails(
        &output_of("locked.key", None),
        1,
        &["locked.key: the key is encrypted, and $MINISIGN_PASSWORD is not set"],
    );
    assert_fails(
        &output_of("locked.key", Some("battery")),
        1,
        &["locked.key: it cannot be decrypted", "check the password"],
    );
    assert_fails(
        &output_of("plain.pub", None),
        1,
        &["plain.pub: it is not a secret key of minisign"],
    );
    assert_fails(
        &output_of("missing.key", None),
        1,
        &["cannot read the key", "minisign -G"],
    );
    assert!(!to.exists(), "nothing is written");
}

#[test]
fn a_file_is_signed_by_what_fits_it() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, library) = (folder.path().join("x.zip"), folder.path().join("x.dylib"));
    std::fs::write(&archive, "x").unwrap();
    std::fs::write(&library, "x").unwrap();
    let output_of =
        |words: &[&str], file: &Path| bridge(words).arg(file).env("PATH", "").output().unwrap();
    assert_fails(
        &output_of(&["sign"], &archive),
        1,
        &["an archive is signed with a key of minisign", "--key FILE"],
    );
    assert_fails(
        &output_of(&["sign"], &library),
        1,
        &["a library is signed with a certificate", "--identity NAME"],
    );
    let lines = ["there is no codesign on the PATH", "--p12 FILE"];
    assert_fails(
        &output_of(&["sign", "--identity", "Me"], &library),
        1,
        &lines,
    );
    let p12 = ["sign", "--p12", "a", "--p12-password-file", "b"];
    assert_fails(
        &output_of(&p12, &library),
        1,
        &[
            "there is no rcodesign on the PATH",
            "cargo install apple-codesign",
        ],
    );
}
