//! The activity store: what is recorded of requests, calls into the plugin and calls of it, how it
//! is found, and what followers get.

use super::client::Ask;
use super::site::*;
use crate::support::*;
use osaurus_reference_host::*;
use serde_json::{Value, json};

#[test]
fn a_request_its_route_call_and_the_host_calls_in_it_are_tied_together() {
    let site = Site::new();
    site.get("/agent");
    let request = site.record(&ActivityQuery::new().kind(CallKind::Request));
    assert_eq!(request.path, format!("GET /plugins/{ID}/agent"));
    assert_eq!(
        (request.status, request.plugin.as_str(), request.agent),
        (200, ID, alice())
    );
    let route = site.record(&ActivityQuery::new().slot("handle_route"));
    assert_eq!((route.kind, route.agent), (CallKind::PluginCall, alice()));
    let request: Value = serde_json::from_str(&route.request).unwrap();
    assert_eq!(request["route_id"], "agent");
    let frame = site.host.records(&ActivityQuery::new().frame(route.frame));
    let slots: Vec<&str> = frame.iter().map(|call| call.slot).collect();
    assert_eq!(slots, ["log", "get_active_agent_id", "handle_route"]);
    assert!(frame.iter().all(|call| call.thread == route.thread));
    assert!(frame.is_sorted_by_key(|call| call.seq));
    assert!(route.duration_us >= frame[0].duration_us);
}

#[test]
fn an_access_key_reaches_the_plugin_and_not_the_record() {
    let site = Site::new();
    let key = site.host.create_access_key("test", None).unwrap();
    let bearer = format!("Bearer {}", key.key);
    let ask = site.ask("GET", "/owner").header("Authorization", &bearer);
    assert_eq!(site.echoed(&ask)["headers"]["authorization"], bearer);
    let call = site.record(&ActivityQuery::new().slot("handle_route"));
    let request: Value = serde_json::from_str(&call.request).unwrap();
    assert_eq!(request["headers"]["authorization"], "(redacted)");
    assert_eq!(request["route_id"], "echo_owner", "all else is there");
}

