//! file_read: files of the artifacts folder, as base64.

use super::{HostCall, Reply};
use crate::json;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::path::{Component, Path, PathBuf};

/// The largest file.
const MAX_BYTES: u64 = 50_000_000;

pub(super) fn read(call: &HostCall, request: &str) -> Reply {
    Reply::Json(answer(call, request).unwrap_or_else(|error| error))
}

fn answer(call: &HostCall, request: &str) -> Result<Value, Value> {
    let object = json::object(request);
    let path = object
        .as_ref()
        .and_then(|object| object.get("path"))
        .and_then(Value::as_str);
    let path =
        path.ok_or_else(|| json::error("invalid_request", "Missing required field: path"))?;
    let path = standardised(Path::new(path));
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
    if !real.starts_with(&root) {
        call.note(
            "stricter than Osaurus: the path leads out of the artifacts folder through a link",
        );
        return Err(json::error(
            "access_denied",
            "The file lies outside of the artifacts folder.",
        ));
    }
    let size = real
        .metadata()
        .map(|facts| facts.len())
        .map_err(|error| unreadable(&error))?;
    if size > MAX_BYTES {
        return Err(json::error(
            "file_too_large",
            format!("The file has {size} bytes; the limit is {MAX_BYTES}."),
        ));
    }
    let bytes = std::fs::read(&real).map_err(|error| unreadable(&error))?;
    Ok(json!({"data": BASE64.encode(&bytes), "mime_type": mime_type(&path), "size": bytes.len()}))
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

/// By the extension; the artifact object has it too.
pub(crate) fn mime_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match extension.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        "json" => "application/json",
        "md" | "markdown" => "text/markdown",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "tar" => "application/x-tar",
        "gz" => "application/gzip",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "m4a" => "audio/mp4",
        "ogg" => "audio/ogg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "py" => "text/x-python",
        "swift" => "text/x-swift",
        "rs" => "text/x-rust",
        "go" => "text/x-go",
        "java" => "text/x-java",
        "c" | "h" => "text/x-c",
        "cpp" | "hpp" | "cc" => "text/x-c++",
        "ts" => "text/typescript",
        "xml" => "application/xml",
        "yaml" | "yml" => "application/x-yaml",
        _ => "application/octet-stream",
    }
}
