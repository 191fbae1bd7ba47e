//! What is on the disk: settings of agents, keys, encryption, and what a killed host leaves.

use crate::support::*;
use osaurus_reference_host::{AgentId, Host, HostBuilder, KeyPlace};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// A host on a folder that stays; its key is in a file, so that no test touches the user's
/// keychain.
fn on(folder: &Path) -> HostBuilder {
    Host::builder().data_dir(folder).key_place(KeyPlace::File)
}

/// The store as someone with the key would open it.
fn open_store(folder: &Path) -> rusqlite::Connection {
    let key = std::fs::read_to_string(folder.join("host.key")).unwrap();
    let own = Sha256::new()
        .chain_update(key)
        .chain_update("secrets")
        .finalize();
    let hex: String = own.iter().map(|byte| format!("{byte:02x}")).collect();
    let store = rusqlite::Connection::open(folder.join("secrets.db")).unwrap();
    store
        .pragma_update(None, "key", format!("x'{hex}'"))
        .unwrap();
    store
}

#[test]
fn a_value_from_before_agents_becomes_the_default_agents() {
    let data = tempfile::tempdir().unwrap();
    drop(on(data.path()).build().unwrap());
    let old = "INSERT INTO secrets VALUES ('dev.probe.token', 'old'), ('dev.probe.mine', 'older')";
    open_store(data.path()).execute(old, []).unwrap();
    let (host, plugin) = loaded(on(data.path()));
    Probe(&plugin, alice()).config_set("mine", "new");
    let stored = |agent, key| host.config_value(agent, "dev.probe", key);
    assert_eq!(stored(AgentId::DEFAULT, "token"), None);
    assert_eq!(
        Probe(&plugin, None).config_get("token"),
        "NULL",
        "not without an agent"
    );
    assert_eq!(Probe(&plugin, alice()).config_get("token"), "old");
    assert_eq!(
        stored(AgentId::DEFAULT, "token").as_deref(),
        Some("old"),
        "moved"
    );
    assert_eq!(Probe(&plugin, bob()).config_get("token"), "old");
    assert_eq!(
        Probe(&plugin, alice()).config_get("mine"),
        "new",
        "only where nothing else is found"
    );
    assert_eq!(stored(AgentId::DEFAULT, "mine"), None);
    drop(host);
    let count: i64 = open_store(data.path())
        .query_row(
            "SELECT count(*) FROM secrets WHERE account = 'dev.probe.token'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(count, 0, "the old entry is gone");
}

#[test]
fn what_the_default_agent_loses_does_not_come_back_from_before_agents() {
    let data = tempfile::tempdir().unwrap();
    drop(on(data.path()).build().unwrap());
    let both = "INSERT INTO secrets VALUES ('dev.page.token', 'oldest'), \
                ('00000000-0000-0000-0000-000000000001.dev.page.token', 'old')";
    open_store(data.path()).execute(both, []).unwrap();
    let mut page = manifest("dev.page");
    page["capabilities"]["config"] = json!({"sections": [{"title": "S", "fields": [
        {"key": "link", "type": "status", "label": "L",
        "disconnect_action": {"clear_keys": ["token"]}}
    ]}]});
    let host = on(data.path()).build().unwrap();
    let plugin = host.load(&probe_with(&page)).unwrap();
    let probe = Probe(&plugin, alice());
    assert_eq!(probe.config_get("token"), "old");
    host.disconnect("dev.page", AgentId::DEFAULT, "link")
        .unwrap();
    assert_eq!(probe.config_get("token"), "NULL");
}

#[test]
fn accounts_are_joined_by_dots_and_may_meet() {
    let (host, one) = loaded(Host::builder());
    let two = host.load(&probe_with(&manifest("dev.probe.sub"))).unwrap();
    Probe(&one, alice()).config_set("sub.k", "from one");
    assert_eq!(Probe(&two, alice()).config_get("k"), "from one");
    Probe(&two, alice()).call(&["3", "v1", "k"]);
    assert_eq!(Probe(&one, alice()).config_get("sub.k"), "NULL");
}

#[test]
fn any_key_is_stored_and_the_plugin_is_not_called() {
    let host = Host::builder().agents(["alice"]).build().unwrap();
    // A library of its own: what a probe was sent is kept per library.
    let plugin = host.load(&probe_with(&manifest("dev.keys"))).unwrap();
    let probe = Probe(&plugin, alice());
    let events_before = probe.events().len();
    for key in ["", " ", "not in the manifest", "ключ"] {
        probe.config_set(key, "v");
        assert_eq!(probe.config_get(key), "v", "{key:?}");
    }
    probe.call(&["3", "v1", ""]);
    probe.call(&["3", "v1", "never set"]);
    assert_eq!(probe.config_get(""), "NULL");
    assert_eq!(probe.events().len(), events_before);
}

#[test]
fn a_value_that_is_too_large_is_dropped_before_the_agent_is_looked_at() {
    let (host, plugin) = loaded(Host::builder());
    let big = "ä".repeat(524_289);
    for agent in [None, alice()] {
        Probe(&plugin, agent).config_set("k", &big);
    }
    let keys = own_warnings(&host);
    assert_eq!(
        keys,
        ["dev.probe|config_set|too_large|k"],
        "no warning about the agent"
    );
    let fits = "ä".repeat(524_288);
    Probe(&plugin, alice()).config_set("k", &fits);
    assert_eq!(
        Probe(&plugin, alice()).config_get("k"),
        fits,
        "bytes count, not characters"
    );
}

#[test]
fn a_copied_folder_without_its_key_opens_nothing() {
    let (data, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    {
        let (_host, plugin) = loaded(on(data.path()));
        Probe(&plugin, alice()).config_set("token", "very-secret-setting");
        Probe(&plugin, None).exec("CREATE TABLE t(a)", "");
        Probe(&plugin, None).exec("INSERT INTO t VALUES ('very-secret-row')", "");
    }
    let copied = Command::new("cp")
        .arg("-r")
        .arg(data.path().join("."))
        .arg(copy.path())
        .status();
    assert!(copied.unwrap().success());
    std::fs::remove_file(copy.path().join("host.key")).unwrap();
    let text = on(copy.path()).build().unwrap_err().to_string();
    assert!(
        text.contains("secrets.db") && text.contains("restore host.key"),
        "{text}"
    );
    assert!(
        !copy.path().join("host.key").exists(),
        "no new key that would hide the loss"
    );
    for file in ["secrets.db", "Tools/dev.probe/data/data.db"] {
        let bytes = std::fs::read(copy.path().join(file)).unwrap();
        let tells = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        assert!(
            bytes.len() > 4096 && !tells(b"very-secret") && !tells(b"SQLite"),
            "{file}"
        );
    }
    std::fs::remove_file(copy.path().join("secrets.db")).unwrap();
    let (_host, plugin) = loaded(on(copy.path()));
    assert_eq!(
        Probe(&plugin, None).query("SELECT * FROM t", ""),
        r#"{"error":"Database not open"}"#
    );
}

/// In a child with a Secret Service of its own, which ends with it.
#[cfg(target_os = "linux")]
#[test]
fn the_key_is_in_the_keychain_where_there_is_one() {
    let test = "storage::the_key_is_in_the_keychain_where_there_is_one";
    if child_case().is_none() {
        let home = tempfile::tempdir().unwrap();
        let script = "printf secret | gnome-keyring-daemon --unlock --components=secrets \
                      >/dev/null && exec \"$@\"";
        let output = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", script, "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env("PROBE_CASE", "run")
            .env("HOME", home.path())
            .env("XDG_DATA_HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .output()
            .expect("dbus-run-session: run script/setup");
        return assert_ok(&output);
    }
    let (data, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = || Host::builder().data_dir(data.path());
    {
        let (_host, plugin) = loaded(host());
        Probe(&plugin, alice()).config_set("token", "v");
    }
    let key_file = std::fs::read_to_string(data.path().join("host.key")).unwrap();
    let account = key_file
        .strip_prefix("keychain ")
        .unwrap_or_else(|| panic!("{key_file}"));
    let item = keyring::Entry::new("osaurus-bridge reference host", account).unwrap();
    let key = item.get_password().unwrap();
    assert_eq!(key.len(), 64);
    let (_host, plugin) = loaded(host());
    assert_eq!(Probe(&plugin, alice()).config_get("token"), "v");
    std::fs::copy(
        data.path().join("secrets.db"),
        copy.path().join("secrets.db"),
    )
    .unwrap();
    std::fs::write(copy.path().join("host.key"), "keychain another-user").unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(copy.path().join("host.key"), private).unwrap();
    let text = Host::builder()
        .data_dir(copy.path())
        .build()
        .unwrap_err()
        .to_string();
    assert!(text.contains("account another-user"), "{text}");
}

/// Writes a row and a setting, says so, and goes on until it is killed.
fn write_until_killed(folder: &Path, library: &Path) {
    let host = on(folder).build().unwrap();
    let plugin = host.load(library).unwrap();
    let probe = Probe(&plugin, alice());
    probe.exec("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY)", "");
    let rows = probe.query("SELECT coalesce(max(n), 0), count(*) FROM t", "");
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let last = rows["rows"][0][0].as_i64().unwrap();
    println!(
        "found {last} {} {}",
        rows["rows"][0][1],
        probe.config_get("last")
    );
    for n in last + 1.. {
        let answer = probe.exec("INSERT INTO t VALUES (?)", &json!([n]).to_string());
        assert!(answer.starts_with("{\"changes\":1,"), "{answer}");
        probe.config_set("last", &n.to_string());
        println!("wrote {n}");
    }
}

/// 100 times: a child writes and is killed in the middle of it; the next one finds all that was
/// acknowledged.
#[test]
fn a_killed_host_loses_nothing_that_it_acknowledged() {
    let test = "storage::a_killed_host_loses_nothing_that_it_acknowledged";
    if let Some(case) = child_case() {
        let (folder, library) = case.split_once('\n').unwrap();
        return write_until_killed(Path::new(folder), Path::new(library));
    }
    let data = tempfile::tempdir().unwrap();
    let library = probe_with(&manifest("dev.probe"));
    let case = format!("{}\n{}", data.path().display(), library.display());
    let (mut acknowledged, mut total) = (0, 0);
    for round in 0..100 {
        let child = child(test, &case).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut words = lines.filter_map(|line| {
            let at = line.find("found ").or_else(|| line.find("wrote "))?;
            Some(
                line[at..]
                    .split(' ')
                    .map(str::to_string)
                    .collect::<Vec<_>>(),
            )
        });
        let row = words.next().unwrap();
        let [last, count, setting] = [1, 2, 3].map(|at| row[at].parse::<i64>().unwrap_or(0));
        assert!(
            last >= acknowledged && count == last,
            "round {round}: {row:?}, acknowledged {acknowledged}"
        );
        assert!(
            setting >= acknowledged,
            "round {round}: the setting is {setting}, acknowledged {acknowledged}"
        );
        // Another number of writes each time, so that death comes at many different moments.
        for _ in 0..=round % 7 {
            acknowledged = words.next().unwrap()[1].parse().unwrap();
        }
        child.kill().unwrap();
        for rest in words {
            acknowledged = rest[1].parse().unwrap_or(acknowledged);
        }
        child.wait().unwrap();
        total += 1;
    }
    assert_eq!(total, 100);
    assert!(acknowledged >= 300);
}
