//! A project in TypeScript or JavaScript as its author wrote it: `package.json` with an `osaurus`
//! section.

use super::lifecycle::{Key, Lifecycle};
use super::{Bundle, Project, Script, check_id, oldest_host};
use crate::failure::{Failure, OrFail};
use osaurus_payload::Mode;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The parts of `package.json` that matter here.
#[derive(Debug, Deserialize)]
struct File {
    version: Option<String>,
    engines: Option<Engines>,
    osaurus: Option<Osaurus>,
}

#[derive(Debug, Deserialize)]
struct Engines {
    node: Option<String>,
}

/// The `osaurus` section.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Osaurus {
    id: String,
    main: String,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    prewarm: bool,
    /// Checked after the file has been read, for a message that says what is wanted.
    idle_timeout: Option<serde_json::Value>,
    oldest_host: Option<String>,
    node: Option<String>,
    runtime: Option<String>,
    runtime_from: Option<String>,
    #[serde(default)]
    external: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    memory_mb: Option<u32>,
}

const IDLE_TIMEOUT: Key = Key {
    name: "idleTimeout",
    place: "\"osaurus\" of package.json",
    example: "\"idleTimeout\": \"10m\"",
};

/// What only a project for Node has.
#[derive(Debug, Default)]
pub struct NodeProject {
    /// The module whose default export is the plugin, relative to the project.
    pub main: String,
    /// Node that the author chose, absolute.
    pub node: Option<PathBuf>,
    /// Packages that are not bundled but packed as they are.
    pub external: Vec<String>,
    /// Paths and globs of files that are packed beside the code.
    pub files: Vec<String>,
    /// `engines.node`.
    pub requires_node: Option<String>,
    /// What the JavaScript heap may take, in MiB.
    pub memory_mb: Option<u32>,
}

/// Reads `package.json` in `folder`, which is absolute.
pub fn read(folder: &Path) -> Result<Project, Failure> {
    let path = folder.join("package.json");
    let text = std::fs::read_to_string(&path).or_fail(
        format!("cannot read {}", path.display()),
        "check its permissions",
    )?;
    let file: File = serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            format!("{} is not understood: {error}", path.display()),
            "known keys of \"osaurus\": id, main, mode, prewarm, idleTimeout, oldestHost, node, \
             runtime, runtimeFrom, external, files, memoryMb",
        )
    })?;
    from_file(folder, file)
}

fn from_file(folder: &Path, file: File) -> Result<Project, Failure> {
    let osaurus = file.osaurus.ok_or_else(|| {
        Failure::new(
            format!(
                "{}/package.json has no \"osaurus\" section",
                folder.display()
            ),
            "add it:\n\n\"osaurus\": \
             { \"id\": \"dev.example.my-plugin\", \"main\": \"src/main.ts\" }",
        )
    })?;
    let version = file.version.ok_or_else(|| {
        Failure::new(
            "package.json has no version",
            "add \"version\": \"0.1.0\"; Osaurus installs plugins by version",
        )
    })?;
    check_id(&osaurus.id)?;
    check_main(folder, &osaurus.main)?;
    let (runtime, from) = (osaurus.runtime.as_deref(), osaurus.runtime_from.as_deref());
    let bundle = Bundle::of(folder, runtime, from, osaurus.node.is_some())?;
    let lifecycle = Lifecycle::of(osaurus.prewarm, osaurus.idle_timeout.as_ref(), IDLE_TIMEOUT)?;
    let script = NodeProject {
        main: osaurus.main,
        node: osaurus.node.map(|path| folder.join(path)),
        external: osaurus.external,
        files: osaurus.files,
        requires_node: file.engines.and_then(|engines| engines.node),
        memory_mb: osaurus.memory_mb,
    };
    Ok(Project {
        folder: folder.to_owned(),
        id: osaurus.id,
        version,
        mode: osaurus.mode,
        lifecycle,
        oldest_host: osaurus.oldest_host.map(oldest_host).transpose()?,
        bundle,
        script: Script::Node(script),
    })
}

fn check_main(folder: &Path, main: &str) -> Result<(), Failure> {
    if folder.join(main).is_file() {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "main is {main:?} in package.json's \"osaurus\" section, but there is no such file"
        ),
        "name the module whose default export is the plugin, relative to package.json: \
         \"src/main.ts\"",
    ))
}

#[cfg(test)]
pub mod tests {
    use super::super::keys;
    use super::*;

    /// A project that needs no folder.
    pub fn project() -> Project {
        let script = NodeProject {
            main: "src/main.ts".into(),
            node: None,
            external: Vec::new(),
            files: Vec::new(),
            requires_node: None,
            memory_mb: None,
        };
        Project {
            folder: PathBuf::from("/w/plugin"),
            id: "dev.example.x".into(),
            version: "1.0.0".into(),
            mode: Mode::default(),
            lifecycle: Lifecycle::default(),
            oldest_host: None,
            bundle: None,
            script: Script::Node(script),
        }
    }

    fn read(text: &str) -> Result<Project, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/main.ts"), "").unwrap();
        std::fs::write(folder.path().join("package.json"), text).unwrap();
        super::read(folder.path()).map_err(|failure| format!("{failure:?}"))
    }

    const GOOD: &str = r#"{"name": "x", "version": "1.0.0", "type": "module", "engines": {"node": ">=22"},
        "osaurus": {"id": "dev.example.x", "main": "src/main.ts", "memoryMb": 256}}"#;

    #[test]
    fn the_standard_keys_are_used_where_there_are_any() {
        let Script::Node(script) = read(GOOD).unwrap().script else {
            panic!("not taken for a project of Node");
        };
        assert_eq!(script.requires_node.as_deref(), Some(">=22"));
        assert_eq!(script.memory_mb, Some(256));
    }

    #[test]
    fn a_misspelt_key_is_shown_with_its_line_and_the_known_ones() {
        let error = read(&GOOD.replace("memoryMb", "memory")).unwrap_err();
        assert!(
            error.contains("memory") && error.contains("line 2") && error.contains("known keys"),
            "{error}"
        );
    }

    #[test]
    fn a_package_that_is_not_a_plugin_is_told_what_to_add() {
        let error = read(r#"{"name": "x", "version": "1.0.0"}"#).unwrap_err();
        assert!(
            error.contains("no \\\"osaurus\\\" section") && error.contains("src/main.ts"),
            "{error}"
        );
    }

    #[test]
    fn a_main_that_is_not_there_is_named() {
        let error = read(&GOOD.replace("src/main.ts", "main.js")).unwrap_err();
        assert!(
            error.contains("main.js") && error.contains("no such file"),
            "{error}"
        );
    }

    #[test]
    fn every_key_has_its_entry_in_the_reference() {
        let error = read(&GOOD.replace("memoryMb", "noSuchKey")).unwrap_err();
        let accepted = keys::accepted(&error);
        let (_, advice) = error.split_once("known keys").unwrap();
        assert_eq!(keys::on_the_page("\"osaurus\""), accepted);
        for key in accepted {
            assert!(
                advice.contains(&key),
                "{key} is not in the advice: {advice}"
            );
        }
    }

    #[test]
    fn every_example_of_the_reference_is_read() {
        let good: serde_json::Value = serde_json::from_str(GOOD).unwrap();
        for example in keys::examples("\"osaurus\"", "json") {
            let example: serde_json::Value = serde_json::from_str(&example).unwrap();
            let mut file = good.clone();
            let section = file["osaurus"].as_object_mut().unwrap();
            section.extend(example.as_object().unwrap().clone());
            let project = read(&file.to_string());
            assert!(project.is_ok(), "{example}: {project:?}");
        }
    }
}
