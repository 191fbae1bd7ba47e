//! `new --from-mcp TARGET`: what the server is, and what stands for it in the templates. Used by
//! `new`; knows nothing of files.

use super::language::Language;
use super::local_server::{self, LocalServer};
use super::scaffold::Server;
use crate::failure::{Failure, OrFail};
use osaurus_bounded::Limits;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const FORMS: &str = "a server of Python (mcp_server_time:serve, or a file: server.py:mcp), an npm package (npm:NAME or \
                     @SCOPE/NAME), or a command in one argument (\"uvx mcp-server-time\")";
/// npm asks its registry.
const NPM_TIME: Duration = Duration::from_secs(60);
const NPM_OUTPUT: usize = 4 << 20;

/// What a target is.
pub struct Target {
    /// The language of a project for it.
    pub language: Language,
    /// The server in it.
    pub server: Server,
    /// Modules of the server that come into the project.
    pub modules: Vec<PathBuf>,
}

impl Target {
    fn new(language: Language, server: Server) -> Target {
        Target {
            language,
            server,
            modules: Vec::new(),
        }
    }
}

/// What a target is. `package` is the distribution of a server of Python, where its name is not the
/// module's; without it a module in the current folder is the server.
pub fn server(
    target: &str,
    package: Option<&str>,
    language: Option<Language>,
) -> Result<Target, Failure> {
    if let Some(name) = npm_package(target) {
        return of_npm(name, language);
    }
    if let Some((module, server)) = python_server(target) {
        let in_folder = match package {
            None => local_server::find(Path::new(""), module)?,
            Some(_) => None,
        };
        return of_python(target, module, server, package, in_folder, language);
    }
    if let Some((folder, module, server)) = python_file(target) {
        let local = local_server::find(folder, module)?.ok_or_else(|| {
            let file = folder.join(format!("{module}.py"));
            Failure::new(
                format!("--from-mcp {target}: {} does not exist", file.display()),
                "name the file that has the server",
            )
        })?;
        return of_python(target, module, server, package, Some(local), language);
    }
    if target.contains(':') && !target.contains(char::is_whitespace) {
        return Err(Failure::new(
            format!("--from-mcp {target}: no server is known by that name"),
            format!("write {FORMS}"),
        ));
    }
    of_command(target, language)
}

fn of_python(
    target: &str,
    module: &str,
    server: &str,
    package: Option<&str>,
    in_folder: Option<LocalServer>,
    language: Option<Language>,
) -> Result<Target, Failure> {
    only(language, Language::Python, target)?;
    let top = module.split('.').next().unwrap_or(module);
    let local = in_folder.unwrap_or_else(|| LocalServer {
        modules: Vec::new(),
        dependencies: vec![package.map_or_else(|| top.replace('_', "-"), str::to_owned)],
    });
    let dependencies = local.dependencies.into_iter();
    let listed: String = dependencies
        .map(|one| format!(", {}", Value::from(one)))
        .collect();
    let words = [
        ("import", format!("from {module} import {server}\n")),
        ("include", format!("plugin.include({server})")),
        ("dependency", listed),
        ("native", "\nallow-native = true".to_owned()),
    ];
    Ok(Target {
        language: Language::Python,
        server: with_words(target, words),
        modules: local.modules,
    })
}

fn of_npm(name: &str, language: Option<Language>) -> Result<Target, Failure> {
    only(language, Language::Javascript, name)?;
    let about = npm_view(name)?;
    let version = about["version"].as_str().unwrap_or("latest");
    let module = entry(&about).map_or_else(|| name.to_owned(), |file| format!("{name}/{file}"));
    let version = Value::from(format!("^{version}"));
    let words = [
        ("import", "includeMcp".to_owned()),
        (
            "include",
            format!("includeMcp(() => import({}))", Value::from(module)),
        ),
        (
            "dependency",
            format!(",\n    {}: {version}", Value::from(name)),
        ),
    ];
    Ok(Target::new(Language::Javascript, with_words(name, words)))
}

fn of_command(target: &str, language: Option<Language>) -> Result<Target, Failure> {
    let words = target.split_whitespace();
    let words: Vec<String> = words.map(|word| Value::from(word).to_string()).collect();
    if words.is_empty() {
        return Err(Failure::new(
            "--from-mcp has no target",
            format!("write {FORMS}"),
        ));
    }
    let list = words.join(", ");
    let (language, import, include) = match language {
        None | Some(Language::Python) => (Language::Python, "", "plugin.include_command"),
        Some(Language::Javascript) => (Language::Javascript, "includeCommand", "includeCommand"),
        Some(_) => {
            return Err(Failure::new(
                format!("--from-mcp {target:?}: a command is included by Python or JavaScript"),
                "write --lang python or --lang javascript",
            ));
        }
    };
    let words = [
        ("import", import.to_owned()),
        ("include", format!("{include}([{list}])")),
        ("dependency", String::new()),
        ("native", String::new()),
    ];
    Ok(Target::new(language, with_words(target, words)))
}

