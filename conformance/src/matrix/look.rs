//! Any plugin in every host: does it load, what does it take from the host, do its tools answer. The spec says where it
//! must load; what its tools should answer is its author's to judge, so only a crash or a lost load is a failure.

use super::child::{host, load};
use super::job::{Job, Reporter, Step};
use osaurus_reference_host::{ActivityQuery, AgentId, CallKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// The sight of several plugins in every host.
#[derive(Debug, Serialize)]
pub struct Looks {
    /// The hosts, oldest first.
    pub hosts: Vec<String>,
    /// One for each plugin and host: plugins in order, hosts in order.
    pub looks: Vec<Look>,
}

/// A plugin in a host.
#[derive(Debug, Serialize)]
pub struct Look {
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

/// A tool's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolRun {
    /// The tool.
    pub tool: String,
    /// Whether its envelope says `ok`.
    pub ok: bool,
    /// The failure's kind and message, or the beginning of the result.
    pub answer: String,
}

impl Look {
    /// Whether the plugin did not do what it must here. A plugin without the version 1 symbol need not load in
    /// version 1.
    pub fn is_failure(&self) -> bool {
        let need_not_load = self.no_symbol && self.host == "1";
        self.crashed.is_some() || (self.not_loaded.is_some() && !need_not_load)
    }

    pub(crate) fn of(
        library: &Path,
        host: &str,
        steps: Vec<Step>,
        crashed: Option<String>,
    ) -> Look {
        let mut look = Look {
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
            Step::Called(tool, ok, answer) => self.tools.push(ToolRun { tool, ok, answer }),
            Step::Trying(_) | Step::Saw(..) | Step::Played(..) | Step::Done => {}
        }
    }
}

/// The child's side.
pub(crate) fn child(
    library: &Path,
    calls: &[(String, String)],
    job: &Job,
    reporter: &mut Reporter,
) -> Result<(), Box<dyn Error>> {
    let host = host(&job.spec()?, &job.host)?;
    let Some(plugin) = load(&host, library, reporter)? else {
        return Ok(());
    };
    for (tool, arguments) in calls {
        reporter.say(&Step::Trying(format!("the tool {tool}")))?;
        let text = plugin.invoke(tool, arguments, Some(AgentId::named("ada")));
        let (ok, answer) = short(&text);
        reporter.say(&Step::Called(tool.clone(), ok, answer))?;
    }
    reporter.say(&Step::Trying("unloading".into()))?;
    host.unload(&plugin);
    let mut touched = BTreeMap::new();
    for call in host.records(&ActivityQuery::new().kind(CallKind::HostCall)) {
        *touched.entry(call.slot).or_insert(0) += 1;
    }
    for (function, times) in touched {
        reporter.say(&Step::Touched(function.to_owned(), times))?;
    }
    Ok(())
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
