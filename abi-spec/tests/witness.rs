//! An independent table of the ABI, recomputed with a C compiler elsewhere, agrees with the
//! specification in every slot, C signature, offset, size, constant, nullability, ownership, and
//! revision.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use osaurus_abi_spec::layout::{self, TableLayout};
use osaurus_abi_spec::load;
use osaurus_abi_spec::model::{Blocking, CType, Member, Ownership, Since, Slot, Spec};
use serde_json::Value;

fn witness() -> Value {
    serde_json::from_str(include_str!("data/abi_v1_v6.json")).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key]
        .as_array()
        .unwrap_or_else(|| panic!("the witness has no list `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("the witness has no text `{key}` in {value}"))
}

fn number(value: &Value, key: &str) -> usize {
    let names = value[key]
        .as_u64()
        .unwrap_or_else(|| panic!("the witness has no number `{key}` in {value}"));
    usize::try_from(names).unwrap()
}

fn names(layout: &TableLayout) -> Vec<&str> {
    layout
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect()
}

fn slot_names(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect()
}

#[test]
fn every_host_slot_is_where_and_what_the_witness_says() {
    let spec = load().unwrap();
    let witness = witness();
    let table = &witness["host_api"];
    let slots = list(table, "slots");
    let layout = layout::host(&spec, &Since::version(6)).unwrap();
    assert_eq!(spec.host.c_name, text(table, "type"));
    assert_eq!(layout.size, number(table, "size_v6"));
    assert_eq!(layout.members.len(), slots.len() + 1);
    let version = &table["version_field"];
    let first = &layout.members[number(version, "index")];
    assert_eq!(
        (first.name.as_str(), first.offset, first.size, first.padding),
        (
            text(version, "name"),
            number(version, "offset"),
            number(version, "size"),
            number(version, "trailing_padding")
        )
    );
    for expected in slots {
        let index = number(expected, "index");
        let Member::Slot(slot) = &spec.host.members[index] else {
            panic!("member {index} is not a slot")
        };
        assert_eq!(slot.name, text(expected, "name"));
        assert_eq!(
            layout.members[index].offset,
            number(expected, "offset"),
            "{}",
            slot.name
        );
        assert_eq!(layout.members[index].size, 8, "{}", slot.name);
        assert_slot(slot, expected);
    }
}

fn assert_slot(slot: &Slot, expected: &Value) {
    let name = &slot.name;
    assert_eq!(slot.c_signature(), text(expected, "c_signature"), "{name}");
    assert_eq!(
        slot.since.version as usize,
        number(expected, "since"),
        "{name}"
    );
    assert_eq!(
        slot.since.revision.as_deref(),
        expected["since_v2_revision"].as_str(),
        "{name}"
    );
    assert_eq!(
        slot.reserved.is_some(),
        expected["reserved"].as_bool().unwrap(),
        "{name}"
    );
    assert!(
        slot.required,
        "{name}: a real host has every slot of its version"
    );
    let owned = slot.returns.ownership == Ownership::FreeWithHost;
    assert_eq!(
        owned,
        expected["returns_owned_by_plugin"].as_bool().unwrap(),
        "{name}"
    );
    assert_eq!(owned, expected["free_with"].is_string(), "{name}");
    let null = (slot.returns.ty != CType::Void).then_some(slot.returns.null.is_some());
    assert_eq!(null, expected["return_may_be_null"].as_bool(), "{name}");
    assert_blocking(slot, text(expected, "blocking"));
    let nullable: Vec<&str> = slot
        .params
        .iter()
        .filter(|p| p.null.is_some())
        .map(|p| p.name.as_str())
        .collect();
    let mut expected_nullable: Vec<&str> = expected["args_nullable"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    expected_nullable.sort_by_key(|name| slot.params.iter().position(|p| p.name == *name));
    assert_eq!(nullable, expected_nullable, "{name}");
}

fn assert_blocking(slot: &Slot, expected: &str) {
    let kind = match &slot.blocking {
        Blocking::No => "no",
        Blocking::Short(_) => "short",
        Blocking::Yes(_) => "yes",
    };
    let word = expected.split([' ', ',', '(']).next().unwrap();
    assert_eq!(kind, word, "{}", slot.name);
}

#[test]
fn every_plugin_slot_is_where_and_what_the_witness_says() {
    let spec = load().unwrap();
    let witness = witness();
    let table = &witness["plugin_api"];
    let slots = list(table, "slots");
    let layout = layout::plugin(&spec, &Since::version(6));
    assert_eq!(spec.plugin.c_name, text(table, "type"));
    assert_eq!(layout.size, number(table, "size"));
    assert_eq!(
        layout::plugin(&spec, &Since::version(1)).size,
        number(table, "v1_prefix_size")
    );
    assert_eq!(layout.members.len(), slots.len());
    for expected in slots {
        let index = number(expected, "index");
        let (member, place) = (&spec.plugin.members[index], &layout.members[index]);
        assert_eq!(member.name(), text(expected, "name"));
        assert_eq!(
            place.offset,
            number(expected, "offset"),
            "{}",
            member.name()
        );
        assert_eq!(
            member.since().version as usize,
            number(expected, "since"),
            "{}",
            member.name()
        );
        match member {
            Member::Slot(slot) => {
                assert_eq!(slot.c_signature(), text(expected, "c_signature"));
                assert_eq!(
                    slot.required,
                    expected["required"].as_bool().unwrap(),
                    "{}",
                    slot.name
                );
            }
            Member::Version { .. } => {
                assert_eq!(text(expected, "c_type"), "uint32_t");
                assert_eq!(
                    (place.size, place.padding),
                    (
                        number(expected, "size"),
                        number(expected, "trailing_padding")
                    )
                );
            }
        }
    }
}

#[test]
fn every_version_has_the_tables_and_the_entry_of_the_witness() {
    let spec = load().unwrap();
    let witness = witness();
    let versions = witness["versions"].as_object().unwrap();
    assert_eq!(versions.len(), spec.versions.len());
    for expected in versions.values() {
        let version = spec
            .version(u32::try_from(number(expected, "abi_version")).unwrap())
            .unwrap();
        assert_eq!(version.entry, text(expected, "entry_symbol"));
        let entry = spec
            .entries
            .iter()
            .find(|entry| entry.symbol == version.entry)
            .unwrap();
        assert_eq!(entry.c_signature(), text(expected, "entry_signature"));
        let level = Since::version(version.number);
        let host = layout::host(&spec, &level);
        assert_eq!(
            host.is_none(),
            expected["host_struct"].is_null(),
            "version {}",
            version.number
        );
        if let Some(host) = host {
            assert_table(&host, &expected["host_struct"]);
        }
        assert_table(&layout::plugin(&spec, &level), &expected["plugin_struct"]);
    }
}

fn assert_table(layout: &TableLayout, expected: &Value) {
    assert_eq!(names(layout), slot_names(&expected["slots"]));
    assert_eq!(
        (layout.size, layout.align),
        (number(expected, "size"), number(expected, "align"))
    );
}

#[test]
fn every_revision_of_version_2_has_the_tables_of_the_witness() {
    let spec = load().unwrap();
    let witness = witness();
    let revisions = list(&witness, "v2_revisions");
    assert_eq!(revisions.len(), spec.revisions.len());
    for (revision, expected) in spec.revisions.iter().zip(revisions) {
        assert_eq!(revision.name, text(expected, "rev"));
        assert_eq!(revision.date, text(expected, "first_commit_date"));
        let level: Since = revision.name.parse().unwrap();
        let host = layout::host(&spec, &level).unwrap();
        assert_eq!(
            names(&host)[1..],
            slot_names(&expected["host_slots"])[..],
            "{level}"
        );
        assert_eq!(host.size, number(expected, "host_size"), "{level}");
        let plugin = layout::plugin(&spec, &level);
        assert_eq!(plugin.size, number(expected, "plugin_size"), "{level}");
        let last = text(expected, "plugin_last_slot")
            .split('(')
            .next()
            .unwrap();
        assert_eq!(plugin.members.last().unwrap().name, last, "{level}");
        assert_eq!(revision.plugin_last, last, "{level}");
        assert_last_parameters(
            &spec,
            revision.superseded.as_ref(),
            text(expected, "plugin_last_slot"),
        );
    }
}

fn assert_last_parameters(spec: &Spec, superseded: Option<&Slot>, expected: &str) {
    let Some((name, params)) = expected.trim_end_matches(')').split_once('(') else {
        return;
    };
    let slot = superseded.or_else(|| spec.plugin.slot(name)).unwrap();
    let nullable: Vec<&str> = slot
        .params
        .iter()
        .map(|param| param.name.as_str())
        .collect();
    assert_eq!(nullable, params.split(", ").collect::<Vec<_>>(), "{name}");
}

#[test]
fn every_constant_has_the_value_of_the_witness() {
    let spec = load().unwrap();
    let witness = witness();
    let groups = [
        ("abi_version", "abi_version_constants"),
        ("log_level", "log_levels"),
        ("task_event", "task_events"),
    ];
    assert_eq!(groups.len(), spec.constants.len());
    for (name, key) in groups {
        let group = spec
            .constants
            .iter()
            .find(|group| group.name == name)
            .unwrap();
        let expected = witness[key].as_object().unwrap();
        assert_eq!(group.items.len(), expected.len(), "{name}");
        for (item, (wanted, value)) in group.items.iter().zip(expected) {
            let spelled = [
                item.name.clone(),
                item.name.to_uppercase(),
                format!("{}{}", group.c_prefix, item.name.to_uppercase()),
            ];
            assert!(
                spelled.contains(wanted),
                "{name}: {} is {wanted} there",
                item.name
            );
            assert_eq!(Some(item.value), value.as_i64(), "{wanted}");
        }
    }
    assert_eq!(
        spec.string("abi_probe_key"),
        witness["reserved_config_key"].as_str()
    );
}
