//! The life of a plugin in Swift: loaded without a host, with a table that is gone after the entry,
//! started and stopped in turns, closed. Played by the behaviour table's probe, in processes of
//! their own where Swift's runtime is.

use osaurus_abi::HostApi;
use osaurus_bridge_tests::library;
use osaurus_bridge_tests::swift::{self, PROBE};
use osaurus_direct_host::{Ctx, Image, c_string, is_open, open_and_close, table};
use osaurus_reference_host::{AbiLevel, GuardedTable, Host};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

fn probe(products: &Path) -> PathBuf {
    products.join(library("Probe"))
}

fn call(image: &Image, ctx: Ctx, tool: &str, arguments: &Value) -> Value {
    let payload = c_string(&arguments.to_string());
    let answer = image.invoke(ctx, &c_string(tool), &payload);
    let answer = answer.unwrap_or_else(|| panic!("{tool} returned NULL"));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{tool} answered {answer}"))
}

fn echoes(image: &Image, ctx: Ctx) {
    let arguments = json!({"text": "Grüße"});
    let envelope = call(image, ctx, "echo", &arguments);
    assert_eq!(envelope, json!({"ok": true, "result": arguments}));
}

fn ask(image: &Image, ctx: Ctx, function: &str) -> Value {
    let arguments = json!({"function": function, "arguments": ["mood"]});
    call(image, ctx, "call", &arguments)
}

fn is_ours(image: &Image, ctx: Ctx) {
    let manifest = image.manifest(ctx).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["plugin_id"], "dev.behaviour.probe");
}

fn failed(envelope: &Value, kind: &str, says: &str) {
    assert_eq!(
        (&envelope["ok"], &envelope["kind"]),
        (&json!(false), &json!(kind)),
        "{envelope}"
    );
    let message = envelope["message"].as_str().unwrap_or_default();
    assert!(message.contains(says), "{says:?} is not in {message:?}");
}

#[test]
fn entry_with_null_gives_a_plugin_that_runs_without_a_host() {
    let test = "entry_with_null_gives_a_plugin_that_runs_without_a_host";
    swift::run(test, PROBE, |products| {
        let image = Image::open_without_host(&probe(products)).expect("it opens");
        is_ours(&image, Ctx::NULL);
        let ctx = image.init();
        echoes(&image, ctx);
        let says = "`config_get` needs a host, and there is none";
        failed(&ask(&image, ctx, "config_get"), "unavailable", says);
        image.destroy(ctx);
    });
}

#[test]
fn a_56_byte_table_that_is_unmapped_after_the_entry_is_never_touched() {
    let test = "a_56_byte_table_that_is_unmapped_after_the_entry_is_never_touched";
    swift::run(test, PROBE, |products| {
        let level = AbiLevel::parse("2a").expect("a level");
        for _ in 0..3 {
            let host = GuardedTable::new(level).expect("a table");
            // SAFETY: the table is valid during the entry; no function of the host is called
            // through the plugin later.
            let image = unsafe { Image::open_with(&probe(products), host.as_ptr()) };
            let image = image.expect("it opens");
            drop(host);
            let ctx = image.init();
            is_ours(&image, ctx);
            echoes(&image, ctx);
            image.destroy(ctx);
            image.close().expect("it closes");
        }
    });
}

/// Calls with the context of a life that is over find nothing; the next life knows nothing of it.
#[test]
fn init_and_destroy_come_twice_and_in_turns_with_calls_between() {
    let test = "init_and_destroy_come_twice_and_in_turns_with_calls_between";
    swift::run(test, PROBE, |products| {
        let mut image = Image::open(&probe(products)).expect("it opens");
        for round in 0..4 {
            let (first, second) = (image.init(), image.init());
            for ctx in [first, second] {
                echoes(&image, ctx);
                let answer = &ask(&image, ctx, "config_get")["result"]["answer"];
                assert_eq!(answer, "twenty bytes of text");
                let answer = call(&image, ctx, "seen", &json!({}));
                assert_eq!(answer["result"], json!({"events": []}), "{answer}");
                let changed = image.api().on_config_changed.expect("it wants settings");
                // SAFETY: the context is alive, the strings are NUL-terminated.
                unsafe { changed(ctx.as_ptr(), c"colour".as_ptr(), c"red".as_ptr()) };
            }
            image.destroy(first);
            image.destroy(first);
            image.destroy(Ctx::NULL);
            let answer = call(&image, first, "echo", &json!({"text": "x"}));
            failed(&answer, "unavailable", "not running");
            echoes(&image, second);
            image.destroy(second);
            is_ours(&image, Ctx::NULL);
            if round % 2 == 1 {
                image.enter_again().expect("entry works again");
            }
        }
    });
}

