//! The plugin's manifest: strict decoding (a wrong type anywhere fails the whole), and the checks that follow it.
//! Pure data: the loader decides what a failure means.

use crate::errors::LoadError;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;

/// A decoded manifest. Optional fields that are `null` count as absent; unknown keys are ignored.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    #[serde(skip)]
    json: Value,
    /// The plugin's id.
    pub plugin_id: String,
    /// Its tools, routes, settings and pages.
    pub capabilities: Capabilities,
    /// Its name for people.
    pub name: Option<String>,
    /// Its version; not checked against anything.
    pub version: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Its license.
    pub license: Option<String>,
    /// The oldest macOS it runs on.
    pub min_macos: Option<String>,
    /// The oldest Osaurus it runs on.
    pub min_osaurus: Option<String>,
    /// Who wrote it.
    pub authors: Option<Vec<String>>,
    /// Appended to the system prompt of inference and tasks that the plugin starts.
    pub instructions: Option<String>,
    /// Secrets it wants from the user.
    pub secrets: Option<Vec<Secret>>,
    /// Links and file names of documentation.
    pub docs: Option<Docs>,
}

/// What a plugin offers.
#[derive(Debug, Clone, Deserialize)]
pub struct Capabilities {
    /// Tools.
    pub tools: Option<Vec<Tool>>,
    /// HTTP routes.
    pub routes: Option<Vec<Route>>,
    /// Settings.
    pub config: Option<ConfigSpec>,
    /// Static pages.
    pub web: Option<Web>,
    /// Whether shared artifacts are handed to it.
    pub artifact_handler: Option<bool>,
}

/// A tool.
#[derive(Debug, Clone, Deserialize)]
pub struct Tool {
    /// Its id, which is also the name models call it by.
    pub id: String,
    /// What it does.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub parameters: Option<Value>,
    /// Permissions it needs.
    pub requirements: Option<Vec<String>>,
    /// `auto`, `deny`, anything else means ask.
    pub permission_policy: Option<String>,
}

/// An HTTP route.
#[derive(Debug, Clone, Deserialize)]
pub struct Route {
    /// Its id.
    pub id: String,
    /// Its path pattern.
    pub path: String,
    /// Its methods.
    pub methods: Vec<String>,
    /// Who may call it.
    pub auth: Auth,
    /// What it does.
    pub description: Option<String>,
    /// Whether it can be reached through the tunnel.
    pub tunnel_exposed: Option<bool>,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Everyone.
    None,
    /// Everyone; the plugin verifies the caller.
    Verify,
    /// Holders of an access key.
    Owner,
}

/// Static pages.
#[derive(Debug, Clone, Deserialize)]
pub struct Web {
    /// The folder of the files.
    pub static_dir: String,
    /// The page to begin with.
    pub entry: String,
    /// The path prefix.
    pub mount: String,
    /// Who may see them.
    pub auth: Auth,
    /// The prefix of the plugin's own API.
    pub api_mount: Option<String>,
    /// Whether they can be reached through the tunnel.
    pub tunnel_exposed: Option<bool>,
}

/// The settings page.
#[derive(Debug, Clone, Deserialize)]
pub struct ConfigSpec {
    /// Its title.
    pub title: Option<String>,
    /// Its sections.
    pub sections: Vec<ConfigSection>,
}

/// A section of the settings page.
#[derive(Debug, Clone, Deserialize)]
pub struct ConfigSection {
    /// Its title.
    pub title: String,
    /// Its fields.
    pub fields: Vec<ConfigField>,
}

/// A setting.
#[derive(Debug, Clone, Deserialize)]
pub struct ConfigField {
    /// The key that `config_get` reads.
    pub key: String,
    /// How it is edited.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Its label.
    pub label: String,
    /// Shown when empty.
    pub placeholder: Option<String>,
    /// Its value when none is stored.
    pub default: Option<DefaultValue>,
    /// Choices.
    pub options: Option<Vec<Choice>>,
    /// Checks of the settings page.
    pub validation: Option<Validation>,
    /// The key whose presence means "connected".
    pub connected_when: Option<String>,
    /// How to connect.
    pub connect_action: Option<ConnectAction>,
    /// How to disconnect.
    pub disconnect_action: Option<DisconnectAction>,
    /// A computed value.
    pub value_template: Option<String>,
    /// Whether there is a copy button.
    pub copyable: Option<bool>,
}

/// How a setting is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub enum FieldKind {
    Text,
    Secret,
    Toggle,
    Select,
    Multiselect,
    Number,
    Readonly,
    Status,
}

/// A setting's default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
#[expect(
    missing_docs,
    reason = "the variants are the four JSON forms a default may have"
)]
pub enum DefaultValue {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<String>),
}

impl DefaultValue {
    /// The text that is delivered for it: numbers as Swift prints doubles, lists as JSON.
    pub(crate) fn text(&self) -> String {
        match self {
            DefaultValue::Bool(flag) => flag.to_string(),
            DefaultValue::Number(number) => crate::database::real_text(*number),
            DefaultValue::Text(text) => text.clone(),
            DefaultValue::List(items) => Value::from(items.clone()).to_string(),
        }
    }
}

