//! A project in Python as its author wrote it: `pyproject.toml` with `[project]` and
//! `[tool.osaurus]`.

use super::lifecycle::{Key, Lifecycle};
use super::{Bundle, Project, Script, check_id, oldest_host};
use crate::failure::{Failure, OrFail};
use osaurus_payload::Mode;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The parts of `pyproject.toml` that matter here.
#[derive(Debug, Deserialize)]
struct File {
    project: Option<Standard>,
    tool: Option<Tool>,
}

#[derive(Debug, Deserialize)]
struct Tool {
    osaurus: Option<Osaurus>,
}

/// The `[project]` table, as the Python packaging standard defines it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Standard {
    version: Option<String>,
    requires_python: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The `[tool.osaurus]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Osaurus {
    id: String,
    entry: String,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    prewarm: bool,
    /// Checked after the file has been read, for a message that says what is wanted.
    idle_timeout: Option<serde_json::Value>,
    oldest_host: Option<String>,
    python: Option<String>,
    runtime: Option<String>,
    runtime_from: Option<String>,
    #[serde(default = "default_source")]
    source: String,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    allow_native: bool,
}

const IDLE_TIMEOUT: Key = Key {
    name: "idle-timeout",
    place: "[tool.osaurus] of pyproject.toml",
    example: "idle-timeout = \"10m\"",
};

fn default_source() -> String {
    ".".into()
}

/// What only a project in Python has.
#[derive(Debug)]
pub struct PythonProject {
    /// `module:attribute` of the `Plugin` object.
    pub entry: String,
    /// Interpreter that the author chose, absolute.
    pub python: Option<PathBuf>,
    /// Folder with the author's modules, absolute.
    pub source: PathBuf,
    /// File or folder names inside `source` that stay out of the plugin.
    pub exclude: Vec<String>,
    /// Whether dependencies with native code may be packed (they tie the plugin to one Python
    /// version and platform).
    pub allow_native: bool,
    /// PEP 440 specifier.
    pub requires_python: Option<String>,
    /// PEP 508 requirements without `osaurus-plugin` itself, which every plugin gets.
    pub dependencies: Vec<String>,
    /// The whole file, for what the SDK takes from it.
    pub settings: serde_json::Value,
}

/// Reads `pyproject.toml` in `folder`, which is absolute.
pub fn read(folder: &Path) -> Result<Project, Failure> {
    let path = folder.join("pyproject.toml");
    let text = std::fs::read_to_string(&path).or_fail(
        format!("cannot read {}", path.display()),
        "check its permissions",
    )?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let fix = match error.message().contains("field") {
            true => {
                "known keys of [tool.osaurus]: id, entry, mode, prewarm, idle-timeout, oldest-host, \
                     python, runtime, runtime-from, source, exclude, allow-native"
            }
            false => "correct the file: https://toml.io shows what TOML looks like",
        };
        Failure::new(
            format!("{} is not understood:\n{error}", path.display()),
            fix,
        )
    })?;
    let settings = toml::from_str(&text).or_fail("pyproject.toml cannot be read", "")?;
    from_file(folder, file, settings)
}

fn from_file(folder: &Path, file: File, settings: serde_json::Value) -> Result<Project, Failure> {
    let osaurus = file.tool.and_then(|tool| tool.osaurus).ok_or_else(|| {
        Failure::new(
            format!(
                "{}/pyproject.toml has no [tool.osaurus] table",
                folder.display()
            ),
            "add it:\n\n[tool.osaurus]\nid = \"dev.example.my-plugin\"\nentry = \"main:plugin\"",
        )
    })?;
    let standard = file.project.ok_or_else(|| {
        Failure::new(
            format!("{}/pyproject.toml has no [project] table", folder.display()),
            "add it:\n\n[project]\nname = \"my-plugin\"\nversion = \"0.1.0\"",
        )
    })?;
    let version = standard.version.ok_or_else(|| {
        Failure::new(
            "[project] has no version",
            "add version = \"0.1.0\"; Osaurus installs plugins by version",
        )
    })?;
    check_id(&osaurus.id)?;
    check_entry(&osaurus.entry)?;
    let (runtime, from) = (osaurus.runtime.as_deref(), osaurus.runtime_from.as_deref());
    let bundle = Bundle::of(folder, runtime, from, osaurus.python.is_some())?;
    let lifecycle = Lifecycle::of(osaurus.prewarm, osaurus.idle_timeout.as_ref(), IDLE_TIMEOUT)?;
    let script = PythonProject {
        source: source_folder(folder, &osaurus.source)?,
        python: osaurus.python.map(|path| folder.join(path)),
        dependencies: without_sdk(standard.dependencies),
        requires_python: standard.requires_python,
        entry: osaurus.entry,
        exclude: osaurus.exclude,
        allow_native: osaurus.allow_native,
        settings,
    };
    Ok(Project {
        folder: folder.to_owned(),
        id: osaurus.id,
        version,
        mode: osaurus.mode,
        lifecycle,
        oldest_host: osaurus.oldest_host.map(oldest_host).transpose()?,
        bundle,
        script: Script::Python(script),
    })
}

fn check_entry(entry: &str) -> Result<(), Failure> {
    let (module, attribute) = entry.split_once(':').unwrap_or((entry, ""));
    let module_name = module
        .strip_suffix(".py")
        .unwrap_or(module)
        .replace('/', ".");
    let is_name = !module_name.is_empty() && !module_name.split('.').any(str::is_empty);
    if is_name && !attribute.is_empty() && module_name == module {
        return Ok(());
    }
    let example = match (is_name, attribute) {
        (true, "") => format!("entry = \"{module_name}:plugin\""),
        (true, attribute) => format!("entry = \"{module_name}:{attribute}\""),
        (false, _) => "entry = \"main:plugin\"".into(),
    };
    Err(Failure::new(
        format!(
            "entry is {entry:?}, expected \"module:attribute\", as in an import and not as a \
             file's name"
        ),
        format!("write {example}"),
    ))
}

fn source_folder(folder: &Path, source: &str) -> Result<PathBuf, Failure> {
    folder.join(source).canonicalize().or_fail(
        format!("source = {source:?} in [tool.osaurus] does not exist"),
        "name the folder that holds your modules, relative to pyproject.toml",
    )
}

fn without_sdk(dependencies: Vec<String>) -> Vec<String> {
    let is_sdk = |requirement: &String| {
        let name: String = requirement
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        name.replace(['_', '.'], "-")
            .eq_ignore_ascii_case("osaurus-plugin")
    };
    dependencies.into_iter().filter(|d| !is_sdk(d)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::keys;
    use super::*;

    fn read(text: &str) -> Result<PythonProject, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pyproject.toml"), text).unwrap();
        match super::read(folder.path()).map(|project| project.script) {
            Ok(Script::Python(script)) => Ok(script),
            Ok(other) => Err(format!("{other:?}")),
            Err(failure) => Err(format!("{failure:?}")),
        }
    }

    const GOOD: &str = "[project]\nname='x'\nversion='1.0.0'\ndependencies=['osaurus_plugin>=0.1','attrs']\n\
                        [tool.osaurus]\nid='dev.example.x'\nentry='main:plugin'\n";

    #[test]
    fn the_sdk_is_not_a_dependency_to_fetch() {
        assert_eq!(read(GOOD).unwrap().dependencies, ["attrs"]);
    }

    #[test]
    fn a_misspelt_key_is_shown_with_its_line_and_the_known_ones() {
        let error = read(&GOOD.replace("entry=", "entyr=")).unwrap_err();
        assert!(
            error.contains("entyr") && error.contains("line 7") && error.contains("known keys"),
            "{error}"
        );
    }

    #[test]
    fn an_oldest_host_that_never_was_is_refused_with_an_example() {
        let with = |oldest: &str| read(&format!("{GOOD}oldest-host='{oldest}'\n"));
        assert!(with("2c").is_ok());
        let error = with("7").unwrap_err();
        assert!(
            error.contains("`7` is not an ABI version") && error.contains("for example"),
            "{error}"
        );
    }

    #[test]
    fn an_upper_case_id_is_refused_before_the_registry_does() {
        let error = read(&GOOD.replace("dev.example.x", "dev.example.X")).unwrap_err();
        assert!(error.contains("is not a plugin id"), "{error}");
    }

    #[test]
    fn a_project_without_table_is_told_what_to_add() {
        let error = read("[project]\nname='x'\nversion='1'\n").unwrap_err();
        assert!(
            error.contains("no [tool.osaurus] table") && error.contains("entry ="),
            "{error}"
        );
    }

    #[test]
    fn an_entry_that_names_a_file_is_shown_as_a_module() {
        for (entry, module) in [
            ("main.py:plugin", "main:plugin"),
            ("src/app.py:it", "src.app:it"),
            ("main.py", "main:plugin"),
            ("", "main:plugin"),
        ] {
            let error = read(&GOOD.replace("main:plugin", entry)).unwrap_err();
            let advice = format!("write entry = \\\"{module}\\\"");
            assert!(error.contains(&advice), "{error}");
        }
    }

    #[test]
    fn an_entry_without_attribute_is_refused() {
        let error = read(&GOOD.replace("main:plugin", "main")).unwrap_err();
        assert!(
            error.contains("expected \\\"module:attribute\\\""),
            "{error}"
        );
    }

    #[test]
    fn every_key_has_its_entry_in_the_reference() {
        let error = read(&format!("{GOOD}no-such-key=1\n")).unwrap_err();
        let accepted = keys::accepted(&error);
        let (_, advice) = error.split_once("known keys").unwrap();
        assert_eq!(keys::on_the_page("[tool.osaurus]"), accepted);
        for key in accepted {
            assert!(
                advice.contains(&key),
                "{key} is not in the advice: {advice}"
            );
        }
    }

    #[test]
    fn every_example_of_the_reference_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        let standard = "[project]\nname='x'\nversion='1.0.0'\n[tool.osaurus]\n";
        for example in keys::examples("[tool.osaurus]", "toml") {
            let required = [("id", "dev.example.x"), ("entry", "main:plugin")];
            let missing = required
                .iter()
                .filter(|(key, _)| !example.contains(&format!("{key} =")))
                .map(|(key, value)| format!("{key} = '{value}'\n"));
            let text: String = [standard.to_owned(), example.clone(), "\n".to_owned()]
                .into_iter()
                .chain(missing)
                .collect();
            std::fs::write(folder.path().join("pyproject.toml"), &text).unwrap();
            let project = super::read(folder.path());
            assert!(project.is_ok(), "{example}: {project:?}");
        }
    }
}
