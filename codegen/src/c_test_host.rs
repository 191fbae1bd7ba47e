//! The scripted host for tests in C and C++: text, but for the host's functions, which come from the
//! spec. Called by `generate`; goes beside the header of any version that has a host table.

use super::c;
use crate::{
    phrases,
    target::{Error, Files},
    text,
    view::{self, Side},
};
use askama::Template;
use osaurus_abi_spec::model::{CType, Ownership, Param, Since, Slot, Spec};

/// The file's name.
pub const FILE: &str = "osaurus_test_host.h";

#[derive(Template)]
#[template(path = "osaurus_test_host.h", escape = "none")]
struct TestHost {
    notice: String,
    max_arguments: usize,
    slots: Vec<Function>,
    /// Versions with the bytes of their host table.
    sizes: Vec<(u32, usize)>,
}

struct Function {
    name: String,
    declaration: String,
    body: Vec<String>,
}

/// Puts the host beside the header of a version. It needs all that a version has: there is none for
/// the revisions of version 2, nor for version 1.
pub fn beside(mut files: Files, spec: &Spec, level: &Since) -> Result<Files, Error> {
    if level.revision.is_none() && view::table_size(spec, Side::Host, level.version) > 0 {
        files.insert(FILE.to_owned(), text_of(spec)?);
    }
    Ok(files)
}

/// The same for every version: it looks at what the header has.
fn text_of(spec: &Spec) -> Result<String, Error> {
    let slots: Vec<&Slot> = spec.host_slots().collect();
    let arguments = slots
        .iter()
        .map(|slot| slot.params.iter().filter(is_argument).count());
    let versions = spec.versions.iter().map(|version| version.number);
    let sizes = versions.map(|version| (version, view::table_size(spec, Side::Host, version)));
    let max_arguments = arguments.max().unwrap_or_default();
    let file = TestHost {
        notice: format!("// {}", phrases::notice("osaurus-bridge gen c")),
        max_arguments,
        slots: slots
            .iter()
            .map(|slot| function(slot, max_arguments))
            .collect(),
        sizes: sizes.filter(|(_, size)| *size > 0).collect(),
    };
    let text = file
        .render()
        .map_err(|source| Error::Template { file: FILE, source })?;
    Ok(text::tidy_prose(&text))
}

/// A parameter that the host records: neither a callback nor its data.
fn is_argument(param: &&Param) -> bool {
    matches!(param.ty, CType::String | CType::Int)
}

fn function(slot: &Slot, max_arguments: usize) -> Function {
    let head = format!("{} osr_test_slot_{}", slot.returns.ty.c_name(), slot.name);
    Function {
        name: slot.name.clone(),
        declaration: c::declaration(&head, &slot.params, "static inline  {".len()),
        body: body(slot, max_arguments),
    }
}

fn body(slot: &Slot, max_arguments: usize) -> Vec<String> {
    let consumed = slot
        .params
        .iter()
        .find(|param| param.ownership == Ownership::Consumed);
    if let Some(param) = consumed {
        return vec![format!("osr_test_take_back({});", param.name)];
    }
    let params: Vec<&Param> = slot.params.iter().filter(is_argument).collect();
    let mut lines = Vec::new();
    let mut arguments = vec!["NULL".to_owned(); max_arguments];
    for (argument, param) in arguments.iter_mut().zip(params) {
        *argument = param.name.clone();
        if param.ty == CType::Int {
            *argument = format!("{}_text", param.name);
            lines.push(format!("char {argument}[16];"));
        }
    }
    lines.push(format!(
        "const char* const arguments[OSR_TEST_MAX_ARGUMENTS] = {{{}}};",
        arguments.join(", ")
    ));
    let numbers = slot.params.iter().filter(|param| param.ty == CType::Int);
    lines.extend(numbers.map(|param| {
        let name = &param.name;
        format!("snprintf({name}_text, sizeof {name}_text, \"%d\", {name});")
    }));
    lines.push(call(slot));
    lines
}

fn call(slot: &Slot) -> String {
    let name = &slot.name;
    let is_stream = slot
        .params
        .iter()
        .any(|param| param.ty == CType::ChunkCallback);
    let names: Vec<&str> = slot
        .params
        .iter()
        .filter(|param| !is_argument(param))
        .map(|param| &*param.name)
        .collect();
    match slot.returns.ty {
        CType::Void => format!("osr_test_serve(\"{name}\", arguments, 0);"),
        _ if is_stream => format!(
            "return osr_test_stream(\"{name}\", arguments, {});",
            names.join(", ")
        ),
        _ => format!("return osr_test_serve(\"{name}\", arguments, 1);"),
    }
}
