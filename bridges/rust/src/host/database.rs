//! `db_exec` and `db_query`: the plugin's own SQLite file, shared by all agents.

use super::{Host, answer};
use crate::call::CallArg;
use crate::error::HostError;
use osaurus_abi::HostSlot;
use serde_json::Value;

/// What a statement changed.
///
/// ```
/// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
/// let changes = host.db_exec("DELETE FROM notes", &[])?;
/// println!("{} rows are gone", changes.changes);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbChanges {
    /// Rows changed; meaningless after a statement that changes no rows.
    pub changes: i64,
    /// The rowid of the last inserted row.
    pub last_insert_rowid: i64,
}

/// The rows of a query.
///
/// ```
/// use osaurus_plugin::Rows;
/// use serde_json::json;
/// let rows = Rows {
///     columns: vec!["id".to_owned(), "title".to_owned()],
///     rows: vec![vec![json!(1), json!("Milk")]],
/// };
/// assert_eq!(rows.rows[0][1], "Milk");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Column names in order; may repeat.
    pub columns: Vec<String>,
    /// Values in the order of `columns`. A BLOB comes as base64 text, an empty BLOB as null.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// The values of one column, by its first place.
    ///
    /// ```
    /// use osaurus_plugin::Rows;
    /// use serde_json::json;
    /// let rows = Rows {
    ///     columns: vec!["id".to_owned(), "title".to_owned()],
    ///     rows: vec![vec![json!(1), json!("Milk")], vec![json!(2), json!("Bread")]],
    /// };
    /// let titles: Vec<_> = rows.column("title").collect();
    /// assert_eq!(titles, [&json!("Milk"), &json!("Bread")]);
    /// ```
    pub fn column(&self, name: &str) -> impl Iterator<Item = &Value> {
        let index = self.columns.iter().position(|column| column == name);
        self.rows
            .iter()
            .filter_map(move |row| index.and_then(|index| row.get(index)))
    }
}

impl Host<'_> {
    /// Runs one statement; `params` fill its placeholders in order (`?1` is the first). Only the
    /// first statement of the text runs. A BLOB cannot be bound; write it as a hex literal.
    ///
    /// ```
    /// use serde_json::json;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.db_exec("CREATE TABLE IF NOT EXISTS notes (title TEXT)", &[])?;
    /// let changes = host.db_exec("INSERT INTO notes VALUES (?)", &[json!("Milk")])?;
    /// let id = changes.last_insert_rowid;
    /// # Ok(())
    /// # }
    /// ```
    pub fn db_exec(&self, sql: &str, params: &[Value]) -> Result<DbChanges, HostError> {
        let slot = HostSlot::DbExec;
        let value = self.sql(slot, sql, params)?;
        let number = |key| value.get(key).and_then(Value::as_i64);
        match (number("changes"), number("last_insert_rowid")) {
            (Some(changes), Some(last_insert_rowid)) => Ok(DbChanges {
                changes,
                last_insert_rowid,
            }),
            _ => Err(answer::bad(
                slot,
                "{\"changes\", \"last_insert_rowid\"}",
                &value,
            )),
        }
    }

    /// Runs one query; `params` as in [`Host::db_exec`].
    ///
    /// ```
    /// use serde_json::json;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let rows = host.db_query("SELECT title FROM notes WHERE rowid > ?", &[json!(10)])?;
    /// for title in rows.column("title") {
    ///     println!("{title}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn db_query(&self, sql: &str, params: &[Value]) -> Result<Rows, HostError> {
        let slot = HostSlot::DbQuery;
        let value = self.sql(slot, sql, params)?;
        let rows = answer::array(slot, &value, "rows")?;
        let columns = match value.get("columns").and_then(Value::as_array) {
            Some(columns) => columns.iter().map(name).collect(),
            // The documents promise rows that are objects, without `columns`.
            None => match rows.first().and_then(Value::as_object) {
                Some(first) => first.keys().cloned().collect(),
                None => Vec::new(),
            },
        };
        let rows: Result<Vec<_>, _> = rows.iter().map(|row| cells(slot, row, &columns)).collect();
        Ok(Rows {
            rows: rows?,
            columns,
        })
    }

    fn sql(&self, slot: HostSlot, sql: &str, params: &[Value]) -> Result<Value, HostError> {
        if params.is_empty() {
            return self.ask_json(slot, &[CallArg::Text(sql), CallArg::Null]);
        }
        let params = Value::from(params).to_string();
        self.ask_json(slot, &[CallArg::Text(sql), CallArg::Text(&params)])
    }
}

fn name(column: &Value) -> String {
    column
        .as_str()
        .map_or_else(|| column.to_string(), str::to_owned)
}

fn cells(slot: HostSlot, row: &Value, columns: &[String]) -> Result<Vec<Value>, HostError> {
    match row {
        Value::Array(cells) => Ok(cells.clone()),
        Value::Object(cells) => {
            let cell = |column| cells.get(column).cloned().unwrap_or(Value::Null);
            Ok(columns.iter().map(cell).collect())
        }
        other => Err(answer::bad(slot, "rows that are arrays", other)),
    }
}
