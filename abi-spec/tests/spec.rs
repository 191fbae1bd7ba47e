//! The specification as it is: complete, the same embedded and on disk, and answering its users'
//! questions.

use std::collections::BTreeSet;
use std::path::Path;

use osaurus_abi_spec::model::{JsonType, Ownership, Since};
use osaurus_abi_spec::{Spec, layout, load, load_dir};

#[test]
fn the_embedded_specification_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    assert_eq!(load_dir(&folder).unwrap(), Spec::load_embedded().unwrap());
}

#[test]
fn every_callback_that_returns_json_names_its_records() {
    let spec = load().unwrap();
    let plain = ["config_get", "get_active_agent_id"];
    for slot in spec
        .host_slots()
        .filter(|slot| slot.returns.ownership == Ownership::FreeWithHost)
    {
        let json = slot.returns.record.is_some() || slot.reserved.is_some();
        assert_eq!(json, !plain.contains(&slot.name.as_str()), "{}", slot.name);
        assert_eq!(slot.returns.error_record.is_some(), json, "{}", slot.name);
    }
    for param in spec
        .host_slots()
        .chain(spec.plugin_slots())
        .flat_map(|slot| &slot.params)
    {
        assert_eq!(
            param.record.is_some(),
            param.name == "request_json" || has_record(&param.name),
            "{}",
            param.name
        );
    }
}

fn has_record(name: &str) -> bool {
    ["on_chunk", "draft_json", "payload", "event_json"].contains(&name)
}

#[test]
fn error_codes_are_returned_by_the_slots_that_return_them() {
    let spec = load().unwrap();
    let from = |code: &str| -> Vec<&str> {
        let slots = spec
            .host_slots()
            .filter(|slot| slot.errors.iter().any(|e| e == code));
        slots.map(|slot| slot.name.as_str()).collect()
    };
    let cases: [(&str, &[&str]); 9] = [
        (
            "invalid_request",
            &[
                "dispatch",
                "complete",
                "complete_stream",
                "embed",
                "http_request",
                "file_read",
            ],
        ),
        ("not_found", &["task_status", "file_read"]),
        ("built_in_agent_not_exposable", &["dispatch"]),
        ("rate_limit_exceeded", &["dispatch", "http_request"]),
        ("plugin_busy", &["complete", "complete_stream", "embed"]),
        ("clarify_requested", &["complete"]),
        ("cancelled", &["complete_stream"]),
        ("not_supported", &["dispatch_add_issue"]),
        ("unauthorized", &[]),
    ];
    for (code, slots) in cases {
        assert_eq!(from(code), slots, "{code}");
    }
    // A helper process makes no call of these kinds, whatever the application could do.
    let refused = from("not_supported_out_of_process");
    let expected = [
        "dispatch",
        "task_status",
        "complete",
        "complete_stream",
        "embed",
        "list_models",
        "file_read",
        "list_active_tasks",
        "dispatch_add_issue",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn a_slot_knows_the_records_of_its_payloads() {
    let spec = load().unwrap();
    let used = |name: &str| -> Vec<&str> {
        spec.records_used_by(spec.slot(name).unwrap())
            .iter()
            .map(|r| r.name.as_str())
            .collect()
    };
    assert_eq!(
        used("http_request"),
        ["HttpRequest", "HttpResponse", "ErrorEnvelope"]
    );
    assert_eq!(
        used("task_status"),
        ["TaskStatus", "Draft", "TaskActivity", "ErrorEnvelope"]
    );
    assert!(used("log").is_empty());
    let events: BTreeSet<&str> = used("on_task_event").into_iter().collect();
    let group = spec
        .constants
        .iter()
        .find(|group| group.name == "task_event")
        .unwrap();
    for item in &group.items {
        let payload = item.payload.as_deref().unwrap();
        assert!(
            events.contains(payload),
            "event {} brings {payload}",
            item.name
        );
    }
}

#[test]
fn the_37_quirks_keep_their_numbers() {
    let spec = load().unwrap();
    assert_eq!(spec.quirks.len(), 37);
    for (number, topic) in [
        (1, "SQL"),
        (9, "reasoning"),
        (16, "older host"),
        (24, "binary"),
        (36, "waits"),
    ] {
        let quirk = spec.quirk(number).unwrap();
        assert!(
            quirk.topic.contains(topic),
            "quirk {number} is about {}",
            quirk.topic
        );
    }
}

#[test]
fn a_field_may_be_an_enum_a_list_a_map_or_one_of_several() {
    let spec = load().unwrap();
    let ty = |record: &str, field: &str| {
        let record = spec.record(record).unwrap();
        record
            .fields
            .iter()
            .find(|f| f.name == field)
            .unwrap()
            .ty
            .clone()
    };
    assert_eq!(
        ty("TaskStatus", "status"),
        JsonType::Enum("TaskState".to_owned())
    );
    assert_eq!(
        ty("DbQueryResult", "rows"),
        JsonType::Array(Box::new(JsonType::Array(Box::new(JsonType::Any))))
    );
    assert_eq!(
        ty("HttpRequest", "headers"),
        JsonType::Map(Box::new(JsonType::String))
    );
    let tools = ty("CompletionRequest", "tools");
    let list = JsonType::Array(Box::new(JsonType::Record("ToolDefinition".to_owned())));
    assert_eq!(tools, JsonType::OneOf(vec![JsonType::Boolean, list]));
    assert_eq!(tools.to_string(), "boolean | [ToolDefinition]");
}

#[test]
fn levels_are_read_shown_and_compared() {
    let spec = load().unwrap();
    let levels: Vec<String> = spec.levels().iter().map(Since::to_string).collect();
    assert_eq!(
        levels,
        [
            "v1", "v2a", "v2b", "v2c", "v2d", "v2e", "v3", "v4", "v5", "v6"
        ]
    );
    let level = |text: &str| text.parse::<Since>().unwrap();
    assert!(
        level("2").includes(&level("v2e")),
        "version 2 means its last revision"
    );
    assert!(!level("2c").includes(&level("2d")) && level("3").includes(&level("2d")));
    assert!(!level("1").includes(&level("2a")));
    let refused = |text: &str| text.parse::<Since>().unwrap_err().to_string();
    assert_eq!(
        refused("7"),
        "`7` is not an ABI version: there is no such version. Write 1 to 6, or 2a to 2e for a \
         revision of version 2"
    );
    assert!(refused("v3a").contains("only version 2 has revisions"));
    assert!(
        "".parse::<Since>().is_err()
            && "2f".parse::<Since>().is_err()
            && "02".parse::<Since>().is_err()
    );
}

#[test]
fn revision_2b_has_the_superseded_function_in_its_place() {
    let spec = load().unwrap();
    let plugin = layout::plugin(&spec, &"2b".parse().unwrap());
    assert_eq!(plugin.member("on_task_completed").unwrap().offset, 64);
    assert!(plugin.member("on_task_event").is_none());
    assert!(
        layout::plugin(&spec, &Since::version(2))
            .member("on_task_completed")
            .is_none()
    );
    assert!(layout::host(&spec, &Since::version(1)).is_none());
}

#[test]
fn declarations_are_c() {
    let spec = load().unwrap();
    let declared = |name: &str| spec.slot(name).unwrap().c_declaration();
    assert_eq!(
        declared("config_get"),
        "const char* (*config_get)(const char* key)"
    );
    assert_eq!(declared("list_models"), "const char* (*list_models)(void)");
    assert_eq!(
        spec.entries[0].c_declaration(),
        "const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* host)"
    );
}
