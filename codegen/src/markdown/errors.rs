//! The page of errors: a section for each code of a failed host call and for each kind of a failed
//! tool.

use super::{
    code, prose,
    records::{self, Shown},
    slots,
};
use crate::{text, view::Side};
use osaurus_abi_spec::model::{ErrorCode, Spec};

/// The enumeration of the kinds of failed tools, which has sections here instead of a table.
pub const KINDS: &str = "ToolErrorKind";

/// The payloads of failures.
pub fn records(spec: &Spec, shown: &mut Shown<'_>) -> String {
    let names = spec
        .host_slots()
        .filter_map(|slot| slot.returns.error_record.as_deref());
    names.map(|name| shown.print(name)).collect()
}

/// The text below the page's title; `records` are the payloads of failures.
pub fn page(spec: &Spec, records: &str) -> String {
    let mut out = format!(
        "A host function that returns JSON reports a failure in the same place as its result: an object with \
         `error`. Look for that key first. A tool reports its own failure in an envelope with one of the \
         [kinds](#toolerrorkind) below.\n\n`osaurus-bridge explain CODE` prints one of these sections.\n\n\
         ## Forms\n\n{records}\n## Codes\n\n"
    );
    out.extend(spec.errors.iter().map(|error| error_section(spec, error)));
    out.push_str(&kinds(spec));
    out
}

fn error_section(spec: &Spec, error: &ErrorCode) -> String {
    let users = spec
        .host_slots()
        .filter(|slot| slot.errors.contains(&error.code));
    let users: Vec<String> = users.map(|slot| slots::link(Side::Host, slot)).collect();
    let mut out = format!(
        "<a id=\"error-{0}\"></a>\n\n### {0}\n\n{1}\n\n- What to do: {2}\n",
        error.code,
        prose(&text::sentence(&error.doc)),
        text::sentence(&error.hint)
    );
    if !users.is_empty() {
        out.push_str(&format!("- Returned by: {}.\n", users.join(", ")));
    }
    for field in &error.extra {
        let field = format!("{}: {}", code(&field.name), records::field_text(field));
        out.push_str(&format!("- Also carries {field}\n"));
    }
    out.push('\n');
    out
}

fn kinds(spec: &Spec) -> String {
    let Some(kinds) = spec.enums.iter().find(|one| one.name == KINDS) else {
        return String::new();
    };
    let mut out = format!("## {KINDS}\n\n{}\n\n", prose(&kinds.doc));
    for (value, meaning) in &kinds.values {
        out.push_str(&format!(
            "<a id=\"kind-{value}\"></a>\n\n### `{value}` of a tool\n\n{}\n\n",
            text::sentence(meaning)
        ));
    }
    out
}
