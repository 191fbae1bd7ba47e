//! Who may call: the tunnel's rules, access keys, the routes' rate limit.

use super::client::Ask;
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::json;

fn bearer(ask: Ask, key: &str) -> Ask {
    ask.header("Authorization", &format!("Bearer {key}"))
}

#[test]
fn the_relay_header_makes_a_request_foreign_whatever_its_value() {
    let site = Site::full(
        Host::builder(),
        &web_manifest(),
        &[],
        &[("index.html", b"page")],
    );
    for value in ["1", "0", ""] {
        let relayed = |path: &str| {
            let ask = site
                .ask("GET", path)
                .header("X-Osaurus-Relay-Origin", value);
            let response = site.send(&ask);
            (response.status, response.text())
        };
        let hidden = (
            404,
            r#"{"error":{"message":"No matching route"}}"#.to_string(),
        );
        assert_eq!(relayed("/echo/1").0, 200, "tunnel_exposed");
        assert_eq!(relayed("/agent"), hidden);
        assert_eq!(relayed("/owner"), hidden, "before any key is asked for");
        assert_eq!(
            relayed("/ui"),
            hidden,
            "pages have their own tunnel_exposed"
        );
    }
    assert_eq!(site.get("/ui").status, 200);
}

#[test]
fn pages_that_are_exposed_are_seen_through_the_tunnel() {
    let mut manifest = web_manifest();
    manifest["capabilities"]["web"]["tunnel_exposed"] = json!(true);
    let site = Site::full(Host::builder(), &manifest, &[], &[("index.html", b"page")]);
    let ask = site.ask("GET", "/ui").header("X-Osaurus-Relay-Origin", "1");
    assert_eq!(site.send(&ask).text(), "page");
}

#[test]
fn owner_routes_want_a_key_also_on_this_machine() {
    let site = Site::new();
    let key = site.host.create_access_key("test", None).unwrap().key;
    assert!(key.starts_with("osk-v1."), "{key}");
    let status = |authorization: &str| {
        let ask = site
            .ask("GET", "/owner")
            .header("Authorization", authorization);
        site.send(&ask).status
    };
    assert_eq!(site.get("/owner").status, 401);
    assert_eq!(status(&format!("Bearer {key}")), 200);
    for wrong in [
        format!("bearer {key}"),
        format!("Bearer  {key}"),
        format!("Bearer {key}x"),
        format!("Bearer {}", &key[..key.len() - 1]),
        "Bearer osk-v1.".into(),
        key.clone(),
    ] {
        assert_eq!(status(&wrong), 401, "{wrong}");
    }
}

#[test]
fn a_key_made_for_one_agent_opens_routes_for_every_agent() {
    let site = Site::new();
    let key = site.host.create_access_key("bob's", bob()).unwrap();
    assert_eq!(key.kept.agent, bob().map(|bob| bob.to_string()));
    let as_alice = bearer(site.ask("GET", "/owner"), &key.key);
    assert_eq!(site.send(&as_alice).status, 200);
}

#[test]
fn keys_are_kept_as_digests_and_can_be_taken_back() {
    let site = Site::new();
    let first = site.host.create_access_key("one", None).unwrap();
    let second = site.host.create_access_key("two", None).unwrap();
    assert_ne!(first.key, second.key);
    let file = site.host.data_dir().join("config/access-keys.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let secret = first.key.trim_start_matches("osk-v1.");
    assert!(!text.contains(secret) && text.contains("\"one\""), "{text}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(site.host.revoke_access_key(&first.kept.id).unwrap());
    assert!(!site.host.revoke_access_key(&first.kept.id).unwrap());
    assert_eq!(site.host.access_keys().unwrap(), [second.kept]);
    let status = |key: &str| site.send(&bearer(site.ask("GET", "/owner"), key)).status;
    assert_eq!((status(&first.key), status(&second.key)), (401, 200));
}

#[test]
fn a_broken_key_file_lets_no_one_in_and_says_what_to_do() {
    let site = Site::new();
    let key = site.host.create_access_key("one", None).unwrap().key;
    let file = site.host.data_dir().join("config/access-keys.json");
    std::fs::write(&file, "{").unwrap();
    let ask = bearer(site.ask("GET", "/owner"), &key);
    assert_eq!(site.send(&ask).status, 401);
    let text = site.host.access_keys().unwrap_err().to_string();
    assert!(text.contains("access-keys.json"), "{text}");
    assert!(
        text.contains("make the file readable and writable, or remove it"),
        "{text}"
    );
}

#[test]
fn pages_may_be_the_owners_too_and_have_no_rate_limit() {
    let mut manifest = web_manifest();
    manifest["capabilities"]["web"]["auth"] = json!("owner");
    let site = Site::full(Host::builder(), &manifest, &[], &[("index.html", b"page")]);
    let key = site.host.create_access_key("test", None).unwrap().key;
    let refused = site.get("/ui");
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (401, "Authentication required")
    );
    for _ in 0..150 {
        assert_eq!(site.send(&bearer(site.ask("GET", "/ui"), &key)).status, 200);
    }
}

#[test]
fn open_routes_share_a_hundred_calls_per_plugin_and_owner_routes_have_no_limit() {
    let site = Site::new();
    let key = site.host.create_access_key("test", None).unwrap().key;
    let served = (0..100_000).take_while(|turn| {
        let path = ["/echo/1", "/agent"][turn % 2];
        let agent = [alice(), bob()][turn / 2 % 2].unwrap();
        let ask = Ask::get(&format!("/plugins/{ID}{path}")).agent(agent);
        site.send(&ask).status == 200
    });
    let served = served.count();
    assert!((100..100_000).contains(&served), "{served}");
    assert_eq!(site.get("/echo/1").message(), "Rate limit exceeded");
    for _ in 0..150 {
        assert_eq!(
            site.send(&bearer(site.ask("GET", "/owner"), &key)).status,
            200
        );
    }
    let other = json!({"plugin_id": "dev.other", "capabilities": {"routes": [
        {"id": "echo", "path": "/x", "methods": ["GET"], "auth": "none"}
    ]}});
    let (_folder, library) = installed(&other, &[], &[]);
    site.host.load(&library).unwrap();
    let other = Ask::get("/plugins/dev.other/x").agent(alice().unwrap());
    assert_eq!(site.send(&other).status, 200, "another plugin has its own");
}

#[test]
fn the_allowance_survives_a_reload() {
    let site = Site::new();
    let limited = |site: &Site| (0..100_000).any(|_| site.get("/echo/1").status == 429);
    assert!(limited(&site));
    site.host.unload(&site.plugin);
    let (_folder, library) = installed(&web_manifest(), &[], &[]);
    site.host.load(&library).unwrap();
    let served = (0..100)
        .filter(|_| site.get("/echo/1").status == 200)
        .count();
    assert!(served < 100, "a fresh bucket would have served all of them");
}
