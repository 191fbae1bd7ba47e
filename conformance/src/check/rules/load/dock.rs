//! What works only in the environment of a terminal. Every call is made there and as in an
//! application that was started from the Dock; what fails there alone is tried with one part of the
//! terminal's environment after the other.

use super::sample_calls;
use crate::check::case::Case;
use crate::check::envelope::is_success;
use crate::check::evidence::Evidence;
use crate::check::job::COPY;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::surroundings::{Surroundings, ToolCall};
use osaurus_reference_host::dock;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Of so many calls the cause is looked for.
const EXPLAINED: usize = 3;
/// So many variables are named.
const NAMED: usize = 5;

pub(super) fn dock_environment(case: &Case) -> Verdict {
    let calls = sample_calls(case);
    if calls.is_empty() {
        return Ok(());
    }
    let lost = |error: io::Error| Problem::skipped(format!("no folders for it: {error}"));
    let both = Both::new(case).map_err(lost)?;
    let there = both.terminal.answers(case, &calls)?;
    let here = both.dock.answers(case, &calls)?;
    let worked = |answer: &Option<String>| answer.as_deref().is_some_and(is_success);
    let pairs = calls.iter().zip(there.iter().zip(here));
    let broken = pairs.filter(|(_, (there, here))| worked(there) && !worked(here));
    let explained = broken.take(EXPLAINED).map(|(call, (_, here))| {
        let here = here.unwrap_or_default();
        let cause = both.cause(case, call, &here);
        Evidence::new(format!(
            "it works in a terminal and fails in an application that was started from the Dock: \
             {cause}"
        ))
        .in_call(format!("invoke(\"tool\", {:?}, {})", call.0, call.1))
        .bytes(here)
    });
    verdict(explained)
}

/// A terminal, and an application from the Dock.
struct Both {
    terminal: Surroundings,
    dock: Surroundings,
    started_in: PathBuf,
}

impl Both {
    fn new(case: &Case) -> io::Result<Both> {
        let files = case.folder().join(COPY.folder);
        let nothing = case.folder().join("nothing");
        std::fs::create_dir_all(&files)?;
        // In place of /, where a plugin that may write could reach the machine's own files.
        std::fs::create_dir(&nothing)?;
        std::fs::set_permissions(&nothing, std::fs::Permissions::from_mode(0o555))?;
        let all: Vec<_> = std::env::vars_os().collect();
        // Which interpreter runs a plugin is the machine's affair: `osaurus-bridge doctor` says it.
        let ours = all.iter().filter(|(name, _)| is_ours(name)).cloned();
        Ok(Both {
            dock: Surroundings {
                variables: dock::variables().into_iter().chain(ours).collect(),
                folder: nothing,
            },
            terminal: Surroundings {
                variables: all,
                folder: files,
            },
            started_in: case.started_in().to_owned(),
        })
    }

    /// What of the terminal's environment the call needs, in words.
    fn cause(&self, case: &Case, call: &ToolCall, answer: &str) -> String {
        let works = |around: &Surroundings| {
            let answers = around.answers(case, std::slice::from_ref(call));
            answers.is_ok_and(|all| all.iter().flatten().any(|answer| is_success(answer)))
        };
        let path = |folders: &[PathBuf]| self.with_path(folders);
        let variables = |names: &[OsString]| self.with_variables(names);
        if works(&path(&self.folders())) {
            let least = least(self.folders(), &|some| works(&path(some)));
            return program_cause(&least, answer);
        }
        if works(&self.with_folder()) {
            return self.file_cause(answer);
        }
        if works(&variables(&self.names())) {
            return variable_cause(&least(self.names(), &|some| works(&variables(some))));
        }
        "it needs more than one of the terminal's PATH, its folder and its variables".into()
    }

    /// The terminal's PATH, but for what applications have too.
    fn folders(&self) -> Vec<PathBuf> {
        let path = self
            .terminal
            .variables
            .iter()
            .find(|(name, _)| name == "PATH");
        let path = path.map(|(_, value)| value.clone()).unwrap_or_default();
        let plain: Vec<PathBuf> = std::env::split_paths(dock::PATH).collect();
        std::env::split_paths(&path)
            .filter(|folder| !plain.contains(folder))
            .collect()
    }

