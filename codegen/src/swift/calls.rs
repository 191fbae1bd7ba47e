//! The host's functions: one operation each, and a method on `BlockingHost` and `AsyncHost` (awaitable).

use super::shape::{is_call, streams};
use super::{declared, doc, lower_camel, raw};
use crate::{phrases, view};
use osaurus_abi_spec::model::{CType, Param, Slot, Spec};

/// The text of `HostCalls.swift`.
pub fn text(spec: &Spec) -> String {
    let slots = view::host_slots(spec);
    let calls: Vec<&Slot> = slots
        .iter()
        .map(|(_, slot)| *slot)
        .filter(|slot| is_call(slot))
        .collect();
    let join = |make: fn(&Slot) -> String| {
        let made: Vec<String> = calls.iter().map(|slot| make(slot)).collect();
        made.join("\n\n")
    };
    format!(
        "import COsaurusPlugin\n\n/// How each function is called once there is a table.\nenum Operations {{\n{}\n\n{}\n}}\n\nextension BlockingHost {{\n{}\n}}\n\nextension AsyncHost {{\n{}\n}}",
        join(operation),
        raw::operation(&slots),
        join(blocking),
        join(awaitable)
    )
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
    let made: Vec<String> = visible(slot).enumerate().map(one).collect();
    made.join(", ")
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
    let made: Vec<String> = visible(slot).enumerate().map(one).collect();
    made.join(", ")
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

fn operation(slot: &Slot) -> String {
    let (case, ty) = (lower_camel(&slot.name), answer(slot));
    let call = c_call(slot);
    let result = match ty.as_str() {
        "Void" => call,
        "String?" => format!("try table.take(.{case}, {call})"),
        record => format!("try table.answer(.{case}, {call}, as: {record}.self)"),
    };
    let texts: Vec<String> = slot.params.iter().filter_map(text_argument).collect();
    let inner = match (texts.is_empty(), streams(slot)) {
        (true, _) => format!("return {result}"),
        (_, true) => format!(
            "return try table.streaming(try writeJSON(request), decoded(onChunk)) {{ text, onChunk, userData in\n                {result}\n            }}"
        ),
        (_, false) => format!(
            "return try withTexts(.{case}, [{}]) {{ texts in\n                {result}\n            }}",
            texts.join(", ")
        ),
    };
    format!(
        "    static func {case}({}) -> Operation<{ty}> {{\n        Operation(.{case}) {{ table in\n            let call = try table.function(.{case}, as: osr_{}_fn.self)\n            {inner}\n        }}\n    }}",
        parameters(slot),
        slot.name
    )
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
    let mut texts = 0;
    let one = |param: &Param| match param.ty {
        CType::String if streams(slot) => "text".to_owned(),
        CType::String => {
            texts += 1;
            format!("texts[{}]", texts - 1)
        }
        CType::Opaque => lower_camel("user_data"),
        _ => lower_camel(name(param)),
    };
    let arguments: Vec<String> = slot.params.iter().map(one).collect();
    format!("call({})", arguments.join(", "))
}

fn blocking(slot: &Slot) -> String {
    method(slot, "throws", "try")
}

fn awaitable(slot: &Slot) -> String {
    method(slot, "async throws", "try await")
}

fn method(slot: &Slot, effects: &str, mark: &str) -> String {
    let (case, ty) = (lower_camel(&slot.name), answer(slot));
    let arrow = if ty == "Void" {
        String::new()
    } else {
        format!(" -> {ty}")
    };
    format!(
        "{}\n    public func {case}({}) {effects}{arrow} {{\n        {mark} perform(Operations.{case}({}))\n    }}",
        doc(&method_doc(slot), "    "),
        parameters(slot),
        passed(slot)
    )
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