/// Swift's runtime remembers every image that it was shown, entered or not, so none may leave.
#[test]
fn a_library_stays_after_dlclose_and_the_next_one_works() {
    let test = "a_library_stays_after_dlclose_and_the_next_one_works";
    swift::run(test, PROBE, |products| {
        let first_hosts = products.join(library("ProbeForFirstHosts"));
        open_and_close(&first_hosts).expect("it opens and closes");
        assert!(is_open(&first_hosts));
        for _ in 0..3 {
            let image = Image::open(&probe(products)).expect("it opens");
            let ctx = image.init();
            echoes(&image, ctx);
            image.destroy(ctx);
            image.close().expect("it closes");
            assert!(is_open(&probe(products)));
        }
    });
}

/// Strings of the host below, by address. Each begins inside an allocation, so libc's `free` would
/// end the process.
static LENT: LazyLock<Mutex<HashMap<usize, CString>>> = LazyLock::new(Mutex::default);
static FREED: Mutex<usize> = Mutex::new(0);

fn lent() -> MutexGuard<'static, HashMap<usize, CString>> {
    LENT.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn lend(_key: *const c_char) -> *const c_char {
    let text = c_string("head.the host's own");
    let start = text.as_ptr().wrapping_add("head.".len());
    lent().insert(start as usize, text);
    start
}

unsafe extern "C" fn take_back(text: *const c_char) {
    let ours = lent().remove(&(text as usize)).is_some();
    assert!(
        ours,
        "free_string of the host got a string that is not its own"
    );
    *FREED.lock().unwrap_or_else(PoisonError::into_inner) += 1;
}

#[test]
fn strings_of_the_host_go_back_to_the_host() {
    let test = "strings_of_the_host_go_back_to_the_host";
    swift::run(test, PROBE, |products| {
        let host = HostApi {
            config_get: Some(lend),
            free_string: Some(take_back),
            ..*table()
        };
        // SAFETY: the table outlives the image.
        let image = unsafe { Image::open_with(&probe(products), &raw const host) };
        let image = image.expect("it opens");
        let ctx = image.init();
        for _ in 0..1000 {
            let answer = &ask(&image, ctx, "config_get")["result"]["answer"];
            assert_eq!(answer, "the host's own");
        }
        image.destroy(ctx);
        assert!(lent().is_empty(), "{} strings were kept", lent().len());
        assert_eq!(*FREED.lock().expect("no thread panicked"), 1000);
    });
}

/// Both have a module, types and a C entry of the same names.
#[test]
fn two_plugins_of_the_same_names_share_a_process() {
    let test = "two_plugins_of_the_same_names_share_a_process";
    swift::run(test, PROBE, |products| {
        let twin = tempfile::tempdir().expect("a temporary folder");
        let twin = twin.path().join("twin.so");
        std::fs::copy(probe(products), &twin).expect("a copied library");
        let images = [probe(products), twin].map(|path| Image::open(&path).expect("it opens"));
        let lives = images.each_ref().map(Image::init);
        for (index, (image, ctx)) in images.iter().zip(lives).enumerate() {
            let changed = image.api().on_config_changed.expect("it wants settings");
            let value = c_string(&index.to_string());
            // SAFETY: the context is alive, the strings are NUL-terminated.
            unsafe { changed(ctx.as_ptr(), c"colour".as_ptr(), value.as_ptr()) };
        }
        images[0].destroy(lives[0]);
        let answer = call(&images[1], lives[1], "seen", &json!({}));
        assert_eq!(answer["result"], json!({"events": ["config colour=1"]}));
        // The manifest is made by conformances that the runtime looks up by name.
        is_ours(&images[0], Ctx::NULL);
        is_ours(&images[1], lives[1]);
    });
}

#[test]
fn a_version_1_host_loads_the_library() {
    swift::run("a_version_1_host_loads_the_library", PROBE, |products| {
        let host = Host::builder().abi(1).build().expect("the host starts");
        let plugin = host.load(&probe(products)).expect("the plugin loads");
        assert_eq!((plugin.abi(), plugin.handles_routes()), (1, false));
        let answer = plugin.invoke("echo", r#"{"text":"x"}"#, None);
        assert!(answer.contains(r#""ok":true"#), "{answer}");
        host.shutdown();
        let image = Image::open_v1(&probe(products)).expect("it opens");
        let ctx = image.init();
        echoes(&image, ctx);
        image.destroy(ctx);
    });
}
