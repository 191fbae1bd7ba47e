//! Keys that no loaded plugin declares: a sentence with what is declared and which key was probably
//! meant.

use super::entry::Entry;
use super::field;
use crate::closest::closest;
use crate::failure::Failure;
use osaurus_reference_host::LoadedPlugin;
use osaurus_reference_host::manifest::Manifest;
use std::sync::Arc;

/// Which option a key was given with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Setting,
    Secret,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Setting => "setting",
            Kind::Secret => "secret",
        }
    }

    fn declared(self, manifest: &Manifest) -> Vec<String> {
        match self {
            Kind::Setting => fields(manifest),
            Kind::Secret => {
                let secrets = manifest.secrets.iter().flatten();
                let secrets = secrets.map(|secret| secret.id.clone());
                let fields = fields(manifest).into_iter();
                secrets
                    .chain(fields.filter(|key| manifest.is_secret(key)))
                    .collect()
            }
        }
    }
}

fn fields(manifest: &Manifest) -> Vec<String> {
    manifest
        .config_fields()
        .map(|field| field.key.clone())
        .collect()
}

/// Fails at the first key that none of the plugins declares as such.
pub fn check(kind: Kind, entries: &[Entry], plugins: &[Arc<LoadedPlugin>]) -> Result<(), Failure> {
    check_keys(kind, entries.iter().map(|entry| &*entry.key), plugins)
}

/// The same for keys that were given otherwise.
pub fn check_keys<'k>(
    kind: Kind,
    mut keys: impl Iterator<Item = &'k str>,
    plugins: &[Arc<LoadedPlugin>],
) -> Result<(), Failure> {
    let mut declared: Vec<String> = Vec::new();
    for key in plugins
        .iter()
        .flat_map(|plugin| kind.declared(plugin.manifest()))
    {
        if !declared.contains(&key) {
            declared.push(key);
        }
    }
    let unknown = keys.find(|key| !declared.iter().any(|one| one == key));
    unknown.map_or(Ok(()), |key| Err(failure(kind, key, &declared, plugins)))
}

fn failure(kind: Kind, key: &str, declared: &[String], plugins: &[Arc<LoadedPlugin>]) -> Failure {
    let list = match declared {
        [] => "none".to_owned(),
        keys => keys.join(", "),
    };
    let name = kind.name();
    let what = match plugins {
        [_] => format!("the plugin has no {name} {key:?}; it declares {list}"),
        _ => format!("no plugin has a {name} {key:?}; they declare {list}"),
    };
    Failure::new(what, advice(kind, key, declared, plugins))
}

fn advice(kind: Kind, key: &str, declared: &[String], plugins: &[Arc<LoadedPlugin>]) -> String {
    let is_elsewhere = |plugin: &Arc<LoadedPlugin>| match kind {
        Kind::Setting => plugin.manifest().is_secret(key),
        Kind::Secret => field(plugin, key).is_some(),
    };
    match (kind, key) {
        (_, "tunnel_url") => return "give the tunnel's address with --tunnel URL".into(),
        (Kind::Setting, _) if plugins.iter().any(is_elsewhere) => {
            return format!("it is a secret: give it with --secret {key}=@FILE");
        }
        (Kind::Secret, _) if plugins.iter().any(is_elsewhere) => {
            return format!("it is a setting: give it with --config {key}=VALUE");
        }
        _ => {}
    }
    match closest(key, declared) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None if declared.is_empty() => String::new(),
        None => format!("name one of these {}s", kind.name()),
    }
}