#[test]
fn tools_settings_and_refused_requests_are_recorded_too() {
    let site = Site::new();
    site.plugin.invoke("ok", "{}", alice());
    site.plugin.invoke("fail", "{}", bob());
    site.plugin.config_changed(alice().unwrap(), "key", "value");
    site.send(&Ask::get("/plugins/dev.none/x").agent(alice().unwrap()));
    let last = |query: ActivityQuery| site.host.records(&query).pop().unwrap();
    let invoked = last(ActivityQuery::new().slot("invoke").agent(alice().unwrap()));
    assert_eq!(
        (invoked.path.as_str(), invoked.status),
        ("/plugin-api/invoke/tool/ok", 200)
    );
    let request: Value = serde_json::from_str(&invoked.request).unwrap();
    assert_eq!(
        request,
        json!({"type": "tool", "id": "ok", "payload": "{}"})
    );
    assert_eq!(invoked.response.as_deref(), Some(r#"{"ok":true}"#));
    assert_eq!(
        last(ActivityQuery::new().slot("invoke").agent(bob().unwrap())).status,
        500
    );
    let delivery = last(
        ActivityQuery::new()
            .slot("on_config_changed")
            .agent(alice().unwrap()),
    );
    assert_eq!(delivery.request, r#"{"key":"key","value":"value"}"#);
    let refused = last(ActivityQuery::new().kind(CallKind::Request));
    assert_eq!((refused.plugin.as_str(), refused.status), ("dev.none", 404));
}

#[test]
fn task_events_are_recorded_with_their_number() {
    let (host, plugin) = loaded(Host::builder());
    let ask = json!({"prompt": "hello"});
    let task = Probe(&plugin, alice()).dispatch(&ask)["id"]
        .as_str()
        .unwrap()
        .to_string();
    assert!(host.wait_for_tasks(std::time::Duration::from_secs(120)));
    let events = host.records(&ActivityQuery::new().slot("on_task_event"));
    assert_eq!(events[0].path, "/plugin-api/on_task_event/0");
    let all_of_task = events.iter().all(|event| event.request.contains(&task));
    assert!(all_of_task && events.iter().all(|event| event.agent == alice()));
    let dispatched = host.records(&ActivityQuery::new().slot("dispatch"));
    assert_eq!(
        (dispatched[0].status, dispatched[0].path.as_str()),
        (202, "/host-api/dispatch")
    );
}

#[test]
fn statuses_are_those_of_osaurus_list() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let status = |parts: &[&str], slot: &str| {
        probe.call(parts);
        host.records(&ActivityQuery::new().slot(slot))
            .pop()
            .unwrap()
            .status
    };
    let id = "0123ABCD-0000-4000-8000-00000000BEEF";
    assert_eq!(status(&["9", "v1", id], "dispatch_cancel"), 204);
    assert_eq!(status(&["10", "v2", id, "x"], "dispatch_clarify"), 410);
    assert_eq!(status(&["20", "t2", id, "x"], "dispatch_add_issue"), 501);
    assert_eq!(status(&["8", "t1", "no-uuid"], "task_status"), 400);
    assert_eq!(status(&["8", "t1", id], "task_status"), 404);
    assert_eq!(status(&["7", "t1", "{}"], "dispatch"), 400);
    assert_eq!(status(&["1", "t1", "key"], "config_get"), 200);
}

#[test]
fn osaurus_lists_neither_settings_nor_the_database_nor_the_active_agent() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    probe.config_get("key");
    probe.config_set("key", "value");
    probe.exec("CREATE TABLE t(a)", "[]");
    probe.active_agent();
    probe.call(&["6", "l2", "2", "hello"]);
    probe.call(&["14", "t0"]);
    let listed: Vec<&str> = host
        .activity()
        .iter()
        .filter(|call| call.listed_by_osaurus())
        .map(|call| call.slot)
        .collect();
    assert_eq!(listed, ["log", "list_models"]);
    assert!(host.activity().len() >= 6, "this host keeps all of them");
}

#[test]
fn records_are_found_by_plugin_agent_slot_status_time_and_place() {
    let site = Site::new();
    site.get("/echo/1");
    site.get("/none");
    let bobs = Ask::get(&format!("/plugins/{ID}/echo/1")).agent(bob().unwrap());
    site.send(&bobs);
    let requests = ActivityQuery::new().kind(CallKind::Request);
    let count = |query: ActivityQuery| site.host.records(&query).len();
    assert_eq!(count(requests.clone()), 3);
    assert_eq!(count(requests.clone().plugin(ID).agent(bob().unwrap())), 1);
    assert_eq!(count(requests.clone().plugin("dev.other")), 0);
    assert_eq!(count(requests.clone().status(400..=599)), 1);
    assert_eq!(count(ActivityQuery::new().slot("handle_route")), 2);
    let all = site.host.records(&requests);
    assert_eq!(count(requests.clone().after(all[0].seq)), 2);
    assert_eq!(count(requests.clone().last(2)), 2);
    assert_eq!(
        site.host.records(&requests.clone().last(1))[0].seq,
        all[2].seq
    );
    assert_eq!(count(requests.clone().since_ms(all[0].started_ms)), 3);
    assert_eq!(count(requests.clone().since_ms(all[2].started_ms + 1)), 0);
    assert_eq!(count(requests.until_ms(all[0].started_ms - 1)), 0);
}

#[test]
fn followers_get_every_record_in_order_as_json_too() {
    let site = Site::new();
    let follower = site.host.follow_records();
    site.get("/agent");
    let wait = std::time::Duration::from_secs(120);
    let records: Vec<CallRecord> = (0..4)
        .map(|_| follower.recv_timeout(wait).unwrap())
        .collect();
    let slots: Vec<&str> = records.iter().map(|call| call.slot).collect();
    assert_eq!(slots, ["log", "get_active_agent_id", "handle_route", ""]);
    let numbers: Vec<u64> = records.iter().map(|call| call.seq).collect();
    assert!(
        numbers.windows(2).all(|two| two[1] == two[0] + 1),
        "{numbers:?}"
    );
    let json = serde_json::to_value(&records[2]).unwrap();
    assert_eq!(
        (&json["kind"], &json["resolved"]),
        (&json!("plugin_call"), &json!("scope"))
    );
    assert_eq!(json["agent"], alice().unwrap().to_string());
    let only_routes = ActivityQuery::new().slot("handle_route");
    assert_eq!(
        records
            .iter()
            .filter(|call| only_routes.wants(call))
            .count(),
        1
    );
}

#[test]
fn nothing_is_recorded_when_recording_is_off() {
    let site = Site::with(Host::builder().record_activity(false), &web_manifest());
    site.get("/agent");
    assert!(site.host.records(&ActivityQuery::new()).is_empty());
}

#[test]
fn stricter_checks_are_marked() {
    let (host, plugin) = loaded(Host::builder());
    let secret = host.data_dir().join("secret.txt");
    std::fs::write(&secret, "secret").unwrap();
    let link = host.data_dir().join("artifacts/link.txt");
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    Probe(&plugin, alice()).file_read(&link);
    let records = host.records(&ActivityQuery::new().noted("stricter than Osaurus"));
    assert_eq!(records.len(), 1);
    assert!(records[0].stricter_than_osaurus());
    assert_eq!(records[0].quirks(), [21], "no tool declares `filesystem`");
}

#[test]
fn followers_come_to_the_end_when_the_host_is_shut_down() {
    let site = Site::new();
    let (records, lines) = (site.host.follow_records(), site.host.follow_log());
    site.get("/agent");
    site.host.shutdown();
    assert!(records.iter().any(|call| call.slot == "handle_route"));
    assert!(lines.iter().any(|line| line.message == "agent asked"));
}

#[test]
fn long_bodies_are_cut_and_binary_ones_counted() {
    let site = Site::new();
    let recorded = |body: Vec<u8>| {
        site.send(&site.ask("POST", "/null").body(body));
        site.record(&ActivityQuery::new().kind(CallKind::Request).last(1))
            .request
    };
    let long = recorded(vec![b'x'; 100_000]);
    assert!(long.ends_with("x… (100000 bytes in all)") && long.len() < 70_000);
    assert_eq!(recorded(vec![0xff; 5]), "(5 bytes that are not text)");
}
