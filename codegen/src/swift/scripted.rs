//! The table of the Swift package's scripted host: a C function for each slot.

use super::{
    lower_camel,
    shape::{is_call, streams},
};
use crate::{
    target::Error,
    view::{self, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{CType, Slot, Spec};

#[derive(Template)]
#[template(path = "swift/ScriptedFunctions.swift", escape = "none")]
struct ScriptedFunctions {
    slots: Vec<Function>,
    sizes: Vec<Size>,
}

struct Size {
    version: u32,
    bytes: usize,
}

struct Function {
    name: String,
    function: String,
}

/// The text of `ScriptedFunctions.swift`.
pub fn text(spec: &Spec) -> Result<String, Error> {
    let slots = view::host_slots(spec).into_iter();
    let functions = ScriptedFunctions {
        slots: slots
            .map(|(_, slot)| Function {
                name: slot.name.clone(),
                function: function(slot),
            })
            .collect(),
        sizes: (2..spec.newest_version())
            .map(|version| Size {
                version,
                bytes: view::table_size(spec, Side::Host, version),
            })
            .collect(),
    };
    functions.render().map_err(|source| Error::Template {
        file: "ScriptedFunctions.swift",
        source,
    })
}

fn function(slot: &Slot) -> String {
    let name = lower_camel(&slot.name);
    if !is_call(slot) {
        return "{ release($0) }".to_owned();
    }
    if streams(slot) {
        return format!("{{ stream(.{name}, $0, $1, $2) }}");
    }
    let params = slot.params.iter().enumerate();
    let arguments: Vec<String> = params
        .map(|(index, param)| match param.ty {
            CType::Int => format!("\"\\(${index})\""),
            _ => format!("text(${index})"),
        })
        .collect();
    let verb = match slot.returns.ty {
        CType::Void => "note",
        _ => "answer",
    };
    format!("{{ {verb}(.{name}, [{}]) }}", arguments.join(", "))
}
