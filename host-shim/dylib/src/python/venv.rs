//! Virtual environments: from `…/bin/python` to the interpreter below it and the packages beside
//! it. Used by `discover`; reads `pyvenv.cfg` and looks at files, runs nothing.
use super::version::Version;
use std::path::{Path, PathBuf};

/// A virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Venv {
    /// The interpreter that the environment was made with.
    pub base: PathBuf,
    /// The version that the environment's packages were installed for.
    pub version: Option<Version>,
    folder: PathBuf,
}

impl Venv {
    /// The environment that `python` belongs to; `None` when it is a plain interpreter.
    ///
    /// # Errors
    /// A sentence when there is an environment, but the interpreter below it is gone.
    pub fn of(python: &Path) -> Result<Option<Venv>, String> {
        // Not canonical: bin/python of an environment is a link to the base interpreter.
        let Some(folder) = python.parent().and_then(Path::parent) else {
            return Ok(None);
        };
        let file = folder.join("pyvenv.cfg");
        let Ok(text) = std::fs::read_to_string(&file) else {
            return Ok(None);
        };
        let setting = |key: &str| setting(&text, key);
        let version = setting("version_info")
            .or_else(|| setting("version"))
            .and_then(|text| text.parse().ok());
        let home =
            setting("home").ok_or_else(|| format!("{} has no `home` line", file.display()))?;
        let base = base_interpreter(Path::new(home), setting("executable"), version);
        let base = base.ok_or_else(|| {
            format!(
                "{} was made with a Python in {home} that is not there any more; make the \
                 environment again",
                folder.display()
            )
        })?;
        Ok(Some(Venv {
            base,
            version,
            folder: folder.to_owned(),
        }))
    }
}

fn setting<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim().eq_ignore_ascii_case(wanted)).then(|| value.trim())
    })
}

fn base_interpreter(
    home: &Path,
    executable: Option<&str>,
    version: Option<Version>,
) -> Option<PathBuf> {
    let versioned = version.map(|v| home.join(format!("python{}.{}", v.major, v.minor)));
    let by_name = ["python3", "python"].map(|name| home.join(name));
    let candidates = versioned
        .into_iter()
        .chain(executable.map(PathBuf::from))
        .chain(by_name);
    let path = candidates.into_iter().find(|path| path.is_file())?;
    // An environment made from an environment: go down once more, to a plain interpreter.
    match Venv::of(&path) {
        Ok(Some(below)) if below.folder != path => Some(below.base),
        _ => Some(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn environment(cfg: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("venv/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(dir.path().join("base/bin")).unwrap();
        fs::write(dir.path().join("base/bin/python3.12"), "").unwrap();
        let cfg = cfg.replace("BASE", dir.path().join("base/bin").to_str().unwrap());
        fs::write(dir.path().join("venv/pyvenv.cfg"), cfg).unwrap();
        let python = bin.join("python");
        (dir, python)
    }

    #[test]
    fn finds_the_base_of_environments_of_all_makers() {
        for cfg in [
            "home = BASE\nversion = 3.12.1\n",
            "home=BASE\nversion_info=3.12.1.final.0\n",
            "implementation = CPython\nhome = BASE\nversion_info = 3.12.1\nuv = 0.9\n",
        ] {
            let (dir, python) = environment(cfg);
            let venv = Venv::of(&python).unwrap().unwrap();
            assert_eq!(venv.base, dir.path().join("base/bin/python3.12"));
            assert_eq!(venv.version.unwrap().to_string(), "3.12.1");
        }
    }

    #[test]
    fn an_environment_without_its_base_says_so() {
        let (_dir, python) = environment("home = /nowhere/bin\nversion = 3.12.1\n");
        let error = Venv::of(&python).unwrap_err();
        assert!(
            error.contains("/nowhere/bin that is not there any more"),
            "{error}"
        );
    }

    #[test]
    fn a_plain_interpreter_is_not_an_environment() {
        assert_eq!(Venv::of(Path::new("/usr/bin/python3")).unwrap(), None);
    }
}
