//! Words with a grammar of their own: versions, C types, JSON types, ownership, threads, blocking.

use crate::diagnostics;
use crate::index::Target;
use crate::model::{Blocking, CType, JsonType, Ownership, Since, Spec, ThreadRule};
use crate::reader::{Node, Text};

use super::refer;

/// Why a string is not a [`Since`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadSince {
    /// Not a version at all, or one that does not exist.
    Malformed,
    /// A revision after a version other than 2.
    RevisionOutsideV2,
}

/// The newest version that hosts have shipped with.
pub(crate) const SHIPPED: u32 = 6;

/// Reads `v3`, `v2` or `v2d`; the `v` may be missing. Versions go up to `newest`.
pub(crate) fn parse_since(text: &str, newest: u32) -> Result<Since, BadSince> {
    let rest = text.strip_prefix('v').unwrap_or(text);
    let (digits, letters) = rest.split_at(
        rest.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len()),
    );
    let version: u32 = digits.parse().map_err(|_| BadSince::Malformed)?;
    let exists = (1..=newest).contains(&version) && !digits.starts_with('0');
    match letters {
        _ if !exists => Err(BadSince::Malformed),
        "" => Ok(Since {
            version,
            revision: None,
        }),
        "a" | "b" | "c" | "d" | "e" if version == 2 => Ok(Since {
            version,
            revision: Some(rest.to_owned()),
        }),
        "a" | "b" | "c" | "d" | "e" => Err(BadSince::RevisionOutsideV2),
        _ => Err(BadSince::Malformed),
    }
}

/// The `since` of a node; `inherited` is what it has when it says nothing.
pub(super) fn since(node: &Node<'_>, inherited: Option<&Since>) -> Since {
    let oldest = Since {
        version: 1,
        revision: None,
    };
    if !node.has("since") {
        if inherited.is_none() {
            let message = format!("{} has no `since`", node.label());
            node.report(&diagnostics::MISSING_SINCE, node.pos(), message);
        }
        node.text("since");
        return inherited.cloned().unwrap_or(oldest);
    }
    let Some(text) = node.text("since") else {
        return oldest;
    };
    match parse_since(&text.value, node.session().newest) {
        Ok(since) if since.version == 2 && since.revision.is_none() => {
            let message = format!(
                "`since` of {} is \"{}\" without a revision",
                node.label(),
                text.value
            );
            node.report(&diagnostics::MISSING_REVISION, &text.pos, message);
            since
        }
        Ok(since) => since,
        Err(why) => {
            let rule = match why {
                BadSince::Malformed => &diagnostics::BAD_SINCE,
                BadSince::RevisionOutsideV2 => &diagnostics::REVISION_OUTSIDE_V2,
            };
            let message = format!("`since` of {} is \"{}\"", node.label(), text.value);
            node.report(rule, &text.pos, message);
            oldest
        }
    }
}

/// The C type of a parameter or return value.
pub(super) fn c_type(node: &Node<'_>) -> CType {
    let Some(text) = node.required("type") else {
        return CType::Void;
    };
    match text.value.as_str() {
        "string" => CType::String,
        "int" => CType::Int,
        "opaque" => CType::Opaque,
        "context" => CType::Context,
        "chunk_callback" => CType::ChunkCallback,
        "host_api" => CType::HostApi,
        "plugin_api" => CType::PluginApi,
        "void" => CType::Void,
        other => {
            let message = format!("`{other}` is not a C type of {}", node.label());
            node.report(&diagnostics::UNKNOWN_TYPE, &text.pos, message);
            CType::Void
        }
    }
}

/// Who owns a parameter or return value of this type.
pub(super) fn ownership(node: &Node<'_>, ty: &CType) -> Ownership {
    let words = [
        ("value", Ownership::Value),
        ("borrowed", Ownership::Borrowed),
        ("free_with_host", Ownership::FreeWithHost),
        ("free_with_plugin", Ownership::FreeWithPlugin),
        ("static", Ownership::Static),
        ("consumed", Ownership::Consumed),
    ];
    if !node.has("ownership") {
        node.text("ownership");
        let message = format!("{} has no `ownership`", node.label());
        node.report(&diagnostics::MISSING_OWNERSHIP, node.pos(), message);
        return Ownership::Value;
    }
    let Some(found) = word(node, "ownership", &words) else {
        return Ownership::Value;
    };
    let plain = matches!(ty, CType::Int | CType::Opaque | CType::Void);
    if plain != (found.0 == Ownership::Value) {
        let message = format!(
            "{} is `{}` but its ownership is `{}`",
            node.label(),
            ty.c_name(),
            found.1.value
        );
        node.report(&diagnostics::OWNERSHIP_MISMATCH, &found.1.pos, message);
    }
    found.0
}

