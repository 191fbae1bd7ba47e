//! What the manifest says of routes and web pages. Pure, but for the files that `web_folder` is
//! told to look for.

use super::{duplicates, list, text};
use crate::check::Evidence;
use serde_json::Value;
use std::path::{Component, Path};

fn routes(manifest: &Value) -> impl Iterator<Item = (String, &Value)> {
    let routes = list(&manifest["capabilities"]["routes"]).iter().enumerate();
    routes.map(|(index, route)| (format!("capabilities.routes[{index}]"), route))
}

/// `manifest-route-ids`
pub(super) fn ids(manifest: &Value) -> Vec<Evidence> {
    duplicates("routes", list(&manifest["capabilities"]["routes"]))
}

/// `manifest-route-shadowed`
pub(super) fn shadowed(manifest: &Value) -> Vec<Evidence> {
    let Some(mount) = text(&manifest["capabilities"]["web"], "mount") else {
        return Vec::new();
    };
    routes(manifest)
        .filter_map(|(path, route)| Some((path, text(route, "path")?)))
        .filter(|(_, route)| is_below(route, mount))
        .map(|(path, route)| {
            Evidence::new(format!(
                "`{path}.path` is {route:?}, beneath the web pages at {mount:?}"
            ))
        })
        .collect()
}

/// As the host matches: spaces and outer slashes of the mount do not count.
fn is_below(route: &str, mount: &str) -> bool {
    let mount = mount.trim().trim_matches('/');
    let route = route.strip_prefix('/').unwrap_or(route);
    let rest = route.strip_prefix(mount);
    mount.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `manifest-route-pattern`
pub(super) fn patterns(manifest: &Value) -> Vec<Evidence> {
    let mut earlier: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut evidence = Vec::new();
    for (path, route) in routes(manifest) {
        let pattern = text(route, "path").unwrap_or_default();
        if let Some(problem) = pattern_problem(pattern) {
            evidence.push(format!("`{path}.path` is {pattern:?}: {problem}"));
        }
        let methods: Vec<&str> = list(&route["methods"])
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let overlaps = |(other, theirs): &(&str, Vec<&str>)| {
            *other == pattern && methods.iter().all(|method| theirs.contains(method))
        };
        if !methods.is_empty() && earlier.iter().any(overlaps) {
            evidence.push(format!(
                "`{path}`: an earlier route takes {} {pattern:?}",
                methods.join(", ")
            ));
        }
        earlier.push((pattern, methods));
    }
    evidence.into_iter().map(Evidence::new).collect()
}

fn pattern_problem(pattern: &str) -> Option<&'static str> {
    let segments: Vec<&str> = pattern.split('/').skip(1).collect();
    let before_star = segments
        .split_last()
        .map_or(&segments[..], |(_, rest)| rest);
    let has_star = segments.last() == Some(&"*");
    let named = |segment: &&&str| segment.starts_with(':');
    if !pattern.starts_with('/') {
        return Some("it does not begin with `/`");
    }
    if pattern.contains(['?', '#', ' ', '%']) {
        return Some(
            "paths come without the query and are compared as they are written in the address",
        );
    }
    if segments.contains(&":") {
        return Some("a parameter without a name matches nothing");
    }
    if segments.contains(&"..") {
        return Some("the host refuses `..` in addresses");
    }
    if before_star.iter().any(|segment| segment.contains('*')) || pattern.ends_with("**") {
        return Some("`*` is only understood as the last part");
    }
    if has_star && before_star.iter().any(|segment| named(&segment)) {
        return Some("with `/*` at the end a `:name` is taken literally");
    }
    None
}

/// `manifest-route-methods`
pub(super) fn methods(manifest: &Value) -> Vec<Evidence> {
    routes(manifest)
        .filter_map(|(path, route)| Some((path, methods_problem(list(&route["methods"]))?)))
        .map(|(path, problem)| Evidence::new(format!("`{path}.methods` {problem}")))
        .collect()
}

fn methods_problem(methods: &[Value]) -> Option<String> {
    let usual_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let mut ids: Vec<String> = Vec::new();
    for method in methods.iter().filter_map(Value::as_str) {
        let upper = method.to_ascii_uppercase();
        if !usual_methods.contains(&upper.as_str()) {
            return Some(format!("has {method:?}, which never reaches a route"));
        }
        if ids.contains(&upper) {
            return Some(format!("has {method:?} twice"));
        }
        ids.push(upper);
    }
    ids.is_empty().then(|| "is empty".to_string())
}

