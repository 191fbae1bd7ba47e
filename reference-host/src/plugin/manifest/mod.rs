//! The plugin's manifest: strict decoding (a wrong type anywhere fails the whole), and the checks
//! that follow it. Pure data: the loader decides what a failure means.

mod checks;

use crate::host::errors::LoadError;
use serde::Deserialize;
use serde_json::Value;

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
            DefaultValue::Number(number) => crate::storage::statement::real_text(*number),
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
        let value: Value =
            crate::common::json::parse(text).map_err(|error| failed(error.to_string()))?;
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

    /// Whether a tool needs accessibility or automation: such tools run one at a time across all
    /// plugins.
    pub(crate) fn drives_the_system(&self, tool: &str) -> bool {
        let needs = |needed: &String| {
            ["accessibility", "automation"]
                .iter()
                .any(|name| needed.eq_ignore_ascii_case(name))
        };
        let tool = self.tools().iter().find(|declared| declared.id == tool);
        tool.and_then(|tool| tool.requirements.as_ref())
            .is_some_and(|requirements| requirements.iter().any(needs))
    }

    /// The declared settings, in order.
    pub fn config_fields(&self) -> impl Iterator<Item = &ConfigField> {
        self.capabilities
            .config
            .iter()
            .flat_map(|spec| &spec.sections)
            .flat_map(|section| &section.fields)
    }

    /// Whether the plugin declares this key as one that holds a secret.
    pub fn is_secret(&self, key: &str) -> bool {
        let mut secrets = self.secrets.iter().flatten();
        let mut fields = self.config_fields();
        secrets.any(|secret| secret.id == key)
            || fields.any(|field| field.key == key && field.kind == FieldKind::Secret)
    }
}

impl Web {
    /// Whether a subpath belongs to the static pages.
    pub(crate) fn captures(&self, subpath: &str) -> bool {
        self.remainder(subpath).is_some()
    }

    /// What follows the mount in a subpath that belongs to the static pages. The mount's spaces and
    /// outer slashes do not count; `/ui` takes `/ui` and what is below, not `/ui-other`.
    pub(crate) fn remainder<'a>(&self, subpath: &'a str) -> Option<&'a str> {
        let mount = self.mount.trim().trim_matches('/');
        if mount.is_empty() {
            return Some(subpath);
        }
        let path = subpath.strip_prefix('/').unwrap_or(subpath);
        let rest = path.strip_prefix(mount)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}
