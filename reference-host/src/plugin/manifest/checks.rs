//! The checks that follow a manifest's decoding: ids, requirements, routes that static pages would
//! hide.

use crate::host::errors::LoadError;
use crate::plugin::manifest::Manifest;
use std::collections::HashSet;

impl Manifest {
    /// Blank or repeated tool and route ids.
    pub(crate) fn check_ids(&self) -> Result<(), LoadError> {
        let tools = self.tools().iter().map(|tool| tool.id.as_str());
        self.check_kind("tool", tools)?;
        self.check_kind("route", self.routes().iter().map(|route| route.id.as_str()))
    }

    fn check_kind<'a>(
        &self,
        kind: &str,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<(), LoadError> {
        let mut unique_ids = HashSet::new();
        for id in ids.map(str::trim) {
            if id.is_empty() {
                return Err(self.problem(format!("declares a {kind} with an empty id")));
            }
            if !unique_ids.insert(id) {
                return Err(self.problem(format!("declares duplicate {kind} id '{id}'")));
            }
        }
        Ok(())
    }

    /// A route at or below the web mount, which static files would hide.
    pub(crate) fn check_web_overlap(&self) -> Result<(), LoadError> {
        let Some(web) = &self.capabilities.web else {
            return Ok(());
        };
        match self.routes().iter().find(|route| web.captures(&route.path)) {
            None => Ok(()),
            Some(route) => Err(self.problem(format!(
                "declares route '{}' at '{}' beneath its web mount '{}': \
                 the static web branch would shadow this route; move one of them",
                route.id, route.path, web.mount
            ))),
        }
    }

    /// What the log says of requirements that cannot be compared with this host; the plugin is
    /// loaded.
    pub(crate) fn unreadable_requirements(
        &self,
        osaurus: &str,
        macos: Option<&str>,
    ) -> Vec<String> {
        let readable = |required: &str, read: Read, host: Option<&str>| {
            read(required).is_some() && host.and_then(lenient_version).is_some()
        };
        let osaurus = (
            "min_osaurus",
            &self.min_osaurus,
            strict_version as Read,
            Some(osaurus),
        );
        let macos = (
            "min_macos",
            &self.min_macos,
            lenient_system_version as Read,
            macos,
        );
        [osaurus, macos]
            .into_iter()
            .filter_map(|(what, required, read, host)| {
                let required = required.as_deref()?;
                (!readable(required, read, host)).then(|| {
                    format!("cannot compare {what} '{required}' with this host; loading anyway")
                })
            })
            .collect()
    }

    fn problem(&self, problem: String) -> LoadError {
        LoadError::Capability {
            plugin: self.plugin_id.clone(),
            problem,
        }
    }

    /// `min_osaurus` and `min_macos`. Fails only when both sides are understood and the host is
    /// older; a host that is None is not compared.
    pub(crate) fn check_compatibility(
        &self,
        osaurus: Option<&str>,
        macos: Option<&str>,
    ) -> Result<(), LoadError> {
        let checks = [
            (
                "Osaurus",
                &self.min_osaurus,
                osaurus,
                strict_version as Read,
            ),
            ("macOS", &self.min_macos, macos, lenient_system_version),
        ];
        for (what, required, current, read) in checks {
            let (Some(required), Some(current)) = (required.as_deref(), current) else {
                continue;
            };
            let older = read(required)
                .zip(lenient_version(current))
                .is_some_and(|(need, have)| have < need);
            if older {
                let (required, current) = (required.to_string(), current.to_string());
                return Err(LoadError::TooOld {
                    plugin: self.plugin_id.clone(),
                    what,
                    required,
                    current,
                });
            }
        }
        Ok(())
    }
}

/// Reads a version; None when it is not understood.
type Read = fn(&str) -> Option<[u64; 3]>;

/// `M.m.p` and nothing else.
fn strict_version(text: &str) -> Option<[u64; 3]> {
    let version = semver::Version::parse(text).ok()?;
    let is_release = version.pre.is_empty() && version.build.is_empty();
    is_release.then_some([version.major, version.minor, version.patch])
}

/// `1`, `1.0`, `1.0.0`, `1.2.3-beta`.
fn lenient_version(text: &str) -> Option<[u64; 3]> {
    let release = text.trim().split(['-', '+']).next().unwrap_or_default();
    let mut parts = release.split('.').map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().unwrap_or(Some(0));
    Some([next()?, next()?, next()?])
}

/// `14`, `14.5`, `14.5.1`; parts after the first that are not numbers count as 0.
fn lenient_system_version(text: &str) -> Option<[u64; 3]> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let mut next = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    Some([major, next(), next()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use serde_json::json;

    fn manifest(extra: Value) -> Result<Manifest, LoadError> {
        let mut value = json!({"plugin_id": "dev.x", "capabilities": {}});
        if let (Value::Object(base), Value::Object(extra)) = (&mut value, extra) {
            base.extend(extra);
        }
        Manifest::parse(value.to_string().as_bytes())
    }

    #[test]
    fn a_wrong_type_anywhere_fails_the_whole() {
        let error = manifest(json!({"authors": "me"})).unwrap_err();
        assert_eq!(error.to_string(), "Failed to parse plugin manifest");
        assert!(
            error.detail().unwrap().contains("authors")
                || error.detail().unwrap().contains("sequence")
        );
        assert!(manifest(json!({"name": null, "unknown": 1})).is_ok());
        let route = json!({"id": "r", "path": "/", "methods": ["GET"]});
        assert!(
            manifest(json!({"capabilities": {"routes": [route]}})).is_err(),
            "auth has no default"
        );
    }

    #[test]
    fn versions_are_compared_only_when_both_are_understood() {
        let check = |min: &str, host: &str| {
            manifest(json!({"min_osaurus": min}))
                .unwrap()
                .check_compatibility(Some(host), None)
        };
        assert!(check("0.20.3", "0.20.3").is_ok() && check("0.20.4", "0.20").is_err());
        assert!(check("99", "0.20.3").is_ok(), "not M.m.p, so only logged");
        assert!(check("1.2.3", "1.2.3-beta").is_ok() && check("9.9.9", "unknown").is_ok());
        let mac = manifest(json!({"min_macos": "15.x"})).unwrap();
        assert!(
            mac.check_compatibility(Some("0.20.3"), Some("14.7"))
                .is_err()
        );
        assert!(mac.check_compatibility(Some("0.20.3"), Some("15")).is_ok());
    }

    #[test]
    fn ids_and_overlaps_are_named() {
        let tools = json!([{"id": "a", "description": ""}, {"id": " a ", "description": ""}]);
        let text = manifest(json!({"capabilities": {"tools": tools}}))
            .unwrap()
            .check_ids()
            .unwrap_err()
            .to_string();
        assert!(text.contains("declares duplicate tool id 'a'"), "{text}");
        let web =
            json!({"static_dir": "web", "entry": "index.html", "mount": "/ui/", "auth": "none"});
        let at = |path: &str| {
            let route = json!({"id": "r", "path": path, "methods": ["GET"], "auth": "none"});
            manifest(json!({"capabilities": {"routes": [route], "web": web}}))
                .unwrap()
                .check_web_overlap()
        };
        assert!(at("/ui").is_err() && at("/ui/x").is_err() && at("/ui-other").is_ok());
    }
}
