//! `AGENTS.md` of new projects: what a coding assistant has to know of the API in one language. The
//! prose is in `templates/agents`; signatures come from the SDK, numbers and names from the spec.

mod signatures;

use crate::{
    c, cpp, swift,
    target::{Error, Files, Options},
    text,
};
use osaurus_abi_spec::model::{Spec, ThreadRule};
use signatures::{Signature, Style, class, signatures};
use std::fmt::Write as _;

const PYTHON_CONTEXT: &str =
    include_str!("../../../bridges/python/package/src/osaurus_plugin/context.py");
const PYTHON_LOG: &str = include_str!("../../../bridges/python/package/src/osaurus_plugin/_log.py");
const SWIFT_HOST: &str = include_str!("../../../bridges/swift/Sources/OsaurusPlugin/Host.swift");

/// Groups of `ctx` in the SDK for Python: the name, the source, the class.
const PYTHON: [(&str, &str, &str); 7] = [
    ("config", PYTHON_CONTEXT, "class Config(_Group)"),
    ("db", PYTHON_CONTEXT, "class Database(_Group)"),
    ("log", PYTHON_LOG, "class Log"),
    ("inference", PYTHON_CONTEXT, "class Inference(_Group)"),
    ("tasks", PYTHON_CONTEXT, "class Tasks(_Group)"),
    ("http", PYTHON_CONTEXT, "class Http(_Group)"),
    ("files", PYTHON_CONTEXT, "class Files(_Group)"),
];
macro_rules! node_source {
    ($name:literal) => {
        include_str!(concat!("../../../bridges/node/package/src/host/", $name))
    };
}
/// The same in the SDK for TypeScript.
const TYPESCRIPT: [(&str, &str, &str); 7] = [
    ("config", node_source!("config.ts"), "export class Config"),
    ("db", node_source!("db.ts"), "export class Database"),
    ("log", node_source!("log.ts"), "export class Log"),
    (
        "inference",
        node_source!("inference.ts"),
        "export class Inference",
    ),
    ("tasks", node_source!("tasks.ts"), "export class Tasks"),
    ("http", node_source!("http.ts"), "export class Http "),
    ("files", node_source!("files.ts"), "export class Files"),
];
macro_rules! rust_source {
    ($name:literal) => {
        include_str!(concat!("../../../bridges/rust/src/host/", $name))
    };
}
const RUST: [&str; 5] = [
    rust_source!("mod.rs"),
    rust_source!("database.rs"),
    rust_source!("inference.rs"),
    rust_source!("tasks.rs"),
    rust_source!("web.rs"),
];

/// The groups of the spec's functions, in the order of the page.
const GROUPS: [(&str, &str); 7] = [
    ("config", "Settings and secrets"),
    ("db", "Database"),
    ("log", "Log"),
    ("inference", "Models"),
    ("tasks", "Background tasks"),
    ("http", "HTTP"),
    ("files", "Files"),
];

/// Numbers that a plugin in ordinary use runs into.
const LIMITS: [&str; 17] = [
    "config_value_bytes",
    "database_bytes",
    "dispatch_calls",
    "active_tasks_per_agent",
    "inference_in_flight",
    "host_call_s",
    "default_iterations",
    "max_iterations",
    "http_calls",
    "http_response_bytes",
    "http_default_timeout_ms",
    "file_bytes",
    "tool_call_s",
    "tool_result_characters",
    "route_call_s",
    "route_calls",
    "route_body_bytes",
];

/// `AGENTS.md` for each language that `new` knows, by its folder of templates.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let node = include_str!("../../templates/agents/node.md");
    let newest = Options::newest(spec).level;
    let swift = swift::generate(spec)?;
    let swift: String = swift.values().cloned().collect();
    let cpp = cpp::generate(spec, newest.version)?;
    let c = c::generate(spec, &newest)?;
    let typescript = of_context(&TYPESCRIPT, Style::TypeScript);
    let python = of_context(&PYTHON, Style::Python);
    let rust = of_functions(spec, &signatures(&RUST.concat(), Style::Rust));
    let mut blocking = signatures(
        class(SWIFT_HOST, "struct BlockingHost", "struct AsyncHost"),
        Style::Swift,
    );
    blocking.extend(signatures(
        class(&swift, "extension BlockingHost", "extension AsyncHost"),
        Style::Swift,
    ));
    let cpp_host = cpp["osaurus_plugin.hpp"].as_str();
    let cpp_host = signatures(class(cpp_host, "class Host {", "\n};"), Style::Cpp);
    let c_host = signatures(&c["osaurus_plugin.h"], Style::C);
    let pages = [
        (
            "python",
            include_str!("../../templates/agents/python.md").to_owned(),
            python,
        ),
        ("typescript", only(node, "ts"), typescript.clone()),
        ("javascript", only(node, "js"), typescript),
        (
            "rust",
            include_str!("../../templates/agents/rust.md").to_owned(),
            rust,
        ),
        (
            "swift",
            include_str!("../../templates/agents/swift.md").to_owned(),
            of_functions(spec, &blocking),
        ),
        (
            "cpp",
            include_str!("../../templates/agents/cpp.md").to_owned(),
            of_functions(spec, &cpp_host),
        ),
        (
            "c",
            include_str!("../../templates/agents/c.md").to_owned(),
            of_functions(spec, &c_host),
        ),
    ];
    let rules = include_str!("../../templates/agents/rules.md");
    let rules = rules
        .replace("<!-- any thread -->", &any_thread(spec))
        .replace("<!-- kinds -->", &values(spec, "ToolErrorKind"))
        .replace("<!-- permissions -->", &values(spec, "PermissionPolicy"))
        .replace("<!-- auth -->", &values(spec, "RouteAuth"))
        .replace("<!-- limits -->", &limits(spec));
    Ok(pages
        .into_iter()
        .map(|(language, page, host)| {
            let page = page
                .replace("<!-- host -->", &host)
                .replace("<!-- rules -->", &rules);
            (format!("{language}/AGENTS.md"), page)
        })
        .collect())
}

