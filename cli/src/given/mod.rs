//! What a user would have entered or shared before a plugin works: settings, secrets, files, agents
//! and their tunnels, as options. `invoke`, `serve` and `record` have them all; each is checked
//! against what the loaded plugins declare.

mod agents;
mod entry;
mod secret;
mod unknown;

use crate::failure::{Failure, OrFail};
use crate::host_options::absolute;
pub use agents::Agents;
use entry::{Entry, Source};
use osaurus_reference_host::manifest::ConfigField;
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use unknown::Kind;

const SECRET_HELP: &str = "\
Set a secret; may be repeated. KEY alone takes the environment's variable of that name (bot_token: else BOT_TOKEN), \
KEY=@FILE a file and KEY=@- standard input: these keep it out of the shell's history and of the list of processes";

/// How long a plugin may take over its settings.
const HEARD: Duration = Duration::from_secs(120);

/// Fails where the plugin declares no setting of that name.
pub fn check_setting(key: &str, plugin: &Arc<LoadedPlugin>) -> Result<(), Failure> {
    unknown::check_keys(
        Kind::Setting,
        std::iter::once(key),
        std::slice::from_ref(plugin),
    )
}

/// Options with what the user gives to plugins.
#[derive(clap::Args, Clone)]
pub struct Given {
    #[command(flatten)]
    agents: Agents,
    /// Set a setting, as the settings page does; may be repeated. AGENT/KEY=VALUE sets it for one
    /// agent alone
    #[arg(long, value_name = "KEY=VALUE", value_parser = entry::setting)]
    config: Vec<Entry>,
    #[arg(long, value_name = "KEY[=VALUE]", value_parser = entry::secret, help = SECRET_HELP)]
    secret: Vec<Entry>,
    /// Share a file, as the tool share_artifact does; may be repeated
    #[arg(long, value_name = "FILE")]
    artifact: Vec<PathBuf>,
}

/// What one plugin gets for one agent: keys and values.
type Values<'a> = Vec<(&'a str, String)>;

impl Given {
    /// The agents of the host.
    pub fn agents(&self) -> &Agents {
        &self.agents
    }

    /// The same in any environment and folder: secrets have been read, paths are absolute.
    pub fn settled(&self) -> Result<Self, Failure> {
        let secrets = secret::values(&self.secret)?.into_iter();
        let secrets = secrets.map(|(entry, value)| Entry {
            value: Source::Text(value),
            ..entry.clone()
        });
        Ok(Self {
            secret: secrets.collect(),
            artifact: self.artifact.iter().map(|path| absolute(path)).collect(),
            ..self.clone()
        })
    }

    /// Hands everything to the host, which tells the plugins. A key goes to each plugin that
    /// declares it.
    pub fn give(&self, host: &Host) -> Result<(), Failure> {
        let plugins = host.plugins();
        unknown::check(Kind::Setting, &self.config, &plugins)?;
        unknown::check(Kind::Secret, &self.secret, &plugins)?;
        let secrets = secret::values(&self.secret)?;
        let all: Vec<(&Entry, String)> = secrets
            .into_iter()
            .chain(self.config.iter().map(|entry| (entry, entry.text())))
            .collect();
        self.agents
            .check_named(all.iter().map(|(entry, _)| *entry))?;
        for plugin in &plugins {
            for agent in self.agents.all()? {
                let mine = all.iter().filter(|(entry, _)| entry.is_for(&agent.name));
                let mine = mine.map(|(entry, value)| (entry.key.as_str(), value.clone()));
                give_values(host, plugin, agent.id, mine.collect())?;
            }
        }
        self.share(host)?;
        plugins.iter().try_for_each(wait_until_heard)
    }

    fn share(&self, host: &Host) -> Result<(), Failure> {
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
}

/// So that what comes next finds the plugin as it is with these settings.
fn wait_until_heard(plugin: &Arc<LoadedPlugin>) -> Result<(), Failure> {
    if plugin.wait_for_settings(HEARD) {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "{} has not taken its settings within {} s: its on_config_changed still runs",
            plugin.id(),
            HEARD.as_secs()
        ),
        "let it return at once, and do what takes time elsewhere",
    ))
}

/// Fields of the settings page go through it, and the plugin hears of them; other secrets are
/// stored.
fn give_values(
    host: &Host,
    plugin: &Arc<LoadedPlugin>,
    agent: AgentId,
    values: Values<'_>,
) -> Result<(), Failure> {
    let is_field = |key: &str| field(plugin, key).is_some();
    let (fields, stored): (Values<'_>, Values<'_>) = values
        .into_iter()
        .filter(|(key, _)| is_field(key) || plugin.manifest().is_secret(key))
        .partition(|(key, _)| is_field(key));
    for (key, value) in &stored {
        host.store_config(agent, plugin.id(), key, value).or_fail(
            "cannot store the secret",
            "check the folder given with --data",
        )?;
    }
    if fields.is_empty() {
        return Ok(());
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (*key, &**value)).collect();
    host.save_settings(plugin.id(), agent, &fields).or_fail(
        format!(
            "the settings page of {} does not take these settings",
            plugin.id()
        ),
        "correct the values; osaurus-bridge inspect --json shows the fields",
    )
}

fn field<'a>(plugin: &'a LoadedPlugin, key: &str) -> Option<&'a ConfigField> {
    let mut fields = plugin.manifest().config_fields();
    fields.find(|field| field.key == key)
}
