//! The operation behind `raw`: any function of the host with texts as they are, each through its own C type.

use super::{
    lower_camel,
    shape::{is_call, streams},
};
use crate::view::Row;
use osaurus_abi_spec::model::{CType, Slot};

/// `Operations.raw`.
pub fn operation(slots: &[(Row<'_>, &Slot)]) -> String {
    let cases: Vec<String> = slots.iter().map(|(_, slot)| case(slot)).collect();
    format!(
        "    /// Any function, with texts as they are.\n    static func raw(\n        _ slot: HostSlot, _ texts: [String?], _ level: Int32, _ onChunk: @escaping TextChunkHandler\n    ) -> Operation<String?> {{\n        Operation(slot) {{ table in\n            switch slot {{\n{}\n            }}\n        }}\n    }}",
        cases.join("\n")
    )
}

fn case(slot: &Slot) -> String {
    let name = lower_camel(&slot.name);
    if !is_call(slot) {
        return format!("            case .{name}: throw HostError.notForPlugins(slot)");
    }
    format!(
        "            case .{name}:\n                let call = try table.function(slot, as: osr_{}_fn.self)\n{}",
        slot.name,
        body(slot)
    )
}

fn body(slot: &Slot) -> String {
    let texts = slot.params.iter().filter(|one| one.ty == CType::String);
    let count = texts.count();
    if streams(slot) {
        return format!(
            "                guard texts.count == {count} else {{ throw HostError.wrongCount(slot, expected: {count}, found: texts.count) }}\n                return try table.streaming(texts[0], onChunk) {{ try table.take(slot, call($0, $1, $2)) }}"
        );
    }
    let call = format!("call({})", arguments(slot));
    let (ignored, made) = match (slot.returns.ty == CType::Void, count) {
        (true, _) => ("", format!("{call}; return nil")),
        (false, 0) => (" _ in", format!("try table.take(slot, {call})")),
        (false, _) => ("", format!("try table.take(slot, {call})")),
    };
    format!(
        "                return try withTexts(slot, texts, count: {count}) {{{ignored} {made} }}"
    )
}

fn arguments(slot: &Slot) -> String {
    let mut texts = 0..;
    let one = |ty: &CType| match ty {
        CType::String => format!("$0[{}]", texts.next().unwrap_or(0)),
        _ => "level".to_owned(),
    };
    let made: Vec<String> = slot.params.iter().map(|one| &one.ty).map(one).collect();
    made.join(", ")
}
