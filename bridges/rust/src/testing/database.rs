//! The plugin's database in a test: SQLite in memory. Used by `script`. Answers as the host does;
//! what the host forbids beyond a plugin's own file is not checked here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, Statement};
use serde_json::{Value, json};

/// An open database.
pub(super) struct Database(Connection);

impl Database {
    pub(super) fn open() -> Self {
        match Connection::open_in_memory() {
            Ok(connection) => Database(connection),
            Err(error) => panic!("SQLite cannot open a database in memory: {error}"),
        }
    }

    /// The answer of `db_exec`.
    pub(super) fn exec(&self, sql: &str, params: &Value) -> Value {
        let changes = self.bound(sql, params, |statement| {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        });
        match changes {
            Ok(()) => json!({
                "changes": self.0.changes(),
                "last_insert_rowid": self.0.last_insert_rowid(),
            }),
            Err(error) => json!({"error": error.to_string()}),
        }
    }

    /// The answer of `db_query`.
    pub(super) fn query(&self, sql: &str, params: &Value) -> Value {
        let answer = self.bound(sql, params, |statement| {
            let columns: Vec<String> = statement.column_names().map(String::from).collect();
            let mut rows = Vec::new();
            let mut cursor = statement.raw_query();
            while let Some(row) = cursor.next()? {
                let cells = (0..columns.len()).map(|at| row.get_ref(at).map(cell));
                rows.push(cells.collect::<Result<Value, _>>()?);
            }
            Ok(json!({"columns": columns, "rows": rows}))
        });
        answer.unwrap_or_else(|error| json!({"error": error.to_string()}))
    }

    fn bound<T>(
        &self,
        sql: &str,
        params: &Value,
        run: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut statement = self.0.prepare(sql)?;
        let params = params.as_array().map(Vec::as_slice).unwrap_or_default();
        for (at, param) in params.iter().take(statement.parameter_count()).enumerate() {
            statement.raw_bind_parameter(at + 1, bound_value(param))?;
        }
        run(&mut statement)
    }
}

fn bound_value(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Integer((*flag).into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cell::Integer(whole),
            None => Cell::Real(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Cell::Text(value.to_string()),
    }
}

fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(whole) => whole.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        // As the host: an empty BLOB comes as null.
        ValueRef::Blob([]) => Value::Null,
        ValueRef::Blob(bytes) => STANDARD.encode(bytes).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind_are_stored_and_come_back_as_the_host_gives_them() {
        let database = Database::open();
        database.exec("CREATE TABLE t (a, b)", &Value::Null);
        let changes = database.exec("INSERT INTO t VALUES (?, ?)", &json!([true, {"x": 1}]));
        assert_eq!(changes, json!({"changes": 1, "last_insert_rowid": 1}));
        database.exec("INSERT INTO t VALUES (?, x'ff')", &json!([1.5]));
        database.exec("INSERT INTO t (a) VALUES (?)", &json!(["text"]));
        let rows = database.query("SELECT a, b FROM t", &Value::Null);
        assert_eq!(
            rows,
            json!({"columns": ["a", "b"], "rows": [[1, "{\"x\":1}"], [1.5, "/w=="], ["text", null]]})
        );
        let error = database.query("SELECT * FROM missing", &Value::Null);
        assert!(
            error["error"]
                .as_str()
                .is_some_and(|text| text.contains("missing")),
            "{error}"
        );
    }
}
