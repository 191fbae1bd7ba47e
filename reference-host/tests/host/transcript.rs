//! One C probe plugin exercises everything in all four profiles and at every ABI level. What it saw
//! is a golden file, `tests/golden/transcript.txt`; equal answers are written once, with the hosts
//! that gave them. `UPDATE_GOLDEN=1 cargo test -p osaurus-reference-host --test host transcript`
//! writes the file again.

mod script;

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_abi::HostSlot;
use osaurus_reference_host::{
    AbiLevel, AgentId, BuiltinModel, Host, LoadedPlugin, Profile, Reply, RouteCall, Rule,
};
use script::{Line, Step, script};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const PROFILES: [(&str, Profile); 4] = [
    ("actual", Profile::Actual),
    ("documented", Profile::Documented),
    ("exact", Profile::OsaurusExact),
    ("june", Profile::June2026),
];
const LEVELS: [&str; 10] = ["1", "2a", "2b", "2c", "2d", "2e", "3", "4", "5", "6"];

/// Models know tools by other names where the documents are followed.
fn model(profile: Profile) -> BuiltinModel {
    let name = match profile {
        Profile::Documented => "dev.probe_raw",
        Profile::Actual | Profile::OsaurusExact | Profile::June2026 => "raw",
    };
    let call = Reply::CallTool {
        name: name.into(),
        arguments: json!({"ok": true, "result": "from the tool"}).to_string(),
    };
    BuiltinModel::new().rule(Rule::when("use the tool", call))
}

fn plugin_manifest() -> Value {
    let mut manifest = manifest("dev.probe");
    manifest["capabilities"]["routes"] = json!([
        {"id": "echo", "path": "/echo/:what", "methods": ["GET"], "auth": "none"}
    ]);
    manifest["capabilities"]["config"] = json!({"sections": [{"title": "S", "fields": [
        {"key": "size", "type": "number", "label": "Size", "default": 42}
    ]}]});
    manifest
}

/// A host with everything that the script meets.
fn host(profile: Profile, level: &str, server: &Server) -> Host {
    let host = Host::builder()
        .abi_level(level)
        .profile(profile)
        .agents(["alice", "bob"])
        .model(model(profile))
        .map_host("api.example.com", &server.address.to_string())
        .build()
        .unwrap();
    let artifacts = host.data_dir().join("artifacts");
    std::fs::write(artifacts.join("note.md"), "# A note").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", artifacts.join("link.txt")).unwrap();
    host
}

fn agent(name: &str) -> Option<AgentId> {
    match name {
        "" => None,
        "default" => Some(AgentId::DEFAULT),
        name => Some(AgentId::named(name)),
    }
}

/// Whether a host of this level has the slot; reading one that it lacks would fault.
fn has(level: &str, slot: HostSlot) -> bool {
    let size = AbiLevel::parse(level).unwrap().host_table_size();
    slot.offset() < size
}

/// What the plugin got; None where the host lacks the slot.
fn perform(host: &Host, plugin: &Arc<LoadedPlugin>, level: &str, line: &Line) -> Option<String> {
    let who = agent(line.agent);
    Some(match &line.step {
        Step::Slot(slot, _, _) if !has(level, *slot) => return None,
        Step::Slot(slot, kind, arguments) => {
            let number = (*slot as u32).to_string();
            let mut parts = vec![number.as_str(), kind];
            parts.extend(arguments.iter().map(String::as_str));
            let answer = Probe(plugin, who).call(&parts);
            assert!(
                host.wait_for_tasks(Duration::from_secs(60)),
                "{}",
                line.title
            );
            answer
        }
        Step::Tool(tool, arguments) => plugin.invoke(tool, arguments, who),
        Step::Route(path) => {
            let answer = plugin.route(RouteCall::new("GET", path, who));
            format!("{} {}", answer.status, answer.text())
        }
        Step::Events => Probe(plugin, who).events().join("\n"),
    })
}

/// One host's answers, in the script's order.
fn answers(profile: Profile, level: &str, server: &Server) -> Vec<Option<String>> {
    let host = host(profile, level, server);
    let library = probe(&["WITH_V1", "WITH_V2", &manifest_macro(&plugin_manifest())]);
    let data = host.data_dir().to_path_buf();
    // A copy of its own: an image that is in memory already remembers what other hosts sent.
    let own = data.join("probe.so");
    std::fs::copy(library, &own).unwrap();
    let plugin = host.load(&own).unwrap();
    let tidy = |text: String| tidy(&text, &data, server);
    let lines = script(&data);
    let answer = |line| perform(&host, &plugin, level, line).map(tidy);
    lines.iter().map(answer).collect()
}

