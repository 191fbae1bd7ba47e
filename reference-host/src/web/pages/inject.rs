//! The script that Osaurus puts into a plugin's pages: who the plugin is, where its API lies, and a
//! `fetch` that names the agent. Static pages and the dev proxy use it.

use serde_json::Value;

/// What a page is told about itself.
#[derive(Debug, Clone)]
pub(crate) struct PageFacts {
    pub(crate) plugin_id: String,
    pub(crate) api_mount: Option<String>,
    /// The agent's id as the client wrote it.
    pub(crate) agent: String,
}

impl PageFacts {
    /// HTML with the script before the first `</head>`, in any case; without one the text stays as
    /// it is.
    pub(crate) fn inject(&self, html: &str) -> String {
        let Some(at) = html.to_ascii_lowercase().find("</head>") else {
            return html.to_string();
        };
        let (before, after) = html.split_at(at);
        format!("{before}\n{}\n{after}", self.script())
    }

    fn script(&self) -> String {
        let base = format!("/plugins/{}", self.plugin_id);
        let api = format!("{base}{}", self.api_path());
        let fields = [
            ("pluginId", &self.plugin_id),
            ("baseUrl", &base),
            ("apiUrl", &api),
            ("agentId", &self.agent),
        ];
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!("  {name}: {},\n", script_text(value)))
            .collect();
        format!("<script>\nwindow.__osaurus = {{\n{fields}{FETCH}}};\n</script>")
    }

    /// `/api` unless the manifest says otherwise; a leading slash is added.
    fn api_path(&self) -> String {
        let mount = self.api_mount.as_deref().unwrap_or_default().trim();
        match mount {
            "" => "/api".into(),
            mount => crate::web::routes::route_match::with_slash(mount),
        }
    }
}

/// As in Osaurus, headers of a `Request` object are not looked at, only those of the second
/// argument.
const FETCH: &str = r#"  fetch(input, init) {
    const headers = new Headers(init?.headers);
    if (!headers.has("X-Osaurus-Agent-Id")) headers.set("X-Osaurus-Agent-Id", window.__osaurus.agentId);
    return fetch(input, { ...init, headers });
  },
"#;

/// A JavaScript string that cannot end the script element.
fn script_text(text: &str) -> String {
    Value::from(text).to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(api_mount: Option<&str>) -> PageFacts {
        PageFacts {
            plugin_id: "dev.x".into(),
            api_mount: api_mount.map(str::to_string),
            agent: "id</script>".into(),
        }
    }

    #[test]
    fn the_script_is_before_the_first_end_of_head_in_any_case() {
        let html = facts(None).inject("<HEAD></HeAd><body></head>");
        let script = html.find("<script>").unwrap();
        assert!(html.starts_with("<HEAD>\n<script>"), "{html}");
        assert!(html.ends_with("</script>\n</HeAd><body></head>"), "{html}");
        assert_eq!(html.matches("<script>").count(), 1, "{script}");
        assert_eq!(html.matches("</script>").count(), 1, "the id cannot end it");
        assert_eq!(facts(None).inject("<body>"), "<body>");
    }

    #[test]
    fn the_api_mount_has_a_default_and_gets_a_slash() {
        let api = |mount| facts(mount).api_path();
        assert_eq!(api(None), "/api");
        assert_eq!(api(Some("  ")), "/api");
        assert_eq!(api(Some("v2")), "/v2");
        assert_eq!(api(Some("/v3/x")), "/v3/x");
    }
}
