//! What the steps of all plugins share.

use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A loaded plugin.
pub type Plugin = Arc<LoadedPlugin>;
/// What to show in the row, or what went wrong.
pub type Step = Result<String, String>;

/// Calls a tool and returns its result, or what the envelope says went wrong.
pub fn tool(
    plugin: &Plugin,
    agent: AgentId,
    name: &str,
    arguments: &Value,
) -> Result<Value, String> {
    let text = plugin.invoke(name, &arguments.to_string(), Some(agent));
    let envelope: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if envelope["ok"] == true {
        return Ok(envelope["result"].clone());
    }
    Err(text)
}

/// A step's outcome: `text`, if it is true.
pub fn expect(good: bool, text: String) -> Step {
    if good {
        Ok(text)
    } else {
        Err(format!("not so: {text}"))
    }
}

/// Puts a file where plugins may read it.
pub fn share(host: &Host, name: &str, text: &str) -> Result<PathBuf, String> {
    let folder = host.data_dir().join("artifacts");
    let path = folder.join(name);
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| error.to_string())?;
    Ok(path)
}

/// Whether something comes true within twenty seconds.
pub fn within_a_while(mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