/// A choice of a select field.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// Checks that the settings page makes.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub struct Validation {
    pub required: Option<bool>,
    pub pattern: Option<String>,
    pub pattern_hint: Option<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub min_length: Option<i64>,
    pub max_length: Option<i64>,
}

/// What the connect button does.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub struct ConnectAction {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub url_route: Option<String>,
}

/// What the disconnect button does.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub struct DisconnectAction {
    pub clear_keys: Option<Vec<String>>,
}

/// A secret that the plugin wants.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub struct Secret {
    pub id: String,
    pub label: String,
    pub description: Option<String>,
    pub required: bool,
    pub url: Option<String>,
}

/// Documentation.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub struct Docs {
    pub readme: Option<String>,
    pub changelog: Option<String>,
    pub links: Option<Vec<Link>>,
}

/// A link.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the manifest's own words")]
pub struct Link {
    pub label: String,
    pub url: String,
}

impl Manifest {
    /// Decodes a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, LoadError> {
        let failed = |detail: String| LoadError::BadManifest { detail };
        let text = std::str::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
        let value: Value = serde_json::from_str(text).map_err(|error| failed(error.to_string()))?;
        let mut manifest: Manifest =
            serde_json::from_value(value.clone()).map_err(|error| failed(error.to_string()))?;
        manifest.json = value;
        Ok(manifest)
    }

    /// The manifest as the plugin gave it.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The tools, in order.
    pub fn tools(&self) -> &[Tool] {
        self.capabilities.tools.as_deref().unwrap_or_default()
    }

    /// The routes, in order.
    pub fn routes(&self) -> &[Route] {
        self.capabilities.routes.as_deref().unwrap_or_default()
    }

    /// The declared settings, in order.
    pub fn config_fields(&self) -> impl Iterator<Item = &ConfigField> {
        self.capabilities
            .config
            .iter()
            .flat_map(|spec| &spec.sections)
            .flat_map(|section| &section.fields)
    }

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
        let mut seen = HashSet::new();
        for id in ids.map(str::trim) {
            if id.is_empty() {
                return Err(self.problem(format!("declares a {kind} with an empty id")));
            }
            if !seen.insert(id) {
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

    /// Requirements that are given but cannot be compared.
    pub(crate) fn unreadable_requirements(
        &self,
        system_known: bool,
    ) -> Vec<(&'static str, String)> {
        let osaurus = self
            .min_osaurus
            .as_deref()
            .filter(|text| strict_version(text).is_none());
        let readable = |text: &&str| !system_known || lenient_system_version(text).is_none();
        let macos = self.min_macos.as_deref().filter(readable);
        let named = [("min_osaurus", osaurus), ("min_macos", macos)];
        named
            .into_iter()
            .filter_map(|(what, text)| Some((what, text?.to_string())))
            .collect()
    }

    fn problem(&self, problem: String) -> LoadError {
        LoadError::Capability {
            plugin: self.plugin_id.clone(),
            problem,
        }
    }

    /// `min_osaurus` and `min_macos`. Fails only when both sides are understood and the host is older.
    pub(crate) fn check_compatibility(
        &self,
        osaurus: &str,
        macos: Option<&str>,
    ) -> Result<(), LoadError> {
        let checks = [
            (
                "Osaurus",
                &self.min_osaurus,
                Some(osaurus),
                strict_version as fn(&str) -> Option<[u64; 3]>,
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

impl Web {
    /// Whether a subpath belongs to the static pages.
    pub(crate) fn captures(&self, subpath: &str) -> bool {
        let mount = self.mount.trim().trim_matches('/');
        let path = subpath.strip_prefix('/').unwrap_or(subpath);
        mount.is_empty()
            || path == mount
            || path
                .strip_prefix(mount)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// `M.m.p` and nothing else.
fn strict_version(text: &str) -> Option<[u64; 3]> {
    let parts: Vec<u64> = text
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// `1`, `1.0`, `1.0.0`, `1.2.3-beta`.
fn lenient_version(text: &str) -> Option<[u64; 3]> {
    let release = text.trim().split(['-', '+']).next().unwrap_or_default();
    let mut parts = release.split('.').map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().unwrap_or(Some(0));
    Some([next()?, next()?, next()?])
}

/// `14`, `14.5`, `14.5.1`; parts after the first that are no numbers count as 0.
fn lenient_system_version(text: &str) -> Option<[u64; 3]> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let mut next = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    Some([major, next(), next()])
}

#[cfg(test)]
mod tests {
    use super::*;
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
                .check_compatibility(host, None)
        };
        assert!(check("0.20.3", "0.20.3").is_ok() && check("0.20.4", "0.20").is_err());
        assert!(check("99", "0.20.3").is_ok(), "not M.m.p, so only logged");
        assert!(check("1.2.3", "1.2.3-beta").is_ok() && check("9.9.9", "unknown").is_ok());
        let mac = manifest(json!({"min_macos": "15.x"})).unwrap();
        assert!(mac.check_compatibility("0.20.3", Some("14.7")).is_err());
        assert!(mac.check_compatibility("0.20.3", Some("15")).is_ok());
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
