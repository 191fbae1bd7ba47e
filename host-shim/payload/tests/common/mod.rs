//! A small payload for the tests.
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT, Mode, Payload};
use std::fs;
use std::path::Path;

pub fn config() -> BridgeConfig {
    BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: "dev.example.notes".into(),
        version: "1.2.3".into(),
        language: "python".into(),
        entry: "notes:plugin".into(),
        roots: vec!["src".into(), "deps".into()],
        requires_python: Some(">=3.11".into()),
        mode: Mode::Embedded,
        built_with: "tests".into(),
        ..BridgeConfig::default()
    }
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn payload(marker: &str) -> Payload {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "src/notes.py", marker);
    write(folder.path(), "src/empty.py", "");
    write(folder.path(), "src/__pycache__/notes.pyc", "compiled");
    write(folder.path(), "deps/ünï/code.py", "x = 1\n");
    let manifest = format!(r#"{{"plugin_id":"dev.example.notes","description":"{marker}"}}"#);
    Payload::from_folder(manifest, config(), folder.path()).unwrap()
}
