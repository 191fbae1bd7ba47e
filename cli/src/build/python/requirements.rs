//! What is to be installed for a Python project: from its lock where there is one, else the names
//! that it declares.

use super::lock;
pub use super::requirement_lines::{Requirements, SDK, file_address, name_of};
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::python::PythonProject;
use std::collections::BTreeSet;

impl Requirements {
    /// Reads the lock, or takes the project's names.
    pub fn of(project: &Project, script: &PythonProject) -> Result<Self, Failure> {
        check_all(&script.dependencies)?;
        for (name, read) in LOCKS {
            let path = project.folder.join(name);
            if !path.is_file() {
                continue;
            }
            let what = format!("cannot read {}", path.display());
            let text = std::fs::read_to_string(&path).or_fail(what, "check its permissions")?;
            if let Some(found) = read(&text, project)? {
                check_is_current(&found, script, name)?;
                return Ok(Self {
                    lock: Some(name),
                    ..found
                });
            }
        }
        let open = script
            .dependencies
            .iter()
            .map(|one| with_source(one, project, script));
        Ok(Self {
            open: open.collect::<Result<_, _>>()?,
            ..Self::default()
        })
    }

    /// Whether there is nothing to install.
    pub fn is_empty(&self) -> bool {
        self.locked.is_empty() && self.open.is_empty()
    }

    /// Whether the same lines mean the same files at any time: not those of a folder or of a
    /// branch.
    pub fn name_their_contents(&self) -> bool {
        let lines = self.locked.iter().chain(&self.open);
        lines.into_iter().all(|line| {
            let place = line.split_once('@').map_or("", |(_, place)| place.trim());
            place.is_empty() || place.starts_with("https:") || place.starts_with("http:")
        })
    }

    /// What is installed, for messages.
    pub fn described(&self) -> String {
        match self.lock {
            Some(lock) => format!("what {lock} names"),
            None => self.open.join(", "),
        }
    }
}

/// A dependency with the place that `[tool.uv.sources]` gives it, which no installer reads by
/// itself.
fn with_source(
    dependency: &str,
    project: &Project,
    script: &PythonProject,
) -> Result<String, Failure> {
    let sources = script.settings["tool"]["uv"]["sources"].as_object();
    let mut sources = sources.into_iter().flatten();
    let Some((name, source)) = sources.find(|(name, _)| name_of(name) == name_of(dependency))
    else {
        return Ok(dependency.to_owned());
    };
    let text = |key: &str| source[key].as_str();
    let revision = ["rev", "tag", "branch"].into_iter().find_map(text);
    let revision = revision.map_or(String::new(), |revision| format!("@{revision}"));
    let place = match (text("path"), text("url"), text("git")) {
        (Some(path), _, _) => file_address(project, path),
        (_, Some(url), _) => url.to_owned(),
        (_, _, Some(url)) => format!("git+{url}{revision}"),
        _ => {
            return Err(Failure::new(
                format!(
                    "{name} in [tool.uv.sources] has neither path, url nor git, and other sources \
                     are not read"
                ),
                "make a lock, which says where it comes from: uv lock",
            ));
        }
    };
    let extras = dependency
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    let extras = extras.map_or(String::new(), |(extras, _)| format!("[{extras}]"));
    let marker = dependency
        .split_once(';')
        .map_or(String::new(), |(_, marker)| format!(" ;{marker}"));
    Ok(format!("{name}{extras} @ {place}{marker}"))
}

type ReadLock = fn(&str, &Project) -> Result<Option<Requirements>, Failure>;

/// The locks that are known, the best first.
const LOCKS: [(&str, ReadLock); 3] = [
    ("uv.lock", lock::uv),
    ("pylock.toml", lock::pylock),
    ("requirements.txt", with_hashes),
];

/// A `requirements.txt` is a lock when it has hashes; another one is a file for other tools.
fn with_hashes(text: &str, _project: &Project) -> Result<Option<Requirements>, Failure> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = text.lines().map(|line| match line.find(" #") {
        Some(comment) => line[..comment].trim(),
        None => line.trim(),
    });
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if !lines.iter().any(|line| line.contains("--hash=")) {
        return Ok(None);
    }
    const OTHER_FILES: [&str; 6] = [
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-e",
        "--editable",
    ];
    let is_option = |line: &&str| line.starts_with('-');
    let leads_away = |line: &&&str| OTHER_FILES.iter().any(|option| line.starts_with(option));
    if let Some(line) = lines.iter().find(leads_away) {
        return Err(bad_requirements(&format!(
            "has {line:?}, and other files are not followed"
        )));
    }
    let open = lines
        .iter()
        .find(|line| !is_option(line) && !line.contains("--hash="));
    if let Some(line) = open {
        return Err(bad_requirements(&format!(
            "has hashes, but none for {line}"
        )));
    }
    let locked = lines.into_iter().filter(|line| name_of(line) != SDK);
    Ok(Some(Requirements {
        locked: locked.map(str::to_owned).collect(),
        ..Requirements::default()
    }))
}

fn bad_requirements(what: &str) -> Failure {
    Failure::new(
        format!("requirements.txt {what}"),
        "write it again as a whole: uv pip compile --generate-hashes pyproject.toml -o \
         requirements.txt",
    )
}

/// A line that begins with something else than a name would be an option of the installer, or a
/// path.
fn check_all(dependencies: &[String]) -> Result<(), Failure> {
    let bad = dependencies.iter().find(|line| {
        let starts_well = line.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_path = line.contains('/') && !line.contains('@');
        !starts_well || is_path || line.chars().any(char::is_control)
    });
    let Some(bad) = bad else { return Ok(()) };
    Err(Failure::new(
        format!(
            "{bad:?} under [project] dependencies is not a requirement that begins with a \
             package's name"
        ),
        "write \"httpx>=0.27\"; for a folder or a file: \"name @ file:///path/to/it\"",
    ))
}

fn check_is_current(
    found: &Requirements,
    script: &PythonProject,
    lock: &str,
) -> Result<(), Failure> {
    let lines = found.locked.iter().chain(&found.open);
    let packages: BTreeSet<String> = lines.map(|line| name_of(line)).collect();
    let mut missing = script.dependencies.iter();
    let Some(missing) = missing.find(|one| !packages.contains(&name_of(one))) else {
        return Ok(());
    };
    Err(Failure::new(
        format!(
            "{lock} does not hold {missing}, which pyproject.toml depends on: it is an older lock"
        ),
        match lock {
            "uv.lock" => "run: uv lock",
            _ => "write the lock again with the tool that made it, or remove it",
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_installer_would_take_for_an_option_is_refused() {
        for bad in [
            "--requirement=/etc/passwd",
            "-e .",
            "./here",
            "six\n--pre",
            "",
        ] {
            let failure = check_all(&[bad.into()]).unwrap_err();
            assert!(format!("{failure:?}").contains("begins with a package's name"));
        }
        let good = ["six==1.16", "x[y] ; python_version < '3'", "a @ file:///b"];
        assert!(check_all(&good.map(String::from)).is_ok());
    }
}