fn with_words<const N: usize>(target: &str, words: [(&str, String); N]) -> Server {
    Server {
        target: target.to_owned(),
        words: words
            .map(|(word, value)| (word.to_owned(), value))
            .into_iter()
            .collect(),
    }
}

fn only(asked: Option<Language>, has: Language, target: &str) -> Result<(), Failure> {
    if asked.is_none_or(|asked| asked == has) {
        return Ok(());
    }
    let name = has.name();
    Err(Failure::new(
        format!("--from-mcp {target}: that server is included by a plugin in {name}"),
        format!("leave --lang out, or write --lang {name}"),
    ))
}

/// `@scope/name` or `npm:name`.
fn npm_package(target: &str) -> Option<&str> {
    let name = target.strip_prefix("npm:").unwrap_or(target);
    let is_named = target.starts_with("npm:") || target.starts_with('@');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@/._-".contains(letter);
    (is_named && !name.is_empty() && name.chars().all(is_plain)).then_some(name)
}

/// `module.inner:server`.
fn python_server(target: &str) -> Option<(&str, &str)> {
    let (module, server) = target.split_once(':')?;
    let is_file = module.ends_with(".py");
    (!is_file && module.split('.').all(is_name) && is_name(server)).then_some((module, server))
}

/// `folder/module.py:server`.
fn python_file(target: &str) -> Option<(&Path, &str, &str)> {
    let (file, server) = target.rsplit_once(':')?;
    let module = Path::new(file.strip_suffix(".py")?);
    let folder = module.parent()?;
    let name = module.file_name()?.to_str()?;
    (is_name(name) && is_name(server)).then_some((folder, name, server))
}

/// A name in Python.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_')
}

/// What npm's registry says of a package.
fn npm_view(name: &str) -> Result<Value, Failure> {
    let limits = Limits {
        time: NPM_TIME,
        output: NPM_OUTPUT,
        memory: osaurus_bounded::Memory::Unlimited,
    };
    let mut npm = Command::new("npm");
    npm.args(["view", "--json", name, "version", "bin", "main", "exports"]);
    let finished = osaurus_bounded::run(&mut npm, limits)
        .or_fail("cannot start npm", "install Node, which brings npm")?;
    let about: Option<Value> = serde_json::from_slice(&finished.stdout).ok();
    match about {
        Some(about) if about["version"].is_string() => Ok(about),
        _ => Err(Failure::new(
            format!("npm knows no package {name}"),
            format!("npm view {name}"),
        )),
    }
}

/// The file that starts the server: its only program, unless the package says itself what can be
/// imported.
fn entry(about: &Value) -> Option<String> {
    if !about["exports"].is_null() {
        return None;
    }
    let bin = &about["bin"];
    let file = match bin {
        Value::String(file) => Some(file.as_str()),
        Value::Object(programs) => programs.values().next().and_then(Value::as_str),
        _ => None,
    };
    file.map(|file| file.trim_start_matches("./").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_target_is_read_by_its_form() {
        assert_eq!(
            python_server("mcp_server_time.server:serve"),
            Some(("mcp_server_time.server", "serve"))
        );
        assert_eq!(python_server("uvx:serve x"), None);
        assert_eq!(python_server("weather.py:mcp"), None);
        assert_eq!(
            python_file("../a b/weather.py:mcp"),
            Some((Path::new("../a b"), "weather", "mcp"))
        );
        assert_eq!(python_file("weather:mcp"), None);
        assert_eq!(npm_package("@a/b"), Some("@a/b"));
        assert_eq!(npm_package("npm:b"), Some("b"));
        assert_eq!(npm_package("npx b"), None);
        assert_eq!(npm_package("npm:a b"), None);
    }

    #[test]
    fn a_package_is_imported_by_its_program_unless_it_says_what_can_be_imported() {
        let bin = json!({"bin": {"x": "./dist/index.js"}});
        assert_eq!(entry(&bin).as_deref(), Some("dist/index.js"));
        let exported = json!({"bin": {"x": "dist/index.js"}, "exports": {".": "./a.js"}});
        assert_eq!(entry(&exported), None);
    }
}
