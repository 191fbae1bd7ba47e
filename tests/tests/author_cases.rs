//! The rows of `tests/author-cases`: what authors write, built by the real program and called in
//! the real host, with the answer that each must give. Each file of rows has a host process of its
//! own per mode.

use osaurus_bridge_tests::engine::Engine;
use osaurus_bridge_tests::project::{Project, text_of};
use osaurus_bridge_tests::{child, engine, pythons, root};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

/// A file of rows.
struct Table {
    name: String,
    rows: Vec<toml::Table>,
    settings: toml::Table,
}

/// What went wrong, as `FILE: ROW: text`.
type Failures = Vec<String>;

#[test]
fn python_rows_in_a_worker() {
    run("python_rows_in_a_worker", Engine::PythonWorker);
}

#[test]
fn python_rows_embedded() {
    run("python_rows_embedded", Engine::PythonEmbedded);
}

#[test]
fn typescript_rows_in_a_worker() {
    run("typescript_rows_in_a_worker", Engine::NodeWorker);
}

#[test]
fn typescript_rows_embedded() {
    run("typescript_rows_embedded", Engine::NodeEmbedded);
}

#[test]
fn what_cannot_work_is_refused_or_warned_about_by_the_build() {
    let mut failures = Failures::new();
    for table in tables() {
        for row in table.rows.iter().filter(|row| row.contains_key("source")) {
            failures.extend(build_says(&table, row).err());
        }
    }
    assert_none(&failures);
}

#[test]
fn the_table_is_large_enough_and_every_row_says_something() {
    let tables = tables();
    let rows: usize = tables.iter().map(|table| table.rows.len()).sum();
    assert!(rows >= 200, "{rows} rows");
    for table in &tables {
        for row in &table.rows {
            let proofs = ["result", "fails", "schema", "refused", "warned"];
            let count = proofs.iter().filter(|key| row.contains_key(**key)).count();
            assert_eq!(count, 1, "{}: one of {proofs:?}", place(table, row));
        }
    }
}

/// Builds each file's plugin, then calls its rows in a child process.
fn run(test: &str, engine: Engine) {
    if child::is_child() {
        if Engine::of_child() == Some(engine) {
            child::run(test, &[], calls_of_child);
        }
        return;
    }
    let tables: Vec<Table> = tables()
        .into_iter()
        .filter(|table| table.is_for(engine))
        .collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let build = |name: &str| {
        let table = tables.iter().find(|table| table.name == name);
        table.expect("one of these").project()
    };
    engine.run_built(test, &build, &names, "OSAURUS_AUTHOR_CASES", &names);
}

fn calls_of_child() {
    let name = std::env::var("OSAURUS_AUTHOR_CASES").expect("set by the parent");
    let folder = Engine::libraries();
    let table = tables()
        .into_iter()
        .find(|table| table.name == name)
        .expect("named by the parent");
    let host = Host::builder().agents(["ada"]).build().expect("a host");
    let plugin = host
        .load(&engine::path_in(&folder, &name))
        .expect("the plugin loads");
    let failures: Failures = table
        .rows
        .iter()
        .filter(|row| !row.contains_key("source"))
        .filter_map(|row| {
            check(&host, &plugin, row)
                .err()
                .map(|e| at(&table, row, &e))
        })
        .collect();
    host.shutdown();
    assert_none(&failures);
}

// --- rows ---------------------------------------------------------------------------------------

fn tables() -> Vec<Table> {
    let folder = root().join("tests/author-cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of rows")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files.iter().map(|file| Table::read(file)).collect()
}

impl Table {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a file of rows");
        let mut settings: toml::Table =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let rows = settings.remove("case").expect("[[case]]");
        let rows = rows.try_into().expect("rows are tables");
        let stem = path.file_stem().expect("a name").to_string_lossy();
        Self {
            name: stem.into_owned(),
            rows,
            settings,
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.settings.get(key).and_then(toml::Value::as_str)
    }

    fn is_python(&self) -> bool {
        self.text("language") == Some("python")
    }

    /// Whether its rows are called in an engine, on the Python that runs them.
    fn is_for(&self, engine: Engine) -> bool {
        let mode = if engine.is_embedded() {
            "embedded"
        } else {
            "worker"
        };
        let modes = list(&self.settings, "modes");
        let in_mode = modes.is_empty() || modes.iter().any(|one| one == mode);
        in_mode
            && self.text("plugin").is_some()
            && self.is_python() == engine.is_python()
            && (!engine.is_python() || self.python_is_new_enough())
    }

    fn python_is_new_enough(&self) -> bool {
        let minor = |version: &str| {
            version
                .split('.')
                .nth(1)
                .and_then(|n| n.parse::<u32>().ok())
        };
        self.text("python")
            .is_none_or(|oldest| minor(oldest) <= minor(&pythons::newest().version))
    }

    fn project(&self) -> Project {
        let file = self.text("plugin").expect("a plugin");
        let language = self.text("language").expect("a language");
        let path = root().join("tests/author-cases").join(language).join(file);
        let main = std::fs::read_to_string(&path).expect("the plugin's main file");
        let name = self.name.replace('_', "-");
        if !self.is_python() {
            return Project::typescript(&name, &main);
        }
        let dependencies = list(&self.settings, "dependencies");
        let project = Project::python(&name, &main);
        if dependencies.is_empty() {
            return project;
        }
        let lines = format!("requires-python = \">=3.10\"\ndependencies = {dependencies:?}");
        project
            .settings("requires-python = \">=3.10\"", &lines)
            .settings("entry =", "allow-native = true\nentry =")
    }
}