/// `manifest-callbacks`
pub(super) fn callbacks(manifest: &Value, has_handle_route: bool) -> Vec<Evidence> {
    let count = list(&manifest["capabilities"]["routes"]).len();
    let missing = count > 0 && !has_handle_route;
    let message = || {
        Evidence::new(format!(
            "there are {count} routes, and `handle_route` is NULL in the table"
        ))
    };
    missing.then(message).into_iter().collect()
}

/// `manifest-web-folder`. `folder` is the library's.
pub(super) fn web_folder(manifest: &Value, folder: &Path) -> Vec<Evidence> {
    let web = &manifest["capabilities"]["web"];
    if !web.is_object() {
        return Vec::new();
    }
    let [dir, entry, mount] =
        ["static_dir", "entry", "mount"].map(|key| text(web, key).unwrap_or_default());
    let mut evidence = Vec::new();
    if !mount.trim().starts_with('/') || mount.contains(['?', '#', '%']) {
        evidence.push(format!(
            "`capabilities.web.mount` is {mount:?}; expected a path such as \"/ui\""
        ));
    }
    for (key, path) in [("static_dir", dir), ("entry", entry)] {
        if path.is_empty() || !stays_inside(path) {
            evidence.push(format!(
                "`capabilities.web.{key}` is {path:?}; expected a path inside the plugin's folder"
            ));
        }
    }
    let page = folder.join(dir).join(entry);
    if evidence.is_empty() && !page.is_file() {
        evidence.push(format!("there is no file {dir}/{entry} beside the library"));
    }
    evidence.into_iter().map(Evidence::new).collect()
}

fn stays_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(path: &str, methods: &[&str]) -> Value {
        json!({"capabilities": {"routes": [{"id": "r", "path": path, "methods": methods}]}})
    }

    #[test]
    fn patterns_can_match() {
        for good in ["/", "/a", "/a/:id", "/a/*", "/a/:id/b/:other", "/a/"] {
            assert!(patterns(&with(good, &["GET"])).is_empty(), "{good}");
        }
        for bad in [
            "a", "/a?b", "/a/:", "/:id/*", "/a/*/b", "/a b", "/../a", "/a/**",
        ] {
            assert_eq!(patterns(&with(bad, &["GET"])).len(), 1, "{bad}");
        }
        let twice = json!({"capabilities": {"routes": [
            {"path": "/a", "methods": ["GET", "POST"]}, {"path": "/a", "methods": ["POST"]}, {"path": "/a", "methods": ["PUT"]}]}});
        assert!(
            patterns(&twice)[0]
                .what
                .contains("routes[1]`: an earlier route takes POST")
        );
        assert_eq!(patterns(&twice).len(), 1);
    }

    #[test]
    fn methods_reach_a_route() {
        assert!(methods(&with("/a", &["get", "HEAD"])).is_empty());
        let message = |methods: &[&str]| super::methods(&with("/a", methods))[0].what.clone();
        assert!(message(&[]).ends_with("is empty"));
        assert!(message(&["OPTIONS"]).contains("never reaches"));
        assert!(message(&["GET", "get"]).ends_with("\"get\" twice"));
    }

    #[test]
    fn pages_hide_routes_beneath_their_mount() {
        let with = |mount: &str, path: &str| {
            shadowed(
                &json!({"capabilities": {"web": {"mount": mount}, "routes": [{"path": path}]}}),
            )
            .len()
        };
        assert_eq!(
            [with("/ui", "/ui"), with(" /ui/ ", "/ui/x"), with("/", "/a")],
            [1, 1, 1]
        );
        assert_eq!([with("/ui", "/ui-other"), with("/ui", "/api")], [0, 0]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "looks for files")]
    fn pages_are_beside_the_library() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let web = |dir: &str, mount: &str| json!({"capabilities": {"web": {"static_dir": dir, "entry": "i.html", "mount": mount}}});
        let message = |value: &Value| {
            web_folder(value, folder.path())
                .first()
                .map(|found| found.what.clone())
        };
        assert!(
            message(&web("web", "/ui"))
                .is_some_and(|message| message.contains("no file web/i.html"))
        );
        std::fs::create_dir(folder.path().join("web")).expect("a folder");
        std::fs::write(folder.path().join("web/i.html"), "x").expect("a file");
        assert_eq!(message(&web("web", "/ui")), None);
        assert!(
            message(&web("../web", "/ui"))
                .is_some_and(|message| message.contains("inside the plugin's folder"))
        );
        assert!(message(&web("web", "ui")).is_some_and(|message| message.contains("\"/ui\"")));
        assert_eq!(message(&json!({})), None);
    }

    #[test]
    fn routes_need_a_callback() {
        assert_eq!(callbacks(&with("/a", &["GET"]), false).len(), 1);
        assert!(
            callbacks(&with("/a", &["GET"]), true).is_empty()
                && callbacks(&json!({}), false).is_empty()
        );
    }
}
