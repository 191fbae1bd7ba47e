//! What crosses the boundary: strings both ways, panics in every callback, typed calls of all
//! slots.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::abi::{HostApi, PluginApi};
use osaurus_plugin::{
    DispatchRequest, Frame, Handlers, HostError, HttpRequest, Plugin, TaskId, TaskState, Unscoped,
    envelope, export, log_level,
};
use serde_json::{Value, json};
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use support::child::{in_child, in_child_with};
use support::slots::notes_with;
use support::{FREED, GIVEN, GuardedTable, scoped};

struct Fragile;

/// Panics whose payload panics again when it is dropped.
struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the payload broke too");
    }
}

fn wants(what: &str) -> bool {
    std::env::var("FRAGILE").is_ok_and(|wish| wish == what)
}

impl Plugin for Fragile {
    fn manifest() -> &'static str {
        assert!(!wants("manifest panics"), "manifest broke");
        r#"{"plugin_id":"dev.test.fragile","capabilities":{}}"#
    }
    fn start() -> Result<Self, String> {
        assert!(!wants("start panics"), "start broke");
        if wants("start fails") {
            return Err("no coffee".to_owned());
        }
        osaurus_plugin::log(log_level::INFO, "said in start");
        Ok(Fragile)
    }
    fn invoke(&self, frame: &Frame, kind: &str, id: &str, payload: &str) -> String {
        match id {
            "panic" => panic!("{payload} broke"),
            "bomb" => std::panic::panic_any(Bomb),
            "nul" => "a\0b".to_owned(),
            "big" => format!("é{payload}"),
            "config" => frame.host().config_get(payload).unwrap().unwrap(),
            _ => envelope::success(json!([kind, id, payload])),
        }
    }
    fn handle_route(&self, _frame: &Frame, request: &str) -> String {
        match request {
            "nul" => "a\0b".to_owned(),
            _ => panic!("route broke"),
        }
    }
    fn on_config_changed(&self, frame: &Frame, key: &str, value: Option<&str>) {
        assert_ne!(key, "panic", "config broke");
        frame
            .host()
            .log(log_level::INFO, &format!("{key} is now {value:?}"));
    }
    fn on_task_event(&self, _frame: &Frame, task_id: &str, event_type: i32, _event: &str) {
        panic!("event {event_type} of {task_id} broke");
    }
    fn stop(&self) {
        panic!("stop broke");
    }
    fn handlers() -> Handlers {
        assert!(!wants("handlers panics"), "handlers broke");
        Handlers {
            route: true,
            config: true,
            task: true,
        }
    }
}

export!(Fragile);

unsafe extern "C" {
    safe fn osaurus_plugin_entry_v2(host: *const HostApi) -> *const PluginApi;
    safe fn osaurus_plugin_entry() -> *const PluginApi;
}

/// The plugin, entered and started with a host that stays.
fn start() -> PluginApi {
    let table: &'static GuardedTable = Box::leak(Box::new(GuardedTable::newest()));
    // SAFETY: the plugin's own table and functions.
    unsafe {
        let plugin = *osaurus_plugin_entry_v2(table.as_ptr());
        assert!(!plugin.init.unwrap()().is_null());
        plugin
    }
}

fn take(plugin: &PluginApi, text: *const c_char) -> String {
    // SAFETY: the plugin's answer, copied and handed back once.
    unsafe {
        let copy = CStr::from_ptr(text).to_str().unwrap().to_owned();
        plugin.free_string.unwrap()(text);
        copy
    }
}

fn invoke(plugin: &PluginApi, id: &str, payload: &str) -> String {
    let (id, payload) = (CString::new(id).unwrap(), CString::new(payload).unwrap());
    invoke_raw(plugin, c"tool".as_ptr(), id.as_ptr(), payload.as_ptr())
}

