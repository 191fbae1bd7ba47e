//! Runs trials, each in a child process of its own and several at once, and turns their reports into a grid. A crash is
//! a result; so is a child that does not end in time. Called by `osaurus-bridge matrix` and by tests.

use super::child::CHILD_COMMAND;
use super::differ;
use super::entry::{Entry, host_level, hosts};
use super::expect::{Outcome, Pair};
use super::grid::{Cell, Grid, Row};
use super::job::{self, Calls, Job, Step, Trial};
use super::look::{Look, Looks};
use crate::scratch;
use osaurus_abi_spec::Spec;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where the runner cannot go on: not what a plugin does.
#[derive(Debug, thiserror::Error)]
#[error("cannot run a plugin in a child process: {0}")]
pub struct Trouble(#[from] std::io::Error);

/// How trials are run.
#[derive(Debug, Clone)]
pub struct Runner {
    /// The program `osaurus-bridge`.
    pub program: PathBuf,
    /// How many children run at once.
    pub at_once: usize,
    /// How long one may take.
    pub limit: Duration,
    /// Folder of the spec that is given to [`Runner::grid`], when it is a draft and not this program's own.
    pub draft: Option<PathBuf>,
    /// Variables for children whose home is not the user's: such as where the cache is all the same.
    pub environment: Vec<(OsString, OsString)>,
}

/// What is left of a child: its report, and how it ended if that was not at the report's end.
pub(crate) struct Remains {
    pub(crate) steps: Vec<Step>,
    pub(crate) ended: Option<String>,
}

impl Remains {
    /// What it was doing when it ended, and how it ended.
    pub(crate) fn crash(&self) -> Option<String> {
        let doing = self.steps.iter().rev().find_map(|step| match step {
            Step::Trying(what) => Some(what.as_str()),
            _ => None,
        });
        let ended = self.ended.as_ref()?;
        Some(format!("{}: {ended}", doing.unwrap_or("starting the host")))
    }
}

struct Task<'a> {
    launcher: &'a [String],
    env: Vec<(&'a String, &'a String)>,
    job: Job,
}

impl Runner {
    /// A runner with this program, a child per core, and two minutes for each.
    pub fn new(program: PathBuf) -> Runner {
        Runner {
            program,
            at_once: std::thread::available_parallelism().map_or(2, |cores| cores.get()),
            limit: Duration::from_secs(120),
            draft: None,
            environment: Vec::new(),
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
    ) -> Result<Grid, Trouble> {
        self.grid_of(spec, plugins, &hosts(spec), progress)
    }

    /// [`Runner::grid`] for these hosts alone, written as in `2a`.
    ///
    /// # Errors
    /// When a child cannot be started.
    pub fn grid_of(
        &self,
        spec: &Spec,
        plugins: &[Entry],
        hosts: &[String],
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Grid, Trouble> {
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
        let mut remains = self
            .run(tasks.into_iter().flatten().collect(), progress)?
            .into_iter();
        let children = counts.iter().sum();
        let mut cells = pairs.iter().zip(counts).map(|((plugin, host), count)| {
            let of_pair: Vec<Remains> = remains.by_ref().take(count).collect();
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
    ) -> Result<Looks, Trouble> {
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
                trial: Trial::Look((*library).clone(), calls.clone()),
                spec: self.draft.clone(),
            },
        };
        let remains = self.run(pairs.iter().map(task).collect(), progress)?;
        let looks = pairs.iter().zip(remains).map(|((library, host), remains)| {
            let crash = remains.crash();
            Look::of(library, host, remains.steps, crash)
        });
        let mut looks: Vec<Look> = looks.collect();
        looks
            .chunks_mut(hosts.len().max(1))
            .for_each(|of_plugin| differ::explain(spec, of_plugin));
        Ok(Looks { looks, hosts })
    }

    /// Several children at once; what is left of each, in the order of the tasks.
    fn run(
        &self,
        tasks: Vec<Task<'_>>,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Vec<Remains>, Trouble> {
        let folder = tempfile::Builder::new()
            .prefix("osaurus-matrix-")
            .tempdir()?;
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
                let remains = self.child(&task, &folder.path().join(number.to_string()))?;
                let mut ended = lock(&ended);
                ended.push((number, remains));
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
        Ok(ended.into_iter().map(|(_, remains)| remains).collect())
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
            },
        };
        trials.map(task).collect()
    }

    fn child(&self, task: &Task<'_>, place: &Path) -> std::io::Result<Remains> {
        let [job, report, output] =
            ["job", "report", "output"].map(|name| place.with_extension(name));
        std::fs::write(&job, serde_json::to_vec(&task.job)?)?;
        let printed = File::create(&output)?;
        let mut words = task
            .launcher
            .iter()
            .map(PathBuf::from)
            .chain([self.program.clone()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        if let Trial::Look(..) = task.job.trial {
            scratch::enter(&mut command, place)?;
            command.envs(self.environment.iter().cloned());
        }
        let child = command
            .args(words)
            .arg(CHILD_COMMAND)
            .args([&job, &report])
            .envs(task.env.iter().copied())
            .stdin(Stdio::null())
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()?;
        let status = self.wait(child)?;
        let steps = job::read(&report);
        let done = matches!(steps.last(), Some(Step::Done))
            && status.is_some_and(|status| status.success());
        let ended = (!done).then(|| format!("{}{}", end(status), last_lines(&output)));
        Ok(Remains { steps, ended })
    }

    /// None: its time was over.
    fn wait(&self, mut child: Child) -> std::io::Result<Option<ExitStatus>> {
        let end = Instant::now() + self.limit;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() > end {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn end(status: Option<ExitStatus>) -> String {
    match status {
        None => "it did not end in time".into(),
        Some(status) => match (status.signal(), status.code()) {
            // A shell in between says it as 128 and the signal.
            (Some(signal), _) => format!("signal {signal}"),
            (None, Some(code @ 129..)) => format!("signal {}", code - 128),
            (None, code) => format!("the process ended with status {}", code.unwrap_or(-1)),
        },
    }
}

fn last_lines(output: &Path) -> String {
    let text = std::fs::read(output).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(5)..];
    last.iter().map(|line| format!("\n  | {line}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
