//! `TestHost`: a scripted host for `#[test]`s of a plugin, without the program. Calls the plugin
//! through its real entry and table, with a host table of any version. Feature `testing`. Knows
//! nothing of Osaurus beyond the ABI: limits, permissions and the check of arguments are the
//! reference host's.
//!
//! ```
//! use osaurus_plugin::testing::TestHost;
//! use osaurus_plugin::{Frame, Plugin, envelope, export};
//! use serde_json::{Value, json};
//!
//! struct Greeter;
//!
//! impl Plugin for Greeter {
//!     fn manifest() -> &'static str {
//!         r#"{"plugin_id": "dev.example.greeter", "capabilities": {"tools": [{"id": "greet"}]}}"#
//!     }
//!     fn start() -> Result<Self, String> {
//!         Ok(Greeter)
//!     }
//!     fn invoke(&self, frame: &Frame, _kind: &str, _id: &str, payload: &str) -> String {
//!         let arguments: Value = serde_json::from_str(payload).unwrap_or_default();
//!         let greeting = frame.host().config_get("greeting").ok().flatten();
//!         let greeting = greeting.unwrap_or_else(|| "Hello".to_owned());
//!         envelope::success(json!(format!("{greeting} {}", arguments["name"].as_str().unwrap_or("you"))))
//!     }
//! }
//!
//! export!(Greeter);
//!
//! let host = TestHost::<Greeter>::new();
//! host.set_config("greeting", "Salut");
//! assert_eq!(host.call("greet", json!({"name": "Ada"})).unwrap(), "Salut Ada");
//! assert_eq!(host.calls()[0].args, ["greeting"]);
//! ```

mod database;
mod host;
mod payloads;
mod script;
mod services;
mod table;

pub use host::TestHost;
pub use payloads::{RouteRequest, ToolFailure};
pub use script::{HostCall, LogLine};
pub use services::{DispatchedTask, HttpAnswer};