/// Replaces what differs from run to run.
fn tidy(text: &str, data: &Path, server: &Server) -> String {
    let patterns = [
        (r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "<uuid>"),
        (r"\b(cmpl|call|chatcmpl)[-_][0-9A-Za-z-]+", "$1-<id>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
        (
            r#""(created|elapsed_ms|tokens_per_second)":[0-9.e+-]+"#,
            "\"$1\":<n>",
        ),
    ];
    let placeholders = [
        (data.display().to_string(), "<data>"),
        (server.address.to_string(), "<server>"),
        (AgentId::named("alice").to_string(), "<alice>"),
        (AgentId::DEFAULT.to_string(), "<Default agent>"),
    ];
    let plain = placeholders
        .iter()
        .fold(text.to_string(), |text, (what, name)| {
            text.replace(what, name)
        });
    patterns.iter().fold(plain, |text, (pattern, with)| {
        regex::Regex::new(pattern)
            .unwrap()
            .replace_all(&text, *with)
            .into_owned()
    })
}

/// Hosts as (profile, level), both as positions in the tables above.
type Hosts = Vec<(usize, usize)>;
/// Each different answer to one line, with the hosts that gave it.
type Answers = Vec<(String, Hosts)>;

fn ask_all(server: &Server) -> Vec<Answers> {
    let mut answers_by_line = vec![Answers::new(); script(Path::new("")).len()];
    for (profile, (_, kind)) in PROFILES.iter().enumerate() {
        for (level, name) in LEVELS.iter().enumerate() {
            for (line, answer) in answers_by_line.iter_mut().zip(answers(*kind, name, server)) {
                let Some(answer) = answer else { continue };
                match line.iter_mut().find(|(known, _)| *known == answer) {
                    Some((_, hosts)) => hosts.push((profile, level)),
                    None => line.push((answer, vec![(profile, level)])),
                }
            }
        }
    }
    answers_by_line
}

/// `all`, or the profiles, with the levels where they are not all that have the slot.
fn names(hosts: &Hosts, all: &[usize]) -> String {
    let mut by_levels: BTreeMap<Vec<usize>, Vec<&str>> = BTreeMap::new();
    for (index, (profile, _)) in PROFILES.iter().enumerate() {
        let levels = hosts.iter().filter(|(p, _)| *p == index);
        let levels: Vec<usize> = levels.map(|(_, level)| *level).collect();
        if !levels.is_empty() {
            by_levels.entry(levels).or_default().push(profile);
        }
    }
    let groups = by_levels.iter().map(|(levels, profiles)| {
        let profiles = match profiles.len() {
            number if number == PROFILES.len() => "all".into(),
            _ => profiles.join(", "),
        };
        match levels == all {
            true => profiles,
            false => format!("{profiles} at {}", level_names(levels)),
        }
    });
    groups.collect::<Vec<_>>().join("; ")
}

fn level_names(levels: &[usize]) -> String {
    let names: Vec<&str> = levels.iter().map(|level| LEVELS[*level]).collect();
    names.join(" ")
}

fn transcript() -> String {
    let server = Server::start(|got| match got.path.as_str() {
        "/moved" => respond("302 Found", "Location: http://127.0.0.1:1/\r\n", ""),
        _ => respond("200 OK", "Content-Type: text/plain\r\n", "fine"),
    });
    let mut text = String::new();
    for (line, answers) in script(Path::new("")).iter().zip(ask_all(&server)) {
        let hosts = answers.iter().flat_map(|(_, hosts)| hosts);
        let all: BTreeSet<usize> = hosts.map(|(_, level)| *level).collect();
        let all: Vec<usize> = all.into_iter().collect();
        let _ = writeln!(text, "# {} (hosts {})", line.title, level_names(&all));
        for (answer, hosts) in &answers {
            let _ = writeln!(text, "[{}]\n{answer}", names(hosts, &all));
        }
        text.push('\n');
    }
    text
}

#[test]
fn every_profile_and_level_answers_as_written_down() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/transcript.txt");
    let now = transcript();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return std::fs::write(golden, now).unwrap();
    }
    let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
    let differs = recorded.lines().zip(now.lines()).position(|(a, b)| a != b);
    let at = differs.unwrap_or_else(|| recorded.lines().count().min(now.lines().count()));
    assert!(
        recorded == now,
        "{}:{} differs; written down:\n{}\nanswered now:\n{}\nif the change is meant, run with \
         UPDATE_GOLDEN=1",
        golden.display(),
        at + 1,
        recorded.lines().nth(at).unwrap_or("(end)"),
        now.lines().nth(at).unwrap_or("(end)")
    );
}
