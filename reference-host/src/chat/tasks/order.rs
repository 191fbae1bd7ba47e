//! What a plugin's dispatch asks for, read by the host's rules. Pure: checking limits and starting
//! is the tasks' business.

use crate::common::ids::canonical_uuid;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A task to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) prompt: String,
    /// The id that the plugin would like.
    pub(crate) id: Option<String>,
    pub(crate) title: String,
    pub(crate) session_key: Option<String>,
    /// Tools pinned by name, in order, before the check of who owns them.
    pub(crate) tools: Vec<String>,
    pub(crate) folder: Option<PathBuf>,
    /// `mode` is `chat`; only documented hosts look at it.
    pub(crate) chat_mode: bool,
}

impl Order {
    /// Reads the optional fields; whatever is wrong with one makes it absent.
    pub(crate) fn read(request: &Map<String, Value>, prompt: &str) -> Order {
        let text = |key: &str| request.get(key).and_then(Value::as_str);
        let session_key = text("session_id").filter(|key| !key.trim().is_empty());
        Order {
            prompt: prompt.to_string(),
            id: text("id").and_then(canonical_uuid),
            title: text("title").unwrap_or("Chat").to_string(),
            session_key: session_key.map(str::to_string),
            tools: tool_names(request.get("tools")),
            folder: text("folder_bookmark").and_then(folder),
            chat_mode: text("mode") == Some("chat"),
        }
    }
}

/// Trimmed, each once, in their order; what is not a string or is blank is left out.
fn tool_names(value: Option<&Value>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let items = value.and_then(Value::as_array).into_iter().flatten();
    for name in items.filter_map(Value::as_str).map(str::trim) {
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_string());
        }
    }
    names
}

/// The working folder. A bookmark of macOS can be resolved there alone; here its bytes are the
/// folder's absolute path.
fn folder(bookmark: &str) -> Option<PathBuf> {
    let bytes = BASE64.decode(bookmark).ok()?;
    let path = PathBuf::from(String::from_utf8(bytes).ok()?);
    (path.is_absolute() && path.is_dir()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(request: Value) -> Order {
        Order::read(request.as_object().unwrap(), "p")
    }

    #[test]
    fn odd_fields_count_as_absent() {
        let plain = read(json!({}));
        assert_eq!((plain.title.as_str(), &plain.session_key), ("Chat", &None));
        let odd = json!({"id": "no uuid", "title": 7, "session_id": " ", "tools": "raw",
                         "folder_bookmark": "***", "mode": "work"});
        assert_eq!(read(odd), plain);
    }

    #[test]
    fn tool_names_are_trimmed_and_kept_once_in_order() {
        let order = read(json!({"tools": [" b ", "a", 7, "", "b", null]}));
        assert_eq!(order.tools, ["b", "a"]);
    }

    #[test]
    fn a_bookmark_is_the_base64_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let bookmark = BASE64.encode(folder.path().to_str().unwrap());
        assert_eq!(
            read(json!({"folder_bookmark": bookmark})).folder.unwrap(),
            folder.path()
        );
        let relative = BASE64.encode("src");
        assert_eq!(read(json!({"folder_bookmark": relative})).folder, None);
    }
}
