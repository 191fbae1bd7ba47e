//! Installs a Python project's dependencies for the payload, with uv or pip, once for the same
//! requirements: then they come from a store in the cache.

use super::requirements::Requirements;
use crate::build::program::{on_path, run, without_settings};
use crate::build::{store, tree};
use crate::failure::{Failure, OrFail};
use crate::paths::how_to_install;
use osaurus_shim::python::Interpreter;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Raised when what is installed for the same requirements changes.
const REVISION: u32 = 1;

/// Settings of pip that say where packages come from. All others change what is installed, and have
/// no say.
const PIP_SETTINGS: [&str; 11] = [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_PROXY",
    "PIP_CACHE_DIR",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
];

/// What an installer writes and a plugin does not need; it names folders of this machine.
const NOT_PACKED: [&str; 4] = ["RECORD", "direct_url.json", "INSTALLER", "REQUESTED"];

/// Puts the dependencies into `target`: what was installed before for the same requirements, unless
/// they are to be asked for again.
pub fn install(
    python: &Interpreter,
    requirements: &Requirements,
    upgrade: bool,
    target: &Path,
) -> Result<(), Failure> {
    if requirements.is_empty() {
        return Ok(());
    }
    let stored = store::place(&key(python, requirements));
    let stored = stored.filter(|_| requirements.name_their_contents());
    if let Some(stored) = stored.as_ref().filter(|_| !upgrade)
        && stored.put_into(target)
    {
        return Ok(());
    }
    fetch(python, requirements, target)?;
    tidy(target)?;
    if let Some(stored) = stored {
        stored.keep(target);
    }
    Ok(())
}

/// Changes when something else would be installed.
pub fn key(python: &Interpreter, requirements: &Requirements) -> String {
    let sources = PIP_SETTINGS.iter().take(4).map(std::env::var_os);
    format!(
        "{REVISION} {} {} {} {requirements:?} {:?}",
        python.tag,
        std::env::consts::OS,
        std::env::consts::ARCH,
        sources.collect::<Vec<_>>()
    )
}

fn fetch(python: &Interpreter, wanted: &Requirements, target: &Path) -> Result<(), Failure> {
    let scratch =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    for list in lists(wanted, scratch.path())? {
        install_list(python, wanted, &list, target)?;
    }
    Ok(())
}

/// A file of requirements, and the options that it is installed with.
pub struct List {
    /// Where it is.
    pub path: PathBuf,
    /// For pip and for uv.
    pub options: &'static [&'static str],
}

/// Writes what is to be installed into a folder: what has hashes and what has none, which no
/// installer takes at once.
pub fn lists(wanted: &Requirements, folder: &Path) -> Result<Vec<List>, Failure> {
    // A lock is complete; names alone need what they depend on.
    let open: &[&str] = match wanted.lock {
        Some(_) => &["--no-deps"],
        None => &[],
    };
    let locked: &[&str] = &["--require-hashes", "--no-deps"];
    let all = [
        ("locked.txt", &wanted.locked, locked),
        ("open.txt", &wanted.open, open),
    ];
    let filled = all.into_iter().filter(|(_, lines, _)| !lines.is_empty());
    filled
        .map(|(name, lines, options)| {
            let path = list_file(folder, name, lines)?;
            Ok(List { path, options })
        })
        .collect()
}

fn list_file(folder: &Path, name: &str, lines: &[String]) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    std::fs::write(&path, lines.join("\n") + "\n")
        .or_fail("cannot write a temporary file", "free some disk space")?;
    Ok(path)
}

fn install_list(
    python: &Interpreter,
    wanted: &Requirements,
    list: &List,
    target: &Path,
) -> Result<(), Failure> {
    let python = &python.executable;
    let with_uv = on_path("uv").map(|uv| uv_install(&uv, python));
    let is_uv = with_uv.is_some();
    let mut command = with_uv.unwrap_or_else(|| pip_install(python));
    command.args(list.options).arg("--target").arg(target);
    let output = run(command.arg("-r").arg(&list.path))?;
    if output.status.success() {
        return Ok(());
    }
    if !is_uv && lacks_pip(&output) {
        return Err(no_installer(python, wanted));
    }
    Err(explain(&output, wanted))
}

fn uv_install(uv: &Path, python: &Path) -> Command {
    let mut command = Command::new(uv);
    without_settings(&mut command)
        .args([
            "pip",
            "install",
            "--quiet",
            "--no-python-downloads",
            "--python",
        ])
        .arg(python);
    command
}

