//! What a plugin is to this crate. Implemented by plugins written in Rust and by the shim; called
//! by `export`.

use crate::frame::Frame;
use osaurus_abi::V2Revision;

/// Which optional callbacks the plugin has. `false` leaves the slot of the plugin's table NULL, and
/// the host never calls it.
///
/// ```
/// use osaurus_plugin::Handlers;
/// let handlers = Handlers {
///     route: true,
///     ..Handlers::default()
/// };
/// assert!(!handlers.task);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handlers {
    /// [`Plugin::handle_route`].
    pub route: bool,
    /// [`Plugin::on_config_changed`].
    pub config: bool,
    /// [`Plugin::on_task_event`].
    pub task: bool,
}

/// A plugin. One per library; one instance serves all agents and all threads at once.
///
/// The host calls [`invoke`](Plugin::invoke) and [`handle_route`](Plugin::handle_route) on many
/// threads at once, `on_config_changed` one at a time, `on_task_event` one at a time per task.
pub trait Plugin: Send + Sync + Sized + 'static {
    /// The manifest, JSON. May be asked for before `start`, without a host, and after `stop`; must
    /// be cheap.
    fn manifest() -> &'static str;

    /// Makes the instance. There is no host yet: a host call is not possible here, and log lines
    /// wait for the first call. Must be cheap; start engines at the first call that needs one. On
    /// `Err` the plugin stays loaded, and every call of it is answered with `unavailable` and this
    /// text, which the host would not show otherwise.
    fn start() -> Result<Self, String>;

    /// A tool call (`kind` "tool") or an artifact (`kind` "artifact"): `id` names the tool,
    /// `payload` is JSON. Returns a tool envelope, see [`crate::envelope`].
    fn invoke(&self, frame: &Frame, kind: &str, id: &str, payload: &str) -> String;

    /// A request to one of the plugin's routes, JSON; returns the response, JSON.
    fn handle_route(&self, frame: &Frame, request: &str) -> String {
        let _ = (frame, request);
        crate::envelope::response_error(501, "the plugin has no routes")
    }

    /// A config value changed, or is delivered for the first time. `None` only in the helper
    /// process of the host.
    fn on_config_changed(&self, frame: &Frame, key: &str, value: Option<&str>) {
        let _ = (frame, key, value);
    }

    /// A task that this plugin dispatched has something to say: `event_type` is one of
    /// [`crate::task_event`], `event_json` its payload.
    fn on_task_event(&self, frame: &Frame, task_id: &str, event_type: i32, event_json: &str) {
        let _ = (frame, task_id, event_type, event_json);
    }

    /// The plugin is destroyed; the host may start it again in the same image. Must be quick; no
    /// host calls.
    fn stop(&self) {}

    /// Which optional callbacks there are. Asked once, at the entry call; must not need a host.
    fn handlers() -> Handlers {
        Handlers::default()
    }

    /// The oldest revision of ABI version 2 that the plugin runs on, for hosts that say version 2
    /// and nothing more. Slots that came later count as missing there. The default is the last one,
    /// 2e.
    fn min_v2_revision() -> V2Revision {
        V2Revision::E
    }

    /// Whether frames have no deadline, because someone debugs the plugin in a host that waits.
    fn is_debugged() -> bool {
        false
    }
}
