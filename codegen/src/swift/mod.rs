//! Generated files of the Swift package: its C module, constants, `Codable` payloads, host calls,
//! and the scripted host's table.

mod calls;
mod constants;
mod payloads;
mod scripted;
mod shape;

use crate::{
    c, phrases,
    target::{Error, Files},
    text,
};
use osaurus_abi_spec::model::{Since, Spec};

const COMMAND: &str = "osaurus-bridge gen swift";
const WIDTH: usize = 110;
const KEYWORDS: [&str; 12] = [
    "case",
    "class",
    "default",
    "enum",
    "extension",
    "func",
    "import",
    "in",
    "init",
    "let",
    "protocol",
    "where",
];

/// Every generated file below `Sources` of the package.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let mut files = Files::new();
    for (name, text) in c::generate(spec, &Since::version(spec.newest_version()))? {
        files.insert(format!("COsaurusPlugin/include/{name}"), text);
    }
    let module = format!(
        "// {}\nmodule COsaurusPlugin {{\n    header \"osaurus_plugin.h\"\n    export *\n}}\n",
        phrases::notice(COMMAND)
    );
    files.insert("COsaurusPlugin/include/module.modulemap".to_owned(), module);
    let swift = [
        ("Constants", constants::text(spec)?),
        ("Payloads", payloads::text(spec)),
        ("HostCalls", calls::text(spec)?),
    ];
    for (name, body) in swift {
        files.insert(format!("OsaurusPlugin/Generated/{name}.swift"), file(&body));
    }
    let table = scripted::text(spec)?;
    files.insert(
        "OsaurusPluginTesting/Generated/ScriptedFunctions.swift".to_owned(),
        file(&table),
    );
    Ok(files)
}

fn file(body: &str) -> String {
    text::tidy_prose(&format!("// {}\n\n{body}", phrases::notice(COMMAND)))
}

/// A documentation comment at `indent`.
fn doc(text: &str, indent: &str) -> String {
    text::prefixed(text, &format!("{indent}/// "), WIDTH)
}

/// `task_status` to `taskStatus`.
fn lower_camel(snake: &str) -> String {
    let mut words = snake.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &crate::names::upper_camel(word))
}

/// A name as Swift writes it where it is declared: in backticks when it is a keyword.
fn declared(snake: &str) -> String {
    let name = lower_camel(snake);
    if KEYWORDS.contains(&name.as_str()) {
        format!("`{name}`")
    } else {
        name
    }
}
