//! Runs trials, each in a child process of its own and several at once, and turns their reports
//! into a grid. A crash is a result; so is a child that does not end in time. Called by
//! `osaurus-bridge matrix` and by tests.

use super::differ;
use super::entry::{Entry, host_level, hosts};
use super::expect::{Outcome, Pair};
use super::grid::{Cell, Grid, Row};
use super::job::{self, Calls, Job, KIND, Trial};
use super::leftovers::Leftovers;
use super::observation::{Observation, Observations};
use crate::sandbox::{Order, Sandbox, Workplace};
use osaurus_abi_spec::Spec;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The runner cannot go on, for no reason of a plugin's.
#[derive(Debug, thiserror::Error)]
#[error("cannot run a plugin in a child process: {0}")]
pub struct RunnerError(#[from] std::io::Error);

/// How trials are run.
#[derive(Debug, Clone)]
pub struct Runner {
    /// How children are started.
    pub sandbox: Sandbox,
    /// How many children run at once.
    pub at_once: usize,
    /// How long one may take.
    pub limit: Duration,
    /// Folder of the spec that is given to [`Runner::grid`], when it is a draft and not this
    /// program's own.
    pub draft: Option<PathBuf>,
}

struct Task<'a> {
    launcher: &'a [String],
    env: Vec<(&'a String, &'a String)>,
    job: Job,
}

impl Runner {
    /// A runner with a child per core, and two minutes for each.
    pub fn new(sandbox: Sandbox) -> Runner {
        Runner {
            sandbox,
            at_once: std::thread::available_parallelism().map_or(2, |cores| cores.get()),
            limit: Duration::from_secs(120),
            draft: None,
        }
    }

    /// Every probe in every host. `progress` is told how many of how many children have ended.
    ///
    /// # Errors
    /// When a child cannot be started.
    pub fn grid(
        &self,
        spec: &Spec,
        plugins: &[Entry],
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Grid, RunnerError> {
        self.grid_of(spec, plugins, &hosts(spec), progress)
    }

    /// [`Runner::grid`] for these hosts only, written as in `2a`.
    ///
    /// # Errors
    /// When a child cannot be started.
    pub fn grid_of(
        &self,
        spec: &Spec,
        plugins: &[Entry],
        hosts: &[String],
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Grid, RunnerError> {
        let began = Instant::now();
        let pairs: Vec<(&Entry, &String)> = plugins
            .iter()
            .flat_map(|plugin| hosts.iter().map(move |host| (plugin, host)))
            .collect();
        let tasks: Vec<Vec<Task<'_>>> = pairs
            .iter()
            .map(|(plugin, host)| self.tasks(spec, plugin, host))
            .collect();
        let counts: Vec<usize> = tasks.iter().map(Vec::len).collect();
        let mut leftovers = self
            .run(tasks.into_iter().flatten().collect(), progress)?
            .into_iter();
        let children = counts.iter().sum();
        let mut cells = pairs.iter().zip(counts).map(|((plugin, host), count)| {
            let of_pair: Vec<Leftovers> = leftovers.by_ref().take(count).collect();
            Cell::of(spec, plugin, host, of_pair)
        });
        let rows = plugins.iter().map(|plugin| Row {
            plugin: plugin.label(),
            entry: plugin.clone(),
            cells: cells.by_ref().take(hosts.len()).collect(),
        });
        Ok(Grid {
            rows: rows.collect(),
            hosts: hosts.to_vec(),
            children,
            seconds: began.elapsed().as_secs_f64(),
        })
    }

    /// These libraries in every host, with tools called. Each process is in a folder of its own.
    ///
    /// # Errors
    /// When a child cannot be started.
    pub fn looks(
        &self,
        spec: &Spec,
        libraries: &[PathBuf],
        calls: &Calls,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Observations, RunnerError> {
        let hosts = hosts(spec);
        let pairs: Vec<(&PathBuf, &String)> = libraries
            .iter()
            .flat_map(|library| hosts.iter().map(move |host| (library, host)))
            .collect();
        let task = |(library, host): &(&PathBuf, &String)| Task {
            launcher: &[],
            env: Vec::new(),
            job: Job {
                host: (*host).clone(),
                trial: Trial::Observation((*library).clone(), calls.clone()),
                spec: self.draft.clone(),
                report: PathBuf::new(),
            },
        };
        let leftovers = self.run(pairs.iter().map(task).collect(), progress)?;
        let looks = pairs
            .iter()
            .zip(leftovers)
            .map(|((library, host), leftovers)| {
                let crash = leftovers.crash();
                Observation::of(library, host, leftovers.steps, crash)
            });
        let mut looks: Vec<Observation> = looks.collect();
        looks
            .chunks_mut(hosts.len().max(1))
            .for_each(|of_plugin| differ::explain(spec, of_plugin));
        Ok(Observations { looks, hosts })
    }

    /// Several children at once; what is left of each, in the order of the tasks.
    fn run(
        &self,
        tasks: Vec<Task<'_>>,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Vec<Leftovers>, RunnerError> {
        let place = self.sandbox.open()?;
        let all = tasks.len();
        let waiting: Mutex<VecDeque<(usize, Task<'_>)>> =
            Mutex::new(tasks.into_iter().enumerate().collect());
        let ended = Mutex::new(Vec::with_capacity(all));
        let work = || -> std::io::Result<()> {
            loop {
                // Not in a `while let`, which would keep the lock while the child runs.
                let next = lock(&waiting).pop_front();
                let Some((number, task)) = next else {
                    return Ok(());
                };
                let leftovers = self.child(&task, &place, &number.to_string())?;
                let mut ended = lock(&ended);
                ended.push((number, leftovers));
                progress(ended.len(), all);
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.at_once.max(1))
                .map(|_| scope.spawn(work))
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| match worker.join() {
                    Ok(result) => result,
                    Err(_) => Err(std::io::Error::other("a thread of the runner failed")),
                })
        })?;
        let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.sort_by_key(|(number, _)| *number);
        Ok(ended.into_iter().map(|(_, leftovers)| leftovers).collect())
    }

    /// One child for all that can be tried, and one for each function that ends its process.
    fn tasks<'a>(&self, spec: &Spec, plugin: &'a Entry, host: &str) -> Vec<Task<'a>> {
        let pair = Pair {
            spec,
            plugin,
            host: &host_level(spec, host),
        };
        let beyond = pair
            .expectations()
            .into_iter()
            .filter(|one| one.outcome == Outcome::Beyond);
        let deadly = beyond.filter_map(|one| Some(one.function.strip_prefix("host.")?.to_owned()));
        let trials = std::iter::once(Trial::All(plugin.clone()))
            .chain(deadly.map(|name| Trial::One(plugin.clone(), name)));
        let task = |trial| Task {
            launcher: &plugin.launcher,
            env: plugin.env.iter().collect(),
            job: Job {
                host: host.to_owned(),
                trial,
                spec: self.draft.clone(),
                report: PathBuf::new(),
            },
        };
        trials.map(task).collect()
    }

    fn child(&self, task: &Task<'_>, place: &Workplace, name: &str) -> std::io::Result<Leftovers> {
        let folder = place.folder(name)?;
        let report = folder.join("report");
        let job = Job {
            report: report.clone(),
            ..task.job.clone()
        };
        let variables = task
            .env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let ended = place.run(&Order {
            kind: KIND,
            work: &job,
            folder: &folder,
            library: job.trial.library(),
            readable: self.draft.as_slice(),
            launcher: task.launcher,
            variables: variables.collect(),
            time: self.limit,
        })?;
        Ok(Leftovers::of(job::read(&report), &ended))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
