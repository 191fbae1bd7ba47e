//! Does what the author types while `dev` runs. Calls run on threads of their own, so that a tool
//! that takes long keeps neither the keyboard nor the next build waiting.

use super::command::{Command, HELP};
use crate::failure::Failure;
use crate::given::{Agents, check_setting};
use crate::invoke::check_tool;
use crate::live_log::LiveLog;
use crate::pretty;
use osaurus_reference_host::{Agent, Host, LoadedPlugin};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

/// Dropped when a command has ended, with all that it started.
pub type Ended = Sender<Infallible>;

/// What the commands work on.
pub struct Commands {
    host: Arc<Host>,
    log: Arc<LiveLog>,
    agents: Agents,
    /// The current one.
    agent: Agent,
}

impl Commands {
    /// The first agent is the current one.
    pub fn new(host: Arc<Host>, log: Arc<LiveLog>, agents: &Agents) -> Result<Self, Failure> {
        let first = agents.all()?.first().cloned();
        let agent =
            first.ok_or_else(|| Failure::new("there is no agent", "name one with --agents"))?;
        Ok(Self {
            host,
            log,
            agents: agents.clone(),
            agent,
        })
    }

    /// Runs a command, or says why it cannot.
    pub fn run(&mut self, command: Command, ended: Ended) {
        let outcome = match command {
            Command::Call(tool, arguments) => self.call(tool, arguments, ended),
            Command::Agent(name) => self.choose(name.as_deref()),
            Command::Set(key, value) => self.set(key, value, ended),
            Command::Event(task, kind, payload) => self.event(task, kind, payload, ended),
            Command::Tools => self.tools(),
            Command::Help => {
                self.log.say(HELP);
                Ok(())
            }
            Command::Reload | Command::Quit | Command::Nothing => Ok(()),
        };
        if let Err(failure) = outcome {
            self.log.failure(&failure);
        }
    }

    fn plugin(&self) -> Result<Arc<LoadedPlugin>, Failure> {
        self.host.plugins().into_iter().next().ok_or_else(|| {
            Failure::new(
                "the plugin is not loaded",
                "correct the error above, and save",
            )
        })
    }

    fn call(&self, tool: String, arguments: String, ended: Ended) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        check_tool(plugin.manifest().json(), &tool)?;
        let agent = Some(self.agent.id);
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            let started = Instant::now();
            let answer = plugin.invoke(&tool, &arguments, agent);
            let took = started.elapsed().as_secs_f64() * 1000.0;
            log.say(&format!(
                "{tool} answered in {took:.1} ms\n{}",
                pretty::answer(&answer)
            ));
            drop(ended);
        });
        Ok(())
    }

    fn choose(&mut self, name: Option<&str>) -> Result<(), Failure> {
        if let Some(name) = name {
            self.agent = self.agents.find(name)?.clone();
        }
        let mark = |agent: &Agent| match agent.id == self.agent.id {
            true => format!("{} (current)", agent.name),
            false => agent.name.clone(),
        };
        let list: Vec<String> = self.agents.all()?.iter().map(mark).collect();
        self.log.say(&format!("agents: {}", list.join(", ")));
        Ok(())
    }

    fn set(&self, key: String, value: String, ended: Ended) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        check_setting(&key, &plugin)?;
        let (host, log) = (Arc::clone(&self.host), Arc::clone(&self.log));
        let Agent { id, name, .. } = self.agent.clone();
        std::thread::spawn(move || {
            match host.save_settings(plugin.id(), id, &[(&key, &value)]) {
                Ok(_) => log.say(&format!("{key} is saved for {name}")),
                Err(error) => log.error(&format!("error: {key} is not saved: {error}")),
            }
            drop(ended);
        });
        Ok(())
    }

    fn event(&self, task: String, kind: i32, payload: String, ended: Ended) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        if !plugin.handles_task_events() {
            return Err(Failure::new(
                "the plugin has no handler for task events",
                "declare one, with @plugin.on_task_event or onTaskEvent",
            ));
        }
        let agent = self.agent.id;
        std::thread::spawn(move || {
            plugin.task_event(agent, &task, kind, &payload);
            drop(ended);
        });
        Ok(())
    }

    fn tools(&self) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        let tools = plugin.manifest().tools();
        if tools.is_empty() {
            self.log.say("the plugin has no tools");
        }
        for tool in tools {
            self.log.say(&format!("{}: {}", tool.id, tool.description));
        }
        Ok(())
    }
}
