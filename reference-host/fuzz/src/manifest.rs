//! Manifests: what decodes is loaded, and everything that it declares is used once.

use crate::probe::{Stage, is_final_status, locked};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, Manifest, RouteCall};
use serde_json::Value;
use std::sync::{Arc, LazyLock, Mutex};

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| Mutex::new(Stage::empty(Host::builder())));

pub fn run(input: &[u8]) {
    let Ok(manifest) = Manifest::parse(input) else {
        return;
    };
    let mut stage = locked(&STAGE);
    let outcome = stage.load(&manifest.json().to_string()).map(Arc::clone);
    match outcome {
        Ok(plugin) => use_all(stage.host(), &plugin),
        Err(text) => assert!(text.len() > 10, "an error without a message: {text:?}"),
    }
    stage.unload();
}

fn use_all(host: &Host, plugin: &Arc<LoadedPlugin>) {
    let agent = AgentId::named("alice");
    for tool in plugin.manifest().tools() {
        for arguments in ["{}", "{\"a\":\"1\",\"b\":\"[true]\"}", "no json"] {
            let envelope = plugin.invoke(&tool.id, arguments, Some(agent));
            let envelope: Value = serde_json::from_str(&envelope).expect("an envelope");
            assert!(envelope["ok"].is_boolean(), "{envelope}");
        }
    }
    for route in plugin.manifest().routes() {
        let answer = plugin.route(RouteCall::new("GET", &route.path, agent));
        assert!(is_final_status(answer.status), "{answer:?}");
    }
    use_settings(host, plugin, agent);
}

fn use_settings(host: &Host, plugin: &LoadedPlugin, agent: AgentId) {
    let fields: Vec<_> = plugin.manifest().config_fields().collect();
    let typed: Vec<(&str, &str)> = fields.iter().map(|field| (&*field.key, "1")).collect();
    let _ = host.save_settings(plugin.id(), agent, &typed);
    let _ = host.open_settings(plugin.id(), agent);
    for template in fields
        .iter()
        .filter_map(|field| field.value_template.as_ref())
    {
        let _ = host.expand_template(plugin.id(), agent, template);
    }
}
