//! Secrets in recorded strings: a value that was seen where secrets pass is replaced by a
//! placeholder wherever it occurs from then on. The replayed plugin gets the placeholder and so
//! says it again, which is why replays still match.

use regex::{NoExpand, Regex};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Values shorter than this are only replaced in the text in which they were given: elsewhere they
/// would hit by chance.
const DISTINCT: usize = 4;

/// Headers whose values are secrets.
const HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
];

/// The secrets of a recording so far.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Keys that the manifest declares as secret.
    secret_keys: HashSet<String>,
    /// Keys that it declares as settings to be shown.
    open_keys: HashSet<String>,
    /// Values with their names, in every spelling.
    values: Vec<(String, String)>,
    /// The key that a pending `config_get` asked for, by host call.
    asked: HashMap<u64, String>,
}

impl Secrets {
    /// Learns from the manifest which keys hold secrets.
    pub(super) fn read_manifest(&mut self, manifest: &str) {
        let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
        let secrets = manifest["secrets"].as_array().into_iter().flatten();
        self.secret_keys
            .extend(secrets.filter_map(|secret| text(&secret["id"])));
        let sections = manifest["capabilities"]["config"]["sections"].as_array();
        let fields = sections.into_iter().flatten();
        let fields = fields.flat_map(|section| section["fields"].as_array().into_iter().flatten());
        for field in fields {
            let Some(key) = text(&field["key"]) else {
                continue;
            };
            let keys = match field["type"].as_str() {
                Some("secret") => &mut self.secret_keys,
                _ => &mut self.open_keys,
            };
            keys.insert(key);
        }
    }

    /// The strings of a call into the plugin, clean.
    pub(super) fn call(&mut self, slot: &str, args: &[Option<&str>]) -> Vec<Option<String>> {
        let mut short = Vec::new();
        match (slot, args) {
            ("invoke", [_, _, Some(payload)]) => short = self.learn_payload(payload),
            ("handle_route", [Some(request)]) => self.learn_headers(request),
            ("on_config_changed", [Some(key), Some(value)]) => {
                short.extend(self.learn_setting(key, value));
            }
            _ => {}
        }
        args.iter()
            .map(|text| text.map(|text| self.clean_with(text, &short)))
            .collect()
    }

    /// The strings of a call of the host, clean.
    pub(super) fn host_call(
        &mut self,
        call: u64,
        slot: &str,
        args: &[Option<String>],
    ) -> Vec<Option<String>> {
        let mut short = Vec::new();
        match (slot, args) {
            ("config_get", [Some(key)]) => drop(self.asked.insert(call, key.clone())),
            ("config_set", [Some(key), Some(value)]) => {
                short.extend(self.learn_setting(key, value));
            }
            _ => {}
        }
        let clean = args
            .iter()
            .map(|text| text.as_ref().map(|text| self.clean_with(text, &short)));
        with_hidden_headers(slot, clean.collect())
    }

    /// What the host answered, clean.
    pub(super) fn host_return(&mut self, call: u64, slot: &str, answer: &str) -> String {
        let mut short = Vec::new();
        if let Some(key) = self.asked.remove(&call) {
            short.extend(self.learn_setting(&key, answer));
        }
        if slot == "http_request" {
            self.learn_headers(answer);
        }
        self.clean_with(answer, &short)
    }

    /// Replaces everything learned.
    pub(super) fn clean(&self, text: &str) -> String {
        self.clean_with(text, &[])
    }

    fn clean_with(&self, text: &str, short: &[(String, String)]) -> String {
        let mut text = text.to_owned();
        for (value, name) in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), name);
            }
        }
        for (value, name) in short {
            if text == *value {
                text.clone_from(name);
            }
            text = text.replace(&spelled(value), &format!("\"{name}\""));
        }
        text
    }

    /// `_secrets` holds everything that is stored for the plugin, open settings too.
    fn learn_payload(&mut self, payload: &str) -> Vec<(String, String)> {
        let payload: Value = serde_json::from_str(payload).unwrap_or_default();
        let secrets = payload["_secrets"].as_object().into_iter().flatten();
        let values = secrets.filter_map(|(key, value)| Some((key, value.as_str()?)));
        let values = values.filter(|(key, _)| !self.open_keys.contains(*key));
        let values: Vec<(String, String)> =
            values.map(|(k, v)| (k.clone(), v.to_owned())).collect();
        values
            .iter()
            .filter_map(|(key, value)| self.learn(key, value))
            .collect()
    }

    fn learn_setting(&mut self, key: &str, value: &str) -> Option<(String, String)> {
        self.secret_keys
            .contains(key)
            .then(|| self.learn(key, value))?
    }

    fn learn_headers(&mut self, message: &str) {
        let message: Value = serde_json::from_str(message).unwrap_or_default();
        for (name, value) in secret_headers(&message) {
            self.learn(&name, &value);
        }
    }

    /// Remembers a value; gives a short one back, which is only replaced where it was given.
    fn learn(&mut self, key: &str, value: &str) -> Option<(String, String)> {
        let name = placeholder(key);
        if value.is_empty() || value.contains("<secret:") {
            return None;
        }
        if value.chars().count() < DISTINCT {
            return Some((value.to_owned(), name));
        }
        for spelling in spellings(value) {
            if self.values.iter().all(|(known, _)| *known != spelling) {
                self.values.push((spelling, name.clone()));
            }
        }
        // A secret that holds another one is replaced first.
        self.values
            .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        None
    }
}

