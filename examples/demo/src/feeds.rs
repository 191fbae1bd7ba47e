//! The steps with the feeds plugin, which is written in TypeScript.

use crate::steps::{Plugin, expect, share, tool, within_a_while};
use crate::table::Table;
use crate::website::Website;
use hmac::{Hmac, KeyInit, Mac};
use osaurus_reference_host::{AgentId, Host, RouteCall};
use serde_json::json;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::time::Duration;

const SCIENCE: &str = "http://news.example.com/science.xml";

/// Runs them all.
pub fn steps(
    table: &mut Table<'_>,
    host: &Host,
    plugin: &Plugin,
    site: &Website,
    [ada, ben]: [AgentId; 2],
) {
    follow(table, host, plugin, ada, ben);
    settings(table, host, plugin, ada);
    read(table, plugin, ada);
    background(table, host, plugin, ada);
    hub(table, plugin, site, ada);
    pages(table, plugin, ada, ben);
}

fn follow(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId, ben: AgentId) {
    table.row("http", "ada", || {
        let result = tool(plugin, ada, "add_feed", &json!({"url": SCIENCE}))?;
        expect(
            result["new_articles"] == 3,
            format!("{}: 3 articles, sorted by the model", result["title"]),
        )
    });
    table.row("http", "ada", || {
        let result = tool(plugin, ada, "refresh_feeds", &json!({}))?;
        expect(
            result["new_articles"] == 0,
            "looks again: nothing has changed, nothing is done".into(),
        )
    });
    table.row("files", "ada", || {
        let path = share(host, "feeds.opml", include_str!("../site/feeds.opml"))?;
        let result = tool(plugin, ada, "import_opml", &json!({"path": path}))?;
        expect(
            result["new_articles"] == 2,
            "another reader's list: one feed is read, one is gone".into(),
        )
    });
    table.row("db", "ben", || {
        let feeds = tool(plugin, ben, "list_feeds", &json!({}))?;
        expect(
            feeds == json!([]),
            "he follows nothing: each agent has feeds of their own".into(),
        )
    });
}

fn settings(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId) {
    table.row("config", "ada", || {
        let settings = json!({"topics": ["Science", "Technology", "World", "Culture"]});
        let result = tool(plugin, ada, "set_topics", &settings)?;
        tool(plugin, ada, "set_topics", &json!({"topics": []}))?;
        expect(
            result["now"][0] == "Science",
            "other topics, and back to the usual ones".into(),
        )
    });
    table.row("config", "ada", || {
        let saved = host.save_settings(plugin.id(), ada, &[("style", "cheerful")]);
        saved.map_err(|error| error.to_string())?;
        // The plugin is told on a queue of its own.
        let logged = within_a_while(|| {
            host.log_lines().into_iter().any(|line| {
                line.message == "setting changed"
                    && line
                        .payload
                        .is_some_and(|fields| fields.contains("cheerful"))
            })
        });
        expect(logged, "she saves the settings: the plugin is told".into())
    });
}

fn read(table: &mut Table<'_>, plugin: &Plugin, ada: AgentId) {
    table.row("inference", "ada", || {
        let query = json!({"query": "birds, planets and telescopes", "limit": 1});
        let articles = tool(plugin, ada, "find_articles", &query)?;
        let title = articles[0]["title"].as_str().unwrap_or("nothing");
        expect(title.contains("telescope"), format!("finds: {title}"))
    });
    for (max_words, stopped) in [(500, false), (8, true)] {
        table.row("inference", "ada", || {
            let result = tool(plugin, ada, "briefing", &json!({"max_words": max_words}))?;
            let words = result["briefing"]
                .as_str()
                .unwrap_or("")
                .split_whitespace()
                .count();
            let text = if stopped {
                "the same, and the model is stopped"
            } else {
                "a briefing is streamed"
            };
            expect(
                words > 5 && result["stopped_early"] == stopped,
                format!("{text}: {words} words"),
            )
        });
    }
    table.row("agent", "ada", || {
        let result = tool(plugin, ada, "about", &json!({}))?;
        let models = result["models"].as_array().map_or(0, Vec::len);
        expect(
            result["agent"] == ada.to_string(),
            format!(
                "knows who asks, {} feeds and {models} models",
                result["feeds"]
            ),
        )
    });
}

