//! `TestHost` itself: starts a plugin, calls it as the host does, and says what it did.

use super::payloads::{RouteRequest, ToolFailure, find_route};
use super::script::{HostCall, LogLine, Script};
use super::services::{DispatchedTask, HttpAnswer};
use super::table::{Table, check_version, lock, set_current};
use crate::export::Exported;
use crate::host::Rows;
use osaurus_abi::{ABI_VERSION_LATEST, HostSlot, PluginApi, PluginCtx, task_event};
use serde_json::{Value, json};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A library has one host at a time; tests of other threads wait.
static ALONE: Mutex<()> = Mutex::new(());

thread_local! {
    static HAS_HOST: Cell<bool> = const { Cell::new(false) };
}

/// A host for one plugin, which runs from `new` until it is dropped. Settings, secrets and the
/// database are empty; what the plugin asks of the world outside is answered by the test, else with
/// an error that says what to write. Tests that have one run one after another.
///
/// See [the module](crate::testing) for an example.
pub struct TestHost<P: Exported> {
    api: NonNull<PluginApi>,
    context: PluginCtx,
    manifest: Value,
    script: Arc<Mutex<Script>>,
    /// What the plugin keeps a pointer to.
    _table: Table,
    _alone: MutexGuard<'static, ()>,
    plugin: PhantomData<P>,
}

