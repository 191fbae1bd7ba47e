//! Crate `osaurus-abi`, compiled as it is committed, says what the spec says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_abi::{
    ABI_VERSION_LATEST, ENTRY_V1, ENTRY_V2, HostSlot, LogLevel, ParamKind, TaskEvent, V2_REVISIONS,
    V2Revision, host_table_size, plugin_table_size,
};
use osaurus_abi_spec::{
    layout,
    model::{CType, Since},
};
use support::*;

#[test]
fn every_host_function_has_the_row_version_and_offset_of_the_spec() {
    let spec = spec();
    let newest = layout::host(&spec, &Since::version(ABI_VERSION_LATEST)).unwrap();
    let slots: Vec<_> = spec.host_slots().collect();
    assert_eq!(HostSlot::ALL.len(), slots.len());
    for (slot, wanted) in HostSlot::ALL.into_iter().zip(slots) {
        let place = newest.member(&wanted.name).unwrap();
        assert_eq!(slot.name(), wanted.name);
        assert_eq!(HostSlot::from_index(slot as u32), Some(slot));
        assert_eq!(slot.offset(), place.offset, "{}", wanted.name);
        assert_eq!(
            slot.min_table_size(),
            place.offset + place.size,
            "{}",
            wanted.name
        );
        assert_eq!(slot.since(), wanted.since.version, "{}", wanted.name);
        assert_eq!(
            slot.since_revision().map(V2Revision::name),
            wanted.since.revision.as_deref(),
            "{}",
            wanted.name
        );
        assert_eq!(
            slot.is_reserved(),
            wanted.reserved.is_some(),
            "{}",
            wanted.name
        );
        assert_eq!(slot.is_agent_bound(), wanted.agent_bound, "{}", wanted.name);
        let names: Vec<_> = slot.params().iter().map(|param| param.name).collect();
        let expected: Vec<_> = wanted.params.iter().map(|param| &param.name).collect();
        assert_eq!(names, expected, "{}", wanted.name);
        let returns_string = wanted.returns.ty == CType::String;
        assert_eq!(slot.returns_string(), returns_string, "{}", wanted.name);
    }
    assert_eq!(HostSlot::from_index(0), None, "row 0 is the version field");
    assert_eq!(HostSlot::from_index(25), None);
}

#[test]
fn the_kinds_of_parameters_say_which_strings_may_be_null() {
    use ParamKind::{ChunkCallback, ConsumedString, Int, NullableString, Opaque, String};
    let kinds = |slot: HostSlot| {
        slot.params()
            .iter()
            .map(|param| param.kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(HostSlot::DbQuery), [String, NullableString]);
    assert_eq!(
        kinds(HostSlot::LogStructured),
        [Int, String, NullableString]
    );
    assert_eq!(
        kinds(HostSlot::CompleteStream),
        [String, ChunkCallback, Opaque]
    );
    assert_eq!(kinds(HostSlot::FreeString), [ConsumedString]);
}

#[test]
fn a_revision_is_found_by_its_name() {
    assert_eq!(V2Revision::from_name("2c"), Some(V2Revision::C));
    assert_eq!(V2Revision::from_name("2f"), None);
    assert_eq!(V2Revision::E.to_string(), "2e");
}

#[test]
fn sizes_of_versions_and_revisions_are_those_of_the_spec() {
    let spec = spec();
    for version in VERSIONS {
        let level = Since::version(version);
        let host = layout::host(&spec, &level).map_or(0, |host| host.size);
        assert_eq!(host_table_size(version), host, "version {version}");
        assert_eq!(
            plugin_table_size(version),
            layout::plugin(&spec, &level).size
        );
    }
    assert_eq!(host_table_size(99), host_table_size(ABI_VERSION_LATEST));
    assert_eq!(
        plugin_table_size(0),
        plugin_table_size(1),
        "an unset version is the oldest"
    );
    let sizes = V2_REVISIONS.map(|one| (one.name, one.host_table_size, one.plugin_table_size));
    let expected = [
        ("2a", 56, 64),
        ("2b", 128, 72),
        ("2c", 128, 72),
        ("2d", 136, 72),
        ("2e", 168, 72),
    ];
    assert_eq!(sizes, expected);
}

#[test]
fn constants_keep_their_numbers() {
    assert_eq!(
        (ENTRY_V1, ENTRY_V2),
        ("osaurus_plugin_entry", "osaurus_plugin_entry_v2")
    );
    assert_eq!(TaskEvent::from_value(8), Some(TaskEvent::Draft));
    assert_eq!(TaskEvent::from_value(9), None);
    assert_eq!(
        TaskEvent::ALL.map(TaskEvent::value),
        [0, 1, 2, 3, 4, 5, 6, 7, 8]
    );
    assert_eq!(LogLevel::Error.value(), osaurus_abi::log_level::ERROR);
    assert_eq!(
        LogLevel::ALL.map(LogLevel::name),
        ["trace", "debug", "info", "warn", "error"]
    );
}

#[test]
fn the_source_is_as_rustfmt_writes_it() {
    if !have("rustfmt") {
        return;
    }
    let source = root().join("abi-spec/table/src/lib.rs");
    let output = run("rustfmt", &["--check", "--edition", "2024", text(&source)]);
    let difference = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "rustfmt would change the table:\n{difference}"
    );
}
