//! The life of a scripted plugin's library: loaded without a host, with a table that is gone after
//! the entry, started and stopped in turns, closed, and under every ABI version. The host is a bare
//! table where a real one would be too orderly. Each in a process of its own, because each has
//! crashed some plugin some day.

use osaurus_bridge_tests::engine::{ALL, Engine, path_in};
use osaurus_bridge_tests::system;
use osaurus_direct_host::{Ctx, Image, c_string, is_open};
use osaurus_reference_host::{AbiLevel, AgentId, GuardedTable, Host, LoadedPlugin};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs `body` with the built library (tests/fixtures/life) in a child process, under each of the
/// engines.
fn under(test: &str, engines: &[Engine], body: impl Fn(&Path)) {
    for engine in engines {
        engine.run(test, "life", &["life"], |folder| {
            body(&path_in(folder, "life"));
        });
    }
}

/// For what happens before a runtime starts, and is the same for all of them.
const ONE: [Engine; 1] = [Engine::PythonEmbedded];

fn call(image: &Image, ctx: Ctx, tool: &str) -> Value {
    let answer = image.invoke(ctx, &c_string(tool), c"{}");
    let answer = answer.unwrap_or_else(|| panic!("{tool} returned NULL"));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{tool} answered {answer}"))
}

fn works(image: &Image, ctx: Ctx, tool: &str, result: impl Into<Value>) {
    let envelope = call(image, ctx, tool);
    let result = result.into();
    let text = &envelope["result"]["text"];
    let manifest = if text.is_null() {
        &envelope["result"]
    } else {
        text
    };
    assert_eq!(
        (&envelope["ok"], manifest),
        (&json!(true), &result),
        "{tool}: {envelope}"
    );
}

fn fails(envelope: &Value, kind: &str, says: &[&str]) {
    assert_eq!(envelope["ok"], false, "{envelope}");
    assert_eq!(envelope["kind"], kind, "{envelope}");
    let message = envelope["message"].as_str().unwrap_or_default();
    for part in says {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

fn is_ours(image: &Image, ctx: Ctx) {
    let manifest = image.manifest(ctx).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["plugin_id"], "dev.test.life");
}

#[test]
fn entry_with_null_gives_a_script_that_runs_without_a_host() {
    let test = "entry_with_null_gives_a_script_that_runs_without_a_host";
    under(test, &ALL, |library| {
        let image = Image::open_without_host(library).expect("it opens");
        let ctx = image.init();
        assert!(!ctx.is_null());
        is_ours(&image, ctx);
        works(&image, ctx, "count", 1);
        works(&image, ctx, "count_async", 2);
        let says = ["there is no host API", "`config_get`"];
        fails(&call(&image, ctx, "greeting"), "unavailable", &says);
        let page = image
            .route(ctx, c"{\"route_id\":\"life\"}")
            .expect("a page");
        assert!(page.contains("alive"), "{page}");
        image.destroy(ctx);
    });
}

#[test]
fn the_manifest_needs_no_context_no_init_and_no_runtime() {
    let test = "the_manifest_needs_no_context_no_init_and_no_runtime";
    under(test, &ONE, |library| {
        let image = Image::open(library).expect("it opens");
        is_ours(&image, Ctx::NULL);
        let ctx = image.init();
        is_ours(&image, Ctx::NULL);
        works(&image, ctx, "count", 1);
        is_ours(&image, Ctx::NULL);
        image.destroy(ctx);
        is_ours(&image, Ctx::NULL);
    });
}

#[test]
fn a_56_byte_table_that_is_unmapped_after_the_entry_is_never_touched() {
    let test = "a_56_byte_table_that_is_unmapped_after_the_entry_is_never_touched";
    under(test, &ONE, |library| {
        let level = AbiLevel::parse("2a").expect("a level");
        for _ in 0..3 {
            let host = GuardedTable::new(level).expect("a table");
            // SAFETY: the table is valid during the entry; nothing of the plugin is called that may
            // use it later.
            let image = unsafe { Image::open_with(library, host.as_ptr()) }.expect("it opens");
            drop(host);
            let ctx = image.init();
            assert!(!ctx.is_null());
            is_ours(&image, ctx);
            image.destroy(ctx);
            image.close().expect("it closes");
        }
    });
}

#[test]
fn init_and_destroy_come_twice_and_in_turns_with_calls_between() {
    let test = "init_and_destroy_come_twice_and_in_turns_with_calls_between";
    under(test, &ALL, |library| {
        let mut image = Image::open(library).expect("it opens");
        for round in 0..4 {
            let ctx = image.init();
            assert_eq!(image.init(), ctx, "a second init changes nothing");
            // The script is loaded afresh: its counter begins again.
            works(&image, ctx, "count", 1);
            works(&image, ctx, "count_async", 2);
            works(&image, ctx, "greeting", "twenty bytes of text");
            let began = Instant::now();
            image.destroy(ctx);
            image.destroy(ctx);
            image.destroy(Ctx::NULL);
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{:?}",
                began.elapsed()
            );
            let says = ["not running", "between init and destroy"];
            fails(&call(&image, ctx, "count"), "unavailable", &says);
            if round % 2 == 1 {
                image.enter_again().expect("entry works again");
            }
        }
        assert!(system::children().is_empty(), "{:?}", system::children());
    });
}

