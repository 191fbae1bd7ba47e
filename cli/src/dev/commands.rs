//! Does what the author types while `dev` runs. Calls run on threads of their own, so that a tool
//! that takes long keeps neither the keyboard nor the next build waiting.

use super::command::{Command, HELP};
use crate::closest::closest;
use crate::failure::Failure;
use crate::live_log::LiveLog;
use crate::pretty;
use osaurus_reference_host::{Agent, Host, LoadedPlugin};
use std::sync::Arc;
use std::time::Instant;

/// What the commands work on.
pub struct Commands {
    host: Arc<Host>,
    log: Arc<LiveLog>,
    agents: Vec<Agent>,
    /// Position of the current agent.
    agent: usize,
}

impl Commands {
    /// The first agent is the current one.
    pub fn new(host: Arc<Host>, log: Arc<LiveLog>, agents: Vec<Agent>) -> Self {
        Self {
            host,
            log,
            agents,
            agent: 0,
        }
    }

    /// Runs a command, or says why it cannot.
    pub fn run(&mut self, command: Command) {
        let outcome = match command {
            Command::Call(tool, arguments) => self.call(tool, arguments),
            Command::Agent(name) => self.choose(name.as_deref()),
            Command::Set(key, value) => self.set(key, value),
            Command::Event(task, kind, payload) => self.event(task, kind, payload),
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

    fn call(&self, tool: String, arguments: String) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        check_tool(&plugin, &tool)?;
        let agent = self.agents.get(self.agent).map(|agent| agent.id);
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            let started = Instant::now();
            let answer = plugin.invoke(&tool, &arguments, agent);
            let took = started.elapsed().as_secs_f64() * 1000.0;
            log.say(&format!(
                "{tool} answered in {took:.1} ms\n{}",
                shown(&answer)
            ));
        });
        Ok(())
    }

    fn choose(&mut self, name: Option<&str>) -> Result<(), Failure> {
        let names: Vec<String> = self.agents.iter().map(|agent| agent.name.clone()).collect();
        if let Some(name) = name {
            let position = names.iter().position(|known| known == name);
            self.agent = position.ok_or_else(|| no_such("agent", name, &names))?;
        }
        let mark = |(position, name): (usize, &String)| {
            let mark = if position == self.agent {
                " (current)"
            } else {
                ""
            };
            format!("{name}{mark}")
        };
        let list: Vec<String> = names.iter().enumerate().map(mark).collect();
        self.log.say(&format!("agents: {}", list.join(", ")));
        Ok(())
    }

    fn set(&self, key: String, value: String) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        let Some(agent) = self.agents.get(self.agent) else {
            return Ok(());
        };
        let (host, log, id) = (Arc::clone(&self.host), Arc::clone(&self.log), agent.id);
        let name = agent.name.clone();
        std::thread::spawn(
            move || match host.save_settings(plugin.id(), id, &[(&key, &value)]) {
                Ok(_) => log.say(&format!("{key} is saved for {name}")),
                Err(error) => log.error(&format!("error: {key} is not saved: {error}")),
            },
        );
        Ok(())
    }

    fn event(&self, task: String, kind: i32, payload: String) -> Result<(), Failure> {
        let plugin = self.plugin()?;
        if !plugin.handles_task_events() {
            return Err(Failure::new(
                "the plugin has no handler for task events",
                "declare one, with @plugin.on_task_event or onTaskEvent",
            ));
        }
        let Some(agent) = self.agents.get(self.agent).map(|agent| agent.id) else {
            return Ok(());
        };
        std::thread::spawn(move || plugin.task_event(agent, &task, kind, &payload));
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

fn check_tool(plugin: &LoadedPlugin, tool: &str) -> Result<(), Failure> {
    let tools = plugin.manifest().tools();
    let names: Vec<String> = tools.iter().map(|tool| tool.id.clone()).collect();
    if names.iter().any(|name| name == tool) {
        return Ok(());
    }
    Err(no_such("tool", tool, &names))
}

fn no_such(what: &str, name: &str, names: &[String]) -> Failure {
    let advice = match closest(name, names) {
        Some(meant) => format!("did you mean {meant}?"),
        None if names.is_empty() => String::new(),
        None => format!("there are: {}", names.join(", ")),
    };
    Failure::new(format!("there is no {what} {name:?}"), advice)
}

fn shown(answer: &str) -> String {
    match serde_json::from_str::<serde::de::IgnoredAny>(answer) {
        Ok(_) => pretty::json(answer),
        Err(_) => answer.to_owned(),
    }
}