fn invoke_raw(
    plugin: &PluginApi,
    kind: *const c_char,
    id: *const c_char,
    payload: *const c_char,
) -> String {
    // SAFETY: NULL or C strings that live until it returns. The context is NULL on purpose.
    let answer = scoped("A", || unsafe {
        plugin.invoke.unwrap()(ptr::null_mut(), kind, id, payload)
    });
    take(plugin, answer)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn message(envelope: &str) -> String {
    json(envelope)["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_panic_in_any_callback_becomes_an_answer_or_a_log_line() {
    in_child(
        "a_panic_in_any_callback_becomes_an_answer_or_a_log_line",
        || {
            let plugin = start();
            let answer = invoke(&plugin, "panic", "it");
            assert_eq!(json(&answer)["kind"], "execution_error");
            assert_eq!(
                message(&answer),
                "the tool `panic` panicked: it broke; this is a bug in the plugin"
            );
            assert!(message(&invoke(&plugin, "bomb", "")).contains("panicked: without a message"));
            // SAFETY: the plugin's own functions with C strings.
            unsafe {
                let route = plugin.handle_route.unwrap()(ptr::null_mut(), c"{}".as_ptr());
                let route = json(&take(&plugin, route));
                assert_eq!(route["status"], 500);
                assert!(route["body"].as_str().unwrap().contains("route broke"));
                scoped("B", || {
                    plugin.on_config_changed.unwrap()(
                        ptr::null_mut(),
                        c"panic".as_ptr(),
                        c"".as_ptr(),
                    )
                });
                scoped("C", || {
                    plugin.on_task_event.unwrap()(ptr::null_mut(), c"T".as_ptr(), 5, c"{}".as_ptr())
                });
            }
            assert_eq!(notes_with("log A 4|a handler panicked: it broke").len(), 1);
            assert_eq!(notes_with("log B 4|on_config_changed panicked:").len(), 1);
            assert_eq!(
                notes_with("log C 4|on_task_event panicked: event 5 of T broke").len(),
                1
            );
            // SAFETY: the plugin's own function; its `stop` panics.
            unsafe { plugin.destroy.unwrap()(ptr::null_mut()) };
            assert_eq!(json(&invoke(&plugin, "panic", "it"))["kind"], "unavailable");
        },
    );
}

#[test]
#[cfg_attr(miri, ignore = "needs a process for each way to fail")]
fn panics_while_loading_are_failures_that_the_host_understands() {
    let test = "panics_while_loading_are_failures_that_the_host_understands";
    let rounds = [
        "handlers panics",
        "manifest panics",
        "start panics",
        "start fails",
    ];
    match std::env::var("FRAGILE") {
        Err(_) => rounds
            .iter()
            .for_each(|round| in_child_with(test, &[("FRAGILE", round)], || {})),
        Ok(round) => in_child(test, || load_broken(&round)),
    }
}

fn load_broken(round: &str) {
    if round == "handlers panics" {
        assert!(osaurus_plugin_entry_v2(ptr::null()).is_null());
        return;
    }
    let plugin = start();
    // SAFETY: the plugin's own function.
    let manifest = unsafe { plugin.get_manifest.unwrap()(ptr::null_mut()) };
    assert_eq!(manifest.is_null(), round == "manifest panics");
    let answer = invoke(&plugin, "x", "y");
    let reason = match round {
        "start panics" => "the plugin could not start: it panicked: start broke",
        "start fails" => "the plugin could not start: no coffee",
        _ => return,
    };
    assert_eq!(json(&answer)["kind"], "unavailable");
    assert_eq!(message(&answer), reason);
}

#[test]
fn null_and_broken_arguments_of_the_host_are_answered() {
    in_child("null_and_broken_arguments_of_the_host_are_answered", || {
        let plugin = start();
        let (kind, id, payload) = (c"tool".as_ptr(), c"t".as_ptr(), c"{}".as_ptr());
        assert_eq!(json(&invoke_raw(&plugin, kind, id, payload))["ok"], true);
        for (answer, name) in [
            (invoke_raw(&plugin, ptr::null(), id, payload), "`type`"),
            (invoke_raw(&plugin, kind, ptr::null(), payload), "`id`"),
            (invoke_raw(&plugin, kind, id, ptr::null()), "`payload`"),
        ] {
            assert_eq!(json(&answer)["kind"], "invalid_args");
            assert!(message(&answer).contains(&format!("NULL as {name}, expected a string")));
        }
        let answer = invoke_raw(&plugin, kind, id, c"ab\xff".as_ptr());
        assert!(
            message(&answer).contains("`payload` that is not UTF-8: the first bad byte is at 2")
        );
        // SAFETY: the plugin's own functions with NULL or C strings.
        unsafe {
            let route = plugin.handle_route.unwrap()(ptr::null_mut(), ptr::null());
            assert_eq!(json(&take(&plugin, route))["status"], 500);
            let changed = plugin.on_config_changed.unwrap();
            scoped("A", || changed(ptr::null_mut(), c"k".as_ptr(), ptr::null()));
            scoped("A", || changed(ptr::null_mut(), ptr::null(), ptr::null()));
            plugin.free_string.unwrap()(ptr::null());
        }
        assert_eq!(notes_with("k is now None").len(), 1);
        assert_eq!(
            notes_with("on_config_changed: the host passed NULL as `key`").len(),
            1
        );
    });
}

#[test]
fn a_nul_in_an_answer_is_named_and_not_cut() {
    in_child("a_nul_in_an_answer_is_named_and_not_cut", || {
        let plugin = start();
        let text = message(&invoke(&plugin, "nul", ""));
        assert!(
            text.contains("NUL character at byte 1") && text.contains("\\u0000"),
            "{text}"
        );
        // SAFETY: the plugin's own function with a C string.
        let route = unsafe { plugin.handle_route.unwrap()(ptr::null_mut(), c"nul".as_ptr()) };
        assert_eq!(json(&take(&plugin, route))["status"], 500);
    });
}

#[test]
#[cfg_attr(
    miri,
    ignore = "millions of characters are too many for an interpreter"
)]
fn fifty_megabytes_go_both_ways() {
    in_child("fifty_megabytes_go_both_ways", || {
        let plugin = start();
        let payload = format!("{}é", "x".repeat(50_000_000));
        let answer = invoke(&plugin, "big", &payload);
        assert!(
            answer.starts_with("éx") && answer.ends_with("xé") && answer.len() == payload.len() + 2
        );
        assert_eq!(invoke(&plugin, "config", "big").len(), 50_000_000);
        assert_eq!(GIVEN.load(Ordering::SeqCst), FREED.load(Ordering::SeqCst));
    });
}

