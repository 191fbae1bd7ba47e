//! Asks an interpreter about itself by running it once, and remembers the answer on disk.
//! Used by `discover`. What may change without the interpreter changing (whether a library file exists) is never
//! remembered.
use super::cached_file;
use super::version::Version;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// An interpreter that needs longer than that to say its version is no use.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an interpreter says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its version.
    pub version: Version,
    /// `cpython`, `pypy`, ...
    pub implementation: String,
    /// Whether it is a build without the GIL.
    pub free_threaded: bool,
    /// Where its shared library would be, best guess first.
    pub libraries: Vec<PathBuf>,
}

/// One line of JSON. `-I -S`: neither the user's environment nor the packages have a say.
const QUESTION: &str = r#"
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
    "free_threaded": bool(get("Py_GIL_DISABLED")),
    "libraries": [os.path.join(f, n) for f in folders if f for n in names],
}))
"#;

/// Asks `python`, or reads what it answered the last time from below `cache`.
///
/// # Errors
/// A sentence: not there, did not start, said something else.
pub fn ask(python: &Path, cache: &Path) -> Result<Facts, String> {
    let identity = Identity::of(python)?;
    let file = cache.join("pythons").join(identity.file_name());
    if let Some(facts) = recall(&file, &identity) {
        return Ok(facts);
    }
    let facts = run(python)?;
    // A cache that cannot be written only costs time.
    let _ = remember(&file, &identity, &facts);
    Ok(facts)
}

/// Changes when the interpreter changes.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Identity {
    path: PathBuf,
    mtime_ns: i64,
    size: u64,
    /// Changes when [`QUESTION`] asks something else.
    question: u32,
}

impl Identity {
    fn of(python: &Path) -> Result<Self, String> {
        let real = std::fs::canonicalize(python).map_err(|_| "not there".to_owned())?;
        let meta = std::fs::metadata(&real).map_err(|error| error.to_string())?;
        if !meta.is_file() || meta.mode() & 0o111 == 0 {
            return Err("not an executable file".into());
        }
        Ok(Identity {
            // As given and not resolved: /usr/bin/python3 may be a launcher that looks at its own name.
            path: python.to_owned(),
            mtime_ns: meta
                .mtime()
                .wrapping_mul(1_000_000_000)
                .wrapping_add(meta.mtime_nsec()),
            size: meta.size(),
            question: 1,
        })
    }

    fn file_name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.path.hash(&mut hasher);
        format!("{:016x}.json", hasher.finish())
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    identity: Identity,
    facts: Facts,
}

fn recall(file: &Path, identity: &Identity) -> Option<Facts> {
    let record: Record = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (record.identity == *identity).then_some(record.facts)
}

fn remember(file: &Path, identity: &Identity, facts: &Facts) -> std::io::Result<()> {
    let text = serde_json::to_vec(&serde_json::json!({"identity": identity, "facts": facts}))?;
    cached_file::write(file, &text)
}

fn run(python: &Path) -> Result<Facts, String> {
    let mut command = Command::new(python);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .args(["-I", "-S", "-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    let status = wait(&mut child)?;
    let mut text = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        let _ = stdout.read_to_string(&mut text);
    }
    if !status.success() {
        return Err(format!("ends with {status} when asked for its version"));
    }
    serde_json::from_str(text.trim())
        .map_err(|_| "is no Python 3: it answered with something else than its settings".into())
}

/// The answer fits into a pipe, so reading may wait until the end.
fn wait(child: &mut std::process::Child) -> Result<std::process::ExitStatus, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not answer within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
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

    const ANSWER: &str = r#"echo '{"version":{"major":3,"minor":12,"patch":1},"implementation":"cpython","free_threaded":false,"libraries":["/x/libpython3.12.so"]}'"#;

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
    fn what_is_no_python_is_named_for_what_it_does() {
        let dir = tempfile::tempdir().unwrap();
        let ask = |body: &str| ask(&script(dir.path(), body), dir.path()).unwrap_err();
        assert!(ask("echo hello").contains("is no Python 3"));
        assert!(ask("exit 3").contains("exit status: 3"));
        assert_eq!(
            super::ask(&dir.path().join("none"), dir.path()).unwrap_err(),
            "not there"
        );
    }
}