/// Which thread may call, or is called.
pub(super) fn thread(node: &Node<'_>) -> ThreadRule {
    let words = [
        ("frame", ThreadRule::Frame),
        ("any", ThreadRule::Any),
        ("loader", ThreadRule::Loader),
        ("concurrent", ThreadRule::Concurrent),
        ("serial_per_plugin", ThreadRule::SerialPerPlugin),
        ("serial_per_task", ThreadRule::SerialPerTask),
    ];
    word(node, "thread", &words).map_or(ThreadRule::Any, |found| found.0)
}

/// `no`, `short: why` or `yes: until when`.
pub(super) fn blocking(node: &Node<'_>) -> Blocking {
    let Some(text) = node.required("blocking") else {
        return Blocking::No;
    };
    let (word, why) = text.value.split_once(':').unwrap_or((&text.value, ""));
    match (word.trim(), why.trim()) {
        ("no", "") => Blocking::No,
        ("short", why) if !why.is_empty() => Blocking::Short(why.to_owned()),
        ("yes", why) if !why.is_empty() => Blocking::Yes(why.to_owned()),
        _ => {
            let message = format!(
                "`blocking` of {} is \"{}\"; expected \"no\", \"short: why\" or \"yes: until \
                 when\"",
                node.label(),
                text.value
            );
            node.report(&diagnostics::UNKNOWN_VALUE, &text.pos, message);
            Blocking::No
        }
    }
}

fn word<T: Copy>(node: &Node<'_>, key: &'static str, words: &[(&str, T)]) -> Option<(T, Text)> {
    let text = node.required(key)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
        return Some((*value, text));
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!(
        "`{key}` of {} is \"{}\"; expected one of {}",
        node.label(),
        text.value,
        names.join(", ")
    );
    node.report(&diagnostics::UNKNOWN_VALUE, &text.pos, message);
    None
}

/// The JSON type of a field of `record` (or of an error, which has no record).
///
/// Named types become [`JsonType::Record`] here; [`resolve_enums`] corrects those that are enums.
pub(super) fn json_type(node: &Node<'_>, record: Option<&str>) -> JsonType {
    let Some(text) = node.required("type") else {
        return JsonType::Any;
    };
    json_type_text(node, record, &text, text.value.trim())
}

fn json_type_text(node: &Node<'_>, record: Option<&str>, whole: &Text, part: &str) -> JsonType {
    let inner = |open, close| {
        part.strip_prefix(open)
            .and_then(|rest: &str| rest.strip_suffix(close))
    };
    let parse = |part: &str| json_type_text(node, record, whole, part.trim());
    if part.contains(" | ") && !enclosed(part) {
        return JsonType::OneOf(split_alternatives(part).into_iter().map(parse).collect());
    }
    if let Some(item) = inner('[', ']') {
        return JsonType::Array(Box::new(parse(item)));
    }
    if let Some(value) = inner('{', '}') {
        return JsonType::Map(Box::new(parse(value)));
    }
    match part {
        "string" => JsonType::String,
        "integer" => JsonType::Integer,
        "number" => JsonType::Number,
        "boolean" => JsonType::Boolean,
        "any" => JsonType::Any,
        named if named.starts_with(|c: char| c.is_ascii_uppercase()) => {
            let text = Text {
                value: named.to_owned(),
                pos: whole.pos.clone(),
            };
            refer(node, Target::Type, &text, record);
            JsonType::Record(named.to_owned())
        }
        other => {
            let message = format!(
                "`{other}` is not a JSON type, in the type of {}",
                node.label()
            );
            node.report(&diagnostics::UNKNOWN_TYPE, &whole.pos, message);
            JsonType::Any
        }
    }
}

/// Turns mentions of enums, which look like records while the enums are not all known, into what
/// they are.
pub(super) fn resolve_enums(spec: &mut Spec) {
    let enums: Vec<String> = spec.enums.iter().map(|e| e.name.clone()).collect();
    let in_records = spec
        .records
        .iter_mut()
        .flat_map(|record| &mut record.fields);
    let in_errors = spec.errors.iter_mut().flat_map(|error| &mut error.extra);
    in_records
        .chain(in_errors)
        .for_each(|field| resolve(&mut field.ty, &enums));
}

fn resolve(ty: &mut JsonType, enums: &[String]) {
    match ty {
        JsonType::Record(name) if enums.contains(name) => *ty = JsonType::Enum(name.clone()),
        JsonType::Array(item) | JsonType::Map(item) => resolve(item, enums),
        JsonType::OneOf(types) => types.iter_mut().for_each(|ty| resolve(ty, enums)),
        _ => {}
    }
}

/// True when one pair of brackets spans the whole text.
fn enclosed(part: &str) -> bool {
    part.starts_with(['[', '{']) && split_alternatives(part).len() == 1
}

fn split_alternatives(part: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0_i32, 0, Vec::new());
    for (at, c) in part.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            '|' if depth == 0 => {
                out.push(&part[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&part[start..]);
    out
}
