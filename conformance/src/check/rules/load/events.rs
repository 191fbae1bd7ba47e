//! Settings and task events: the probe, cleared and repeated values, events of tomorrow and with
//! little in them.

use crate::check::case::{Case, HostOptions};
use crate::check::exercise::TASK;
use crate::check::of_settings;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::tracked::Call;
use osaurus_abi::{HostSlot, TaskEvent};
use osaurus_abi_spec::Spec;
use osaurus_abi_spec::model::{JsonType, Record};
use osaurus_reference_host::{AbiLevel, GuardedTable};
use serde_json::{Map, Value, json};

const PROBE: &str = "__osaurus_abi_probe__";
/// Work that must not begin again for a value that is not new.
const WORK: [HostSlot; 5] = [
    HostSlot::Dispatch,
    HostSlot::Complete,
    HostSlot::CompleteStream,
    HostSlot::Embed,
    HostSlot::HttpRequest,
];

/// Loading delivers the probe: whoever comes back has survived it.
pub(super) fn probe_survives(case: &Case) -> Verdict {
    match case.load(HostOptions::default()) {
        Ok(_) => Ok(()),
        Err(problem) => Err(problem),
    }
}

pub(super) fn probe_kept(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let calls = loaded.calls();
    let delivered = calls
        .iter()
        .find(|call| call.function == "on_config_changed" && call.text(0) == PROBE);
    let Some(value) = delivered.map(|call| call.text(1)) else {
        return Err(Problem::skipped("it has no `on_config_changed`"));
    };
    loaded.exercise_tools();
    let calls = loaded.host_calls();
    let matching = calls
        .iter()
        .filter(|call| (0..call.arguments.len()).any(|index| call.text(index).contains(&value)));
    verdict(matching.map(|call| call.evidence("the probe's value is passed to the host")))
}

pub(super) fn config_null_value(case: &Case) -> Verdict {
    let table =
        GuardedTable::new(AbiLevel::LATEST).map_err(|error| Problem::skipped(error.to_string()))?;
    let library = case.open()?;
    // SAFETY: the table is a whole one of the newest version and lives until the process ends.
    let plugin = unsafe { library.enter(table.as_ptr()) };
    let plugin = plugin.filter(|plugin| plugin.api.on_config_changed.is_some());
    let plugin = plugin.ok_or_else(|| Problem::skipped("it has no `on_config_changed`"))?;
    let ctx = plugin
        .init()
        .ok_or_else(|| Problem::skipped("`init` returns NULL"))?;
    for (key, value) in of_settings(case.manifest()?) {
        plugin.config_changed(ctx, key.as_bytes(), value.as_bytes());
        plugin.config_cleared(ctx, &key);
    }
    plugin.destroy(ctx);
    // The plugin may keep the pointer.
    std::mem::forget(table);
    Ok(())
}

/// A tunnel that comes up again makes the host deliver all settings once more.
pub(super) fn config_repeated(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    if !loaded.plugin.handles_config() {
        return Err(Problem::skipped("it has no `on_config_changed`"));
    }
    for (key, value) in of_settings(case.manifest()?) {
        let stored = loaded
            .host
            .store_config(loaded.agent(), loaded.plugin.id(), &key, &value);
        stored.map_err(|error| Problem::skipped(error.to_string()))?;
    }
    for _ in 0..3 {
        loaded.host.set_tunnel(loaded.agent(), None);
        loaded
            .host
            .set_tunnel(loaded.agent(), Some("https://0x1.example.com"));
    }
    // Unloading waits for what is still to be delivered.
    loaded.unload();
    let calls = loaded.calls();
    verdict(
        repeated_work(&calls)
            .map(|call| call.evidence("a setting that was delivered before begins work again")),
    )
}

/// The calls that begin work while a value is delivered that the same key had before.
fn repeated_work(calls: &[Call]) -> impl Iterator<Item = &Call> {
    let delivers = |call: &&Call| call.function == "on_config_changed";
    let is_repeat = move |number: u64| {
        let now = calls.iter().find(|call| call.number == number)?;
        let mut before = calls
            .iter()
            .filter(delivers)
            .filter(|call| call.number < number && call.text(0) == now.text(0));
        Some(before.next_back()?.arguments == now.arguments)
    };
    let works = calls
        .iter()
        .filter(|call| call.slot.is_some_and(|slot| WORK.contains(&slot)));
    works.filter(move |call| {
        let within = call
            .within
            .filter(|(_, function)| *function == "on_config_changed");
        within
            .and_then(|(number, _)| is_repeat(number))
            .unwrap_or(false)
    })
}

pub(super) fn event_unknown_type(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    if !loaded.plugin.handles_task_events() {
        return Err(Problem::skipped("it has no `on_task_event`"));
    }
    for kind in [9, 99, i32::MAX, -1] {
        loaded
            .plugin
            .task_event(loaded.agent(), TASK, kind, r#"{"title":"Chat"}"#);
    }
    Ok(())
}

pub(super) fn event_minimal_payload(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    if !loaded.plugin.handles_task_events() {
        return Err(Problem::skipped("it has no `on_task_event`"));
    }
    let spec = super::super::spec()?;
    for (kind, record) in TaskEvent::ALL.into_iter().zip(event_records(spec)) {
        loaded.plugin.task_event(
            loaded.agent(),
            TASK,
            kind.value(),
            &least(spec, record).to_string(),
        );
    }
    Ok(())
}

/// The records of events, in the order of their types.
fn event_records(spec: &Spec) -> impl Iterator<Item = &Record> {
    let variants = spec
        .record("TaskEvent")
        .map(|record| record.variants.as_slice());
    variants
        .unwrap_or_default()
        .iter()
        .filter_map(|name| spec.record(name))
}

/// An object with the required keys only.
fn least(spec: &Spec, record: &Record) -> Value {
    let required = record.fields.iter().filter(|field| field.required);
    let object: Map<String, Value> = required
        .map(|field| (field.name.clone(), value(spec, &field.ty)))
        .collect();
    Value::Object(object)
}

fn value(spec: &Spec, ty: &JsonType) -> Value {
    match ty {
        JsonType::String | JsonType::Any => json!(""),
        JsonType::Integer | JsonType::Number => json!(0),
        JsonType::Boolean => json!(false),
        JsonType::Array(_) => json!([]),
        JsonType::Map(_) => json!({}),
        JsonType::OneOf(types) => types.first().map_or(Value::Null, |ty| value(spec, ty)),
        JsonType::Enum(name) => {
            let first = spec.string_enum(name).and_then(|one| one.values.first());
            first.map_or(Value::Null, |(name, _)| json!(name))
        }
        JsonType::Record(name) => spec
            .record(name)
            .map_or(Value::Null, |record| least(spec, record)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn every_event_has_a_record_in_the_order_of_the_types() {
        let spec = osaurus_abi_spec::load().expect("the spec loads");
        let names: Vec<&str> = event_records(&spec)
            .map(|record| record.name.as_str())
            .collect();
        assert_eq!(names.len(), TaskEvent::ALL.len(), "{names:?}");
        for (kind, name) in TaskEvent::ALL.iter().zip(&names) {
            assert_eq!(*name, format!("Task{kind:?}Event"));
        }
        let least: Vec<Value> = event_records(&spec)
            .map(|record| least(&spec, record))
            .collect();
        assert_eq!(least[3], json!({"question": "", "allow_multiple": false}));
    }
}
