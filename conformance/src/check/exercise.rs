//! The usual use of a plugin: every tool with arguments that fit, every route, every setting, an
//! artifact, and each kind of task event. Rules that watch what a plugin does let it do all this, each
//! by itself or in a session that they share.

use super::case::{Case, HostOptions};
use super::loaded::Loaded;
use super::observed::{self, Usual};
use super::outcome::Problem;
use super::platform::{self, Stdio, StdoutCatch};
use super::samples;
use super::session::{EndedSession, Session, State};
use osaurus_abi::{TaskEvent, text};
use osaurus_reference_host::RouteCall;
use osaurus_reference_host::manifest::Route;
use serde_json::{Value, json};

/// A task that no host knows: events about it are the checker's own.
pub(crate) const TASK: &str = "6F1C1B3E-5F0A-4D59-9D6B-0F6A3C1D2E4F";

impl Case {
    /// What the plugin does when it is used as usual. The first rule of a process that asks uses
    /// it.
    pub(super) fn usual(&self) -> Result<&Usual, Problem> {
        let usual = self.usual.get_or_init(|| use_as_usual(self));
        usual.as_ref().map_err(Problem::clone)
    }

    /// A session in which the plugin stays loaded.
    pub(super) fn session(&self) -> Result<&Session, Problem> {
        let session = self.sessions.running.get_or_init(|| run_session(self));
        session.as_ref().map_err(Problem::clone)
    }

    /// A session to the end of the plugin.
    pub(super) fn ended_session(&self) -> Result<&EndedSession, Problem> {
        let session = self
            .sessions
            .ended
            .get_or_init(|| run_session_to_its_end(self));
        session.as_ref().map_err(Problem::clone)
    }
}

/// Uses the plugin in a host of its own.
fn use_as_usual(case: &Case) -> Result<Usual, Problem> {
    let loaded = case.load(HostOptions::default())?;
    for sample in case.samples() {
        for arguments in &sample.arguments {
            loaded.invoke_raw("tool", &sample.tool, &arguments.to_string());
        }
    }
    let tool_calls = loaded.calls();
    loaded.exercise_routes();
    loaded.exercise_settings();
    loaded.exercise_events();
    loaded.exercise_artifact();
    Ok(Usual {
        answers: observed::answers(&tool_calls),
        calls: loaded.calls(),
        handles_config: loaded.plugin.handles_config(),
    })
}

fn run_session(case: &Case) -> Result<Session, Problem> {
    let (stdio, process) = (Stdio::now(), platform::process_state());
    // What the runtime of the plugin's language sets when the library is opened is not the plugin's
    // doing. The library stays open, so that loading it does not open it a second time.
    let _open = case.open()?;
    let before = State {
        handlers: platform::signal_handlers(),
        stdio,
        process,
    };
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    Ok(Session {
        calls: loaded.calls(),
        strings: loaded.strings(),
        misuses: loaded.misuses(),
        before,
        after: State {
            handlers: platform::signal_handlers(),
            stdio: Stdio::now(),
            process: platform::process_state(),
        },
    })
}

fn run_session_to_its_end(case: &Case) -> Result<EndedSession, Problem> {
    let children = platform::children();
    let catch = StdoutCatch::start(case.folder());
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    loaded.unload();
    Ok(EndedSession {
        plugin_calls: loaded.plugin_calls(),
        strings: loaded.strings(),
        output: catch
            .and_then(|catch| catch.read())
            .map_err(|error| error.to_string()),
        children,
    })
}

