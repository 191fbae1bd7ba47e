//! The steps with the notes plugin, which is written in Python.

use crate::steps::{Plugin, Step, expect, share, tool};
use crate::table::Table;
use osaurus_reference_host::{AgentId, Host, RouteCall};
use serde_json::{Value, json};
use std::time::Duration;

/// Runs them all.
pub fn steps(table: &mut Table<'_>, host: &Host, plugin: &Plugin, [ada, ben]: [AgentId; 2]) {
    write_and_search(table, plugin, ada);
    settings(table, host, plugin, ada, ben);
    models(table, host, plugin, ada);
    web_and_files(table, host, plugin, ada);
    background(table, host, plugin, ada);
    routes(table, plugin, ada, ben);
    refusals(table, plugin, ada);
    table.row("log", "both", || log_lines(host));
}

fn write_and_search(table: &mut Table<'_>, plugin: &Plugin, ada: AgentId) {
    let notes = [
        (
            "Bread",
            "Flour, water, salt and yeast; bake for forty minutes.",
        ),
        ("Flight", "The plane to Lisbon leaves on Friday at nine."),
        ("Tyres", "Winter tyres are due for the car in November."),
    ];
    table.row("db", "ada", || {
        for (title, body) in notes {
            tool(
                plugin,
                ada,
                "add_note",
                &json!({"title": title, "body": body, "tags": ["demo"]}),
            )?;
        }
        Ok("three notes kept, each with its meaning as a vector".into())
    });
    table.row("inference", "ada", || {
        let results = tool(
            plugin,
            ada,
            "search_notes",
            &json!({"query": "baking bread with flour", "limit": 1}),
        )?;
        let title = results[0]["title"].as_str().unwrap_or("nothing");
        expect(
            title == "Bread",
            format!("\"baking bread with flour\" finds {title}"),
        )
    });
}

fn settings(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId, ben: AgentId) {
    table.row("config", "ada", || {
        let result = tool(plugin, ada, "set_style", &json!({"style": "cheerful"}))?;
        expect(
            result["now"] == "cheerful",
            "her style is cheerful now".into(),
        )
    });
    table.row("config", "ben", || {
        let result = tool(plugin, ben, "set_style", &json!({"style": ""}))?;
        let style = host.config_value(ada, plugin.id(), "style");
        expect(
            result["before"].is_null() && style.as_deref() == Some("cheerful"),
            "he does not see her style, nor touch it".into(),
        )
    });
    table.row("config", "ben", || {
        plugin.config_changed(ben, "style", "plain");
        Ok("he changes a setting in Osaurus: the plugin is told".into())
    });
}

fn models(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId) {
    table.row("inference", "ada", || {
        let result = tool(plugin, ada, "summarize", &json!({"max_words": 200}))?;
        let words = result["summary"]
            .as_str()
            .unwrap_or("")
            .split_whitespace()
            .count();
        expect(
            words > 5 && result["stopped_early"] == false,
            format!("a summary of {words} words, streamed"),
        )
    });
    table.row("inference", "ada", || {
        let result = tool(plugin, ada, "summarize", &json!({"max_words": 5}))?;
        let cancelled = host
            .activity()
            .iter()
            .any(|call| call.slot == "complete_cancel");
        expect(
            result["stopped_early"] == true && cancelled,
            "the same, stopped after 5 words: the stream is cancelled".into(),
        )
    });
    table.row("inference", "ada", || {
        let result = tool(plugin, ada, "title_for", &json!({"text": "buying bread"}))?;
        Ok(format!("a title by the model: {}", result["text"]))
    });
    table.row("agent", "ada", || {
        let result = tool(plugin, ada, "about", &json!({}))?;
        let models = result["models"].as_array().map_or(0, Vec::len);
        expect(
            result["agent"] == ada.to_string(),
            format!(
                "knows who asks, {} notes and {models} models",
                result["notes"]
            ),
        )
    });
}

fn web_and_files(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId) {
    table.row("http", "ada", || {
        let result = tool(
            plugin,
            ada,
            "import_page",
            &json!({"url": "http://news.example.com/today"}),
        )?;
        Ok(format!("a web page becomes note {}", result["id"]))
    });
    table.row("http", "ada", || {
        match tool(
            plugin,
            ada,
            "import_page",
            &json!({"url": "http://169.254.169.254/"}),
        ) {
            Err(text) => expect(
                text.contains("SSRF"),
                "the host refuses a private address, the plugin says so".into(),
            ),
            Ok(_) => Err("a private address was fetched".into()),
        }
    });
    table.row("files", "ada", || {
        let path = share(host, "list.txt", "milk, eggs")?;
        let result = tool(plugin, ada, "attach_file", &json!({"path": path}))?;
        Ok(format!("a shared file becomes note {}", result["id"]))
    });
}

fn background(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId) {
    table.row("tasks", "ada", || {
        let result = tool(plugin, ada, "plan_digest", &json!({}))?;
        let finished = host.wait_for_tasks(Duration::from_secs(20));
        expect(
            finished && result["task"].is_string(),
            "an agent wrote a digest in the background".into(),
        )
    });
    table.row("tasks", "ada", || {
        let result = tool(plugin, ada, "plan_digest", &json!({}))?;
        let status = tool(
            plugin,
            ada,
            "digest_status",
            &json!({"task": result["task"], "stop": true}),
        )?;
        host.wait_for_tasks(Duration::from_secs(20));
        Ok(format!(
            "another one is interrupted; it is now {}",
            status["status"]
        ))
    });
}

fn routes(table: &mut Table<'_>, plugin: &Plugin, ada: AgentId, ben: AgentId) {
    table.row("routes", "ada", || {
        let answer = plugin.route(RouteCall::new("GET", "/", ada));
        let notes = String::from_utf8_lossy(&answer.body)
            .matches("<article>")
            .count();
        expect(
            answer.status == 200 && notes >= 5,
            format!("its page shows {notes} notes"),
        )
    });
    table.row("routes", "ben", || {
        let status = plugin.route(RouteCall::new("GET", "/notes/1", ben)).status;
        let missing = plugin
            .route(RouteCall::new("GET", "/notes/999", ben))
            .status;
        expect(
            (status, missing) == (200, 404),
            format!("/notes/1 answers {status}, /notes/999 answers {missing}"),
        )
    });
}

fn refusals(table: &mut Table<'_>, plugin: &Plugin, ada: AgentId) {
    table.row("arguments", "ada", || {
        match tool(
            plugin,
            ada,
            "search_notes",
            &json!({"query": "x", "limit": 1000}),
        ) {
            Err(text) => {
                let envelope: Value = serde_json::from_str(&text).unwrap_or_default();
                expect(
                    envelope["kind"] == "invalid_args",
                    format!("refused: {}", envelope["message"].as_str().unwrap_or("")),
                )
            }
            Ok(_) => Err("a limit of 1000 was accepted".into()),
        }
    });
}

fn log_lines(host: &Host) -> Step {
    let lines = host.log_lines();
    let last = lines
        .iter()
        .rev()
        .find(|line| !line.from_host)
        .map_or("", |line| line.message.as_str());
    expect(
        lines.len() > 5,
        format!("{} lines, the last one: {last}", lines.len()),
    )
}
