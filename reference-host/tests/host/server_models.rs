//! Embeddings and the model list of a real HTTP server that speaks OpenAI's protocol.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{Host, Profile};
use serde_json::{Value, json};

fn using(
    answer: impl Fn(&crate::server::ReceivedRequest) -> Vec<String> + Send + Sync + 'static,
) -> (
    Host,
    std::sync::Arc<osaurus_reference_host::LoadedPlugin>,
    Server,
) {
    let server = Server::start(answer);
    let url = format!("http://{}/v1/", server.address);
    let (host, plugin) = loaded(Host::builder().model_url(url));
    (host, plugin, server)
}

#[test]
fn embeddings_are_put_in_order_and_counted() {
    let (_host, plugin, server) = using(|request| match request.path.as_str() {
        "/v1/models" => respond(
            "200 OK",
            "",
            r#"{"data":[{"id":"big"},{"id":"nomic-embed-text"}]}"#,
        ),
        _ if request.body.contains("few") => respond("200 OK", "", r#"{"data":[]}"#),
        _ => {
            let rows =
                r#"{"data":[{"index":1,"embedding":[2,2]},{"index":0,"embedding":[0.5,1.0]}]}"#;
            respond("200 OK", "", rows)
        }
    });
    let probe = Probe(&plugin, alice());
    let before = probe.json(&["14", "t0"]);
    assert_eq!(before["models"][0].get("dimensions"), None, "not known yet");
    let answer = probe.embed(&json!({"input": ["a", "b"], "model": "echoed"}));
    assert_eq!(
        answer["data"][0],
        json!({"index": 0, "dimensions": 2, "embedding": [0.5, 1.0]})
    );
    assert_eq!(answer["data"][1]["embedding"], json!([2.0, 2.0]));
    assert_eq!(answer["model"], "echoed");
    let body: Value = serde_json::from_str(&server.requests().pop().unwrap().body).unwrap();
    assert_eq!(
        body,
        json!({"model": "nomic-embed-text", "input": ["a", "b"]})
    );
    let listed = probe.json(&["14", "t0"]);
    let embedding = json!({"id": "nomic-embed-text", "name": "nomic-embed-text",
        "provider": "local",
                           "type": "embedding", "capabilities": ["embedding"], "dimensions": 2});
    assert_eq!(listed["models"][0], embedding);
    let few = probe.embed(&json!({"input": ["few", "x"]}));
    assert_eq!(
        few,
        json!({"error": "embedding_error", "message": "The model server returned 0 embeddings for \
            2 inputs."})
    );
    assert_eq!(probe.embed(&json!({"input": []}))["data"], json!([]));
}

#[test]
fn the_servers_models_are_listed_with_their_owner() {
    let list = r#"{"data":[{"id":"big","owned_by":"acme","context_length":8192},{"id":"lone"}]}"#;
    let server = Server::start(move |_| respond("200 OK", "", list));
    for profile in [Profile::Actual, Profile::Documented] {
        let builder = Host::builder().model_url(format!("http://{}", server.address));
        let (_host, plugin) = loaded(builder.profile(profile));
        let models = Probe(&plugin, None).json(&["14", "t0"])["models"].clone();
        let remote = |at: usize| (&models[at]["id"], &models[at]["provider"]);
        assert_eq!(remote(1), (&json!("big"), &json!("acme")));
        assert_eq!(remote(2), (&json!("lone"), &json!("remote")));
        assert_eq!(
            models[1].get("context_window").is_some(),
            profile == Profile::Documented
        );
    }
    let (_host, plugin, _server) = using(|_| respond("200 OK", "", "{}"));
    let answer = Probe(&plugin, None).json(&["14", "t0"]);
    assert_eq!(
        answer["message"],
        "The model server returned no list of models."
    );
}