/// Calls that are on their way while the plugin is destroyed end with an answer, and the next life
/// works.
#[test]
fn destroy_during_calls_answers_them_and_the_next_init_works() {
    let test = "destroy_during_calls_answers_them_and_the_next_init_works";
    under(test, &ALL, |library| {
        let image = Image::open(library).expect("it opens");
        for _ in 0..3 {
            let ctx = image.init();
            works(&image, ctx, "count", 1);
            let image = &image;
            std::thread::scope(|threads| {
                for tool in ["count", "count_async", "greeting"] {
                    threads.spawn(move || {
                        let mut answers = std::iter::repeat_with(|| call(image, ctx, tool));
                        let refused = answers.find(|answer| answer["ok"] == false);
                        fails(&refused.expect("an answer"), "unavailable", &[]);
                    });
                }
                std::thread::sleep(Duration::from_millis(100));
                image.destroy(ctx);
            });
        }
        let ctx = image.init();
        works(&image, ctx, "count", 1);
        image.destroy(ctx);
    });
}

#[test]
fn dlclose_without_a_runtime_unmaps_and_after_one_leaves_the_image_pinned() {
    let test = "dlclose_without_a_runtime_unmaps_and_after_one_leaves_the_image_pinned";
    under(test, &ALL, |library| {
        let before = system::descriptors();
        for _ in 0..3 {
            let image = Image::open(library).expect("it opens");
            let ctx = image.init();
            is_ours(&image, ctx);
            image.destroy(ctx);
            image.close().expect("it closes");
            assert!(!is_mapped(library));
            assert_eq!(system::descriptors(), before);
        }
        for _ in 0..3 {
            let image = Image::open(library).expect("it opens");
            let ctx = image.init();
            works(&image, ctx, "count", 1);
            works(&image, ctx, "count_async", 2);
            image.destroy(ctx);
            image.close().expect("it closes");
            // The runtime's threads may run in it for as long as the process lives.
            assert!(is_mapped(library));
            std::thread::sleep(Duration::from_millis(100));
        }
        // How this process ends from here is part of the test: the parent sees its status.
    });
}

fn is_mapped(library: &Path) -> bool {
    #[cfg(target_os = "linux")]
    assert_eq!(system::is_mapped(library), is_open(library));
    is_open(library)
}

/// Each level and the version that its table says.
const LEVELS: [(&str, u32); 10] = [
    ("2a", 2),
    ("2b", 2),
    ("2c", 2),
    ("2d", 2),
    ("2e", 2),
    ("2", 2),
    ("3", 3),
    ("4", 4),
    ("5", 5),
    ("6", 6),
];

/// One process, one library, ten hosts after each other: each with a table that ends where memory
/// ends.
#[test]
fn every_host_version_serves_what_it_has_and_names_what_it_lacks() {
    let test = "every_host_version_serves_what_it_has_and_names_what_it_lacks";
    under(test, &ALL, |library| {
        for (level, version) in LEVELS {
            let host = Host::builder().abi_level(level).agents(["ada"]).build();
            let host = host.expect("the host starts");
            let plugin = host.load(library).expect("the plugin loads");
            assert_eq!(plugin.abi(), 2, "{level}");
            serves(&host, &plugin, level);
            for tool in ["agent", "agent_async"] {
                let envelope = invoke(&plugin, tool);
                if version >= 4 {
                    let ada = AgentId::named("ada").to_string();
                    assert!(envelope.to_string().contains(&ada), "{level}: {envelope}");
                    continue;
                }
                let says = format!("this host says {version}");
                let says = ["`get_active_agent_id`", "needs ABI version 4", &says];
                fails(&envelope, "unavailable", &says);
            }
            // After the refusal everything else still works.
            serves(&host, &plugin, level);
        }
    });
}

fn serves(host: &Host, plugin: &Arc<LoadedPlugin>, level: &str) {
    let envelope = invoke(plugin, "basics");
    let text = envelope["result"].to_string();
    assert!(
        text.contains("green") && text.contains('1'),
        "{level}: {envelope}"
    );
    let logged = host
        .log_lines()
        .iter()
        .any(|line| line.message.contains("basics ran"));
    assert!(logged, "{level}: the log line is missing");
}

fn invoke(plugin: &Arc<LoadedPlugin>, tool: &str) -> Value {
    let answer = plugin.invoke(tool, "{}", Some(AgentId::named("ada")));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{tool} answered {answer}"))
}

#[test]
fn a_version_1_host_loads_it_and_tools_without_a_host_work() {
    let test = "a_version_1_host_loads_it_and_tools_without_a_host_work";
    under(test, &ALL, |library| {
        let host = Host::builder().abi(1).build().expect("the host starts");
        let plugin = host.load(library).expect("the plugin loads");
        assert_eq!(plugin.abi(), 1);
        assert!(!plugin.handles_routes());
        assert_eq!(invoke(&plugin, "count")["ok"], true);
        assert_eq!(invoke(&plugin, "count_async")["ok"], true);
        let says = ["version 1 entry", "`config_set`"];
        fails(&invoke(&plugin, "basics"), "unavailable", &says);
        host.shutdown();

        // Forty bytes are all that such a host reads of the table.
        let image = Image::open_v1(library).expect("it opens");
        assert!(image.api().handle_route.is_none());
        let ctx = image.init();
        works(&image, ctx, "count", 1);
        image.destroy(ctx);
    });
}