impl<P: Exported> TestHost<P> {
    /// Starts the plugin in a host of the newest version.
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "it starts a plugin")]
    pub fn new() -> Self {
        Self::with_abi(ABI_VERSION_LATEST)
    }

    /// Starts the plugin in a host of an ABI version, 2 or later: later functions are missing.
    #[track_caller]
    pub fn with_abi(version: u32) -> Self {
        check_version(version);
        assert!(
            !HAS_HOST.get(),
            "this test has a TestHost already, and a library has one host at a time: drop the first"
        );
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let script = Arc::new(Mutex::new(Script::new()));
        let table = Table::new(version);
        set_current(Some(Arc::clone(&script)));
        // SAFETY: the entry takes a host's table, which lives as long as the plugin.
        let api = unsafe { P::entry_v2()(table.as_ptr()) };
        let api =
            NonNull::new(api.cast_mut()).unwrap_or_else(|| panic!("the plugin's entry gave NULL"));
        let mut host = TestHost {
            api,
            context: std::ptr::null_mut(),
            manifest: Value::Null,
            script,
            _table: table,
            _alone: alone,
            plugin: PhantomData,
        };
        HAS_HOST.set(true);
        if let Some(init) = host.api().init {
            // SAFETY: the plugin's own function, after its entry.
            host.context = unsafe { init() };
        }
        host.manifest = host.read_manifest();
        host
    }

    // What the test says.

    /// Stores a setting, without telling the plugin.
    pub fn set_config(&self, key: &str, value: &str) {
        self.script()
            .config
            .insert(key.to_owned(), value.to_owned());
    }

    /// A setting, as the plugin or the test stored it.
    pub fn config(&self, key: &str) -> Option<String> {
        self.script().config.get(key).cloned()
    }

    /// A secret, which tools get with their arguments.
    pub fn set_secret(&self, name: &str, value: &str) {
        self.script().secrets.insert(name.to_owned(), json!(value));
    }

    /// The agent that calls; `None`: none, as in events that belong to no chat.
    pub fn set_agent(&self, id: Option<&str>) {
        self.script().agent = id.map(str::to_owned);
    }

    /// The folder that the chat works in.
    pub fn set_working_directory(&self, folder: &str) {
        self.script().working_directory = Some(folder.to_owned());
    }

    /// Answers requests to a URL, in which `*` stands for any part. The first rule that fits is
    /// used.
    pub fn answer_http(&self, url: &str, answer: HttpAnswer) {
        self.script().http.add(url, answer);
    }

    /// Lets the host's model answer messages that contain `when`, in any case (`""`: any message).
    pub fn answer_model(&self, when: &str, text: &str) {
        self.script().model.add(when, Ok(text));
    }

    /// Lets the host's model fail for messages that contain `when`.
    pub fn fail_model(&self, when: &str, message: &str) {
        self.script().model.add(when, Err(message));
    }

    /// Answers a host function in place of the host: of its arguments, those that are JSON parsed.
    /// A string is given as it is, null as NULL, all else as JSON.
    pub fn answer(
        &self,
        slot: HostSlot,
        answer: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
    ) {
        self.script().answers.insert(slot, Arc::new(answer));
    }

    /// Runs one statement on the plugin's database.
    #[track_caller]
    pub fn db(&self, sql: &str, params: &[Value]) -> Rows {
        let answer = self.script().database.query(sql, &json!(params));
        assert!(answer.get("error").is_none(), "{sql}: {}", answer["error"]);
        let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
        let columns = list("columns").into_iter().map(|name| match name {
            Value::String(name) => name,
            other => other.to_string(),
        });
        let rows = list("rows").into_iter().map(|row| match row {
            Value::Array(cells) => cells,
            other => vec![other],
        });
        Rows {
            columns: columns.collect(),
            rows: rows.collect(),
        }
    }

    // What the host does.

    /// The plugin's manifest.
    pub fn manifest(&self) -> &Value {
        &self.manifest
    }

    /// Calls a tool and gives its result.
    #[track_caller]
    pub fn call(&self, tool: &str, arguments: Value) -> Result<Value, ToolFailure> {
        let mut envelope = self.envelope(tool, arguments);
        match envelope["ok"] == true {
            true => Ok(envelope["result"].take()),
            false => Err(ToolFailure::new(envelope)),
        }
    }

    /// Calls a tool and gives the whole envelope.
    #[track_caller]
    pub fn envelope(&self, tool: &str, mut arguments: Value) -> Value {
        self.check_tool(tool);
        {
            let script = self.script();
            if !script.secrets.is_empty() {
                arguments["_secrets"] = json!(script.secrets);
            }
            if let Some(folder) = &script.working_directory {
                arguments["_context"] = json!({"working_directory": folder});
            }
        }
        let envelope = self.invoke("tool", tool, &arguments);
        assert!(
            envelope["ok"].is_boolean(),
            "the tool `{tool}` answered no envelope: expected {{\"ok\": true, \"result\": ...}}, found {envelope}"
        );
        envelope
    }

    /// Shares an artifact with the plugin.
    #[track_caller]
    pub fn artifact(&self, artifact: Value) -> Value {
        self.invoke("artifact", "share", &artifact)
    }

    /// Sends a request to the plugin's routes and gives the response, JSON; 404 where the manifest
    /// has no route for it.
    #[track_caller]
    pub fn request(&self, request: &RouteRequest) -> Value {
        let Some((route, params)) = find_route(&self.manifest, request) else {
            return json!({"status": 404, "headers": {}, "body": "No matching route"});
        };
        let Some(handle_route) = self.api().handle_route else {
            panic!(
                "the manifest has routes, and the plugin no handler: set `route` in Plugin::handlers"
            );
        };
        let text = c_text(&request.to_json(&self.manifest, route, params).to_string());
        // SAFETY: the plugin's function, its context and a NUL-terminated argument.
        self.json_of(unsafe { handle_route(self.context, text.as_ptr()) })
    }

    /// Stores a setting and tells the plugin.
    #[track_caller]
    pub fn config_changed(&self, key: &str, value: &str) {
        self.set_config(key, value);
        if let Some(on_config_changed) = self.api().on_config_changed {
            let (key, value) = (c_text(key), c_text(value));
            // SAFETY: as in `request`.
            unsafe { on_config_changed(self.context, key.as_ptr(), value.as_ptr()) };
        }
        self.pass_on_panic();
    }

    /// Tells the plugin about one of its tasks; `event_type` is one of
    /// [`task_event`](crate::task_event).
    #[track_caller]
    pub fn task_event(&self, task_id: &str, event_type: i32, event: &Value) {
        if let Some(on_task_event) = self.api().on_task_event {
            let (id, event) = (c_text(task_id), c_text(&event.to_string()));
            // SAFETY: as in `request`.
            unsafe { on_task_event(self.context, id.as_ptr(), event_type, event.as_ptr()) };
        }
        self.pass_on_panic();
    }

    /// Completes one of [`TestHost::tasks`] and tells the plugin.
    #[track_caller]
    pub fn finish_task(&self, task_id: &str, output: &str) {
        let is_known = match self.script().tasks.find(task_id) {
            Some(task) => {
                task.status = "completed".to_owned();
                true
            }
            None => false,
        };
        assert!(
            is_known,
            "the plugin dispatched no task {task_id:?}; it has {:?}",
            self.tasks()
        );
        let event = json!({"success": true, "summary": "Chat completed", "output": output});
        self.task_event(task_id, task_event::COMPLETED, &event);
    }

    // What the plugin did.

    /// All host calls, in order.
    pub fn calls(&self) -> Vec<HostCall> {
        self.script().calls.clone()
    }

    /// The calls of one host function.
    pub fn calls_of(&self, slot: HostSlot) -> Vec<HostCall> {
        let mut calls = self.calls();
        calls.retain(|call| call.slot == slot);
        calls
    }

    /// What the plugin logged.
    pub fn logs(&self) -> Vec<LogLine> {
        self.script().logs.clone()
    }

    /// The tasks that the plugin dispatched.
    pub fn tasks(&self) -> Vec<DispatchedTask> {
        self.script().tasks.0.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    fn api(&self) -> &PluginApi {
        // SAFETY: the plugin's one table, which lives as long as its library.
        unsafe { self.api.as_ref() }
    }

    #[track_caller]
    fn check_tool(&self, tool: &str) {
        let tools = self.manifest["capabilities"]["tools"].as_array();
        let ids = tools
            .into_iter()
            .flatten()
            .filter_map(|tool| tool["id"].as_str());
        let ids: Vec<&str> = ids.collect();
        assert!(
            ids.contains(&tool),
            "the manifest has no tool `{tool}`; it has {}",
            ids.join(", ")
        );
    }

    #[track_caller]
    fn read_manifest(&self) -> Value {
        let Some(get_manifest) = self.api().get_manifest else {
            panic!("the plugin's table has no get_manifest");
        };
        // SAFETY: as in `request`.
        self.json_of(unsafe { get_manifest(self.context) })
    }

    #[track_caller]
    fn invoke(&self, kind: &str, id: &str, payload: &Value) -> Value {
        let Some(invoke) = self.api().invoke else {
            panic!("the plugin's table has no invoke");
        };
        let (kind, id, payload) = (c_text(kind), c_text(id), c_text(&payload.to_string()));
        // SAFETY: as in `request`.
        let answer = unsafe { invoke(self.context, kind.as_ptr(), id.as_ptr(), payload.as_ptr()) };
        self.json_of(answer)
    }

    /// The plugin's answer, handed back to it.
    #[track_caller]
    fn json_of(&self, answer: *const c_char) -> Value {
        self.pass_on_panic();
        assert!(!answer.is_null(), "the plugin answered NULL, expected JSON");
        // SAFETY: what the plugin gave: NUL-terminated, and handed back once after it was copied.
        let text = unsafe {
            let copy = CStr::from_ptr(answer).to_string_lossy().into_owned();
            if let Some(free_string) = self.api().free_string {
                free_string(answer);
            }
            copy
        };
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("the plugin answered no JSON ({error}): {text}"))
    }

    /// A panic of one of the test's own answers fails the test.
    fn pass_on_panic(&self) {
        let panic = self.script().panic.take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl<P: Exported> Drop for TestHost<P> {
    fn drop(&mut self) {
        if let Some(destroy) = self.api().destroy {
            // SAFETY: the plugin's own function, with the context of its `init`.
            unsafe { destroy(self.context) };
        }
        set_current(None);
        HAS_HOST.set(false);
    }
}

#[track_caller]
fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| panic!("a string for the plugin has a NUL: {text:?}"))
}