fn background(table: &mut Table<'_>, host: &Host, plugin: &Plugin, ada: AgentId) {
    table.row("tasks", "ada", || {
        tool(plugin, ada, "plan_digest", &json!({}))?;
        host.wait_for_tasks(Duration::from_secs(20));
        let page = plugin.route(RouteCall::new("GET", "/", ada)).body;
        expect(
            String::from_utf8_lossy(&page).contains("A quiet night."),
            "an agent looks for news and writes the nightly digest".into(),
        )
    });
    table.row("tasks", "ada", || {
        let planned = tool(plugin, ada, "plan_digest", &json!({}))?;
        let stop = json!({"task": planned["task"], "stop": true});
        let status = tool(plugin, ada, "digest_status", &stop)?["status"].clone();
        host.wait_for_tasks(Duration::from_secs(20));
        Ok(format!("another one is stopped; it is now {status}"))
    });
}

/// The site's hub is asked for messages, asks back, and then sends an article as soon as it is
/// written.
fn hub(table: &mut Table<'_>, plugin: &Plugin, site: &Website, ada: AgentId) {
    let mut form = BTreeMap::new();
    table.row("routes", "ada", || {
        tool(plugin, ada, "follow_live", &json!({"feed": 1}))?;
        let subscription = site.subscriptions.recv_timeout(Duration::from_secs(20));
        form = fields(&subscription.map_err(|_| "the hub was not asked")?);
        let query = "hub.mode=subscribe&hub.challenge=42&hub.topic=http%3A%2F%2Fnews.example.com%2Fscience.xml";
        let answer = plugin.route(from_outside("GET", &format!("/push/1?{query}"), ada));
        let asked_for = form.get("hub.topic").map(String::as_str);
        expect(
            answer.body == b"42" && asked_for == Some(SCIENCE),
            "a hub is asked for new articles, and told that it is true".into(),
        )
    });
    table.row("routes", "ada", || {
        let body = include_str!("../site/pushed.xml");
        let signed = signature(form.get("hub.secret").map_or("", String::as_str), body)?;
        let send = |signature: &str| {
            let request = from_outside("POST", "/push/1", ada).body(body);
            plugin
                .route(request.header("X-Hub-Signature", signature))
                .status
        };
        let (forged, real) = (send("sha256=00"), send(&signed));
        expect(
            (forged, real) == (403, 202),
            format!("it sends one: {real}; a message that is forged: {forged}"),
        )
    });
}

fn pages(table: &mut Table<'_>, plugin: &Plugin, ada: AgentId, ben: AgentId) {
    table.row("routes", "ada", || {
        let answer = plugin.route(RouteCall::new("GET", "/?topic=Science", ada));
        let articles = String::from_utf8_lossy(&answer.body)
            .matches("<article")
            .count();
        expect(
            articles == 3,
            format!("her page shows {articles} articles about science"),
        )
    });
    table.row("routes", "ben", || {
        let (mut stranger, page) = (
            RouteCall::new("GET", "/articles", ben),
            RouteCall::new("GET", "/", ben),
        );
        stranger.authorized = false;
        let (page, refused) = (plugin.route(page).status, plugin.route(stranger).status);
        expect(
            (page, refused) == (200, 401),
            format!("his page answers {page}; /articles without a key answers {refused}"),
        )
    });
    table.row("arguments", "ada", || {
        match tool(
            plugin,
            ada,
            "add_feed",
            &json!({"url": "http://news.example.com/today"}),
        ) {
            Err(text) => expect(
                text.contains("there is no feed at"),
                "a page that is not a feed is refused, with the reason".into(),
            ),
            Ok(_) => Err("a page was followed as a feed".into()),
        }
    });
}

/// As what comes in through an agent's tunnel.
fn from_outside(method: &str, path: &str, agent: AgentId) -> RouteCall {
    let mut call = RouteCall::new(method, path, agent);
    (call.loopback, call.authorized) = (false, false);
    call
}

/// The fields of a form. The demo's values need no more decoding than this.
fn fields(form: &str) -> BTreeMap<String, String> {
    let decoded = form.replace("%3A", ":").replace("%2F", "/");
    let pairs = decoded.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn signature(secret: &str, body: &str) -> Result<String, String> {
    let mut hmac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|error| error.to_string())?;
    hmac.update(body.as_bytes());
    let bytes = hmac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("sha256={hex}"))
}