#[test]
fn log_lines_find_their_way_from_every_thread_and_time() {
    in_child(
        "log_lines_find_their_way_from_every_thread_and_time",
        || {
            osaurus_plugin::log(2, "before the entry");
            let plugin = start();
            assert!(notes_with("").is_empty(), "nothing is called while loading");
            invoke(&plugin, "x", "y");
            assert_eq!(notes_with("log A 2|before the entry").len(), 1);
            assert_eq!(notes_with("log A 2|said in start").len(), 1);
            std::thread::spawn(|| osaurus_plugin::log(3, "from a\0far"))
                .join()
                .unwrap();
            assert_eq!(
                notes_with("log no agent 3|[dev.test.fragile] from a\u{2400}far").len(),
                1
            );
            // SAFETY: the plugin's own function.
            unsafe { plugin.destroy.unwrap()(ptr::null_mut()) };
            osaurus_plugin::log(2, "after the end");
            assert!(notes_with("after the end").is_empty());
        },
    );
}

#[test]
fn unscoped_works_between_the_first_call_and_destroy() {
    in_child("unscoped_works_between_the_first_call_and_destroy", || {
        let unscoped = Unscoped::i_accept_that_calls_may_be_charged_to_another_plugin();
        let refused = |what: &str| {
            let error = unscoped.host().config_get(what).unwrap_err();
            assert!(matches!(error, HostError::NotRunning { .. }));
            assert!(
                error.to_string().contains("wait for a call of the host"),
                "{error}"
            );
        };
        refused("before the entry");
        let plugin = start();
        refused("before the first call");
        invoke(&plugin, "x", "y");
        assert_eq!(
            unscoped.host().config_get("k").unwrap().as_deref(),
            Some("no agent|k")
        );
        // SAFETY: the plugin's own function.
        unsafe { plugin.destroy.unwrap()(ptr::null_mut()) };
        refused("after destroy");
    });
}

#[test]
fn both_entries_give_one_table_of_version_2() {
    in_child("both_entries_give_one_table_of_version_2", || {
        let table = osaurus_plugin_entry();
        assert_eq!(table, osaurus_plugin_entry_v2(ptr::null()));
        // SAFETY: the plugin's own static table.
        assert_eq!(unsafe { (*table).version }, 2);
    });
}

/// Runs `body` as a call of a version 6 host.
fn on_host<R>(agent: &str, body: impl FnOnce(&Frame) -> R) -> R {
    let table = GuardedTable::newest();
    // SAFETY: the table outlives the frame.
    scoped(agent, || unsafe {
        Frame::simulate(table.as_ptr(), Duration::from_secs(20), body)
    })
}

