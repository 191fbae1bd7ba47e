//! The real shim library, loaded as a host loads it: what happens before any script runs, and that
//! nothing stays. Each test works on its own copy, so that the loader takes them for different
//! plugins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod common;
use common::{SOURCE, config, handler, manifest, payload, shim};
use osaurus_payload::{EventHandlers, inject};
use osaurus_plugin::abi::{HostApi, PluginApi};
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

/// A cache of these tests' own: in the user's, files of an earlier run would serve for a damaged
/// library.
static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let cache = tempfile::tempdir().unwrap();
    // SAFETY: nothing has been loaded yet that reads the environment.
    unsafe { std::env::set_var("OSAURUS_BRIDGE_CACHE", cache.path().join("cache")) };
    cache
});

/// Tests that count the threads of this process, or leave some for a while.
static THREADS: Mutex<()> = Mutex::new(());

/// An opened plugin.
struct Loaded {
    library: libloading::Library,
    table: PluginApi,
}

type EntryV2 = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;

impl Loaded {
    fn open(path: &Path) -> Self {
        LazyLock::force(&CACHE);
        // SAFETY: the shim has no initialisers that run code of ours.
        let library = unsafe { libloading::Library::new(path) }.unwrap();
        // SAFETY: the symbol and its type are the ABI's; NULL is allowed as host.
        let table = unsafe {
            library.get::<EntryV2>(b"osaurus_plugin_entry_v2").unwrap()(std::ptr::null())
        };
        // SAFETY: the entry returns its static table.
        let table = unsafe { *table };
        Self { library, table }
    }

    fn manifest(&self) -> String {
        // SAFETY: get_manifest takes a NULL context; the result is given back right away.
        unsafe {
            let text = self.table.get_manifest.unwrap()(std::ptr::null_mut());
            let copy = CStr::from_ptr(text).to_str().unwrap().to_owned();
            self.table.free_string.unwrap()(text);
            copy
        }
    }

    fn invoke(&self, id: &str, payload: &str) -> String {
        let [kind, id, payload] = ["tool", id, payload].map(|text| CString::new(text).unwrap());
        // SAFETY: three NUL-terminated strings; the result is given back right away.
        unsafe {
            let call = self.table.invoke.unwrap();
            let text = call(
                std::ptr::null_mut(),
                kind.as_ptr(),
                id.as_ptr(),
                payload.as_ptr(),
            );
            let copy = CStr::from_ptr(text).to_str().unwrap().to_owned();
            self.table.free_string.unwrap()(text);
            copy
        }
    }

    fn init(&self) {
        // SAFETY: the ABI: init after entry.
        assert!(!unsafe { self.table.init.unwrap()() }.is_null());
    }

    fn deliver_probe(&self) {
        let key = c"__osaurus_abi_probe__".as_ptr();
        // SAFETY: the ABI: two NUL-terminated strings; the shim does not look at the context.
        unsafe {
            self.table.on_config_changed.unwrap()(std::ptr::null_mut(), key, c"x".as_ptr());
        }
    }

    fn destroy(&self) {
        // SAFETY: the ABI: destroy after init; the shim does not look at the context.
        unsafe { self.table.destroy.unwrap()(std::ptr::null_mut()) };
    }
}

fn filled(folder: &Path, name: &str, payload: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, inject(&shim(), payload).unwrap()).unwrap();
    path
}

/// That closing a library removes it. The loader of macOS may keep one that has thread-local
/// variables.
fn assert_gone(name: &str) {
    #[cfg(target_os = "linux")]
    assert!(
        !std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .contains(name),
        "the library stayed after dlclose"
    );
    let _ = name;
}

#[test]
fn loading_and_closing_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = payload(None, config()).to_bytes().unwrap();
    let path = filled(folder.path(), "quick-4711.so", &bytes);
    for _ in 0..20 {
        let plugin = Loaded::open(&path);
        plugin.init();
        assert_eq!(plugin.manifest(), manifest());
        plugin.destroy();
        plugin.init();
        assert_eq!(plugin.manifest(), manifest());
        plugin.destroy();
        plugin.library.close().unwrap();
        assert_gone("quick-4711.so");
    }
}

