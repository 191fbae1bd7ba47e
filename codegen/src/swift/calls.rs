//! The host's functions: one operation each, and a method on `BlockingHost` and `AsyncHost`
//! (awaitable).

use super::shape::{is_call, streams};
use super::{declared, doc, lower_camel};
use crate::{phrases, target::Error, view};
use askama::Template;
use osaurus_abi_spec::model::{CType, Param, Slot, Spec};

#[derive(Template)]
#[template(path = "swift/HostCalls.swift", escape = "none")]
struct HostCalls {
    calls: Vec<Call>,
    /// Functions that are not for plugins to call.
    others: Vec<String>,
    hosts: [Host; 2],
}

/// One function, in the pieces that the template puts together.
struct Call {
    name: String,
    case: String,
    doc: String,
    parameters: String,
    passed: String,
    answer: String,
    /// ` -> Answer`, or nothing.
    arrow: String,
    /// The strings that become C strings.
    strings: String,
    count: usize,
    streams: bool,
    /// The C call and what becomes of its answer.
    result: String,
    /// The same with strings as they are, as the body of a closure.
    raw: String,
}

struct Host {
    name: &'static str,
    effects: &'static str,
    mark: &'static str,
}

/// The text of `HostCalls.swift`.
pub fn text(spec: &Spec) -> Result<String, Error> {
    let slots = view::host_slots(spec);
    let slots = slots.into_iter().map(|(_, slot)| slot);
    let (calls, others): (Vec<&Slot>, Vec<&Slot>) = slots.partition(|slot| is_call(slot));
    let calls = HostCalls {
        calls: calls.into_iter().map(call).collect(),
        others: others
            .into_iter()
            .map(|slot| lower_camel(&slot.name))
            .collect(),
        hosts: [
            Host {
                name: "BlockingHost",
                effects: "throws",
                mark: "try",
            },
            Host {
                name: "AsyncHost",
                effects: "async throws",
                mark: "try await",
            },
        ],
    };
    calls.render().map_err(|source| Error::Template {
        file: "HostCalls.swift",
        source,
    })
}

fn call(slot: &Slot) -> Call {
    let answer = answer(slot);
    let strings: Vec<String> = slot.params.iter().filter_map(text_argument).collect();
    Call {
        name: slot.name.clone(),
        case: lower_camel(&slot.name),
        doc: doc(&method_doc(slot), "    "),
        parameters: parameters(slot),
        passed: passed(slot),
        arrow: match answer.as_str() {
            "Void" => String::new(),
            _ => format!(" -> {answer}"),
        },
        result: result(slot, &answer),
        count: strings.len(),
        strings: strings.join(", "),
        streams: streams(slot),
        raw: raw(slot),
        answer,
    }
}

/// `request_json` to `request`.
fn name(param: &Param) -> &str {
    param.name.strip_suffix("_json").unwrap_or(&param.name)
}

fn parameter_type(param: &Param) -> String {
    let ty = match (&param.ty, &param.record) {
        (CType::Int, _) => "Int32",
        (CType::ChunkCallback, _) => "@escaping ChunkHandler",
        (_, Some(record)) => record,
        _ => "String",
    };
    let optional = phrases::null_is_useful(param) && param.ty != CType::ChunkCallback;
    format!("{ty}{}", if optional { "?" } else { "" })
}

fn visible(slot: &Slot) -> impl Iterator<Item = &Param> {
    slot.params.iter().filter(|param| param.ty != CType::Opaque)
}

fn parameters(slot: &Slot) -> String {
    let one = |(index, param): (usize, &Param)| {
        let label = if index == 0 { "_ " } else { "" };
        let ty = parameter_type(param);
        let default = if ty.ends_with('?') { " = nil" } else { "" };
        format!("{label}{}: {ty}{default}", declared(name(param)))
    };
    let list: Vec<String> = visible(slot).enumerate().map(one).collect();
    list.join(", ")
}

fn passed(slot: &Slot) -> String {
    let one = |(index, param): (usize, &Param)| {
        let value = lower_camel(name(param));
        if index == 0 {
            value
        } else {
            format!("{value}: {value}")
        }
    };
    let list: Vec<String> = visible(slot).enumerate().map(one).collect();
    list.join(", ")
}

fn answer(slot: &Slot) -> String {
    let returns = &slot.returns;
    match (&returns.record, returns.ty == CType::Void) {
        (_, true) => "Void".to_owned(),
        (Some(record), _) => record.clone(),
        (None, _) if returns.error_record.is_some() => "JSON".to_owned(),
        (None, _) => "String?".to_owned(),
    }
}

fn result(slot: &Slot, answer: &str) -> String {
    let (case, call) = (lower_camel(&slot.name), c_call(slot));
    match answer {
        "Void" => call,
        "String?" => format!("try table.take(.{case}, {call})"),
        record => format!("try table.answer(.{case}, {call}, as: {record}.self)"),
    }
}

fn raw(slot: &Slot) -> String {
    let mut strings = 0..;
    let argument = |param: &Param| match param.ty {
        CType::String => format!("$0[{}]", strings.next().unwrap_or(0)),
        _ => "level".to_owned(),
    };
    let arguments: Vec<String> = slot.params.iter().map(argument).collect();
    let call = format!("call({})", arguments.join(", "));
    if slot.returns.ty == CType::Void {
        return format!("{call}; return nil");
    }
    let ignored = if arguments.is_empty() { "_ in " } else { "" };
    format!("{ignored}try table.take(slot, {call})")
}

fn text_argument(param: &Param) -> Option<String> {
    if param.ty != CType::String {
        return None;
    }
    let value = lower_camel(name(param));
    Some(match &param.record {
        Some(_) => format!("try writeJSON({value})"),
        None => value,
    })
}

fn c_call(slot: &Slot) -> String {
    let mut strings = 0;
    let one = |param: &Param| match param.ty {
        CType::String if streams(slot) => "text".to_owned(),
        CType::String => {
            strings += 1;
            format!("strings[{}]", strings - 1)
        }
        CType::Opaque => lower_camel("user_data"),
        _ => lower_camel(name(param)),
    };
    let arguments: Vec<String> = slot.params.iter().map(one).collect();
    format!("call({})", arguments.join(", "))
}

fn method_doc(slot: &Slot) -> String {
    let mut parts = vec![slot.doc.trim().to_owned()];
    parts.extend(phrases::status(slot));
    let row = |param: &Param| {
        let about = phrases::sentences(&[&param.doc]);
        format!("- Parameter {}: {about}", lower_camel(name(param)))
    };
    let mut rows: Vec<String> = visible(slot).map(row).collect();
    if slot.returns.ty != CType::Void {
        let null = slot.returns.null.as_ref();
        let null = null.map_or(String::new(), |text| format!("Nothing: {}", text.trim()));
        let about = phrases::sentences(&[&slot.returns.doc, &null]);
        rows.push(format!("- Returns: {about}"));
    }
    let since = view::since_text(&slot.since);
    rows.push(format!(
        "- Throws: `HostError`. Since version {since}. Blocks: {}.",
        phrases::blocking(&slot.blocking)
    ));
    parts.push(rows.join("\n"));
    parts.join("\n\n")
}
