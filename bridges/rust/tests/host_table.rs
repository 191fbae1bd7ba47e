//! Tables of every version and revision, each ending at an unmapped page: reading beyond one is a
//! crash, and each size has its own child process.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::abi::ParamKind;
use osaurus_plugin::{
    CallArg, Frame, Handlers, HostError, HostSlot, Plugin, RawCall, V2Revision, envelope, export,
};
use serde_json::json;
use std::time::Duration;
use support::child::in_child_with;
use support::{GuardedTable, scoped};

struct Promising;

/// Calls every slot and reports what came: one line per slot.
impl Plugin for Promising {
    fn manifest() -> &'static str {
        r#"{"plugin_id":"dev.test.promising","capabilities":{}}"#
    }
    fn start() -> Result<Self, String> {
        Ok(Promising)
    }
    fn invoke(&self, frame: &Frame, _kind: &str, _id: &str, _payload: &str) -> String {
        let report: Vec<String> = HostSlot::ALL
            .iter()
            .map(|slot| try_slot(frame, *slot))
            .collect();
        envelope::success(json!(report))
    }
    fn handlers() -> Handlers {
        Handlers::default()
    }
    fn min_v2_revision() -> V2Revision {
        let name = std::env::var("MIN_V2").unwrap_or_default();
        V2Revision::from_name(&name).unwrap_or(V2Revision::E)
    }
}

export!(Promising);

/// Arguments that fit the slot.
fn args(slot: HostSlot) -> Vec<CallArg<'static>> {
    let params = slot.params().iter();
    params
        .filter_map(|param| match param.kind {
            ParamKind::Int => Some(CallArg::Int(2)),
            ParamKind::ChunkCallback | ParamKind::Opaque => None,
            _ => Some(CallArg::Text("{}")),
        })
        .collect()
}

fn try_slot(frame: &Frame, slot: HostSlot) -> String {
    let call = RawCall {
        slot,
        args: &args(slot),
        on_chunk: None,
    };
    match frame.call(&call) {
        Ok(_) => format!("{} works", slot.name()),
        Err(HostError::MissingSlot { .. }) => format!("{} is missing", slot.name()),
        Err(HostError::SlotNotInRevision { .. }) => format!("{} is too new", slot.name()),
        Err(error) => format!("{}: {error}", slot.name()),
    }
}

/// What the plugin reports on this host, through the real entry and `invoke`.
fn report(version: u32, size: usize) -> Vec<String> {
    let table = GuardedTable::new(version, size);
    // SAFETY: the plugin's own table, used as the ABI says, while the host's table lives.
    let answer = unsafe {
        let plugin = *osaurus_plugin_entry_v2(table.as_ptr());
        let context = plugin.init.unwrap()();
        let answer = scoped("A", || {
            plugin.invoke.unwrap()(context, c"tool".as_ptr(), c"t".as_ptr(), c"{}".as_ptr())
        });
        let text = std::ffi::CStr::from_ptr(answer)
            .to_str()
            .unwrap()
            .to_owned();
        plugin.free_string.unwrap()(answer);
        plugin.destroy.unwrap()(context);
        text
    };
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    serde_json::from_value(answer["result"].clone()).unwrap()
}

unsafe extern "C" {
    safe fn osaurus_plugin_entry_v2(
        host: *const osaurus_plugin::abi::HostApi,
    ) -> *const osaurus_plugin::abi::PluginApi;
}

/// The first `slots` slots work, the others are `absent`; `free_string` is never called by hand.
fn expect(version: u32, size: usize, slots: u32, absent: &str) {
    let expected: Vec<String> = HostSlot::ALL
        .iter()
        .map(|slot| match *slot as u32 {
            24 => slot.name().to_owned(),
            index if index <= slots => format!("{} works", slot.name()),
            _ if slot.since() > version => format!("{} is missing", slot.name()),
            _ => format!("{} {absent}", slot.name()),
        })
        .collect();
    let reported = report(version, size);
    assert_eq!(reported[..23], expected[..23]);
    assert!(
        reported[23].contains("takes no call at all: a HostString frees itself"),
        "{}",
        reported[23]
    );
}

fn revision(test: &str, name: &str, size: usize, slots: u32) {
    in_child_with(test, &[("MIN_V2", name)], || {
        expect(2, size, slots, "is too new");
    });
}

#[test]
fn revision_2a_of_56_bytes_gives_config_database_and_log() {
    let test = "revision_2a_of_56_bytes_gives_config_database_and_log";
    revision(test, "2a", 56, 6);
}

#[test]
fn revision_2b_of_128_bytes_gives_tasks_inference_and_http() {
    let test = "revision_2b_of_128_bytes_gives_tasks_inference_and_http";
    revision(test, "2b", 128, 15);
}

#[test]
fn revision_2d_of_136_bytes_gives_file_read() {
    revision("revision_2d_of_136_bytes_gives_file_read", "2d", 136, 16);
}

#[test]
fn version_2_of_168_bytes_gives_all_that_version_3_did_not_add() {
    let test = "version_2_of_168_bytes_gives_all_that_version_3_did_not_add";
    revision(test, "2e", 168, 20);
}

#[test]
fn versions_3_to_6_and_an_unknown_later_one_give_their_slots() {
    let test = "versions_3_to_6_and_an_unknown_later_one_give_their_slots";
    in_child_with(test, &[], || {
        for (version, size, slots) in [
            (3, 176, 21),
            (4, 184, 22),
            (5, 192, 23),
            (6, 200, 24),
            (99, 200, 24),
        ] {
            expect(version, size, slots, "is missing");
        }
    });
}

#[test]
fn a_table_that_says_version_0_or_1_is_read_no_further_than_its_version() {
    let test = "a_table_that_says_version_0_or_1_is_read_no_further_than_its_version";
    in_child_with(test, &[], || {
        for version in [0, 1] {
            expect(version, 8, 0, "is missing");
        }
    });
}

#[test]
fn a_promised_slot_that_is_null_is_an_error_and_no_jump_to_zero() {
    let mut table = support::slots::table();
    table.complete = None;
    // SAFETY: the table outlives the frame.
    let error = unsafe {
        Frame::simulate(&raw const table, Duration::from_secs(5), |frame| {
            frame.host().complete(&json!({})).unwrap_err()
        })
    };
    let text = error.to_string();
    assert!(text.contains("`complete` is NULL"), "{text}");
    assert!(text.contains("ABI version 6 has it"), "{text}");
    assert!(text.contains("osaurus manifest extract"), "{text}");
}

#[test]
fn an_old_host_is_named_with_the_version_that_is_needed() {
    let table = GuardedTable::new(2, 168);
    // SAFETY: the table outlives the frame.
    let error = unsafe {
        Frame::simulate(table.as_ptr(), Duration::from_secs(5), |frame| {
            frame.host().agent_id().unwrap_err()
        })
    };
    assert_eq!(
        error.to_string(),
        "the host has no `get_active_agent_id`: it needs ABI version 4, this host says 2; \
         update Osaurus, or do without the call on older hosts"
    );
}
