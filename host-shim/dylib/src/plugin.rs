//! A scripted plugin as the host sees it: answers the manifest from the payload, checks arguments,
//! passes calls to the engine and turns what goes wrong into envelopes. Called by `osaurus-plugin`;
//! knows no script language.
use crate::carried::{self, Carried};
use crate::debugging;
use crate::engine::{Kind, Request};
use crate::envelope::Failure;
use crate::oldest_host;
use crate::runtime::Runtime;
use crate::tools::Tools;
use osaurus_payload::{BridgeConfig, HandlerConfig};
use osaurus_plugin::{Frame, Handlers, Plugin, V2Revision, budget, log, log_level};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The host delivers this key right after loading, to see whether a callback crashes. It is not a
/// setting.
const ABI_PROBE: &str = "__osaurus_abi_probe__";

/// What a handler may take unless it was declared otherwise; always less than the host's own 120 s
/// and 30 s.
mod limit {
    use std::time::Duration;
    pub const TOOL: Duration = Duration::from_secs(110);
    pub const ROUTE: Duration = Duration::from_secs(28);
    pub const EVENT: Duration = Duration::from_secs(60);
}

/// One scripted plugin.
pub struct ScriptPlugin {
    carried: Arc<Carried>,
    tools: OnceLock<Tools>,
    runtime: Arc<Runtime>,
    /// Whether the first delivery has come.
    delivered: AtomicBool,
}

impl ScriptPlugin {
    /// The plugin of a payload. Starts nothing.
    pub fn new(carried: Arc<Carried>) -> Self {
        Self {
            runtime: Arc::new(Runtime::new(Arc::clone(&carried))),
            tools: OnceLock::new(),
            delivered: AtomicBool::new(false),
            carried,
        }
    }

    fn config(&self) -> &BridgeConfig {
        &self.carried.head.config
    }

    /// The host's first delivery, which is the probe, comes when all plugins are loaded: from then
    /// on the script may be started. Loading itself starts nothing.
    fn prewarm(&self, frame: &Frame) {
        let may_start = self.config().prewarm && oldest_host::check(self.config(), frame).is_ok();
        if may_start && !self.delivered.swap(true, Ordering::Relaxed) {
            self.runtime.start_early();
        }
    }

    fn tool(&self, frame: &Frame, id: &str, payload: &str) -> Result<String, Failure> {
        let tools = self.tools.get_or_init(|| Tools::of(&self.carried.head));
        let tool = tools.get(id)?;
        let arguments = tool.check(id, payload)?;
        let request = Request {
            kind: Kind::Tool,
            target: id,
            payload: &arguments.payload,
            context: &arguments.context,
            handler: &tool.handler,
            deadline: frame.deadline(),
        };
        let result = self.call(frame, request, limit::TOOL)?;
        Ok(match result.as_str() {
            "null" | "" => r#"{"ok":true,"result":null}"#.to_owned(),
            _ => result,
        })
    }

    fn artifact(&self, frame: &Frame, id: &str, payload: &str) -> Result<String, Failure> {
        let handler = self.config().handlers.artifact.as_ref().ok_or_else(|| {
            Failure::new("not_found", "this plugin has no artifact handler", false)
        })?;
        let request = event(frame, Kind::Artifact, id, payload, handler);
        self.call(frame, request, limit::EVENT)?;
        Ok(r#"{"ok":true,"result":null}"#.to_owned())
    }

    fn route(&self, frame: &Frame, payload: &str) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct RouteId<'a> {
            #[serde(borrow)]
            route_id: Cow<'a, str>,
        }
        let target = serde_json::from_str::<RouteId<'_>>(payload)
            .map_err(|e| {
                Failure::invalid(
                    "",
                    "a route request",
                    format!("the host's route request cannot be read: {e}"),
                )
            })?
            .route_id;
        let handler = self.config().routes.get(&*target).ok_or_else(|| {
            Failure::new(
                "not_found",
                format!("this plugin has no route `{target}`"),
                false,
            )
        })?;
        let request = event(frame, Kind::Route, &target, payload, handler);
        let result = self.call(frame, request, limit::ROUTE)?;
        Ok(match result.as_str() {
            "null" | "" => r#"{"status":204}"#.to_owned(),
            _ => result,
        })
    }

    /// The handler's time begins when there is an engine to run it: the first call also starts one.
    fn call(
        &self,
        frame: &Frame,
        mut request: Request<'_>,
        limit: Duration,
    ) -> Result<String, Failure> {
        oldest_host::check(self.config(), frame)?;
        let outcome = self.runtime.engine().and_then(|engine| {
            let own = request.handler.timeout_ms.map(Duration::from_millis);
            let limit = own.unwrap_or(limit).min(ceiling(request.kind));
            request.deadline = (Instant::now() + limit).min(frame.deadline());
            engine.call(frame, &request)
        });
        outcome.map_err(|failure| {
            let failure = Failure::from(&failure);
            let text = format!(
                "{:?} `{}`: {}",
                request.kind, request.target, failure.message
            );
            log(log_level::ERROR, &text);
            failure
        })
    }
}

