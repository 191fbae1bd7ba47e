//! Any plugin in every host: does it load, what does it take from the host, do its tools answer.
//! The spec says where it must load; what its tools should answer is its author's to judge, so only
//! a crash or a lost load is a failure.

use super::job::{Calls, Job, Reporter, Step, ToolRun};
use super::loading::{host, load};
use crate::check;
use osaurus_reference_host::{ActivityQuery, AgentId, CallKind, Host, LoadedPlugin};
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// The sight of several plugins in every host.
#[derive(Debug, Serialize)]
pub struct Observations {
    /// The hosts, oldest first.
    pub hosts: Vec<String>,
    /// One for each plugin and host: plugins in order, hosts in order.
    pub looks: Vec<Observation>,
}

/// A plugin in a host.
#[derive(Debug, Serialize)]
pub struct Observation {
    /// The library.
    pub library: PathBuf,
    /// The host.
    pub host: String,
    /// The manifest's id, when it was loaded.
    pub id: Option<String>,
    /// The effective ABI version: 1 when the host called the version 1 symbol.
    pub abi: Option<u32>,
    /// Why it was not loaded.
    pub not_loaded: Option<String>,
    /// Whether that is because it lacks the symbol that this host looks for.
    pub no_symbol: bool,
    /// The functions of the host that it called, and how often.
    pub touched: BTreeMap<String, usize>,
    /// What its tools answered.
    pub tools: Vec<ToolRun>,
    /// What it was doing when its process ended, and how that ended.
    pub crashed: Option<String>,
}

impl Observation {
    /// Whether the plugin did not do what it must here. A plugin without the version 1 symbol need
    /// not load in version 1.
    pub fn is_failure(&self) -> bool {
        let need_not_load = self.no_symbol && self.host == "1";
        self.crashed.is_some() || (self.not_loaded.is_some() && !need_not_load)
    }

    pub(crate) fn of(
        library: &Path,
        host: &str,
        steps: Vec<Step>,
        crashed: Option<String>,
    ) -> Observation {
        let mut look = Observation {
            library: library.to_path_buf(),
            host: host.to_owned(),
            id: None,
            abi: None,
            not_loaded: None,
            no_symbol: false,
            touched: BTreeMap::new(),
            tools: Vec::new(),
            crashed,
        };
        steps.into_iter().for_each(|step| look.take(step));
        look
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Loaded { id, abi } => (self.id, self.abi) = (Some(id), Some(abi)),
            Step::NotLoaded { reason, no_symbol } => {
                (self.not_loaded, self.no_symbol) = (Some(reason), no_symbol);
            }
            Step::Touched(function, times) => drop(self.touched.insert(function, times)),
            Step::Called(run) => self.tools.push(run),
            Step::Trying(_) | Step::Saw(..) | Step::Played(..) | Step::Done => {}
        }
    }
}

/// The child's side.
pub(crate) fn child(
    library: &Path,
    calls: &Calls,
    job: &Job,
    reporter: &mut Reporter,
) -> Result<(), Box<dyn Error>> {
    // Arguments that no user chose go to no one's server.
    let offline = matches!(calls, Calls::Samples(project) if !project.network);
    let host = host(&job.spec()?, &job.host, offline)?;
    let Some(plugin) = load(&host, library, reporter)? else {
        return Ok(());
    };
    for (tool, arguments) in wanted(&host, &plugin, calls)? {
        reporter.say(&Step::Trying(format!("the tool {tool}")))?;
        let before = touched(&host).values().sum::<usize>();
        let text = plugin.invoke(&tool, &arguments, Some(AgentId::named("ada")));
        reporter.say(&Step::Called(run(&host, before, (tool, arguments), &text)))?;
    }
    reporter.say(&Step::Trying("unloading".into()))?;
    host.unload(&plugin);
    for (function, times) in touched(&host) {
        reporter.say(&Step::Touched(function.to_owned(), times))?;
    }
    Ok(())
}

/// The calls to make. Samples meet a plugin whose settings are filled in, as in `check`.
fn wanted(
    host: &Host,
    plugin: &LoadedPlugin,
    calls: &Calls,
) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let project = match calls {
        Calls::Nothing => return Ok(Vec::new()),
        Calls::These(calls) => return Ok(calls.clone()),
        Calls::Samples(project) => project,
    };
    for (key, value) in check::of_settings(plugin.manifest()) {
        host.store_config(AgentId::named("ada"), plugin.id(), &key, &value)?;
    }
    let samples = check::of_tools(plugin.manifest().tools(), project);
    let calls = samples.into_iter().flat_map(|sample| {
        let tool = sample.tool;
        let each = sample.arguments.into_iter();
        each.map(move |arguments| (tool.clone(), arguments.to_string()))
    });
    Ok(calls.collect())
}

/// The functions of the host that were called, and how often.
fn touched(host: &Host) -> BTreeMap<&'static str, usize> {
    let mut touched = BTreeMap::new();
    for call in host.records(&ActivityQuery::new().kind(CallKind::HostCall)) {
        *touched.entry(call.slot).or_insert(0) += 1;
    }
    touched
}

/// What a call was: its host calls are those after the first `before`.
fn run(host: &Host, before: usize, (tool, arguments): (String, String), envelope: &str) -> ToolRun {
    let records = host.records(&ActivityQuery::new().kind(CallKind::HostCall));
    let own = records.iter().skip(before);
    let (ok, answer) = short(envelope);
    ToolRun {
        touched: own.map(|call| call.slot.to_owned()).collect(),
        likeness: likeness(envelope),
        tool,
        arguments,
        ok,
        answer,
        why: None,
    }
}

/// An envelope without the digits in it, and not too long.
fn likeness(envelope: &str) -> String {
    const KEPT: usize = 4 << 10;
    let mut text = envelope.replace(|c: char| c.is_ascii_digit(), "");
    text.truncate(text.floor_char_boundary(KEPT));
    text
}

/// Whether an envelope is a success, and what it says in a line.
fn short(envelope: &str) -> (bool, String) {
    let value: serde_json::Value = serde_json::from_str(envelope).unwrap_or_default();
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if value["ok"] == true {
        let result = value["result"].to_string();
        let end = result.floor_char_boundary(200);
        return (true, result[..end].to_owned());
    }
    (false, format!("{}: {}", text("kind"), text("message")))
}
