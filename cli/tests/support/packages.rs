//! Packages for tests: archives of any files, and a plugin library that carries a manifest.

use super::macho;
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT, Payload, inject};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A scripted plugin's library for macOS, with this version and these pages.
pub fn library(id: &str, version: &str, web: Option<&str>) -> Vec<u8> {
    let mut capabilities = json!({});
    if let Some(folder) = web {
        capabilities["web"] =
            json!({"static_dir": folder, "entry": "index.html", "mount": "/ui", "auth": "none"});
    }
    let manifest: Value =
        json!({"plugin_id": id, "version": version, "capabilities": capabilities});
    let config = BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: id.into(),
        version: version.into(),
        language: "python".into(),
        entry: "main:plugin".into(),
        ..BridgeConfig::default()
    };
    let empty = tempfile::tempdir().unwrap();
    let payload = Payload::from_folder(manifest.to_string(), config, empty.path()).unwrap();
    inject(&macho::dylib(), &payload.to_bytes().unwrap()).unwrap()
}

/// An archive of these files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Writes an archive of these files under a name.
pub fn write_zip(folder: &Path, name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, zip(files)).unwrap();
    path
}

/// Prebuilt parts for macOS that can be filled, in a folder for OSAURUS_BRIDGE_PARTS.
pub fn mac_parts() -> tempfile::TempDir {
    let parts = tempfile::tempdir().unwrap();
    let folder = parts.path().join("macos-arm64");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("libosaurus_shim.dylib"), macho::dylib()).unwrap();
    std::fs::write(
        folder.join("libosaurus_python_engine.dylib"),
        macho::dylib(),
    )
    .unwrap();
    parts
}
