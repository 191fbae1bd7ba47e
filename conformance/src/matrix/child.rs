//! The child's side of a trial: one host, one plugin, a report. Ends with the process, in whatever
//! way the plugin ends it. Called where jobs of the sandbox are done.

use super::answers;
use super::entry::{Entry, host_level};
use super::expect::{Outcome, Pair};
use super::job::{Job, Observed, Reporter, Step, Trial};
use super::loading::{host, load};
use super::observation;
use super::scenarios::{self, Scenario};
use super::stage::Stage;
use osaurus_abi_spec::Spec;
use osaurus_reference_host::{AgentId, strings_freed};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does what the job says and writes the report.
///
/// # Errors
/// When the host does not start or the report cannot be written.
pub(crate) fn run_child(job: &Job) -> Result<(), Box<dyn Error>> {
    let mut reporter = Reporter::create(&job.report)?;
    // A scenario's panic is a line of the report; its text on stderr would only be noise.
    std::panic::set_hook(Box::new(|_| ()));
    match &job.trial {
        Trial::All(plugin) => Probe::new(plugin, job, &mut reporter)?.all()?,
        Trial::One(plugin, name) => Probe::new(plugin, job, &mut reporter)?.one(name)?,
        Trial::Observation(library, calls) => {
            observation::child(library, calls, job, &mut reporter)?
        }
    }
    reporter.say(&Step::Done)?;
    Ok(())
}

struct Probe<'a> {
    spec: Spec,
    stage: Option<Stage>,
    reporter: &'a mut Reporter,
}

impl<'a> Probe<'a> {
    fn new(plugin: &Entry, job: &Job, reporter: &'a mut Reporter) -> Result<Self, Box<dyn Error>> {
        let spec = job.spec()?;
        let pair = Pair {
            spec: &spec,
            plugin,
            host: &host_level(&spec, &job.host),
        };
        let expected = pair.expectations();
        let host = host(&spec, &job.host, false)?;
        let loaded = load(&host, &plugin.library, reporter)?;
        let stage = loaded.map(|plugin| Stage {
            host,
            plugin,
            ada: AgentId::named("ada"),
            expected,
        });
        Ok(Probe {
            spec,
            stage,
            reporter,
        })
    }

    /// One function of the host that is expected to end this process.
    fn one(self, name: &str) -> Result<(), Box<dyn Error>> {
        if let (Some(stage), Some(slot)) = (&self.stage, self.spec.host.slot(name)) {
            self.reporter.say(&Step::Trying(format!("host.{name}")))?;
            let observed = answers::host_function(stage, slot);
            self.reporter
                .say(&Step::Saw(format!("host.{name}"), observed))?;
        }
        Ok(())
    }

    /// Every function that is not beyond the host's table, every scenario that fits, and the end.
    fn all(self) -> Result<(), Box<dyn Error>> {
        let Some(stage) = self.stage else {
            return Ok(());
        };
        let reporter = self.reporter;
        for slot in self
            .spec
            .host_slots()
            .filter(|slot| slot.name != "free_string")
        {
            let name = format!("host.{}", slot.name);
            if stage.outcome(&name) != Some(Outcome::Beyond) {
                try_one(reporter, name, || answers::host_function(&stage, slot))?;
            }
        }
        let played = |scenario: &&&Scenario| scenario.needs.iter().all(|need| stage.works(need));
        for scenario in scenarios::ALL.iter().filter(played) {
            reporter.say(&Step::Trying(scenario.name.into()))?;
            let failure = failure_of(|| (scenario.play)(&stage));
            reporter.say(&Step::Played(scenario.name.into(), failure))?;
        }
        for slot in self
            .spec
            .plugin_slots()
            .filter(|slot| slot.name != "destroy")
        {
            let name = format!("plugin.{}", slot.name);
            try_one(reporter, name, || {
                answers::plugin_function(&stage, &slot.name)
            })?;
        }
        symbols(&self.spec, &stage, reporter)?;
        let freed = if strings_freed() > 0 {
            Observed::Works
        } else {
            Observed::NotCalled
        };
        reporter.say(&Step::Saw("host.free_string".into(), freed))?;
        try_one(reporter, "plugin.destroy".into(), || destroy(&stage))?;
        Ok(())
    }
}

fn try_one(
    reporter: &mut Reporter,
    name: String,
    run: impl FnOnce() -> Observed,
) -> std::io::Result<()> {
    reporter.say(&Step::Trying(name.clone()))?;
    let mut observed = Observed::NotCalled;
    if let Some(text) = failure_of(|| observed = run()) {
        observed = Observed::Failed(text);
    }
    reporter.say(&Step::Saw(name, observed))
}

/// The panic's text, if it panicked.
fn failure_of(run: impl FnOnce()) -> Option<String> {
    let reason = catch_unwind(AssertUnwindSafe(run)).err()?;
    let text = reason.downcast_ref::<String>().cloned();
    let text = text.or_else(|| reason.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Some(text.unwrap_or_else(|| "it failed without a message".into()))
}

/// The host tells by the effective version which symbol it called: 1 stands for the first one.
fn symbols(spec: &Spec, stage: &Stage, reporter: &mut Reporter) -> std::io::Result<()> {
    for symbol in &spec.entries {
        let called = (symbol.since.version == 1) == (stage.plugin.abi() == 1);
        let observed = if called {
            Observed::Works
        } else {
            Observed::NotCalled
        };
        reporter.say(&Step::Saw(format!("entry.{}", symbol.symbol), observed))?;
    }
    Ok(())
}

fn destroy(stage: &Stage) -> Observed {
    match stage.host.unload(&stage.plugin) {
        true => Observed::Works,
        false => Observed::Failed("the plugin's calls did not end".into()),
    }
}