impl Loaded<'_> {
    /// Uses everything that the plugin offers, once.
    pub fn exercise(&self) {
        self.exercise_tools();
        self.exercise_routes();
        self.exercise_settings();
        self.exercise_events();
        self.exercise_artifact();
    }

    /// Calls every tool with each of its samples.
    pub fn exercise_tools(&self) {
        for sample in self.case.samples() {
            for arguments in &sample.arguments {
                self.call_tool(&sample.tool, arguments);
            }
        }
    }

    /// Calls every route with each of its methods.
    pub fn exercise_routes(&self) {
        for call in self.route_calls() {
            self.call_route(call);
        }
    }

    /// A request for every route and method.
    pub fn route_calls(&self) -> Vec<RouteCall> {
        if !self.plugin.handles_routes() {
            return Vec::new();
        }
        let routes = self.plugin.manifest().routes();
        let of = |route: &Route| {
            let path = sample_path(&route.path);
            let call = move |method: &String| {
                let call = RouteCall::new(method, &path, self.agent());
                if method.eq_ignore_ascii_case("GET") {
                    call
                } else {
                    call.body("{}")
                }
            };
            route.methods.iter().map(call).collect::<Vec<_>>()
        };
        routes.iter().flat_map(of).collect()
    }

    /// Delivers a value for every declared setting, and one that is not declared.
    pub fn exercise_settings(&self) {
        for (key, value) in samples::of_settings(self.plugin.manifest()) {
            self.plugin.config_changed(self.agent(), &key, &value);
        }
    }

    /// Delivers an event of each kind, as they come when a task runs.
    pub fn exercise_events(&self) {
        if self.plugin.handles_task_events() {
            for kind in TaskEvent::ALL {
                self.send_event(TASK, kind);
            }
        }
    }

    /// Delivers one event on the calling thread.
    pub fn send_event(&self, task: &str, kind: TaskEvent) {
        let payload = event_payload(kind).to_string();
        self.plugin
            .task_event(self.agent(), task, kind.value(), &payload);
    }

    /// Announces a shared artifact, if the plugin wants to know.
    pub fn exercise_artifact(&self) {
        if self.plugin.manifest().capabilities.artifact_handler != Some(true) {
            return;
        }
        let path = self.host.data_dir().join("artifacts").join("sample.txt");
        let _ = std::fs::write(&path, "sample\n");
        let artifact = json!({"filename": "sample.txt", "mime_type": "text/plain", "size": 7,
            "host_path": path, "is_directory": false});
        self.invoke_raw(
            text::INVOKE_ARTIFACT,
            text::INVOKE_ARTIFACT_ID,
            &artifact.to_string(),
        );
    }
}

/// A path that a route's pattern takes.
fn sample_path(pattern: &str) -> String {
    let segment = |segment: &str| match segment {
        "*" => "sample".to_string(),
        _ if segment.starts_with(':') => "1".to_string(),
        other => other.to_string(),
    };
    pattern
        .split('/')
        .map(segment)
        .collect::<Vec<_>>()
        .join("/")
}

/// What comes with an event of this kind.
fn event_payload(kind: TaskEvent) -> Value {
    match kind {
        TaskEvent::Started => json!({"status": "running", "title": "Chat"}),
        TaskEvent::Activity => {
            json!({"kind": "info", "title": "Working", "timestamp": "2026-01-31T12:30:00Z"})
        }
        TaskEvent::Progress => json!({"progress": 0.5, "title": "Chat", "current_step": "half"}),
        TaskEvent::Clarification => {
            json!({"question": "Which one?", "allow_multiple": false, "options": ["a", "b"]})
        }
        TaskEvent::Completed => {
            json!({"success": true, "summary": "done", "title": "Chat", "session_id": TASK})
        }
        TaskEvent::Failed => {
            json!({"success": false, "summary": "failed", "title": "Chat", "session_id": TASK})
        }
        TaskEvent::Cancelled => json!({"title": "Chat"}),
        TaskEvent::Output => json!({"text": "some output", "title": "Chat"}),
        TaskEvent::Draft => json!({"draft": {"text": "a draft"}, "title": "Chat"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_paths_that_fit() {
        assert_eq!(sample_path("/items/:id/notes"), "/items/1/notes");
        assert_eq!(sample_path("/files/*"), "/files/sample");
    }
}
