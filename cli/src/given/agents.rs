//! `--agents` and `--tunnel`: who uses the plugins, and under which public address each is reached.

use super::entry::Entry;
use crate::closest::closest;
use crate::failure::Failure;
use osaurus_reference_host::{Agent, AgentId, Host};

/// The agents of the host, and their tunnels.
#[derive(clap::Args, Clone)]
pub struct Agents {
    /// The agents, separated by commas: names, UUIDs, or NAME=UUID. `invoke` calls on behalf of the
    /// first
    #[arg(long, visible_alias = "agent", value_delimiter = ',', default_value = "you", value_parser = agent)]
    agents: Vec<Agent>,
    /// The public address under which the agents are reached, as if their tunnel was connected: URL
    /// for all, or AGENT=URL; may be repeated
    #[arg(long, value_name = "[AGENT=]URL", value_parser = tunnel)]
    tunnel: Vec<(Option<String>, String)>,
}

fn agent(text: &str) -> Result<Agent, String> {
    let (name, id) = match text.split_once('=') {
        Some((name, id)) => (name, Some(id)),
        None => (text, None),
    };
    if name.trim().is_empty() || name.contains('/') {
        return Err("expected a name without slashes, a UUID, or NAME=UUID".into());
    }
    let mut agent = Agent::named(name);
    if let Some(id) = id {
        let expected = || format!("{id:?} is not a UUID; expected NAME=UUID, or a name alone");
        agent.id = AgentId::parse(id).ok_or_else(expected)?;
    }
    Ok(agent)
}

fn tunnel(text: &str) -> Result<(Option<String>, String), String> {
    let expected = "expected an address such as https://bot.example.com, or AGENT=ADDRESS";
    let (agent, url) = match text.split_once("=http") {
        Some((agent, _)) if !agent.contains(':') => (Some(agent), &text[agent.len() + 1..]),
        _ => (None, text),
    };
    let parsed = url::Url::parse(url).map_err(|error| format!("{expected}: {error}"))?;
    if !matches!(parsed.scheme(), "http" | "https")
        || parsed.query().is_some()
        || parsed.fragment().is_some()
    {
        return Err(expected.into());
    }
    Ok((
        agent.map(str::to_owned),
        url.trim_end_matches('/').to_owned(),
    ))
}

impl Agents {
    /// All, in order.
    pub fn all(&self) -> Result<&[Agent], Failure> {
        let names: Vec<&str> = self
            .agents
            .iter()
            .map(|agent| agent.name.as_str())
            .collect();
        let twice = |name: &&str| names.iter().filter(|other| *other == name).count() > 1;
        match names.iter().find(|name| twice(name)) {
            Some(name) => Err(Failure::new(
                format!("the agent {name:?} is named twice"),
                "name it once",
            )),
            None => Ok(&self.agents),
        }
    }

    /// The first one, on whose behalf tools are called.
    pub fn first(&self) -> Option<AgentId> {
        self.agents.first().map(|agent| agent.id)
    }

    /// Connects the tunnels. Before plugins are loaded, so that their first settings come with it.
    pub fn connect(&self, host: &Host) -> Result<(), Failure> {
        for (name, url) in &self.tunnel {
            if let Some(name) = name {
                self.find(name)?;
            }
            let is_its = |agent: &&Agent| name.as_ref().is_none_or(|name| *name == agent.name);
            for agent in self.all()?.iter().filter(is_its) {
                host.set_tunnel(agent.id, Some(url));
            }
        }
        Ok(())
    }

    /// The address of an agent's tunnel; the last one that was given counts.
    pub fn tunnel(&self, agent: &Agent) -> Option<&str> {
        let is_its = |(name, _): &&(Option<String>, String)| {
            name.as_ref().is_none_or(|name| *name == agent.name)
        };
        let last = self.tunnel.iter().rev().find(is_its);
        last.map(|(_, url)| url.as_str())
    }

    /// Fails when a value is for an agent that is not there.
    pub fn check_named<'a>(
        &self,
        mut entries: impl Iterator<Item = &'a Entry>,
    ) -> Result<(), Failure> {
        entries.try_for_each(|entry| {
            entry
                .agent
                .as_ref()
                .map_or(Ok(()), |name| self.find(name).map(drop))
        })
    }

    /// The agent of this name; fails where there is none, with a similar one.
    pub fn find(&self, name: &str) -> Result<&Agent, Failure> {
        let all = self.all()?;
        if let Some(agent) = all.iter().find(|agent| agent.name == name) {
            return Ok(agent);
        }
        let names: Vec<String> = all.iter().map(|agent| agent.name.clone()).collect();
        let advice = match closest(name, &names) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => format!("name it with --agents {},{name}", names.join(",")),
        };
        Err(Failure::new(
            format!(
                "there is no agent {name:?}; the agents are {}",
                names.join(", ")
            ),
            advice,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{agent, tunnel};

    #[test]
    fn an_agent_has_a_name_and_may_have_an_id_of_its_own() {
        let id = "0123ABCD-0000-4000-8000-00000000BEEF";
        let named = agent(&format!("alice={id}")).unwrap();
        assert_eq!(
            (named.name.as_str(), named.id.to_string().as_str()),
            ("alice", id)
        );
        assert_eq!(agent(id).unwrap().id.to_string(), id);
        assert!(
            agent("alice=1")
                .unwrap_err()
                .contains("\"1\" is not a UUID")
        );
        assert!(agent("").is_err() && agent("a/b").is_err());
    }

    #[test]
    fn a_tunnel_is_of_one_agent_or_of_all() {
        let of = |text: &str| tunnel(text).unwrap();
        assert_eq!(of("https://a.example/"), (None, "https://a.example".into()));
        let one = of("bob=http://b.example:81/x");
        assert_eq!(one, (Some("bob".into()), "http://b.example:81/x".into()));
        for wrong in ["a.example", "ftp://a", "bob=", "https://a.example?x=1"] {
            assert!(
                tunnel(wrong).unwrap_err().contains("expected an address"),
                "{wrong}"
            );
        }
    }
}
