//! Embedded Node beyond the shared scenarios: what it does where the process may not make code.

use osaurus_bridge_tests::engine::{Engine, path_in};
use osaurus_bridge_tests::scene::Scene;
use serde_json::json;

/// Node's own `fetch` needs WebAssembly, which there is none of without a JIT.
#[test]
fn without_a_jit_fetch_goes_through_the_host() {
    let test = "without_a_jit_fetch_goes_through_the_host";
    Engine::NodeEmbedded.run(test, "fetch", &["fetch"], |folder| {
        // SAFETY: the child process has no other thread that reads the environment now.
        unsafe { std::env::set_var("OSAURUS_BRIDGE_NODE_JITLESS", "1") };
        let scene = Scene::new();
        let plugin = scene.host.load(&path_in(folder, "fetch"));
        let plugin = plugin.expect("the plugin loads");
        let url = "http://169.254.169.254/";
        let answer = scene.result(&plugin, "fetches", json!({"url": url}));
        // Only the host's client refuses a private address with these words.
        assert!(answer.to_string().contains("SSRF"), "{answer}");
        let calls = scene.host.activity();
        let call = calls.iter().find(|call| call.slot == "http_request");
        let call = call.unwrap_or_else(|| panic!("the host was not asked: {calls:?}"));
        assert!(call.request.contains(url), "{}", call.request);
        assert_eq!(call.agent, Some(scene.ada));
        assert!(scene.logged(&["without JIT", "fetch goes through the host"]));
    });
}
