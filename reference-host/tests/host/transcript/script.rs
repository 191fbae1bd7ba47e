//! What the probe of the transcript is told to do: one list of steps for all hosts. `transcript.rs`
//! performs them.

use osaurus_abi::HostSlot;
use serde_json::{Value, json};
use std::path::Path;

/// What the probe is told to do, and as whose agent.
pub enum Step {
    /// A host call: slot, kind of signature, arguments.
    Slot(HostSlot, &'static str, Vec<String>),
    /// A tool call through the whole tool path.
    Tool(&'static str, &'static str),
    /// A route.
    Route(&'static str),
    /// What the plugin was sent so far.
    Events,
}

/// One step, and its title in the transcript.
pub struct Line {
    pub title: String,
    pub agent: &'static str,
    pub step: Step,
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

/// All steps, in their order. `data` is the host's folder.
pub fn script(data: &Path) -> Vec<Line> {
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
