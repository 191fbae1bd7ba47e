//! file_read: which files, how large, and as what.

use crate::support::*;
use osaurus_reference_host::{Host, Profile};
use serde_json::json;

#[test]
fn a_link_out_of_the_folder_is_followed_by_osaurus_only() {
    for (profile, stricter) in [
        (Profile::Actual, true),
        (Profile::Documented, true),
        (Profile::OsaurusExact, false),
    ] {
        let host = Host::builder().profile(profile).build().unwrap();
        let mut manifest = manifest("dev.files");
        manifest["capabilities"]["tools"][0]["requirements"] = json!(["filesystem"]);
        let plugin = host.load(&probe_with(&manifest)).unwrap();
        let link = host.data_dir().join("artifacts/link.txt");
        std::fs::write(host.data_dir().join("outside"), "out").unwrap();
        std::os::unix::fs::symlink(host.data_dir().join("outside"), &link).unwrap();
        let answer = Probe(&plugin, None).file_read(&link);
        let notes = own_calls(&host).pop().unwrap().notes;
        assert_eq!(answer["error"] == "access_denied", stricter, "{answer}");
        assert_eq!(answer["data"] == "b3V0", !stricter, "{answer}");
        assert_eq!(
            notes
                .iter()
                .any(|note| note.starts_with("stricter than Osaurus")),
            stricter
        );
    }
}

#[test]
fn what_cannot_be_read_has_its_code() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let folder = host.data_dir().join("artifacts");
    let code = |request: &str| probe.json(&["16", "t1", request])["error"].clone();
    for request in ["not json", "[]", "{}", r#"{"path":5}"#] {
        assert_eq!(code(request), "invalid_request", "{request}");
    }
    for outside in ["artifacts/x", "/etc/passwd", "", "/"] {
        assert_eq!(
            code(&json!({"path": outside}).to_string()),
            "access_denied",
            "{outside}"
        );
    }
    assert_eq!(
        code(&json!({"path": folder}).to_string()),
        "access_denied",
        "the folder itself"
    );
    assert_eq!(
        probe.file_read(&folder.join("missing"))["error"],
        "not_found"
    );
    let pipe = folder.join("pipe");
    let status = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(status.unwrap().success());
    assert_eq!(probe.file_read(&pipe)["error"], "read_error");
    let large = std::fs::File::create(folder.join("large")).unwrap();
    large.set_len(50_000_001).unwrap();
    assert_eq!(
        probe.file_read(&folder.join("large"))["error"],
        "file_too_large"
    );
    large.set_len(50_000_000).unwrap();
    assert_eq!(probe.file_read(&folder.join("large"))["size"], 50_000_000);
}

#[test]
fn the_type_comes_from_the_name_in_any_case() {
    let (host, plugin) = loaded(Host::builder());
    let types = [
        ("image/png", "png PNG"),
        ("image/jpeg", "jpg jpeg"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
        ("image/svg+xml", "svg"),
        ("text/html", "html htm"),
        ("text/css", "css"),
        ("application/javascript", "js"),
        ("application/json", "json"),
        ("text/markdown", "md markdown"),
        ("text/plain", "txt"),
        ("text/csv", "csv"),
        ("application/pdf", "pdf"),
        ("application/zip", "zip"),
        ("application/x-tar", "tar"),
        ("application/gzip", "gz"),
        ("audio/mpeg", "mp3"),
        ("audio/wav", "wav"),
        ("audio/mp4", "m4a"),
        ("audio/ogg", "ogg"),
        ("video/mp4", "mp4"),
        ("video/webm", "webm"),
        ("text/x-python", "py"),
        ("text/x-swift", "swift"),
        ("text/x-rust", "rs"),
        ("text/x-go", "go"),
        ("text/x-java", "java"),
        ("text/x-c", "c h"),
        ("text/x-c++", "cpp hpp cc"),
        ("text/typescript", "ts"),
        ("application/xml", "xml"),
        ("application/x-yaml", "yaml yml"),
        ("application/octet-stream", "bin x y.z"),
    ];
    for (expected, extensions) in types {
        for extension in extensions.split(' ') {
            let path = host
                .data_dir()
                .join("artifacts")
                .join(format!("f.{extension}"));
            std::fs::write(&path, "").unwrap();
            let answer = Probe(&plugin, None).file_read(&path);
            assert_eq!(answer["mime_type"], expected, "{extension}");
        }
    }
}