    /// Variables that the terminal has and applications have not.
    fn names(&self) -> Vec<OsString> {
        let all = self.terminal.variables.iter().map(|(name, _)| name);
        all.filter(|name| !dock::keeps(name) && !is_ours(name) && *name != "PATH")
            .cloned()
            .collect()
    }

    fn with_path(&self, folders: &[PathBuf]) -> Surroundings {
        let mut around = self.dock.clone();
        let plain = std::env::split_paths(dock::PATH);
        let all = std::env::join_paths(folders.iter().cloned().chain(plain));
        if let Ok(path) = all {
            around.variables.retain(|(name, _)| name != "PATH");
            around.variables.push(("PATH".into(), path));
        }
        around
    }

    fn with_folder(&self) -> Surroundings {
        Surroundings {
            folder: self.terminal.folder.clone(),
            ..self.dock.clone()
        }
    }

    fn with_variables(&self, names: &[OsString]) -> Surroundings {
        let mut around = self.dock.clone();
        let variables = self.terminal.variables.iter();
        let variables = variables.filter(|(name, _)| names.contains(name));
        around.variables.extend(variables.cloned());
        around
    }

    fn file_cause(&self, answer: &str) -> String {
        let mut words = words(answer).filter(|word| !word.starts_with('/'));
        let file = words.find(|word| self.terminal.folder.join(word).exists());
        let file = file.map_or("a file".to_owned(), |word| format!("the file {word}"));
        format!(
            "it needs {file} in the current folder ({}), which is / there",
            self.started_in.display()
        )
    }
}

fn is_ours(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("OSAURUS_BRIDGE_")
}

fn program_cause(folders: &[PathBuf], answer: &str) -> String {
    let is_program = |path: &Path| {
        let meta = path.metadata();
        meta.is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    let path = words(answer).find_map(|word| {
        let mut places = folders.iter().map(|folder| folder.join(word));
        places.find(|path| !word.contains('/') && is_program(path))
    });
    match path {
        Some(program) => format!(
            "it needs the program {}, which is on the terminal's PATH alone",
            program.display()
        ),
        None => format!(
            "it needs a program in {}, which is on the terminal's PATH alone",
            listed(folders.iter().map(|folder| folder.display().to_string()))
        ),
    }
}

fn variable_cause(names: &[OsString]) -> String {
    let listed = listed(names.iter().map(|name| name.to_string_lossy().into_owned()));
    match names {
        [_] => format!("it needs the variable {listed}, which the terminal alone has"),
        _ => format!("it needs variables that the terminal alone has: {listed}"),
    }
}

fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = if all.len() > NAMED { ", …" } else { "" };
    all.take(NAMED).collect::<Vec<_>>().join(", ") + more
}

/// What may be a name, as messages have them: in quotes, before a colon.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "._-+/".contains(c);
    text.split(move |c| !is_part(c))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
}

/// A small part of `all` that still works, found by halves.
fn least<T: Clone>(all: Vec<T>, works: &impl Fn(&[T]) -> bool) -> Vec<T> {
    let (first, second) = all.split_at(all.len() / 2);
    for half in [first, second] {
        if !half.is_empty() && half.len() < all.len() && works(half) {
            return least(half.to_vec(), works);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_is_needed_is_found_by_halves() {
        let all: Vec<u32> = (0..100).collect();
        assert_eq!(least(all.clone(), &|some| some.contains(&73)), [73]);
        let two = least(all, &|some| some.contains(&3) && some.contains(&20));
        assert!(two.contains(&3) && two.contains(&20) && two.len() < 30);
    }

    #[test]
    fn names_are_found_in_messages() {
        let text = r#"{"message":"[Errno 2] No such file or directory: 'data/names.txt'. Stop."}"#;
        let all: Vec<&str> = words(text).collect();
        assert!(all.contains(&"data/names.txt") && all.contains(&"Stop"));
    }
}