/// What the host allows; the frame of a plugin that is debugged does not say it.
fn ceiling(kind: Kind) -> Duration {
    match kind {
        Kind::Route => budget::ROUTE,
        Kind::ConfigChanged => budget::CONFIG,
        _ => budget::INVOKE,
    }
}

/// A request without context.
fn event<'a>(
    frame: &Frame,
    kind: Kind,
    target: &'a str,
    payload: &'a str,
    handler: &'a HandlerConfig,
) -> Request<'a> {
    Request {
        kind,
        target,
        payload,
        context: "",
        handler,
        deadline: frame.deadline(),
    }
}

impl Plugin for ScriptPlugin {
    fn manifest() -> &'static str {
        carried::manifest()
    }

    fn start() -> Result<Self, String> {
        let carried = carried::current().inspect_err(|why| {
            // The host shows no reason for a failed load, and there is no host log yet.
            eprintln!("osaurus-bridge: {why}");
        })?;
        let plugin = Self::new(carried);
        if debugging::inspector().is_some() {
            plugin.runtime.start_early();
        }
        Ok(plugin)
    }

    fn invoke(&self, frame: &Frame, kind: &str, id: &str, payload: &str) -> String {
        let outcome = match kind {
            "tool" => self.tool(frame, id, payload),
            "artifact" => self.artifact(frame, id, payload),
            other => Err(Failure::new(
                "not_found",
                format!("this plugin is called for a `tool` or an `artifact`, found `{other}`"),
                false,
            )),
        };
        outcome.unwrap_or_else(|failure| failure.envelope(id))
    }

    fn handle_route(&self, frame: &Frame, request: &str) -> String {
        self.route(frame, request)
            .unwrap_or_else(|failure| failure.response())
    }

    fn on_config_changed(&self, frame: &Frame, key: &str, value: Option<&str>) {
        self.prewarm(frame);
        let Some(handler) = &self.config().handlers.config else {
            return;
        };
        if key == ABI_PROBE {
            return;
        }
        let payload = json!({"key": key, "value": value}).to_string();
        let request = event(frame, Kind::ConfigChanged, key, &payload, handler);
        let _ = self.call(frame, request, limit::EVENT);
    }

    fn on_task_event(&self, frame: &Frame, task_id: &str, event_type: i32, event_json: &str) {
        let Some(handler) = &self.config().handlers.task else {
            return;
        };
        let payload = task_event(task_id, event_type, event_json);
        let request = event(frame, Kind::TaskEvent, task_id, &payload, handler);
        let _ = self.call(frame, request, limit::EVENT);
    }

    fn stop(&self) {
        self.runtime.shutdown();
        carried::release();
    }

    fn handlers() -> Handlers {
        carried::current().map_or_else(
            |_| Handlers::default(),
            |carried| {
                let config = &carried.head.config;
                Handlers {
                    route: !config.routes.is_empty(),
                    config: config.handlers.config.is_some() || config.prewarm,
                    task: config.handlers.task.is_some(),
                }
            },
        )
    }

    fn is_debugged() -> bool {
        debugging::folder().is_some()
    }

    fn min_v2_revision() -> V2Revision {
        carried::current().map_or(V2Revision::E, |carried| {
            oldest_host::revision(&carried.head.config)
        })
    }
}

/// The host's event as it is, inside one object. What is not JSON becomes a string.
fn task_event(task_id: &str, event_type: i32, event_json: &str) -> String {
    let id = json!(task_id);
    match serde_json::from_str::<&RawValue>(event_json) {
        Ok(event) => format!(r#"{{"task_id":{id},"type":{event_type},"event":{event}}}"#),
        Err(_) => json!({"task_id": task_id, "type": event_type, "event": event_json}).to_string(),
    }
}
