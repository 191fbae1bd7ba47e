//! How much of its tools a plugin shows to a model that loads them all at once. The reference host
//! measures.

use super::{list, text};
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::outcome::{Verdict, verdict};
use osaurus_reference_host::GroupView;
use serde_json::Value;

/// Characters of a first line that are shown.
const LINE: usize = 160;
/// Tools that are named as the largest.
const NAMED: usize = 3;
/// Any model with room for long prompts.
const MODEL: (&str, u64) = ("checker", 200_000);

/// `manifest-description-line`
pub(super) fn first_lines(manifest: &Value) -> Vec<Evidence> {
    let tools = list(&manifest["capabilities"]["tools"]).iter().enumerate();
    let long = tools.filter_map(|(index, tool)| {
        let line = text(tool, "description")?.trim().lines().next()?;
        let count = line.chars().count();
        let message = format!(
            "`capabilities.tools[{index}].description` begins with a line of {count} characters; \
             hosts show {LINE}"
        );
        (count > LINE).then(|| Evidence::new(message).bytes(line))
    });
    long.collect()
}

/// `manifest-schemas-size`
pub(super) fn size(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let (model, window) = (Some(MODEL.0), Some(MODEL.1));
    let view = loaded.host.model_view(loaded.agent(), model, window);
    let evidence = view.plugins.iter().flat_map(problems);
    verdict(evidence.map(Evidence::new))
}

fn problems(plugin: &GroupView) -> Vec<String> {
    let (whole, limit) = (plugin.full_chars, plugin.limit);
    let gets = match plugin.form {
        "full" => None,
        "skeletons" => Some(
            "a model gets them without the descriptions of their arguments, and first sentences \
             alone",
        ),
        _ => Some("a model gets names and first lines alone"),
    };
    let size = gets.map(|gets| {
        format!(
            "the schemas of all tools have {whole} characters, and {limit} are shown whole: \
             {gets}. The largest: {}",
            largest(plugin)
        )
    });
    let more = (plugin.left_out > 0).then(|| {
        let all = plugin.tools.len();
        format!(
            "there are {all} tools, {} more than a model is shown",
            plugin.left_out
        )
    });
    size.into_iter().chain(more).collect()
}

fn largest(plugin: &GroupView) -> String {
    let mut tools: Vec<_> = plugin.tools.iter().collect();
    tools.sort_by_key(|tool| std::cmp::Reverse(tool.schema_chars));
    let named = tools.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|tool| format!("{} ({})", tool.name, tool.schema_chars))
        .collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use osaurus_reference_host::ToolView;
    use serde_json::json;

    fn tool(name: &str, schema_chars: usize) -> ToolView {
        ToolView {
            name: name.into(),
            first_line: String::new(),
            first_sentence: String::new(),
            schema_chars,
            skeleton_chars: 0,
            in_schema: false,
            remarks: Vec::new(),
        }
    }

    fn plugin(form: &'static str, left_out: usize) -> GroupView {
        GroupView {
            plugin: "a.b".into(),
            full_chars: 6_200,
            skeleton_chars: 100,
            limit: 6_000,
            form,
            left_out,
            skills: Vec::new(),
            tools: vec![tool("add", 100), tool("find", 6_100)],
        }
    }

    #[test]
    fn what_a_model_gets_instead_is_said_with_the_largest_tools() {
        assert!(problems(&plugin("full", 0)).is_empty());
        let message = problems(&plugin("skeletons", 0));
        assert_eq!(
            message,
            [
                "the schemas of all tools have 6200 characters, and 6000 are shown whole: a model gets them without the \
                descriptions of their arguments, and first sentences alone. The largest: find (6100), add (100)"
            ]
        );
        let message = problems(&plugin("names", 1));
        assert!(
            message[0].contains("names and first lines alone"),
            "{message:?}"
        );
        assert_eq!(
            message[1],
            "there are 2 tools, 1 more than a model is shown"
        );
    }

    #[test]
    fn a_first_line_is_counted_in_characters() {
        let with_line = |count: usize| {
            let text = format!("{}\nmore", "é".repeat(count));
            json!({"capabilities": {"tools": [{"id": "t", "description": text}]}})
        };
        assert!(first_lines(&with_line(160)).is_empty());
        let message = first_lines(&with_line(161));
        assert!(message[0].what.contains("161 characters; hosts show 160"));
    }
}
