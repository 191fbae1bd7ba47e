//! The tables of a plugin's database and their rows, for the console's page. Reads alone, through
//! the host.

use super::Shared;
use super::api::{self, Answer, Refused};
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Rows of one page.
const PAGE: u64 = 100;

/// What is not SQLite's own.
const TABLES: &str = "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') \
                      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/// Query of [`tables`].
#[derive(Deserialize)]
pub struct Which {
    plugin: String,
}

/// The tables and views, by name.
pub async fn tables(State(shared): State<Arc<Shared>>, Query(which): Query<Which>) -> Answer {
    api::run(move || query(&shared, &which.plugin, TABLES, "[]")).await
}

/// Query of [`rows`].
#[derive(Deserialize)]
pub struct Page {
    plugin: String,
    table: String,
    /// Rows before the first one.
    #[serde(default)]
    offset: u64,
}

/// A page of a table's rows.
pub async fn rows(State(shared): State<Arc<Shared>>, Query(page): Query<Page>) -> Answer {
    api::run(move || {
        let sql = format!(
            "SELECT * FROM {} LIMIT {PAGE} OFFSET ?",
            quoted(&page.table)
        );
        let mut answer = query(
            &shared,
            &page.plugin,
            &sql,
            &json!([page.offset]).to_string(),
        )?;
        answer["page"] = json!(PAGE);
        Ok(answer)
    })
    .await
}

fn query(shared: &Shared, plugin: &str, sql: &str, params: &str) -> Result<Value, Refused> {
    let answer = shared.host.query_database(plugin, sql, Some(params));
    let answer =
        answer.ok_or_else(|| api::refused(format!("the plugin {plugin} is not loaded")))?;
    let answer: Value =
        serde_json::from_str(&answer).map_err(|error| api::failed(error.to_string()))?;
    match answer["error"].as_str() {
        Some(error) => Err(api::refused(error.to_owned())),
        None => Ok(answer),
    }
}

/// A name as SQL takes any.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_table_may_have_any_name() {
        assert_eq!(
            super::quoted("a\"; DROP TABLE x"),
            "\"a\"\"; DROP TABLE x\""
        );
    }
}
