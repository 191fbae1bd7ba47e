//! file_read: files of the artifacts folder, as base64.

use super::{HostCall, Reply, requirements};
use crate::common::{json, media_type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// The largest file.
const MAX_BYTES: u64 = 50_000_000;

pub(super) fn file_read(call: &HostCall, request: &str) -> Reply {
    Reply::Json(answer(call, request).unwrap_or_else(|error| error))
}

fn answer(call: &HostCall, request: &str) -> Result<Value, Value> {
    let object = call.object(request);
    let path = object
        .as_ref()
        .and_then(|object| object.get("path"))
        .and_then(Value::as_str);
    let path =
        path.ok_or_else(|| json::error("invalid_request", "Missing required field: path"))?;
    let path = standardised(Path::new(path));
    requirements::check(call, "filesystem")?;
    let root = call.host().settings.artifacts();
    if !path.starts_with(&root) || path == root {
        return Err(json::error(
            "access_denied",
            "Only files in the artifacts folder can be read.",
        ));
    }
    let real = path
        .canonicalize()
        .map_err(|_| json::error("not_found", format!("No such file: {}", path.display())))?;
    if !real.starts_with(&root) && call.stricter() {
        call.note(
            "stricter than Osaurus: the path leads out of the artifacts folder through a link",
        );
        return Err(json::error(
            "access_denied",
            "The file lies outside of the artifacts folder.",
        ));
    }
    let bytes = contents(&real)?;
    Ok(
        json!({"data": BASE64.encode(&bytes), "mime_type": media_type::of_artifact(&path),
            "size": bytes.len()}),
    )
}

/// A regular file's bytes. A pipe or a device would keep the call forever.
fn contents(path: &Path) -> Result<Vec<u8>, Value> {
    let facts = path.metadata().map_err(|error| unreadable(&error))?;
    if !facts.is_file() {
        return Err(json::error("read_error", "It is not a regular file."));
    }
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    let result = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    result.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(json::error(
            "file_too_large",
            format!("The file has more than {MAX_BYTES} bytes."),
        ));
    }
    Ok(bytes)
}

fn unreadable(error: &std::io::Error) -> Value {
    json::error("read_error", format!("The file cannot be read: {error}"))
}

/// Without `.` and `..`, links left as they are.
fn standardised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            other => out.push(other),
        }
    }
    out
}
