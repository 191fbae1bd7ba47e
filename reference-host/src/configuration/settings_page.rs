//! What the settings page of a plugin does: open, save, disconnect, and the strings it shows. The
//! public methods of the host for it are here; the checks of a save are in `validation`.

use crate::common::ids::AgentId;
use crate::configuration::delivery::{Pairs, Repeat, TUNNEL_KEY};
use crate::configuration::validation::{self, FieldError};
use crate::host::Host;
use crate::plugin::loaded::LoadedPlugin;
use std::sync::Arc;

/// Why an action of the settings page did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No such plugin.
    #[error("no plugin '{0}' is loaded; load it first")]
    NotLoaded(String),
    /// Values that the plugin's own rules refuse. Nothing was saved.
    #[error("not saved: {}", validation::join(.0))]
    Invalid(Vec<FieldError>),
    /// The field has no disconnect action.
    #[error("'{0}' is not a field with a disconnect_action")]
    NoDisconnect(String),
    /// The store of settings failed.
    #[error("the settings store failed: {0}")]
    Store(String),
}

impl Host {
    /// Opens the page for an agent: the plugin gets its current values, equal ones left out.
    pub fn open_settings(&self, plugin_id: &str, agent: AgentId) -> Result<(), SettingsError> {
        let plugin = self.settings_of(plugin_id)?;
        plugin.deliver(agent, plugin.snapshot(agent), Repeat::No);
        Ok(())
    }

    /// Saves the page. Declared fields are checked, given or not; one that fails keeps everything
    /// from being saved. The plugin then gets all current values, secrets too, equal ones left out.
    pub fn save_settings(
        &self,
        plugin_id: &str,
        agent: AgentId,
        values: &[(&str, &str)],
    ) -> Result<(), SettingsError> {
        let plugin = self.settings_of(plugin_id)?;
        let mut current = plugin.snapshot(agent);
        for (key, value) in values {
            put(&mut current, key, value);
        }
        let errors = validation::check(plugin.manifest(), &current);
        if !errors.is_empty() {
            return Err(SettingsError::Invalid(errors));
        }
        for (key, value) in values {
            let stored = self.core.store.set(agent, plugin_id, key, value);
            stored.map_err(|error| SettingsError::Store(error.to_string()))?;
        }
        plugin.deliver(agent, current, Repeat::No);
        Ok(())
    }

    /// Disconnects a field: its `clear_keys` are deleted, and the plugin gets them as empty
    /// strings.
    pub fn disconnect(
        &self,
        plugin_id: &str,
        agent: AgentId,
        field: &str,
    ) -> Result<(), SettingsError> {
        let plugin = self.settings_of(plugin_id)?;
        let mut fields = plugin.manifest().config_fields();
        let action = fields
            .find(|declared| declared.key == field)
            .and_then(|declared| declared.disconnect_action.as_ref())
            .ok_or_else(|| SettingsError::NoDisconnect(field.to_string()))?;
        let keys = action.clear_keys.as_deref().unwrap_or_default();
        for key in keys {
            let deleted = self.core.store.delete(agent, plugin_id, key);
            deleted.map_err(|error| SettingsError::Store(error.to_string()))?;
        }
        let cleared = keys.iter().map(|key| (key.clone(), String::new()));
        plugin.deliver(agent, cleared.collect(), Repeat::No);
        Ok(())
    }

    /// The text that a field with a `value_template` shows: `{{plugin_url}}`, `{{plugin_id}}`,
    /// `{{tunnel_url}}` and `{{config.KEY}}` are replaced; what has no value becomes empty, other
    /// braces stay.
    pub fn expand_template(
        &self,
        plugin_id: &str,
        agent: AgentId,
        template: &str,
    ) -> Result<String, SettingsError> {
        let plugin = self.settings_of(plugin_id)?;
        let value = |name: &str| match name {
            "plugin_id" => Some(plugin_id.to_string()),
            "plugin_url" => Some(self.core.plugin_url(agent, plugin_id)),
            TUNNEL_KEY => Some(self.core.settings.agents.tunnel(agent).unwrap_or_default()),
            _ => config_key(name).map(|key| current(&plugin, agent, key)),
        };
        Ok(expand(template, value))
    }

    fn settings_of(&self, plugin_id: &str) -> Result<Arc<LoadedPlugin>, SettingsError> {
        self.core
            .plugins
            .find(plugin_id)
            .ok_or_else(|| SettingsError::NotLoaded(plugin_id.to_string()))
    }
}

fn put(values: &mut Pairs, key: &str, value: &str) {
    match values.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => *old = value.to_string(),
        None => values.push((key.to_string(), value.to_string())),
    }
}

/// `KEY` of `config.KEY`: letters, digits and underscores.
fn config_key(name: &str) -> Option<&str> {
    let key = name.strip_prefix("config.")?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    (!key.is_empty() && key.chars().all(is_word)).then_some(key)
}

fn current(plugin: &LoadedPlugin, agent: AgentId, key: &str) -> String {
    let mut values = plugin.snapshot(agent).into_iter();
    values
        .find(|(known, _)| known == key)
        .map(|(_, value)| value)
        .unwrap_or_default()
}

fn expand(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let placeholder = from
            .find("}}")
            .and_then(|close| Some((close, value(&from[2..close])?)));
        let Some((close, text)) = placeholder else {
            out.push('{');
            rest = &from[1..];
            continue;
        };
        out.push_str(&text);
        rest = &from[close + 2..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::{config_key, expand};

    #[test]
    fn templates_replace_what_they_know_and_keep_the_rest() {
        let value = |name: &str| match name {
            "plugin_id" => Some("dev.x".to_string()),
            _ => config_key(name).map(|key| format!("<{key}>")),
        };
        let text = "{{{plugin_id}}/{{config.a_1}}/{{config.a-b}}/{{other}}/{{plugin_id";
        assert_eq!(
            expand(text, value),
            "{dev.x/<a_1>/{{config.a-b}}/{{other}}/{{plugin_id"
        );
        assert_eq!(expand("a {{plugin_id}} b", value), "a dev.x b");
    }
}
