//! Which of a plugin's routes a method and a path belong to, and how queries are read. Pure
//! functions of strings; the router calls them.

use crate::plugin::manifest::Route;
use serde_json::{Map, Value};

/// An exact route, else the first with parameters, else the first wildcard; with the values of its
/// parameters.
pub(crate) fn find<'a>(
    routes: &'a [Route],
    method: &str,
    path: &str,
) -> Option<(&'a Route, Map<String, Value>)> {
    let fits = |route: &&Route| {
        let mut methods = route.methods.iter();
        methods.any(|allowed| allowed.eq_ignore_ascii_case(method))
    };
    let candidates: Vec<&Route> = routes.iter().filter(fits).collect();
    let exact = candidates.iter().find(|r| with_slash(&r.path) == path);
    if let Some(route) = exact {
        return Some((route, Map::new()));
    }
    let params = |route: &&'a Route| Some((*route, match_params(&with_slash(&route.path), path)?));
    candidates.iter().find_map(params).or_else(|| {
        let mut below = candidates.iter();
        let wildcard = below.find(|route| is_below(&with_slash(&route.path), path));
        wildcard.map(|route| (*route, Map::new()))
    })
}

pub(crate) fn with_slash(path: &str) -> String {
    if path.starts_with('/') {
        path.to_string()
    } else {
        format!("/{path}")
    }
}

/// `/items/:id`: equal segment counts, no empty values.
fn match_params(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let is_param = |segment: &str| segment.starts_with(':');
    if pattern.ends_with("/*") || !pattern.split('/').any(is_param) {
        return None;
    }
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut params = Map::new();
    for (expected, found) in pattern.into_iter().zip(path) {
        match expected.strip_prefix(':') {
            Some(name) if !name.is_empty() && !found.is_empty() => {
                let value = percent_decoded(found).unwrap_or_else(|| found.to_string());
                params.insert(name.to_string(), value.into());
            }
            None if expected == found => {}
            _ => return None,
        }
    }
    Some(params)
}

/// `/files/*` matches `/files` and everything below.
fn is_below(pattern: &str, path: &str) -> bool {
    let Some(prefix) = pattern.strip_suffix("/*") else {
        return false;
    };
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The last of several values counts; `+` stays. A name that cannot be decoded is left out, such a
/// value is empty.
pub(crate) fn query_map(query: &str) -> Map<String, Value> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decode = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decoded(value).unwrap_or_default();
        Some((percent_decoded(key)?, Value::String(value)))
    };
    pairs.filter_map(decode).collect()
}

/// The value of the first `osr_agent` in a query.
pub(crate) fn agent_in_query(query: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == "osr_agent")?;
    Some(percent_decoded(value).unwrap_or_else(|| value.to_string()))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
        out.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(routes: &Value, method: &str, path: &str) -> Option<(String, String)> {
        let routes: Vec<Route> = serde_json::from_value(routes.clone()).unwrap();
        let (route, params) = find(&routes, method, path)?;
        Some((route.id.clone(), Value::Object(params).to_string()))
    }

    fn items() -> Value {
        json!([
            {"id": "any", "path": "/items/*", "methods": ["GET"], "auth": "none"},
            {"id": "one", "path": "items/:id", "methods": ["get", "POST"], "auth": "none"},
            {"id": "two", "path": "/items/:other", "methods": ["GET"], "auth": "none"},
            {"id": "new", "path": "/items/new", "methods": ["GET"], "auth": "none"},
        ])
    }

    fn id(method: &str, path: &str) -> Option<String> {
        found(&items(), method, path).map(|(id, _)| id)
    }

    #[test]
    fn exact_wins_over_parameters_over_wildcards() {
        assert_eq!(id("GET", "/items/new").unwrap(), "new");
        assert_eq!(id("GET", "/items/x").unwrap(), "one");
        assert_eq!(id("GET", "/items/x/y").unwrap(), "any");
    }

    #[test]
    fn methods_ignore_case_and_must_be_listed() {
        assert_eq!(id("gEt", "/items/1").unwrap(), "one");
        assert_eq!(id("DELETE", "/items/1"), None);
    }

    #[test]
    fn paths_are_compared_as_they_are_written() {
        assert_eq!(id("GET", "/Items/new"), None);
        assert_eq!(id("GET", "/items/%6eew").unwrap(), "one");
    }

    #[test]
    fn a_trailing_slash_is_a_segment_and_an_empty_value_is_none() {
        assert_eq!(id("GET", "/items/a/").unwrap(), "any");
        assert_eq!(id("GET", "/items/").unwrap(), "any");
        assert_eq!(id("POST", "/items/"), None);
        assert_eq!(id("POST", "/items//1"), None);
    }

    #[test]
    fn a_wildcard_matches_its_prefix_and_everything_below() {
        assert_eq!(id("GET", "/items").unwrap(), "any");
        assert_eq!(id("GET", "/itemsx"), None);
        let all = json!([{"id": "all", "path": "/*", "methods": ["GET"], "auth": "none"}]);
        assert_eq!(found(&all, "GET", "/").unwrap().0, "all");
    }

    #[test]
    fn values_are_decoded_or_kept_raw() {
        let value = |path| found(&items(), "GET", path).unwrap().1;
        assert_eq!(value("/items/a%20b"), r#"{"id":"a b"}"#);
        assert_eq!(value("/items/%zz"), r#"{"id":"%zz"}"#);
        assert_eq!(value("/items/%ff"), r#"{"id":"%ff"}"#);
    }

    #[test]
    fn a_bare_colon_never_matches_and_a_parameter_before_a_wildcard_is_literal() {
        let odd = json!([
            {"id": "bare", "path": "/a/:", "methods": ["GET"], "auth": "none"},
            {"id": "both", "path": "/b/:x/*", "methods": ["GET"], "auth": "none"},
        ]);
        assert_eq!(found(&odd, "GET", "/a/1"), None);
        assert_eq!(found(&odd, "GET", "/b/1/2"), None);
        assert_eq!(
            found(&odd, "GET", "/b/:x/2").unwrap(),
            ("both".into(), "{}".into())
        );
    }

    #[test]
    fn queries_are_decoded_like_osaurus_does() {
        let map = query_map("a=1&a=2&b=x+y%21&%zz=1&c=%zz&d");
        let expected = r#"{"a":"2","b":"x+y!","c":"","d":""}"#;
        assert_eq!(Value::Object(map).to_string(), expected);
    }

    #[test]
    fn the_first_osr_agent_counts() {
        assert_eq!(
            agent_in_query("x&osr_agent=a%2Db&osr_agent=c").unwrap(),
            "a-b"
        );
        assert_eq!(agent_in_query("osr_agent"), None);
    }
}
