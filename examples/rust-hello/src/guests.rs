//! The guest book: one table in the plugin's database. Called by the handlers with their host.

use osaurus_plugin::{Host, HostError};
use serde_json::{Value, json};

/// How many guests are listed when nothing else is said.
pub const DEFAULT_LIMIT: i64 = 10;
/// How many at most.
pub const MAX_LIMIT: i64 = 100;

/// The database is the plugin's own and starts empty; asking again costs the host next to nothing.
fn prepare(host: Host<'_>) -> Result<(), HostError> {
    let table =
        "CREATE TABLE IF NOT EXISTS guests (name TEXT PRIMARY KEY, visits INTEGER NOT NULL)";
    host.db_exec(table, &[]).map(drop)
}

/// Counts a visit; how many there were, this one included.
pub fn count_visit(host: Host<'_>, name: &str) -> Result<i64, HostError> {
    prepare(host)?;
    let count = "INSERT INTO guests (name, visits) VALUES (?1, 1) \
                 ON CONFLICT (name) DO UPDATE SET visits = visits + 1";
    host.db_exec(count, &[name.into()])?;
    let rows = host.db_query("SELECT visits FROM guests WHERE name = ?1", &[name.into()])?;
    Ok(rows.column("visits").find_map(Value::as_i64).unwrap_or(1))
}

/// The guests with the most visits.
pub fn most_frequent(host: Host<'_>, limit: i64) -> Result<Vec<Value>, HostError> {
    prepare(host)?;
    let query = "SELECT name, visits FROM guests ORDER BY visits DESC, name LIMIT ?1";
    let rows = host.db_query(query, &[limit.into()])?;
    let guest = |row: Vec<Value>| match <[Value; 2]>::try_from(row) {
        Ok([name, visits]) => Some(json!({ "name": name, "visits": visits })),
        Err(_) => None,
    };
    Ok(rows.rows.into_iter().filter_map(guest).collect())
}
