//! What a user would have entered or shared before a tool is called: settings, secrets and files, as options.

use crate::failure::{Failure, OrFail};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use std::path::PathBuf;

/// Options with what the user gives to a plugin.
#[derive(clap::Args)]
pub struct Settings {
    /// Set a setting before the call, as the settings page does; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    config: Vec<(String, String)>,
    /// Set a secret before the call; may be repeated. @FILE as the value reads a file, which keeps it out of the shell's
    /// history
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    secret: Vec<(String, String)>,
    /// Share a file before the call, as the tool share_artifact does; may be repeated
    #[arg(long, value_name = "FILE")]
    artifact: Vec<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}

impl Settings {
    /// Hands everything to the host, which tells the plugin.
    pub fn give(&self, host: &Host, plugin: &LoadedPlugin, agent: AgentId) -> Result<(), Failure> {
        self.give_secrets(host, plugin, agent)?;
        self.give_settings(host, plugin, agent)?;
        for path in &self.artifact {
            let absolute =
                std::path::absolute(path).or_fail("cannot find the current folder", "")?;
            host.share_artifact(&absolute).or_fail(
                format!("cannot share {}", path.display()),
                "name a file or a folder that is there",
            )?;
        }
        Ok(())
    }

    fn give_secrets(
        &self,
        host: &Host,
        plugin: &LoadedPlugin,
        agent: AgentId,
    ) -> Result<(), Failure> {
        for (key, value) in &self.secret {
            if !plugin.manifest().is_secret(key) {
                return Err(unknown("secret", key, plugin));
            }
            let value = match value.strip_prefix('@') {
                Some(path) => std::fs::read_to_string(path)
                    .or_fail(format!("cannot read {path}"), "name a file after the @")?
                    .trim_end_matches(['\r', '\n'])
                    .to_owned(),
                None => value.clone(),
            };
            host.store_config(agent, plugin.id(), key, &value).or_fail(
                "cannot store the secret",
                "check the folder given with --data",
            )?;
        }
        Ok(())
    }

    fn give_settings(
        &self,
        host: &Host,
        plugin: &LoadedPlugin,
        agent: AgentId,
    ) -> Result<(), Failure> {
        if self.config.is_empty() {
            return Ok(());
        }
        let mut keys = self.config.iter().map(|(key, _)| key);
        let declared = |key: &String| {
            plugin
                .manifest()
                .config_fields()
                .any(|field| field.key == *key)
        };
        if let Some(key) = keys.find(|key| !declared(key)) {
            return Err(unknown("setting", key, plugin));
        }
        let values: Vec<(&str, &str)> = self
            .config
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        host.save_settings(plugin.id(), agent, &values).or_fail(
            "the settings page does not take these settings",
            "correct the values; osaurus-bridge inspect --json shows the fields",
        )
    }
}

fn unknown(kind: &str, key: &str, plugin: &LoadedPlugin) -> Failure {
    let manifest = plugin.manifest().json();
    let names: Vec<String> = match kind {
        "secret" => manifest["secrets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|secret| secret["id"].as_str().map(str::to_owned))
            .collect(),
        _ => plugin
            .manifest()
            .config_fields()
            .map(|field| field.key.clone())
            .collect(),
    };
    let known = match names.is_empty() {
        true => "it declares none".to_owned(),
        false => format!("it declares {}", names.join(", ")),
    };
    Failure::new(format!("the plugin has no {kind} {key:?}; {known}"), "")
}
