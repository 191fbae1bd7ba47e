//! The messages between host and helper, one JSON object a line.
//!
//! - host to helper: `{"id":1,"method":"load","params":{…}}`, answered by `{"id":1,"result":{…}}`
//!   or `{"id":1,"error":{"message":"…"}}`
//! - helper to host: `{"id":"h-1","method":"host.config_get","params":{…}}`, answered by
//!   `{"id":"h-1","result":{"value":"…"}}`; no `value` is NULL
//! - helper to host, without answer: `{"method":"host.log","params":{…}}`

use serde_json::{Map, Value, json};

pub(super) fn request(id: &Value, method: &str, params: Value) -> String {
    json!({"id": id, "method": method, "params": params}).to_string()
}

pub(super) fn notice(method: &str, params: Value) -> String {
    json!({"method": method, "params": params}).to_string()
}

pub(super) fn result(id: &Value, result: Value) -> String {
    json!({"id": id, "result": result}).to_string()
}

pub(super) fn error(id: &Value, message: &str) -> String {
    json!({"id": id, "error": {"message": message}}).to_string()
}

/// A result with one text in it, or without it when there is none.
pub(super) fn optional(key: &str, text: Option<String>) -> Value {
    let pair = text.map(|text| (key.to_string(), Value::String(text)));
    Value::Object(pair.into_iter().collect::<Map<_, _>>())
}

pub(super) fn text<'a>(params: &'a Value, key: &str) -> Option<&'a str> {
    params.get(key)?.as_str()
}