/// Headers with secrets that the plugin made up itself are hidden on both sides of a comparison.
pub(super) fn with_hidden_headers(slot: &str, args: Vec<Option<String>>) -> Vec<Option<String>> {
    if slot != "http_request" {
        return args;
    }
    let hide = |text: String| {
        let request: Value = serde_json::from_str(&text).unwrap_or_default();
        let headers = secret_headers(&request).into_iter();
        let own = headers.filter(|(_, value)| !value.contains("<secret:"));
        own.fold(text, |text, (name, value)| {
            let place = format!(
                "(?i)(\"{}\"\\s*:\\s*){}",
                regex::escape(&name),
                regex::escape(&spelled(&value))
            );
            let Ok(place) = Regex::new(&place) else {
                return text;
            };
            let digits = place.captures(&text).map(|found| found[1].to_owned());
            let hidden = format!("{}\"{}\"", digits.unwrap_or_default(), placeholder(&name));
            place.replace_all(&text, NoExpand(&hidden)).into_owned()
        })
    };
    args.into_iter().map(|text| text.map(hide)).collect()
}

fn secret_headers(message: &Value) -> Vec<(String, String)> {
    let headers = message["headers"].as_object().into_iter().flatten();
    let secret = headers.filter(|(name, _)| HEADERS.contains(&&*name.to_lowercase()));
    secret
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// How a value is written raw, inside JSON, and inside JSON that is limited to ASCII.
fn spellings(value: &str) -> Vec<String> {
    let json = spelled(value);
    let ascii = json.chars().map(|c| match c {
        c if c.is_ascii() => c.to_string(),
        c => {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            units.map(|unit| format!("\\u{unit:04x}")).collect()
        }
    });
    let bare = |text: &str| text[1..text.len() - 1].to_owned();
    vec![
        value.to_owned(),
        bare(&json),
        bare(&ascii.collect::<String>()),
    ]
}

fn spelled(value: &str) -> String {
    Value::from(value).to_string()
}

fn placeholder(key: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let key: String = key.to_lowercase().chars().map(plain).collect();
    format!("<secret:{key}>")
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.read_manifest(
            r#"{"secrets":[{"id":"api_key"}],"capabilities":{"config":{"sections":[{"fields":[
            {"key":"pin","type":"secret"},{"key":"colour","type":"text"}]}]}}}"#,
        );
        secrets
    }

    fn some(strings: &[&str]) -> Vec<Option<String>> {
        strings
            .iter()
            .map(|text| Some((*text).to_owned()))
            .collect()
    }

    #[test]
    fn a_secret_is_replaced_wherever_it_goes() {
        let mut secrets = secrets();
        let payload = r#"{"_secrets":{"api_key":"s3cr\"ét","colour":"blue"}}"#;
        let call = secrets.call("invoke", &[Some("tool"), Some("t"), Some(payload)]);
        assert_eq!(
            call[2].as_deref(),
            Some(r#"{"_secrets":{"api_key":"<secret:api_key>","colour":"blue"}}"#)
        );
        let call = secrets.host_call(
            1,
            "log",
            &some(&["2", r#"s3cr"ét, s3cr\"ét, s3cr\"\u00e9t"#]),
        );
        assert_eq!(
            call[1].as_deref(),
            Some("<secret:api_key>, <secret:api_key>, <secret:api_key>")
        );
    }

    #[test]
    fn settings_are_secret_by_their_declaration_and_short_ones_only_in_their_place() {
        let mut secrets = secrets();
        secrets.host_call(7, "config_get", &some(&["pin"]));
        assert_eq!(secrets.host_return(7, "config_get", "12"), "<secret:pin>");
        assert_eq!(secrets.clean("12 apples"), "12 apples");
        let changed = secrets.call("on_config_changed", &[Some("colour"), Some("green")]);
        assert_eq!(changed[1].as_deref(), Some("green"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "compiling regular expressions takes minutes there")]
    fn headers_that_carry_secrets_are_hidden() {
        let mut secrets = secrets();
        let own = r#"{"headers":{"Authorization":"Basic QTpC"},"body":"Basic"}"#;
        let call = secrets.host_call(1, "http_request", &some(&[own]));
        assert_eq!(
            call[0].as_deref(),
            Some(r#"{"headers":{"Authorization":"<secret:authorization>"},"body":"Basic"}"#)
        );
        let answer =
            secrets.host_return(1, "http_request", r#"{"headers":{"set-cookie":"id=99"}}"#);
        assert_eq!(
            answer,
            r#"{"headers":{"set-cookie":"<secret:set_cookie>"}}"#
        );
        assert_eq!(secrets.clean("id=99; x"), "<secret:set_cookie>; x");
    }
}
