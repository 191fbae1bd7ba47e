//! One method per host function, blocking and awaitable: text in, text out.

use super::docstring;
use crate::{names, phrases, view};
use osaurus_abi_spec::model::{CType, Ownership, Param, Slot};

/// The pieces of a method that the template puts into both classes.
pub struct Call {
    pub name: String,
    pub signature: String,
    pub doc: String,
    pub sync_body: String,
    pub async_body: String,
}

/// Memory management is the bridge's affair: a function that consumes memory is not for scripts to
/// call.
pub fn is_call(slot: &Slot) -> bool {
    slot.params
        .iter()
        .all(|param| param.ownership != Ownership::Consumed)
}

/// The method of a host function.
pub fn call(slot: &Slot) -> Call {
    let streams = slot
        .params
        .iter()
        .any(|param| param.ty == CType::ChunkCallback);
    let visible: Vec<&Param> = slot
        .params
        .iter()
        .filter(|param| param.ty != CType::Opaque)
        .collect();
    let returns = slot.returns.ty != CType::Void;
    let args = arguments(&visible);
    let constant = names::screaming(&slot.name);
    let (name, extra) = if streams {
        ("stream", ", on_chunk")
    } else {
        ("call", "")
    };
    let body = |prefix: &str, dunder: &str| {
        let lead = if returns { "return " } else { "" };
        format!("{lead}{prefix}self._{dunder}{name}(HostSlot.{constant}, {args}{extra})")
    };
    Call {
        name: slot.name.clone(),
        signature: signature(&slot.name, &visible, returns, slot),
        doc: docstring(&call_doc(slot, &visible), "        "),
        sync_body: body("", ""),
        async_body: body("await ", "a"),
    }
}

/// The arguments as a tuple, without the chunk callback, which travels beside it.
fn arguments(params: &[&Param]) -> String {
    let passed = params
        .iter()
        .filter(|param| param.ty != CType::ChunkCallback);
    let names: Vec<&str> = passed.map(|param| param.name.as_str()).collect();
    match names.as_slice() {
        [] => "()".to_owned(),
        [one] => format!("({one},)"),
        many => format!("({})", many.join(", ")),
    }
}

fn signature(name: &str, params: &[&Param], returns: bool, slot: &Slot) -> String {
    let mut list = vec!["self".to_owned()];
    for (index, param) in params.iter().enumerate() {
        let rest_optional = params[index..]
            .iter()
            .all(|later| phrases::null_is_useful(later));
        let default = if rest_optional { " = None" } else { "" };
        list.push(format!(
            "{}: {}{default}",
            param.name,
            parameter_type(param)
        ));
    }
    let result = match (returns, &slot.returns.null) {
        (false, _) => "None",
        (true, Some(_)) => "str | None",
        (true, None) => "str",
    };
    let single = format!("({}) -> {result}:", list.join(", "));
    if single.len() + name.len() + "    async def ".len() <= 100 {
        return single;
    }
    format!(
        "(\n        {},\n    ) -> {result}:",
        list.join(",\n        ")
    )
}

fn parameter_type(param: &Param) -> String {
    let ty = match param.ty {
        CType::Int => "int",
        CType::ChunkCallback => "Callable[[str], bool]",
        _ => "str",
    };
    if phrases::null_is_useful(param) {
        format!("{ty} | None")
    } else {
        ty.to_owned()
    }
}

fn call_doc(slot: &Slot, params: &[&Param]) -> String {
    let mut parts = vec![slot.doc.trim().to_owned()];
    parts.extend(phrases::status(slot));
    let mut rows: Vec<String> = params
        .iter()
        .map(|param| format!("- `{}`: {}", param.name, parameter_doc(param)))
        .collect();
    if !slot.returns.doc.trim().is_empty() {
        rows.push(format!("- Returns {}", result_doc(slot)));
    }
    rows.push(format!(
        "- Since version {}.",
        view::since_text(&slot.since)
    ));
    rows.push(format!("- Blocks: {}.", phrases::blocking(&slot.blocking)));
    if !slot.errors.is_empty() {
        rows.push(format!("- Errors: `{}`.", slot.errors.join("`, `")));
    }
    parts.push(rows.join("\n"));
    parts.join("\n\n")
}

fn parameter_doc(param: &Param) -> String {
    let record = param.record.as_ref();
    let record = record.map_or(String::new(), |name| format!("JSON text of `{name}`"));
    let null = param
        .null
        .as_ref()
        .filter(|_| phrases::null_is_useful(param));
    let null = null.map_or(String::new(), |text| format!("None: {}", text.trim()));
    phrases::sentences(&[&record, &param.doc, &null])
}

fn result_doc(slot: &Slot) -> String {
    let record = slot.returns.record.as_ref();
    let record = record.map_or(String::new(), |name| format!("JSON text of `{name}`"));
    let null = slot.returns.null.as_ref();
    let null = null.map_or(String::new(), |text| format!("None: {}", text.trim()));
    phrases::sentences(&[&record, &slot.returns.doc, &null])
}
