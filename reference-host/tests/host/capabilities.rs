//! The tool that loads others: groups by their size, skills, single tools, the list and the search.

use crate::support::*;
use osaurus_reference_host::{AgentId, Host};
use serde_json::{Value, json};

fn output(host: &Host, probe: &Probe, request: &Value) -> String {
    let id = probe.dispatch(request)["id"].as_str().unwrap().to_string();
    assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
    let output = probe.status(&id)["output"].clone();
    output.as_str().unwrap_or_default().to_string()
}

/// A plugin with so many tools, each with parameters whose description is this long.
fn many(id: &str, tools: usize, described: usize) -> Value {
    let parameters = json!({"type": "object", "properties": {"a": {"type": "string",
        "description": "x".repeat(described)}}});
    let tool = |number: usize| {
        json!({"id": format!("{}_{number:02}", id.replace('.', "_")), "parameters": parameters,
        "description": "Does one thing. And more.\nA second line."})
    };
    json!({"plugin_id": id, "name": "Many",
        "capabilities": {"tools": (0..tools).map(tool).collect::<Vec<_>>()}})
}

#[test]
fn a_group_is_loaded_whole_as_skeletons_or_by_name_by_its_size() {
    let (host, plugin) = loaded(Host::builder());
    let mut broken = many("dev.few", 2, 10);
    broken["capabilities"]["tools"][1]["parameters"] = json!({"properties": {}});
    for manifest in [broken, many("dev.more", 30, 200), many("dev.most", 75, 10)] {
        host.load(&probe_with(&manifest)).unwrap();
    }
    let view = host.model_view(AgentId::named("alice"), None, None);
    let of = |id: &str| {
        view.plugins
            .iter()
            .find(|group| group.plugin == id)
            .unwrap()
    };
    assert_eq!(
        (of("dev.few").form, of("dev.more").form, of("dev.most").form),
        ("full", "skeletons", "names")
    );
    assert_eq!(
        (of("dev.most").left_out, of("dev.most").tools.len()),
        (5, 75)
    );
    assert_eq!(
        of("dev.few").tools[1].remarks[0],
        "Loaded tool 'dev_few_01' parameter schema must declare type: object."
    );
    let envelope_for = |ids: &str| {
        let prompt = format!("call capabilities {{\"ids\":[{ids}]}}");
        let output = output(&host, &Probe(&plugin, alice()), &json!({"prompt": prompt}));
        serde_json::from_str::<Value>(output.split_once(": ").unwrap().1).unwrap()
    };
    let few = envelope_for("\"plugin/dev.few\"");
    let whole = "Schema for dev_few_00:\n{\"function\":{\"description\":\"Does one thing. And \
                 more.\\nA second line.\",\"name\":\
                 \"dev_few_00\",\"parameters\":{\"properties\":{\"a\":{\"description\":\"xxxxxxxxxx\",\"type\":\"string\"}},\
                 \"type\":\"object\"}},\"type\":\"function\"}";
    assert_eq!(
        (&few["result"]["text"], &few["result"]["loaded"]),
        (&json!(whole), &json!(["dev_few_00"]))
    );
    let more = envelope_for("\"plugin/dev.more\"")["result"].clone();
    let text = more["text"].as_str().unwrap();
    assert!(
        text.contains("\"description\":\"Does one thing.\"") && !text.contains("xxx"),
        "{text}"
    );
    let most = envelope_for("\"plugin/dev.most\"")["result"].clone();
    assert!(
        most["text"]
            .as_str()
            .unwrap()
            .starts_with("dev_most_00: Does one thing. And more.\ndev_most_01")
    );
    assert_eq!(most["loaded"].as_array().unwrap().len(), 70);
    let one = envelope_for("\"tool/dev_few_01\"");
    assert_eq!(
        (&one["kind"], &one["field"]),
        (&json!("invalid_args"), &json!("parameters.type"))
    );
    assert_eq!(envelope_for("\"tool/absent\"")["kind"], "not_found");
    let section = view.section.unwrap();
    assert_eq!(
        section.matches("\n  tool/").count(),
        70,
        "of all plugins together"
    );
    assert!(
        section.ends_with("+44 more tool(s): call `capabilities` to find them."),
        "{section}"
    );
}