/// The lines of a page for one of its languages: those of the other begin with its mark.
fn only(page: &str, language: &str) -> String {
    let lines = page
        .lines()
        .filter_map(|line| match line.strip_prefix('[') {
            Some(marked) if marked.starts_with("ts] ") || marked.starts_with("js] ") => marked
                .strip_prefix(language)
                .and_then(|rest| rest.strip_prefix("] ")),
            _ => Some(line),
        });
    let page: String = lines.map(|line| format!("{line}\n")).collect();
    page.replace("{ext}", language)
}

/// Methods of `ctx`, a block for each group.
fn of_context(groups: &[(&str, &str, &str)], style: Style) -> String {
    let end = match style {
        Style::Python => "\nclass ",
        _ => "\n}\n",
    };
    let blocks = groups.iter().map(|(group, source, head)| {
        let methods = signatures(class(source, head, end), style);
        block(&format!("`ctx.{group}`"), methods.iter())
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// Functions of the host, a block for each group of the spec; `execute` and `query` come with the
/// database.
fn of_functions(spec: &Spec, methods: &[Signature]) -> String {
    let group_of = |method: &Signature| {
        let name = plain(&method.name);
        let mut slots = spec.host.slots();
        let slot = slots.find(|slot| plain(&slot.name) == name);
        match (slot, name.as_str()) {
            (Some(slot), _) => known(&slot.group),
            (None, "execute" | "query") => "db",
            (None, "agentid") => "config",
            (None, _) => "",
        }
    };
    let blocks = GROUPS.iter().filter_map(|(group, title)| {
        let own: Vec<&Signature> = methods
            .iter()
            .filter(|method| group_of(method) == *group && !is_reserved(spec, method))
            .collect();
        (!own.is_empty()).then(|| block(title, own.into_iter()))
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// The group of the page for one of the spec; none for what the SDKs do by themselves.
fn known(group: &str) -> &str {
    let is_known = GROUPS.iter().any(|(known, _)| *known == group);
    match group {
        "agent" => "config",
        group if is_known => group,
        _ => "",
    }
}

fn is_reserved(spec: &Spec, method: &Signature) -> bool {
    let name = plain(&method.name);
    let mut slots = spec.host.slots();
    slots.any(|slot| slot.reserved.is_some() && plain(&slot.name) == name)
}

fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn block<'a>(title: &str, methods: impl Iterator<Item = &'a Signature>) -> String {
    let mut out = format!("{title}\n\n");
    for method in methods {
        let about = match method.about.is_empty() {
            true => String::new(),
            false => format!(": {}", text::one_line(&method.about)),
        };
        let _ = writeln!(out, "- `{}`{about}", method.text);
    }
    out
}

/// Functions that need no frame.
fn any_thread(spec: &Spec) -> String {
    let slots = spec.host.slots();
    let names = slots.filter(|slot| slot.thread == ThreadRule::Any && slot.reserved.is_none());
    let names: Vec<String> = names.map(|slot| format!("`{}`", slot.name)).collect();
    names.join(", ")
}

/// The values of an enumeration with what they mean.
fn values(spec: &Spec, name: &str) -> String {
    let kind = spec.enums.iter().find(|one| one.name == name);
    let values = kind.map(|one| one.values.as_slice()).unwrap_or_default();
    let rows: Vec<String> = values
        .iter()
        .map(|(name, doc)| format!("- `{name}`: {}", text::sentence(doc)))
        .collect();
    rows.join("\n")
}

/// What a plugin runs into, a line for each number.
fn limits(spec: &Spec) -> String {
    let is_for_authors = |name: &str| LIMITS.contains(&name);
    let rows: Vec<String> = spec
        .limits
        .iter()
        .filter(|limit| is_for_authors(&limit.name))
        .map(|limit| {
            let doc = with_values(&text::sentence(&limit.doc), spec);
            let first = text::first_sentence(&doc);
            let name = limit.slots.join("`, `");
            format!("- `{name}`: {} {}. {first}", limit.value, limit.unit)
        })
        .collect();
    rows.join("\n")
}

/// A sentence with numbers in place of the names of limits.
fn with_values(text: &str, spec: &Spec) -> String {
    spec.limits.iter().fold(text.to_owned(), |text, limit| {
        let name = format!("`{}`", limit.name);
        text.replace(&name, &format!("{} {}", limit.value, limit.unit))
    })
}