/// Isolated: neither a `pip.py` of the current folder nor the user's own packages have a say.
fn pip_install(python: &Path) -> Command {
    let mut pip = Command::new(python);
    without_settings(&mut pip);
    let settings = std::env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("PIP_")) {
        if !PIP_SETTINGS.contains(&&*name.to_string_lossy()) {
            pip.env_remove(name);
        }
    }
    pip.args(["-I", "-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--no-user", "--retries", "2", "--no-warn-script-location"])
        .args(["--disable-pip-version-check", "--no-compile"])
        .env("PIP_REQUIRE_VIRTUALENV", "0");
    pip
}

/// Whether pip failed because the interpreter has none.
pub fn lacks_pip(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("No module named pip")
}

fn no_installer(python: &Path, wanted: &Requirements) -> Failure {
    Failure::new(
        format!(
            "cannot install {}: {} has no pip, and there is no uv on the PATH",
            wanted.described(),
            python.display()
        ),
        format!(
            "install one of them ({}), or uv from https://docs.astral.sh/uv",
            how_to_install("uv", "python3-pip")
        ),
    )
}

fn explain(output: &Output, wanted: &Requirements) -> Failure {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr.lines().filter(|line| !is_repeated(line)).collect();
    let what = format!(
        "cannot install {}:\n{}",
        wanted.described(),
        lines.join("\n")
    );
    Failure::new(what.trim_end(), advice(&stderr, wanted.lock))
}

/// pip says for each try that it tries again.
fn is_repeated(line: &str) -> bool {
    line.starts_with("WARNING: Retrying")
}

fn advice(said: &str, lock: Option<&str>) -> String {
    const NO_NETWORK: [&str; 9] = [
        "Failed to establish a new connection",
        "Temporary failure in name resolution",
        "Name or service not known",
        "nodename nor servname",
        "Network is unreachable",
        "Max retries exceeded",
        "error sending request",
        "dns error",
        "Cannot connect to proxy",
    ];
    let has = |words: &[&str]| words.iter().any(|text| said.contains(text));
    if has(&NO_NETWORK) {
        return "the package index cannot be reached: check the network and the proxy. What was installed before for \
                the same dependencies needs no network"
            .into();
    }
    if has(&["DO NOT MATCH THE HASHES", "Hash mismatch"]) {
        return "a package is not the one that was locked: lock again if that is right".into();
    }
    match lock {
        Some(lock) => format!("check that {lock} fits this Python and this platform"),
        None => "check the names and versions under [project] dependencies".into(),
    }
}

/// The same packages give the same files, with pip and uv alike, in any folder.
fn tidy(target: &Path) -> Result<(), Failure> {
    // Programs, which name the interpreter of this machine.
    let _ = std::fs::remove_dir_all(target.join("bin"));
    let _ = std::fs::remove_file(target.join(".lock"));
    for name in tree::names_in(target)? {
        let folder = target.join(&name);
        if name.to_string_lossy().ends_with(".dist-info") {
            for file in NOT_PACKED {
                let _ = std::fs::remove_file(folder.join(file));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_hashes_is_installed_apart_from_what_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let requirements = Requirements {
            locked: vec!["six==1.16.0 --hash=sha256:aa".into()],
            open: vec!["local @ file:///p/lib".into()],
            lock: Some("uv.lock"),
        };
        let files = lists(&requirements, folder.path()).unwrap();
        let words: Vec<String> = files
            .iter()
            .map(|list| std::fs::read_to_string(&list.path).unwrap())
            .collect();
        assert_eq!(
            words,
            ["six==1.16.0 --hash=sha256:aa\n", "local @ file:///p/lib\n"]
        );
        assert_eq!(files[0].options, ["--require-hashes", "--no-deps"]);
        assert_eq!(files[1].options, ["--no-deps"]);
    }

    #[test]
    fn a_network_that_is_not_there_is_no_matter_of_names() {
        let offline = "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(': Failed to \
                       establish a new connection: [Errno -3] Temporary failure in name resolution')'\n\
                       ERROR: No matching distribution found for six";
        assert!(advice(offline, None).contains("cannot be reached"));
        let unknown = "ERROR: No matching distribution found for sixx";
        assert!(advice(unknown, None).contains("check the names"));
        assert!(advice(unknown, Some("uv.lock")).contains("uv.lock fits"));
    }
}
