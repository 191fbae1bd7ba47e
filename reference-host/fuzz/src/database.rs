//! Parameters of SQL statements. Parts: which statement, the parameters.

use crate::parts;
use crate::probe::{Stage, locked};
use osaurus_reference_host::Host;
use serde_json::{Value, json};
use std::sync::{LazyLock, Mutex};

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| {
    let manifest = json!({"plugin_id": "fuzz.probe", "capabilities": {}});
    let mut stage = Stage::new(Host::builder(), &manifest);
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT, c REAL, d BLOB)";
    stage.call("db_exec", table, None);
    Mutex::new(stage)
});

const STATEMENTS: [(&str, &str); 8] = [
    ("db_query", "SELECT ?1"),
    ("db_query", "SELECT ?1, typeof(?1), ?2, typeof(?2)"),
    ("db_query", "SELECT :a, @b, $c"),
    (
        "db_query",
        "SELECT * FROM t WHERE a = ? OR b LIKE ? LIMIT 5",
    ),
    ("db_query", "SELECT value FROM json_each(?1)"),
    ("db_exec", "INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)"),
    ("db_exec", "UPDATE t SET a = ?2 WHERE id = ?1"),
    ("db_exec", "DELETE FROM t WHERE id > 20 OR a = ?3"),
];

pub fn run(input: &[u8]) {
    let [choice, params] = parts(input);
    let choice = usize::from(choice.bytes().next().unwrap_or_default()) % STATEMENTS.len();
    let (slot, sql) = STATEMENTS[choice];
    let mut stage = locked(&STAGE);
    let answer = stage.call(slot, sql, Some(&params));
    let is_failure = answer["error"].is_string();
    assert!(
        is_failure
            || answer
                .as_object()
                .is_some_and(|object| !object.contains_key("error")),
        "{answer}"
    );
    if choice == 0 && !is_failure {
        check_returned(&params, &answer["rows"][0][0]);
    }
}

/// What was bound comes back: strings and whole numbers as they are, and nothing from what is not
/// an array.
fn check_returned(params: &str, returned: &Value) {
    let first = match serde_json::from_str::<Value>(params) {
        Ok(Value::Array(values)) => values.into_iter().next().unwrap_or(Value::Null),
        _ => Value::Null,
    };
    match &first {
        Value::String(text) if !text.contains('\0') => assert_eq!(returned, &first, "{params}"),
        Value::Number(number) if number.is_i64() => assert_eq!(returned, &first, "{params}"),
        Value::Null => assert!(returned.is_null(), "{params} gave {returned}"),
        _ => {}
    }
}