#[test]
fn skills_are_listed_by_their_display_names_and_loaded_with_the_tools() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("Tools/dev.probe/1.0.0");
    std::fs::create_dir_all(folder.join("skills")).unwrap();
    std::fs::copy(probe_with(&manifest("dev.probe")), folder.join("plugin.so")).unwrap();
    let skill = "---\nname: use-the-probe\ndescription: When to probe.\n---\n# How to probe\n";
    std::fs::write(folder.join("skills/SKILL.md"), skill).unwrap();
    std::fs::write(folder.join("skills/x-SKILL.md"), "# No front matter").unwrap();
    let host = Host::builder()
        .data_dir(data.path())
        .release_build(false)
        .build()
        .unwrap();
    let plugin = host.load_all().loaded.remove(0);
    let output_for = |id: &str| {
        let prompt = format!("call capabilities {{\"ids\":[\"{id}\"]}}");
        output(&host, &Probe(&plugin, alice()), &json!({"prompt": prompt}))
    };
    for id in ["skill/Use The Probe", "plugin/dev.probe"] {
        let output = output_for(id);
        assert!(
            output.contains("\"text\":\"# How to probe\\n\\nSchema for agent:"),
            "{output}"
        );
    }
    let view = |context| {
        host.model_view(AgentId::named("alice"), None, Some(context))
            .section
            .unwrap()
    };
    assert!(
        view(100_000)
            .contains("<plugin: dev.probe>\n  skill/Use The Probe — When to probe.\n  tool/agent")
    );
    assert!(view(8_000).ends_with("plugin/dev.probe — dev.probe — skill-governed"));
}

#[test]
fn a_tools_name_is_not_changed() {
    let (host, plugin) = loaded(Host::builder());
    let name = "Ünusual name!";
    let odd = json!({"plugin_id": "dev.odd", "capabilities": {"tools": [{"id": name,
        "description": "d"}]}});
    host.load(&probe_with(&odd)).unwrap();
    let load = json!({"prompt": format!("call capabilities {{\"ids\":[\"tool/{name}\"]}}")});
    let output = output(&host, &Probe(&plugin, alice()), &load);
    assert!(
        output.contains(&format!("\"loaded\":[\"{name}\"]")),
        "{output}"
    );
    let view = host.model_view(AgentId::named("alice"), None, None);
    let odd = view
        .plugins
        .iter()
        .find(|group| group.plugin == "dev.odd")
        .unwrap();
    assert_eq!(
        odd.tools[0].remarks,
        ["the name should be at most 64 letters, digits, `_` and `-`"]
    );
}

#[test]
fn the_gateway_lists_and_searches() {
    let (host, plugin) = loaded(Host::builder());
    let mut manifest = many("dev.more", 50, 10);
    manifest["description"] = "d".repeat(101).into();
    host.load(&probe_with(&manifest)).unwrap();
    let text_for = |arguments: &str| {
        let prompt = format!("call capabilities {arguments}");
        let output = output(&host, &Probe(&plugin, alice()), &json!({"prompt": prompt}));
        let envelope: Value = serde_json::from_str(output.split_once(": ").unwrap().1).unwrap();
        envelope["result"]["text"].as_str().unwrap().to_string()
    };
    let list = text_for("{}");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], format!("plugin/dev.more — {}…", "d".repeat(97)));
    assert_eq!(
        (lines.len(), lines[40]),
        (41, "+19 more: search with `query`.")
    );
    assert!(text_for(r#"{"query": "probe sleep"}"#).starts_with("tool/sleep — probe tool sleep\n"));
    assert_eq!(
        text_for(r#"{"query": "zebra"}"#),
        "No capabilities found matching 'zebra'."
    );
}
