//! Which route a request goes to, through the whole host: the plugin says which one it got.

use crate::support::*;
use osaurus_reference_host::{Host, LoadedPlugin, RouteCall};
use serde_json::{Value, json};
use std::sync::Arc;

const ROUTES: &str = "
any GET /items/*
one get,POST items/:id
two GET /items/:other
new GET /items/new
below GET /items/deep/*
bare GET /a/:
both GET /b/:x/*
pair PUT /p/:x/q/:y
all PATCH /*
";

/// Method, path as the client writes it, the route's id and its parameters; nothing for 404.
const CALLS: &str = r#"
GET    /items/new          new   {}
GET    /items/new?x=/y     new   {}
GET    items/new           new   {}
gEt    /items/new          new   {}
POST   /items/new          one   {"id":"new"}
DELETE /items/new
GET    /items/x            one   {"id":"x"}
GET    /items/x/y          any   {}
GET    /items/deep/x       any   {}
GET    /items              any   {}
GET    /items/             any   {}
GET    /items/x/           any   {}
POST   /items/
POST   /items//x
GET    /itemsx
GET    /Items/new
GET    /items/%6eew        one   {"id":"new"}
GET    /items/a%20b        one   {"id":"a b"}
GET    /items/a+b          one   {"id":"a+b"}
GET    /items/%zz          one   {"id":"%zz"}
GET    /items/%ff          one   {"id":"%ff"}
GET    /a/1
GET    /b/1/2
GET    /b/:x               both  {}
GET    /b/:x/2             both  {}
PUT    /p/1/q/2            pair  {"x":"1","y":"2"}
PUT    /p/1/q
PUT    /p/1/q/2/
PATCH  /                   all   {}
PATCH  /any/thing          all   {}
"#;

fn plugin(host: &Host, extra: &Value) -> Arc<LoadedPlugin> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let methods: Vec<&str> = words[1].split(',').collect();
        json!({"id": words[0], "path": words[2], "methods": methods, "auth": "none"})
    };
    let mut routes: Vec<Value> = ROUTES.trim().lines().map(route).collect();
    routes.extend(extra.as_array().unwrap().clone());
    let manifest = json!({"plugin_id": "dev.routes", "capabilities": {"routes": routes}});
    host.load(&probe_with(&manifest)).unwrap()
}

#[test]
fn every_request_goes_to_the_route_that_osaurus_would_choose() {
    let host = Host::builder().build().unwrap();
    let plugin = plugin(&host, &json!([]));
    for line in CALLS.trim().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut call = RouteCall::new("", words[1], alice());
        call.method = words[0].into();
        let answer = plugin.route(call);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let Some(id) = words.get(2) else {
            assert_eq!(answer.status, 404, "{line}: {body}");
            assert_eq!(body["error"]["message"], "No matching route");
            continue;
        };
        let params = line
            .split_once('{')
            .map(|(_, rest)| format!("{{{rest}"))
            .unwrap();
        assert_eq!(body["route_id"], *id, "{line}");
        assert_eq!(
            body["path_params"],
            serde_json::from_str::<Value>(&params).unwrap(),
            "{line}"
        );
    }
}

#[test]
fn a_route_is_for_this_machine_unless_it_says_that_it_is_exposed() {
    let host = Host::builder().build().unwrap();
    let route = |id: &str, exposed: Value| {
        json!({"id": id, "path": format!("/{id}"),
        "methods": ["GET"], "auth": "none", "tunnel_exposed": exposed})
    };
    let exposed = json!([
        route("yes", json!(true)),
        route("no", json!(false)),
        route("unsaid", json!(null))
    ]);
    let plugin = plugin(&host, &exposed);
    let status = |path: &str, loopback: bool| {
        let mut call = RouteCall::new("GET", path, alice());
        call.loopback = loopback;
        plugin.route(call).status
    };
    for (path, from_elsewhere) in [("/yes", 200), ("/no", 404), ("/unsaid", 404)] {
        assert_eq!(
            (status(path, true), status(path, false)),
            (200, from_elsewhere),
            "{path}"
        );
    }
}
