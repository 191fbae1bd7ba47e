//! The life of a plugin's library, with the real `rust-hello`: loaded with no host, with a host
//! that is gone after the entry, started twice, closed. Each in a child process, because each has
//! crashed some plugin some day.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use serde_json::{Value, json};
use std::ptr;
use support::child::in_child;
use support::library::{Opened, rust_hello};
use support::slots::notes_with;
use support::{GuardedTable, scoped};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn is_hello(manifest: &str) -> bool {
    json(manifest)["plugin_id"] == "dev.example.hello"
}

#[test]
fn entry_with_null_gives_a_plugin_that_works_without_a_host() {
    in_child(
        "entry_with_null_gives_a_plugin_that_works_without_a_host",
        || {
            let plugin = Opened::v2(&rust_hello(), ptr::null());
            let context = plugin.init();
            assert!(!context.is_null());
            assert!(is_hello(&plugin.manifest(context)));
            let answer = json(&plugin.invoke(context, "greet", r#"{"name":"Ada"}"#));
            assert_eq!(
                answer["result"],
                json!({ "text": "Hello, Ada!", "visits": null })
            );
            let answer = json(&plugin.invoke(context, "guest_book", "{}"));
            assert_eq!(answer["kind"], "unavailable");
            let message = answer["message"].as_str().unwrap();
            assert!(message.contains("there is no host API"), "{message}");
            assert!(message.contains("`db_exec`"), "{message}");
            plugin.destroy(context);
        },
    );
}

#[test]
fn the_version_1_entry_fills_the_five_slots_that_such_a_host_reads() {
    in_child(
        "the_version_1_entry_fills_the_five_slots_that_such_a_host_reads",
        || {
            let plugin = Opened::v1(&rust_hello());
            assert!(plugin.api.handle_route.is_none(), "beyond 40 bytes");
            let context = plugin.init();
            assert!(is_hello(&plugin.manifest(context)));
            let answer = json(&plugin.invoke(context, "greet", r#"{"name":"Bo"}"#));
            assert_eq!(answer["ok"], true);
            plugin.destroy(context);
        },
    );
}

#[test]
fn the_manifest_needs_no_context_and_no_init() {
    in_child("the_manifest_needs_no_context_and_no_init", || {
        let plugin = Opened::v2(&rust_hello(), ptr::null());
        assert!(is_hello(&plugin.manifest(ptr::null_mut())));
        let context = plugin.init();
        assert!(is_hello(&plugin.manifest(ptr::null_mut())));
        plugin.destroy(context);
        assert!(is_hello(&plugin.manifest(ptr::null_mut())));
    });
}

#[test]
fn a_56_byte_table_that_is_unmapped_after_the_entry_is_never_touched() {
    in_child(
        "a_56_byte_table_that_is_unmapped_after_the_entry_is_never_touched",
        || {
            let path = rust_hello();
            let table = GuardedTable::new(2, 56);
            let plugin = Opened::v2(&path, table.as_ptr());
            drop(table);
            let context = plugin.init();
            assert!(is_hello(&plugin.manifest(context)));
            plugin.destroy(context);
            plugin.close();
        },
    );
}

#[test]
fn not_even_the_version_is_read_while_the_plugin_is_loaded() {
    in_child(
        "not_even_the_version_is_read_while_the_plugin_is_loaded",
        || {
            let path = rust_hello();
            // An address that no one may read, from the entry on.
            let plugin = Opened::v2(&path, ptr::without_provenance(8));
            let context = plugin.init();
            assert!(is_hello(&plugin.manifest(context)));
            plugin.destroy(context);
        },
    );
}

#[test]
fn init_and_destroy_may_come_twice_and_in_turns() {
    in_child("init_and_destroy_may_come_twice_and_in_turns", || {
        let table = GuardedTable::newest();
        let plugin = Opened::v2(&rust_hello(), table.as_ptr());
        let first = plugin.init();
        assert_eq!(plugin.init(), first, "a second init changes nothing");
        plugin.destroy(first);
        plugin.destroy(first);
        plugin.destroy(ptr::null_mut());
        let answer = json(&plugin.invoke(first, "greet", "{}"));
        assert_eq!(answer["kind"], "unavailable");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains("not running") && message.contains("between init and destroy"));
        assert_eq!(json(&plugin.route(first, "{}"))["status"], 503);

        let second = plugin.init();
        let greeted = scoped("A", || plugin.invoke(second, "greet", r#"{"name":"Cy"}"#));
        assert_eq!(json(&greeted)["ok"], true);
        plugin.destroy(second);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn dlclose_after_destroy_leaves_no_mapping_no_thread_and_no_exit_handler() {
    fn mapped() -> bool {
        std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .contains("rust_hello")
    }
    fn threads() -> usize {
        std::fs::read_dir("/proc/self/task").unwrap().count()
    }
    in_child(
        "dlclose_after_destroy_leaves_no_mapping_no_thread_and_no_exit_handler",
        || {
            let path = rust_hello();
            let before = threads();
            let table = GuardedTable::newest();
            for round in 0..3 {
                let plugin = Opened::v2(&path, table.as_ptr());
                assert!(mapped());
                let context = plugin.init();
                assert!(is_hello(&plugin.manifest(context)));
                if round > 0 {
                    // More than the host does before it closes a library, and still nothing may
                    // stay.
                    let answer =
                        scoped("A", || plugin.invoke(context, "greet", r#"{"name":"Ed"}"#));
                    assert_eq!(json(&answer)["ok"], true);
                }
                plugin.destroy(context);
                plugin.close();
                assert!(!mapped(), "round {round}");
                assert_eq!(threads(), before);
            }
            // An exit handler left behind would now run in memory that is gone: the parent sees how
            // this process ends.
        },
    );
}

#[test]
fn hello_uses_config_database_log_and_route_of_the_calling_agent() {
    in_child(
        "hello_uses_config_database_log_and_route_of_the_calling_agent",
        || {
            let table = GuardedTable::newest();
            let plugin = Opened::v2(&rust_hello(), table.as_ptr());
            let context = plugin.init();
            let greeted = scoped("AGENT-1", || {
                plugin.invoke(context, "greet", r#"{"name":"Di"}"#)
            });
            assert_eq!(json(&greeted)["result"]["text"], "AGENT-1|greeting");
            let logged = notes_with("log_structured AGENT-1");
            assert!(logged[0].contains(r#""name":"Di""#), "{logged:?}");

            let page = scoped("AGENT-2", || {
                plugin.route(context, r#"{"query":{"limit":"2"}}"#)
            });
            let body = json(&page)["body"].as_str().map(json).unwrap();
            assert_eq!(body["guests"][0], json!({ "name": 1, "visits": "x" }));
            let page = scoped("AGENT-2", || {
                plugin.route(context, r#"{"query":{"limit":"9999"}}"#)
            });
            assert_eq!(json(&page)["status"], 400);

            scoped("AGENT-3", || {
                plugin.config_changed(context, "greeting", "Hey")
            });
            assert_eq!(
                notes_with("log AGENT-3 3|the greeting has no {name}").len(),
                1
            );

            let wrong = scoped("A", || plugin.invoke(context, "greet", r#"{"name":" "}"#));
            assert_eq!(json(&wrong)["field"], "name");
            let unknown = scoped("A", || plugin.invoke(context, "sing", "{}"));
            assert_eq!(json(&unknown)["kind"], "tool_not_found");
            plugin.destroy(context);
        },
    );
}
