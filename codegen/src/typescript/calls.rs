//! One method per host function: text in, text out, awaited.

use super::comment;
use crate::{names, phrases, view};
use osaurus_abi_spec::model::{CType, Ownership, Param, Slot};

/// The pieces of a method that the template puts into the class.
pub struct Call {
    pub doc: String,
    pub signature: String,
    pub body: String,
}

/// Memory management is the bridge's affair: a function that consumes memory is not for scripts to
/// call.
pub fn is_call(slot: &Slot) -> bool {
    let mut owners = slot.params.iter().map(|param| param.ownership);
    owners.all(|ownership| ownership != Ownership::Consumed)
}

/// The method of a host function.
pub fn call(slot: &Slot) -> Call {
    let visible: Vec<&Param> = slot
        .params
        .iter()
        .filter(|param| param.ty != CType::Opaque)
        .collect();
    Call {
        doc: comment(&call_doc(slot, &visible), "  "),
        signature: signature(slot, &visible),
        body: body(slot, &visible),
    }
}

fn name(param: &Param) -> String {
    names::lower_camel(&param.name)
}

/// Every answer may be NULL: at the least where memory ran out.
fn result(slot: &Slot) -> &'static str {
    if slot.returns.ty == CType::Void {
        "void"
    } else {
        "string | null"
    }
}

fn signature(slot: &Slot, params: &[&Param]) -> String {
    let list: Vec<String> = params
        .iter()
        .enumerate()
        .map(|(index, param)| parameter(param, &params[index..]))
        .collect();
    let method = names::lower_camel(&slot.name);
    let result = result(slot);
    // A call whose answer is passed on as it is needs no promise of its own.
    let lead = if result == "string | null" {
        ""
    } else {
        "async "
    };
    let single = format!("{lead}{method}({}): Promise<{result}> {{", list.join(", "));
    if single.len() <= 98 {
        return single;
    }
    let list = list.join(",\n    ");
    format!("{lead}{method}(\n    {list},\n  ): Promise<{result}> {{")
}

/// A parameter that may be null can be left out where all later ones can.
fn parameter(param: &Param, rest: &[&Param]) -> String {
    let ty = parameter_type(param);
    let optional = rest.iter().all(|later| phrases::null_is_useful(later));
    let default = if optional { " = null" } else { "" };
    format!("{}: {ty}{default}", name(param))
}

fn parameter_type(param: &Param) -> String {
    let ty = match param.ty {
        CType::Int => "number",
        CType::ChunkCallback => "OnChunk",
        _ => "string",
    };
    let null = if phrases::null_is_useful(param) {
        " | null"
    } else {
        ""
    };
    format!("{ty}{null}")
}

fn body(slot: &Slot, params: &[&Param]) -> String {
    let (callbacks, passed): (Vec<&Param>, Vec<&Param>) = params
        .iter()
        .partition(|param| param.ty == CType::ChunkCallback);
    let args: Vec<String> = passed.iter().map(|param| name(param)).collect();
    let method = if callbacks.is_empty() {
        "call"
    } else {
        "stream"
    };
    let mut list = vec![
        format!("HostSlot.{}", names::upper_camel(&slot.name)),
        format!("[{}]", args.join(", ")),
    ];
    list.extend(callbacks.iter().map(|param| name(param)));
    let call = format!("this.{method}({})", list.join(", "));
    if result(slot) == "void" {
        format!("await {call};")
    } else {
        format!("return {call};")
    }
}

fn call_doc(slot: &Slot, params: &[&Param]) -> String {
    let mut parts = vec![slot.doc.trim().to_owned()];
    parts.extend(phrases::status(slot));
    let mut notes = vec![
        format!("- Since version {}.", view::since_text(&slot.since)),
        format!("- Blocks: {}.", phrases::blocking(&slot.blocking)),
    ];
    if !slot.errors.is_empty() {
        notes.push(format!("- Errors: `{}`.", slot.errors.join("`, `")));
    }
    parts.push(notes.join("\n"));
    let mut tags: Vec<String> = params.iter().map(|param| parameter_doc(param)).collect();
    if !slot.returns.doc.trim().is_empty() {
        tags.push(format!("@returns {}", result_doc(slot)));
    }
    if !tags.is_empty() {
        parts.push(tags.join("\n"));
    }
    parts.join("\n\n")
}

fn parameter_doc(param: &Param) -> String {
    let null = param
        .null
        .as_ref()
        .filter(|_| phrases::null_is_useful(param));
    let text = described(param.record.as_ref(), &param.doc, null);
    format!("@param {} {text}", name(param))
}

fn result_doc(slot: &Slot) -> String {
    let returns = &slot.returns;
    described(returns.record.as_ref(), &returns.doc, returns.null.as_ref())
}

fn described(record: Option<&String>, doc: &str, null: Option<&String>) -> String {
    let record = record.map_or(String::new(), |name| format!("JSON text of `{name}`"));
    let null = null.map_or(String::new(), |text| format!("`null`: {}", text.trim()));
    phrases::sentences(&[&record, doc, &null])
}