#[test]
fn every_typed_call_sends_what_the_abi_says_and_reads_what_hosts_answer() {
    let here = |note: &str| notes_with(note).len();
    on_host("T", |frame| {
        let host = frame.host();
        let task = TaskId("T-1".to_owned());
        assert_eq!(host.config_get("absent").unwrap(), None);
        host.config_set("k", "v").unwrap();
        host.config_delete("k").unwrap();
        assert_eq!(
            (here("config_set T k|v"), here("config_delete T k")),
            (1, 1)
        );

        let changes = host
            .db_exec("UPDATE x", &[json!("é"), json!(null), json!(1.5)])
            .unwrap();
        assert_eq!((changes.changes, changes.last_insert_rowid), (3, 9));
        let rows = host.db_query("SELECT", &[]).unwrap();
        assert_eq!(rows.columns, ["a", "b"]);
        assert_eq!(
            rows.column("b").collect::<Vec<_>>(),
            [&json!("x"), &json!(null)]
        );

        let mut request = DispatchRequest::new("do it");
        request.tools = vec!["greet".to_owned()];
        assert_eq!(host.dispatch(&request).unwrap(), task);
        assert_eq!(host.task_status(&task).unwrap().state, TaskState::Running);
        assert_eq!(
            host.list_active_tasks().unwrap()[0].state,
            TaskState::Queued
        );
        host.dispatch_cancel(&task).unwrap();
        host.dispatch_interrupt(&task, None).unwrap();
        host.dispatch_interrupt(&task, Some("wait")).unwrap();
        host.dispatch_clarify(&task, "yes").unwrap();
        host.send_draft(&task, &json!({ "text": "d" })).unwrap();
        assert_eq!(here("dispatch_interrupt T T-1|NULL"), 1);
        assert_eq!(here("dispatch_interrupt T T-1|wait"), 1);
        assert_eq!(here(r#"send_draft T T-1|{"text":"d"}"#), 1);
        assert!(host.dispatch_add_issue(&task, &json!({})).is_ok());

        let argument_of = |answer: Value| json(answer["args"][0].as_str().unwrap());
        let answer = host.complete(&json!({ "messages": [] })).unwrap();
        assert_eq!(argument_of(answer)["model"], "default");
        let answer = host.complete(&json!({ "model": "m" })).unwrap();
        assert_eq!(argument_of(answer), json!({ "model": "m" }));
        host.complete_cancel("s-1").unwrap();
        assert_eq!(here("complete_cancel T s-1"), 1);
        assert_eq!(host.embed(&["hi"]).unwrap(), [[0.5, 1.0]]);
        let error = host.embed(&["hi", "ho"]).unwrap_err().to_string();
        assert!(error.contains("expected 2 vectors"), "{error}");
        assert_eq!(host.list_models().unwrap()[0].dimensions, Some(2));

        let response = host
            .http_request(&HttpRequest::get("https://example.com"))
            .unwrap();
        assert_eq!((response.status, response.header("x-a")), (404, Some("b")));
        assert_eq!(response.body, [0xff]);
        assert_eq!(host.file_read("/a").unwrap().data, b"hi");
        assert_eq!(host.agent_id().unwrap().as_deref(), Some("T"));
        host.log_structured(1, "m", &json!({ "a": 1 }));
        assert_eq!(here(r#"log_structured T 1|m|{"a":1}"#), 1);
    });
}

#[test]
fn structured_log_lines_are_plain_lines_on_hosts_before_version_5() {
    let table = GuardedTable::new(4, 184);
    // SAFETY: the table outlives the frame.
    scoped("OLD", || unsafe {
        Frame::simulate(table.as_ptr(), Duration::from_secs(5), |frame| {
            frame.host().log_structured(2, "plain", &json!({ "a": 1 }));
        });
    });
    assert_eq!(notes_with("OLD"), [r#"log OLD 2|plain {"a":1}"#]);
}

#[test]
fn bad_strings_are_errors_with_a_place() {
    on_host("S", |frame| {
        let host = frame.host();
        assert_eq!(
            host.config_set("key", "a\0b").unwrap_err().to_string(),
            "argument 2 of `config_set` has a NUL character at byte 1: the host reads text up to the first NUL, \
             so it would be cut; remove the character or encode the data, for example as base64"
        );
        assert!(notes_with("config_set S").is_empty());
        assert_eq!(
            host.config_get("bad utf-8").unwrap_err().to_string(),
            "the answer of `config_get` is not UTF-8: the first bad byte is at 3; \
             this is a bug in the host, please report it to Osaurus"
        );
        let long = format!("{}\0", "x".repeat(5000));
        assert!(matches!(
            host.config_get(&long),
            Err(HostError::NulInString { at: 5000, .. })
        ));
        for len in [0, 118, 119, 120, 121, 5000] {
            let key = "é".repeat(len / 2) + if len % 2 == 1 { "x" } else { "" };
            assert_eq!(host.config_get(&key).unwrap(), Some(format!("S|{key}")));
        }
    });
}

#[test]
fn refusals_of_the_host_are_told_apart_from_nonsense() {
    on_host("R", |frame| {
        let host = frame.host();
        let error = host.db_exec("bad", &[]).unwrap_err();
        assert_eq!(error.code(), Some("db_error"));
        let text = "the host refused `db_exec`: db_error (near \"bad\": syntax error)";
        assert_eq!(error.to_string(), text);
        let error = host.db_exec("null", &[]).unwrap_err().to_string();
        assert!(
            error.contains("`db_exec` answered NULL, expected a string"),
            "{error}"
        );
        let error = host.db_exec("prose", &[]).unwrap_err().to_string();
        assert!(
            error.contains("expected JSON, found \"no json\""),
            "{error}"
        );
    });
}
