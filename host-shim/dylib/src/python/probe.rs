//! What a Python is asked about itself, and what it answers. Used by `discover`.
//! What may change without the interpreter changing (whether a library file exists) is not asked.
use super::version::Version;
use crate::probe::{Question, same_machine};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What an interpreter says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its version.
    pub version: Version,
    /// `cpython`, `pypy`, ...
    pub implementation: String,
    /// The processor that it runs on: `arm64`; of a translated program the one that it was made
    /// for.
    pub machine: String,
    /// Whether it is a build without the GIL.
    pub free_threaded: bool,
    /// Where its shared library would be, best guess first.
    pub libraries: Vec<PathBuf>,
}

/// One line of JSON. `-I -S`: neither the user's environment nor the packages have a say.
const SCRIPT: &str = r#"
import json, os, sys, sysconfig
get = sysconfig.get_config_var
names = [n for n in (get("INSTSONAME"), get("LDLIBRARY")) if n and not n.endswith(".a")]
if sys.platform == "darwin":
    names.append("libpython%d.%d.dylib" % sys.version_info[:2])
folders = [get("PYTHONFRAMEWORKPREFIX"), get("LIBDIR"), os.path.join(sys.base_prefix, "lib")]
folders += [os.path.join(f, get("MULTIARCH")) for f in folders if f and get("MULTIARCH")]
print(json.dumps({
    "version": dict(zip(("major", "minor", "patch"), sys.version_info[:3])),
    "implementation": sys.implementation.name,
    "machine": os.uname().machine,
    "free_threaded": bool(get("Py_GIL_DISABLED")),
    "libraries": [os.path.join(f, n) for f in folders if f for n in names],
}))
"#;

const QUESTION: Question = Question {
    language: "Python 3",
    folder: osaurus_payload::contents::PYTHONS,
    revision: 2,
    args: &["-I", "-S", "-c", SCRIPT],
};

/// Asks `python`, or reads what it answered the last time from below `cache`.
///
/// # Errors
/// A sentence: not there, did not start, said something else, made for another processor.
pub fn ask(python: &Path, cache: &Path) -> Result<Facts, String> {
    let facts: Facts = QUESTION.ask(python, cache)?;
    same_machine(&facts.machine)?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn script(dir: &Path, body: &str) -> PathBuf {
        let path = dir.join("python3");
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    const ANSWER: &str = r#"echo '{"version":{"major":3,"minor":12,"patch":1},"implementation":"cpython","machine":"'$(uname -m)'","free_threaded":false,"libraries":["/x/libpython3.12.so"]}'"#;

    #[test]
    fn an_interpreter_is_run_once() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let python = script(
            dir.path(),
            &format!("echo run >> {}\n{ANSWER}", log.display()),
        );
        let first = ask(&python, dir.path()).unwrap();
        assert_eq!(ask(&python, dir.path()).unwrap(), first);
        assert_eq!(fs::read_to_string(&log).unwrap(), "run\n");
        assert_eq!(first.version.to_string(), "3.12.1");
    }

    #[test]
    fn a_changed_interpreter_is_asked_again() {
        let dir = tempfile::tempdir().unwrap();
        let python = script(dir.path(), ANSWER);
        assert_eq!(ask(&python, dir.path()).unwrap().version.minor, 12);
        script(dir.path(), &ANSWER.replace(":12,", ":113,"));
        assert_eq!(ask(&python, dir.path()).unwrap().version.minor, 113);
    }

    #[test]
    fn one_for_another_processor_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let python = script(dir.path(), &ANSWER.replace("'$(uname -m)'", "mips"));
        let why = ask(&python, dir.path()).unwrap_err();
        assert!(why.starts_with("is for mips, this is "), "{why}");
    }

    #[test]
    fn a_program_that_is_not_python_is_named_for_what_it_does() {
        let dir = tempfile::tempdir().unwrap();
        let ask = |body: &str| ask(&script(dir.path(), body), dir.path()).unwrap_err();
        assert!(ask("echo hello").contains("is not a Python 3"));
        assert!(ask("exit 3").contains("exit status: 3"));
        assert_eq!(
            super::ask(&dir.path().join("none"), dir.path()).unwrap_err(),
            "not there"
        );
    }
}