fn list(table: &toml::Table, key: &str) -> Vec<String> {
    let items = table.get(key).and_then(toml::Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn place(table: &Table, row: &toml::Table) -> String {
    format!("{}: {}", table.name, row["name"].as_str().unwrap_or("?"))
}

fn at(table: &Table, row: &toml::Table, problem: &str) -> String {
    format!("{}: {problem}", place(table, row))
}

fn assert_none(failures: &Failures) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn json_of(row: &toml::Table, key: &str) -> Option<Value> {
    let text = row.get(key)?.as_str()?;
    Some(serde_json::from_str(text).unwrap_or_else(|e| panic!("{key} = {text}: {e}")))
}

// --- calls --------------------------------------------------------------------------------------

fn check(host: &Host, plugin: &Arc<LoadedPlugin>, row: &toml::Table) -> Result<(), String> {
    let tool = row["tool"].as_str().expect("a tool");
    if let Some(part) = json_of(row, "schema") {
        let whole = parameters(plugin, tool)?;
        return holds(&whole, &part)
            .then_some(())
            .ok_or_else(|| format!("its parameters are {whole}"));
    }
    let logged = host.log_lines().len();
    let arguments = row["arguments"].as_str().expect("arguments");
    let answered = plugin.invoke(tool, arguments, Some(AgentId::named("ada")));
    let envelope: Value =
        serde_json::from_str(&answered).map_err(|e| format!("{answered}: {e}"))?;
    let log: String = host.log_lines()[logged..]
        .iter()
        .map(|line| format!("{}\n", line.message))
        .collect();
    answer(row, &envelope).map_err(|text| format!("{text}\n{log}"))?;
    log_of(row, &log)
}

fn answer(row: &toml::Table, envelope: &Value) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {envelope}"));
    if let Some(fails) = row.get("fails").and_then(toml::Value::as_table) {
        let text = |key: &str| envelope[key].as_str().unwrap_or_default();
        let message = format!("{}: {}", text("field"), text("message"));
        let kind = fails.get("kind").and_then(toml::Value::as_str);
        if envelope["ok"] != false || envelope["kind"].as_str() != kind {
            return wrong("not this failure");
        }
        let field = fails.get("field").and_then(toml::Value::as_str);
        if field.is_some() && envelope["field"].as_str() != field {
            return wrong("another field");
        }
        return match list(fails, "says")
            .iter()
            .find(|part| !message.contains(*part))
        {
            Some(part) => wrong(&format!("does not say {part:?}")),
            None => Ok(()),
        };
    }
    if envelope["ok"] != true || Some(&envelope["result"]) != json_of(row, "result").as_ref() {
        return wrong("not this result");
    }
    match json_of(row, "warnings") {
        Some(warnings) if envelope["warnings"] != warnings => wrong("other warnings"),
        _ => Ok(()),
    }
}

fn log_of(row: &toml::Table, log: &str) -> Result<(), String> {
    if let Some(part) = list(row, "logged").iter().find(|part| !log.contains(*part)) {
        return Err(format!("the log does not say {part:?}:\n{log}"));
    }
    match list(row, "not_logged")
        .iter()
        .find(|part| log.contains(*part))
    {
        Some(part) => Err(format!("the log says {part:?}:\n{log}")),
        None => Ok(()),
    }
}

fn parameters(plugin: &LoadedPlugin, tool: &str) -> Result<Value, String> {
    let tools = &plugin.manifest().capabilities.tools;
    tools
        .iter()
        .flatten()
        .find(|one| one.id == tool)
        .and_then(|one| one.parameters.clone())
        .ok_or_else(|| format!("no tool {tool} with parameters"))
}

/// Whether objects hold the keys of `part`; everything else is equal.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, one)| whole.get(key).is_some_and(|found| holds(found, one))),
        _ => whole == part,
    }
}

// --- what a build says -------------------------------------------------------------------------

fn build_says(table: &Table, row: &toml::Table) -> Result<(), String> {
    let source = row["source"].as_str().expect("a source");
    let project = if table.is_python() {
        Project::python("case", source)
    } else {
        Project::typescript("case", source)
    };
    let output = project.try_build(&pythons::newest().executable);
    let text = said(&output);
    if output.status.success() != row.contains_key("warned") {
        return Err(at(
            table,
            row,
            &format!("the build ended with {}:\n{text}", output.status),
        ));
    }
    let mut parts = list(row, "refused");
    parts.extend(list(row, "warned"));
    match parts.iter().find(|part| !text.contains(*part)) {
        Some(part) => Err(at(table, row, &format!("does not say {part:?}:\n{text}"))),
        None => Ok(()),
    }
}

/// What the program printed, with its error once more without JSON's escapes.
fn said(output: &Output) -> String {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    format!(
        "{}{}",
        report["error"].as_str().unwrap_or_default(),
        text_of(output)
    )
}
