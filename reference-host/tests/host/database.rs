//! db_exec and db_query beyond the everyday: odd parameters, odd values, the guard's gaps, many
//! callers at once.

use crate::support::*;
use osaurus_reference_host::{Host, Profile};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn tables_that_init_made_are_there_later_whatever_the_file_is_called() {
    let host = Host::builder().build().unwrap();
    let create = r#"CALL_IN_INIT="4\x1f" "t2\x1f" "CREATE TABLE IF NOT EXISTS made(a)""#;
    let manifest = manifest_macro(&manifest("dev.tables"));
    let plugin = host.load(&probe(&["WITH_V2", &manifest, create])).unwrap();
    let rows = Probe(&plugin, None).query("SELECT count(*) AS n FROM made", "[]");
    assert_eq!(rows, r#"{"columns":["n"],"rows":[[0]]}"#);
    let tools = std::fs::read_dir(host.data_dir().join("Tools")).unwrap();
    let folders: Vec<_> = tools.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(
        folders,
        ["dev.tables"],
        "nothing is left under the file's name"
    );
}

#[test]
fn only_a_json_array_binds_and_each_value_by_its_kind() {
    let (host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    for ignored in ["{\"1\":5}", "5", "\"x\"", "[1", "null", "NULL", ""] {
        assert_eq!(
            db.query("SELECT ? AS a", ignored),
            r#"{"columns":["a"],"rows":[[null]]}"#,
            "{ignored}"
        );
    }
    let noted = own_calls(&host)
        .iter()
        .filter(|call| !call.notes.is_empty())
        .count();
    assert_eq!(noted, 4, "{:?}", own_calls(&host));
    let kinds = |params: &str| {
        let sql = "SELECT typeof(?1) a, typeof(?2) b, typeof(:c) c";
        db.query(sql, params)
            .split_once("rows")
            .unwrap()
            .1
            .to_string()
    };
    assert_eq!(
        kinds("[9223372036854775807, 9223372036854775808, -9223372036854775808.0]"),
        r#"":[["integer","real","integer"]]}"#
    );
    assert_eq!(
        kinds(r#"[true, 0.5, "t"]"#),
        r#"":[["integer","real","text"]]}"#
    );
    assert_eq!(kinds("[[], {}]"), r#"":[["text","text","null"]]}"#);
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(kinds(&nested(127)), r#"":[["text","null","null"]]}"#);
    assert_eq!(kinds(&nested(128)), r#"":[["null","null","null"]]}"#);
    db.query("SELECT 1", &nested(128));
    db.dispatch(&serde_json::from_str(&nested(2)).unwrap());
    db.json(&["7", "t1", &nested(200)]);
    let too_deep: Vec<String> = warnings(&host)
        .into_iter()
        .filter(|text| text.contains("levels deep"))
        .collect();
    let says = |slot: &str, levels: usize| {
        format!(
            "{slot}: expected JSON nested at most 127 levels deep, found {levels}; it is not read"
        )
    };
    assert_eq!(too_deep, [says("db_query", 128), says("dispatch", 200)]);
}

#[test]
fn values_come_back_as_osaurus_writes_them() {
    let (_host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    let row = |sql: &str| {
        let text = db.query(sql, "");
        let rows = text.split_once("\"rows\":").unwrap().1;
        rows.strip_suffix('}').unwrap().to_string()
    };
    assert_eq!(row("SELECT 'a' || char(0) || 'b'"), r#"[["a"]]"#);
    assert_eq!(row("SELECT char(1) || char(9)"), "[[\"\u{1}\\t\"]]");
    assert_eq!(
        row("SELECT 9e999, -9e999"),
        "[[inf,-inf]]",
        "no JSON, as in Osaurus"
    );
    assert_eq!(row("SELECT x'ff00'"), r#"[["/wA="]]"#);
    assert_eq!(row("SELECT 1 WHERE 0"), "[]");
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000) \
                SELECT i FROM n";
    assert_eq!(row(many).matches(',').count(), 19_999, "no limit on rows");
}

#[test]
fn an_error_between_rows_ends_them_without_a_word() {
    let (_host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    db.exec("CREATE TABLE n(i)", "");
    db.exec("INSERT INTO n VALUES (1), (-9223372036854775808), (3)", "");
    assert_eq!(
        db.query("SELECT abs(i) a FROM n", ""),
        r#"{"columns":["a"],"rows":[[1]]}"#
    );
}

#[test]
fn each_slot_runs_whatever_statement_it_is_given() {
    let (_host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    db.exec("CREATE TABLE t(a INTEGER PRIMARY KEY REFERENCES t(a))", "");
    db.exec("INSERT INTO t VALUES (1), (2)", "");
    assert_eq!(
        db.exec("SELECT * FROM t", ""),
        r#"{"changes":2,"last_insert_rowid":2}"#,
        "the counts of the statement before"
    );
    assert_eq!(
        db.query("INSERT INTO t VALUES (7)", ""),
        r#"{"columns":[],"rows":[]}"#
    );
    assert!(db.query("SELECT max(a) m FROM t", "").contains("[[7]]"));
    db.exec("CREATE TABLE child(t REFERENCES t(a))", "");
    assert_eq!(
        db.exec("INSERT INTO child VALUES (99)", ""),
        r#"{"error":"FOREIGN KEY constraint failed"}"#
    );
    assert_eq!(
        db.exec("-- only words", "[1]"),
        r#"{"error":"bad parameter or other API misuse"}"#
    );
    assert_eq!(
        db.query("SELECT load_extension('x')", ""),
        r#"{"error":"Forbidden SQL statement"}"#
    );
}

/// The gap of Osaurus' guard; what it leads to is not open: every database has a key of its own.
#[test]
fn attach_after_a_comment_runs_but_opens_no_other_plugins_file() {
    let exact = Host::builder().profile(Profile::OsaurusExact);
    let (host, one) = loaded(exact);
    let two = host.load(&probe_with(&manifest("dev.two"))).unwrap();
    Probe(&two, None).exec("CREATE TABLE private(x)", "");
    let db = Probe(&one, None);
    assert_eq!(
        db.exec("ATTACH ':memory:' AS m", ""),
        r#"{"error":"Forbidden SQL statement"}"#
    );
    assert!(
        db.exec("/**/ ATTACH ':memory:' AS m", "")
            .contains("changes")
    );
    assert_eq!(own_calls(&host).pop().unwrap().quirks(), [37]);
    assert!(db.exec("/**/ DETACH m", "").contains("changes"));
    for theirs in ["Tools/dev.two/data/data.db", "secrets.db"] {
        let path = host.data_dir().join(theirs);
        let answer = db.exec(&format!("/**/ ATTACH '{}' AS theirs", path.display()), "");
        assert_eq!(answer, r#"{"error":"file is not a database"}"#);
    }
    let copy = host.data_dir().join("copy.db");
    let answer = db.exec(&format!("VACUUM INTO '{}'", copy.display()), "");
    assert!(answer.contains("changes"), "not blocked: {answer}");
    assert!(!std::fs::read(copy).unwrap().starts_with(b"SQLite format 3"));
    db.query("PRAGMA soft_heap_limit", "");
    assert_eq!(own_calls(&host).pop().unwrap().quirks(), [37]);
}

#[test]
fn sql_stays_in_its_plugins_file_unless_the_host_is_exactly_osaurus() {
    let (host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    db.exec("CREATE TABLE t(a)", "");
    let file = host.data_dir().join("victim");
    let file = file.display();
    let refused = [
        format!("/**/ATTACH '{file}' AS x"),
        ";ATTACH ':memory:' AS x".to_string(),
        format!("VACUUM INTO '{file}'"),
        format!("PRAGMA cipher_profile='{file}'"),
        format!("PRAGMA Cipher_Profile('{file}')"),
        "PRAGMA hard_heap_limit=100000".to_string(),
        "PRAGMA soft_heap_limit(100000)".to_string(),
        "PRAGMA rekey='other'".to_string(),
        "PRAGMA key='other'".to_string(),
        "PRAGMA cipher_log='stdout'".to_string(),
        format!("PRAGMA temp_store_directory='{file}'"),
        "PRAGMA writable_schema=1".to_string(),
        "PRAGMA max_page_count=9999999".to_string(),
        "SELECT * FROM pragma_hard_heap_limit".to_string(),
        format!("/**/ATTACH '{file}' || 'x' AS x"),
    ];
    for sql in &refused {
        let answer = db.query(sql, "");
        let exec_answer = db.exec(sql, "");
        let last = own_calls(&host).pop().unwrap();
        assert!(
            last.stricter_than_osaurus(),
            "{sql}: {answer} {exec_answer} {:?}",
            last.notes
        );
        assert!(last.quirks().iter().all(|quirk| *quirk == 3), "{sql}");
    }
    assert!(!host.data_dir().join("victim").exists());
    let answer = db.exec(&refused[5], "");
    assert_eq!(answer, r#"{"error":"not authorized"}"#);
    let notes = own_calls(&host).pop().unwrap().notes;
    assert!(
        notes.contains(&"stricter than Osaurus: PRAGMA hard_heap_limit is refused".to_string()),
        "{notes:?}"
    );

    for sql in [
        "VACUUM",
        "PRAGMA user_version = 7",
        "PRAGMA table_info(t)",
        "PRAGMA max_page_count = 100",
        "ANALYZE",
        "PRAGMA optimize",
    ] {
        assert!(!db.query(sql, "").contains("error"), "{sql}");
        assert!(
            !own_calls(&host).pop().unwrap().stricter_than_osaurus(),
            "{sql}"
        );
    }
}

#[test]
fn all_agents_share_one_database_and_callers_take_turns() {
    let (_host, plugin) = loaded(Host::builder());
    Probe(&plugin, None).exec("CREATE TABLE t(a)", "");
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let agent = [None, alice(), bob()][worker % 3];
            let plugin = &plugin;
            scope.spawn(move || {
                for _ in 0..40 {
                    let answer = Probe(plugin, agent).exec("INSERT INTO t VALUES (1)", "");
                    assert!(answer.starts_with("{\"changes\":1,"), "{answer}");
                }
            });
        }
    });
    for agent in [alice(), bob()] {
        let count = Probe(&plugin, agent).query("SELECT count(*) n FROM t", "");
        assert_eq!(count, r#"{"columns":["n"],"rows":[[320]]}"#);
    }
}

#[test]
fn the_file_is_made_at_the_first_statement_and_survives_an_unload() {
    let (host, plugin) = loaded(Host::builder());
    let file = host.data_dir().join("Tools/dev.probe/data/data.db");
    assert!(!file.exists());
    Probe(&plugin, None).exec("CREATE TABLE t(a)", "");
    assert!(file.exists());
    assert!(host.unload(&plugin));
    let again = host.load(&probe_with(&manifest("dev.probe"))).unwrap();
    let answer = Probe(&again, None).query("SELECT count(*) n FROM t", "");
    assert_eq!(answer, r#"{"columns":["n"],"rows":[[0]]}"#);
}

/// Holds SQLite's write lock on a database in WAL mode, as another program would, until standard
/// input ends.
fn hold_the_write_lock(database: &Path) {
    const WRITE_LOCK: i64 = 120;
    let shared = database.with_extension("db-shm");
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(shared)
        .unwrap();
    // SAFETY: zero is a valid value of every field.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK.try_into().unwrap();
    lock.l_whence = libc::SEEK_SET.try_into().unwrap();
    (lock.l_start, lock.l_len) = (WRITE_LOCK, 1);
    // SAFETY: the descriptor is open and the structure is filled in.
    let locked = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const lock) };
    assert_eq!(locked, 0);
    println!("locked");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn a_lock_of_another_program_is_waited_for_five_seconds() {
    if let Some(database) = child_case() {
        return hold_the_write_lock(Path::new(&database));
    }
    let (host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    db.exec("CREATE TABLE t(a)", "");
    let test = "database::a_lock_of_another_program_is_waited_for_five_seconds";
    let database = host.data_dir().join("Tools/dev.probe/data/data.db");
    let mut other = child(test, database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("locked")));
    let began = Instant::now();
    let refused = db.exec("INSERT INTO t VALUES (1)", "");
    assert_eq!(refused, r#"{"error":"database is locked"}"#);
    assert!(began.elapsed() >= Duration::from_secs(5));
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
    assert!(
        db.exec("INSERT INTO t VALUES (1)", "")
            .starts_with("{\"changes\":1")
    );
}

#[test]
fn a_conversion_of_the_storage_loses_what_belongs_to_the_connection() {
    let (_host, plugin) = loaded(Host::builder());
    let db = Probe(&plugin, None);
    db.exec("CREATE TABLE kept(x)", "");
    db.exec("CREATE TEMP TABLE lost(x)", "");
    db.exec("PRAGMA foreign_keys = OFF", "");
    db.exec("BEGIN", "");
    db.exec("INSERT INTO kept VALUES (1)", "");
    plugin.convert_storage();
    let count = |table: &str| db.query(&format!("SELECT count(*) n FROM {table}"), "");
    assert_eq!(
        count("kept"),
        r#"{"columns":["n"],"rows":[[0]]}"#,
        "the transaction is gone"
    );
    assert!(count("lost").contains("no such table"));
    assert!(db.query("PRAGMA foreign_keys", "").contains("[[1]]"));
}