#[test]
fn handlers_that_the_script_lacks_are_null_in_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let plain = filled(
        folder.path(),
        "plain.so",
        &payload(None, config()).to_bytes().unwrap(),
    );
    let table = Loaded::open(&plain).table;
    assert!(
        table.handle_route.is_none()
            && table.on_config_changed.is_none()
            && table.on_task_event.is_none()
    );

    let mut all = config();
    all.routes.insert("page".into(), handler(false, None));
    all.handlers = EventHandlers {
        config: Some(handler(false, None)),
        task: Some(handler(false, None)),
        ..EventHandlers::default()
    };
    let full = filled(
        folder.path(),
        "full.so",
        &payload(None, all).to_bytes().unwrap(),
    );
    let table = Loaded::open(&full).table;
    assert!(
        table.handle_route.is_some()
            && table.on_config_changed.is_some()
            && table.on_task_event.is_some()
    );
}

#[test]
fn the_abi_probe_and_bad_arguments_start_no_runtime() {
    let _alone = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let mut with_config = config();
    with_config.handlers.config = Some(handler(false, None));
    with_config.python = Some("/nowhere/python".into());
    let path = filled(
        folder.path(),
        "probe-4712.so",
        &payload(None, with_config).to_bytes().unwrap(),
    );
    let plugin = Loaded::open(&path);
    plugin.init();
    // On a thread that ends: the loader keeps a library while a living thread has thread-locals of
    // it.
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| {
            plugin.deliver_probe();
            let text = plugin.invoke("echo", r#"{"text":1}"#);
            assert!(text.contains(r#""kind":"invalid_args""#), "{text}");
            assert!(text.contains(r#""field":"text""#), "{text}");
            let text = plugin.invoke("nothing", "{}");
            assert!(text.contains(r#""kind":"not_found""#), "{text}");
            assert!(
                text.contains("it has: echo, fail, later, remember, spin"),
                "{text}"
            );
        });
        // The end of the scope alone does not wait for the thread's destructors.
        caller.join().unwrap();
    });
    // Other tests of this program start threads too: only the shim's names count.
    #[cfg(target_os = "linux")]
    assert_eq!(common::our_threads(), [""; 0], "a thread was started");
    plugin.destroy();
    plugin.library.close().unwrap();
    assert_gone("probe-4712.so");
}

/// Where a start takes long, the host does not wait for it: not at the probe, and not at the end.
#[test]
fn prewarm_starts_the_worker_at_the_first_delivery_without_the_hosts_thread() {
    let _alone = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.prewarm = true;
    let marker = folder.path().join("imported");
    let slow = format!("open({marker:?}, 'w').close()\nimport time\ntime.sleep(3600)\n");
    let bytes = payload(Some(&slow), config).to_bytes().unwrap();
    let path = filled(folder.path(), "warm-4713.so", &bytes);
    let plugin = Loaded::open(&path);
    for _ in 0..2 {
        plugin.init();
        assert_eq!(plugin.manifest(), manifest());
        assert!(!marker.exists(), "loading has started the script");
        let began = std::time::Instant::now();
        plugin.deliver_probe();
        plugin.deliver_probe();
        common::soon("the script is imported", || marker.exists());
        plugin.destroy();
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(15), "{took:?}");
        std::fs::remove_file(&marker).unwrap();
    }
    #[cfg(target_os = "linux")]
    common::soon("no thread is left", || common::our_threads().is_empty());
}

#[test]
fn a_bare_shim_says_that_it_is_bare() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.so");
    std::fs::write(&path, shim()).unwrap();
    let plugin = Loaded::open(&path);
    plugin.init();
    let text = plugin.invoke("echo", "{}");
    assert!(
        text.contains("carries no payload, and there is no"),
        "{text}"
    );
    assert!(text.contains("osaurus-bridge build"), "{text}");
    plugin.destroy();
}

#[test]
fn a_payload_beside_the_bare_shim_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dev.so");
    std::fs::write(&path, shim()).unwrap();
    let bytes = payload(None, config()).to_bytes().unwrap();
    std::fs::write(folder.path().join("dev.osrpay"), bytes).unwrap();
    assert_eq!(Loaded::open(&path).manifest(), manifest());
}

#[test]
fn damaged_files_make_calls_unavailable_and_the_manifest_stays() {
    let folder = tempfile::tempdir().unwrap();
    // Files of its own: where another test has unpacked the same ones, they serve for the damaged
    // library.
    let source = format!("{SOURCE}\n# damaged\n");
    let bytes = payload(Some(&source), config()).to_bytes().unwrap();
    let path = folder.path().join("damaged.so");
    std::fs::write(&path, shim()).unwrap();
    let beside = folder.path().join("damaged.osrpay");
    let mut changed = bytes.clone();
    let last = changed.len() - 20;
    changed[last] ^= 1;
    std::fs::write(&beside, changed).unwrap();
    let plugin = Loaded::open(&path);
    plugin.init();
    assert_eq!(plugin.manifest(), manifest());
    let text = plugin.invoke("echo", r#"{"text":"a"}"#);
    assert!(
        text.starts_with(r#"{"ok":false,"kind":"unavailable""#),
        "{text}"
    );
    assert!(
        text.contains("the hash of the plugin's files does not match"),
        "{text}"
    );
    plugin.destroy();
}

#[test]
fn a_plugin_whose_node_is_nowhere_says_what_was_looked_for_and_how_to_install_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut lacking = config();
    lacking.language = "node".into();
    lacking.entry = "src/probe.py".into();
    lacking.requires_node = Some(">=1000".into());
    let bytes = payload(None, lacking).to_bytes().unwrap();
    let plugin = Loaded::open(&filled(folder.path(), "lacking.so", &bytes));
    plugin.init();
    let text = plugin.invoke("fail", "{}");
    for part in [
        r#""kind":"unavailable""#,
        "/usr/local/bin",
        "~/.nvm",
        "Install Node >=1000",
        "OSAURUS_BRIDGE_NODE",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Addresses of a section in the file, counted from the image's beginning.
#[cfg(target_os = "linux")]
fn section(library: &[u8], name: &str) -> std::ops::Range<usize> {
    let number = |at: usize, len: usize| {
        let bytes = library[at..at + len].iter().rev();
        bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    // The ELF header: where the table of sections is, how many they are, which one has the names.
    let (table, count, names) = (number(40, 8), number(60, 2), number(62, 2));
    let names = number(table + names * 64 + 24, 8);
    let entries = (0..count).map(|index| table + index * 64);
    let mut of_that_name = entries.filter(|entry| {
        let name_at = &library[names + number(*entry, 4)..];
        CStr::from_bytes_until_nul(name_at).unwrap().to_bytes() == name.as_bytes()
    });
    let entry = of_that_name
        .next()
        .unwrap_or_else(|| panic!("no section {name}"));
    number(entry + 16, 8)..number(entry + 16, 8) + number(entry + 32, 8)
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_load_runs_lies_side_by_side() {
    let library = shim();
    let of_load = section(&library, ".text.load");
    let folder = tempfile::tempdir().unwrap();
    let bytes = payload(None, config()).to_bytes().unwrap();
    let loaded = Loaded::open(&filled(folder.path(), "load.so", &bytes));
    // SAFETY: the symbol is only looked at.
    let entry = unsafe { loaded.library.get::<EntryV2>(b"osaurus_plugin_entry_v2") };
    let entry = *entry.unwrap() as *const ();
    // SAFETY: Dl_info is plain data; dladdr fills it for an address in a loaded image.
    let base = unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        assert_ne!(libc::dladdr(entry.cast(), &raw mut info), 0);
        info.dli_fbase as usize
    };
    let table = loaded.table;
    let needed = [
        entry as usize,
        table.init.unwrap() as usize,
        table.get_manifest.unwrap() as usize,
    ];
    for address in needed {
        assert!(
            of_load.contains(&(address - base)),
            "{address:x} of {base:x}, {of_load:x?}"
        );
    }
    // Not all is there: a call needs more than a load.
    assert!(!of_load.contains(&(table.invoke.unwrap() as usize - base)));
}

#[test]
fn the_real_python_worker_leaves_when_it_is_idle_and_comes_back() {
    let _alone = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.idle_timeout_ms = Some(100);
    let bytes = payload(None, config).to_bytes().unwrap();
    let plugin = Loaded::open(&filled(folder.path(), "idle-4714.so", &bytes));
    plugin.init();
    for tool in ["echo", "later", "echo"] {
        let text = plugin.invoke(tool, r#"{"text":"a"}"#);
        assert!(text.contains(r#""ok":true"#), "{text}");
        #[cfg(target_os = "linux")]
        common::soon("no thread is left", || common::our_threads().is_empty());
    }
    plugin.destroy();
}
