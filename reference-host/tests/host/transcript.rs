//! One C probe plugin exercises everything in all four profiles and at every ABI level. What it saw
//! is a golden file, `tests/golden/transcript.txt`; equal answers are written once, with the hosts
//! that gave them. `UPDATE_GOLDEN=1 cargo test -p osaurus-reference-host --test host transcript`
//! writes the file again.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_abi::HostSlot;
use osaurus_reference_host::{
    AbiLevel, AgentId, BuiltinModel, Host, LoadedPlugin, Profile, Reply, RouteCall, Rule,
};
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

/// What the probe is told to do, and as whose agent.
enum Step {
    /// A host call: slot, kind of signature, arguments.
    Slot(HostSlot, &'static str, Vec<String>),
    /// A tool call through the whole tool path.
    Tool(&'static str, &'static str),
    /// A route.
    Route(&'static str),
    /// What the plugin was sent so far.
    Events,
}

struct Line {
    title: String,
    agent: &'static str,
    step: Step,
}

fn slot(title: &str, slot: HostSlot, kind: &'static str, arguments: &[&str]) -> Line {
    Line {
        title: title.into(),
        agent: "alice",
        step: Step::Slot(
            slot,
            kind,
            arguments.iter().map(|a| (*a).to_string()).collect(),
        ),
    }
}

fn request(title: &str, of: HostSlot, request: &Value) -> Line {
    slot(title, of, "t1", &[&request.to_string()])
}

impl Line {
    fn by_agent(mut self, agent: &'static str) -> Line {
        self.agent = agent;
        self
    }
}

fn configuration() -> Vec<Line> {
    use HostSlot::{ConfigDelete, ConfigGet, ConfigSet};
    vec![
        slot("config_get, absent", ConfigGet, "t1", &["colour"]),
        slot("config_set", ConfigSet, "v2", &["colour", "red"]),
        slot("config_get", ConfigGet, "t1", &["colour"]),
        slot("config_get, another agent", ConfigGet, "t1", &["colour"]).by_agent("bob"),
        slot("config_get, no agent", ConfigGet, "t1", &["colour"]).by_agent(""),
        slot(
            "config_set, Default agent",
            ConfigSet,
            "v2",
            &["colour", "grey"],
        )
        .by_agent("default"),
        slot("config_get, Default agent", ConfigGet, "t1", &["colour"]).by_agent("default"),
        slot("config_delete", ConfigDelete, "v1", &["colour"]),
        slot("config_get, deleted", ConfigGet, "t1", &["colour"]),
        slot("config_get, NULL key", ConfigGet, "t1", &["NULL"]),
    ]
}

fn database() -> Vec<Line> {
    use HostSlot::{DbExec, DbQuery};
    let table = "CREATE TABLE t (a, b)";
    vec![
        slot("db_exec, create", DbExec, "t2", &[table, "NULL"]),
        slot(
            "db_exec, values of every kind",
            DbExec,
            "t2",
            &[
                "INSERT INTO t VALUES (?, ?)",
                r#"[true, {"z": 1.0, "a": [null]}]"#,
            ],
        ),
        slot(
            "db_exec, named parameters in an object",
            DbExec,
            "t2",
            &["INSERT INTO t VALUES (:a, 1.5)", r#"{"a": "named"}"#],
        ),
        slot(
            "db_query",
            DbQuery,
            "t2",
            &["SELECT a, b, x'00ff' AS blob, 1.0 FROM t", "NULL"],
        ),
        slot(
            "db_query, only the first statement",
            DbQuery,
            "t2",
            &["SELECT 1; SELECT 2", "NULL"],
        ),
        slot("db_query, empty", DbQuery, "t2", &[" -- nothing", "NULL"]),
        slot(
            "db_exec, no such table",
            DbExec,
            "t2",
            &["INSERT INTO missing VALUES (1)", "NULL"],
        ),
        slot(
            "db_exec, ATTACH",
            DbExec,
            "t2",
            &["attach 'x' as y", "NULL"],
        ),
        slot("db_exec, NULL statement", DbExec, "t2", &["NULL", "NULL"]),
        slot(
            "db_query, no agent",
            DbQuery,
            "t2",
            &["SELECT count(*) FROM t", "NULL"],
        )
        .by_agent(""),
    ]
}

fn small_slots() -> Vec<Line> {
    use HostSlot::{FreeString, GetActiveAgentId, Log, LogStructured};
    vec![
        slot("log", Log, "l2", &["3", "a warning"]),
        slot(
            "log_structured",
            LogStructured,
            "l3",
            &["9", "odd level", "not json"],
        ),
        slot("get_active_agent_id", GetActiveAgentId, "t0", &[]),
        slot("get_active_agent_id, no agent", GetActiveAgentId, "t0", &[]).by_agent(""),
        slot(
            "get_active_agent_id, Default agent",
            GetActiveAgentId,
            "t0",
            &[],
        )
        .by_agent("default"),
        slot("free_string, NULL", FreeString, "v1", &["NULL"]),
    ]
}

fn tasks() -> Vec<Line> {
    use HostSlot::{
        Dispatch, DispatchAddIssue, DispatchCancel, DispatchClarify, ListActiveTasks, SendDraft,
        TaskStatus,
    };
    let unknown = "01234567-89AB-CDEF-0123-456789ABCDEF";
    let other = "11234567-89AB-CDEF-0123-456789ABCDEF";
    vec![
        request(
            "dispatch",
            Dispatch,
            &json!({"prompt": "hello task", "title": "T", "id": unknown}),
        ),
        slot(
            "task_status, once it has ended",
            TaskStatus,
            "t1",
            &[unknown],
        ),
        request(
            "dispatch, the model calls a tool that is not loaded",
            Dispatch,
            &json!({"prompt": "use the tool", "id": other}),
        ),
        slot("task_status, after that", TaskStatus, "t1", &[other]),
        request("dispatch, no prompt", Dispatch, &json!({"title": "T"})),
        request("dispatch, blank prompt", Dispatch, &json!({"prompt": " "})),
        slot("dispatch, not JSON", Dispatch, "t1", &["nonsense"]),
        request("dispatch, no agent", Dispatch, &json!({"prompt": "x"})).by_agent(""),
        request("dispatch, Default agent", Dispatch, &json!({"prompt": "x"})).by_agent("default"),
        slot("task_status, no UUID", TaskStatus, "t1", &["7"]),
        slot(
            "task_status, unknown",
            TaskStatus,
            "t1",
            &["FFFFFFFF-89AB-CDEF-0123-456789ABCDEF"],
        ),
        slot("list_active_tasks", ListActiveTasks, "t0", &[]),
        slot("dispatch_cancel, no UUID", DispatchCancel, "v1", &["7"]),
        slot("dispatch_clarify", DispatchClarify, "v2", &[unknown, "yes"]),
        slot(
            "send_draft, task has ended",
            SendDraft,
            "v2",
            &[unknown, "{}"],
        ),
        slot(
            "dispatch_add_issue",
            DispatchAddIssue,
            "t2",
            &["anything", "{}"],
        ),
    ]
}

fn inference() -> Vec<Line> {
    use HostSlot::{Complete, CompleteCancel, CompleteStream, Embed, ListModels};
    let messages = json!([{"role": "user", "content": "hello there"}]);
    let tools = json!([{"role": "user", "content": "use the tool"}]);
    let thought = json!([{"role": "user", "content": "think first"}]);
    let stream = |title: &str, request: Value, cancel: &str| {
        slot(title, CompleteStream, "s", &[&request.to_string(), cancel])
    };
    vec![
        request(
            "complete",
            Complete,
            &json!({"model": "", "messages": messages}),
        ),
        request(
            "complete, no agent",
            Complete,
            &json!({"model": "", "messages": messages}),
        )
        .by_agent(""),
        request(
            "complete, no model",
            Complete,
            &json!({"messages": messages}),
        ),
        request(
            "complete, no messages",
            Complete,
            &json!({"model": "default"}),
        ),
        slot("complete, not JSON", Complete, "t1", &["{"]),
        request(
            "complete, tools",
            Complete,
            &json!({"model": "", "tools": true, "messages": tools}),
        ),
        request(
            "complete, rounds run out",
            Complete,
            &json!({"model": "", "tools": true, "max_iterations": 1, "messages": tools}),
        ),
        stream(
            "complete_stream",
            json!({"model": "", "messages": messages}),
            "",
        ),
        stream(
            "complete_stream, reasoning",
            json!({"model": "", "messages": thought}),
            "",
        ),
        stream(
            "complete_stream, rounds run out",
            json!({"model": "", "tools": true, "max_iterations": 1, "messages": tools}),
            "",
        ),
        slot(
            "complete_stream, NULL request",
            CompleteStream,
            "t1",
            &["NULL"],
        ),
        slot("complete_cancel, blank", CompleteCancel, "v1", &[" "]),
        request("embed", Embed, &json!({"input": []})),
        request("embed, mixed input", Embed, &json!({"input": ["a", 1]})),
        slot("embed, not an object", Embed, "t1", &["[]"]),
        slot("list_models", ListModels, "t0", &[]),
    ]
}

fn http_and_files(data: &Path) -> Vec<Line> {
    use HostSlot::{FileRead, HttpRequest};
    let get = |url: &str| json!({"method": "GET", "url": url});
    // Port 1: where the check of the text lets a form pass, connecting fails at once.
    let blocked = [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://localhost.:1/",
        "http://x.localhost:1/",
        "http://2130706433:1/",
        "http://127.1:1/",
        "http://[::ffff:7f00:1]:1/",
        "http://[feb0::1]:1/",
        "http://[0:0:0:0:0:0:0:1]:1/",
        "http://[fe80::1]:1/",
        "http://169.254.169.254:1/",
        "http://10.0.0.1.nip.example:1/",
        "file:///etc/passwd",
    ];
    let file = |name: &str| json!({"path": data.join("artifacts").join(name)});
    let mut lines: Vec<Line> = blocked
        .iter()
        .map(|url| request(&format!("http_request, {url}"), HttpRequest, &get(url)))
        .collect();
    lines.extend([
        request(
            "http_request",
            HttpRequest,
            &get("http://api.example.com/fine"),
        ),
        request(
            "http_request, redirect to a private address",
            HttpRequest,
            &get("http://api.example.com/moved"),
        ),
        request(
            "http_request, no method",
            HttpRequest,
            &json!({"url": "http://api.example.com/"}),
        ),
        request("file_read", FileRead, &file("note.md")),
        request("file_read, missing", FileRead, &file("missing.txt")),
        request(
            "file_read, outside",
            FileRead,
            &json!({"path": "/etc/passwd"}),
        ),
        request("file_read, up and out", FileRead, &file("../secrets.db")),
        request(
            "file_read, a link that leads out",
            FileRead,
            &file("link.txt"),
        ),
        request("file_read, no path", FileRead, &json!({})),
    ]);
    lines
}

fn calls_into_the_plugin() -> Vec<Line> {
    let plain = |title: &str, step: Step| Line {
        title: title.into(),
        agent: "alice",
        step,
    };
    vec![
        plain(
            "tool, an envelope",
            Step::Tool("raw", r#"{"ok":true,"result":1}"#),
        ),
        plain("tool, prose", Step::Tool("raw", r#"{"said":"hello"}"#)),
        plain("tool, a bare error", Step::Tool("raw", r#"{"error":"x"}"#)),
        plain(
            "tool, a long envelope on several lines",
            Step::Tool(
                "raw",
                concat!(
                    "{\n  \"ok\" : true,\n  \"result\" : \"a string of two hundred and fifty-six \
                     bytes, blanks and all: ",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ",
                    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n}"
                ),
            ),
        ),
        plain("tool, NULL", Step::Tool("null", "{}")),
        plain("tool, unknown", Step::Tool("absent", "{}")),
        plain("route", Step::Route("/echo/a%20b?x=1&x=2")),
        plain("route, unknown", Step::Route("/nowhere")),
        plain("everything the plugin was sent", Step::Events),
    ]
}

fn script(data: &Path) -> Vec<Line> {
    [
        configuration(),
        database(),
        small_slots(),
        tasks(),
        inference(),
        http_and_files(data),
        calls_into_the_plugin(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

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
