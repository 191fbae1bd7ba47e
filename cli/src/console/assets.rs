//! The files of the console's page. They are part of the program: the page needs no build, and
//! nothing from elsewhere.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// The page's frame; scripts fill it.
#[derive(Template)]
#[template(path = "console.html")]
struct Index {
    version: &'static str,
}

macro_rules! files {
    ($($name:literal: $kind:literal),* $(,)?) => {
        fn content(name: &str) -> Option<(&'static str, &'static str)> {
            match name {
                $($name => Some(($kind, include_str!(concat!("page/", $name)))),)*
                _ => None,
            }
        }
    };
}

files! {
    "style.css": "text/css",
    "app.js": "text/javascript",
    "database.js": "text/javascript",
    "dom.js": "text/javascript",
    "log.js": "text/javascript",
    "models.js": "text/javascript",
    "requests.js": "text/javascript",
    "routes.js": "text/javascript",
    "rows.js": "text/javascript",
    "schema.js": "text/javascript",
    "settings.js": "text/javascript",
    "tasks.js": "text/javascript",
    "timeline.js": "text/javascript",
    "tools.js": "text/javascript",
}

/// The page.
pub async fn index() -> Response {
    match (Index {
        version: env!("CARGO_PKG_VERSION"),
    })
    .render()
    {
        Ok(page) => Html(page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// A script or the style sheet.
pub async fn file(Path(name): Path<String>) -> Response {
    match content(&name) {
        Some((kind, text)) => (
            [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))],
            text,
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such file").into_response(),
    }
}
