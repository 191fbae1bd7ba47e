//! A plugin that is called by hand, with the tracked host's table. No host runs: calls of the
//! plugin's are recorded and answered, mostly with "no plugin context". For rules that count
//! threads or call in ways in which no host does.

use super::case::Case;
use super::offline::offline;
use super::outcome::Problem;
use super::raw::{RawLibrary, RawPlugin};
use super::tracked::{Answers, Settings, Strings, Tracker};
use osaurus_abi::PluginCtx;
use osaurus_reference_host::{AbiLevel, Layer};

/// A plugin after `init`.
#[derive(Debug)]
pub struct ByHand {
    /// Its library.
    pub library: RawLibrary,
    /// Its functions.
    pub plugin: RawPlugin,
    /// Its context.
    pub ctx: PluginCtx,
}

impl Case {
    /// Opens the plugin and calls its entry and `init`.
    pub fn start_by_hand(&self, answers: Option<Answers>) -> Result<ByHand, Problem> {
        let tracker = Tracker::start(Settings {
            level: AbiLevel::LATEST,
            strings: Strings::Watched,
            hold_results: false,
            answers: Some(offline(self.project().network, answers)),
            trail: self.trail(),
        });
        let tracker =
            tracker.map_err(|error| Problem::skipped(format!("no host table: {error}")))?;
        let library = self.open()?;
        // SAFETY: the tracked table stays until the process ends.
        let plugin = unsafe { library.enter(tracker.host_table()) };
        let plugin = plugin.or_else(|| library.enter_v1());
        let plugin = plugin.ok_or_else(|| Problem::skipped("the entry returns NULL"))?;
        let ctx = plugin
            .init()
            .ok_or_else(|| Problem::skipped("`init` returns NULL"))?;
        Ok(ByHand {
            library,
            plugin,
            ctx,
        })
    }
}

impl ByHand {
    /// Calls every tool with each of its samples.
    pub fn call_tools(&self, case: &Case) {
        for sample in case.samples() {
            for arguments in &sample.arguments {
                let payload = arguments.to_string();
                self.plugin
                    .invoke(self.ctx, "tool", &sample.tool, payload.as_bytes());
            }
        }
    }
}
