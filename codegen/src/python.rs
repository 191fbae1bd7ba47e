//! `_generated.py` of the Python package: typed payloads, constants, and stubs of the host's calls.
//!
//! For Python 3.10: `Required` and `NotRequired` are younger, so keys that are always there stand
//! in a base class.

use crate::{
    names, phrases,
    target::{Error, Files},
    text,
    view::{self, Row},
};
use askama::Template;
use osaurus_abi_spec::model::{
    CType, ConstantGroup, ErrorCode, Field, JsonType, Limit, Ownership, Param, Record, Slot, Spec,
    StringEnum,
};

const FILE: &str = "_generated.py";
const WIDTH: usize = 98;
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

#[derive(Template)]
#[template(path = "python.py.txt", escape = "none")]
struct Module {
    notice: String,
    newest: u32,
    strings: Vec<Value>,
    groups: Vec<Group>,
    slots: Vec<HostSlot>,
    limits: Vec<Value>,
    errors: Vec<Code>,
    enums: Vec<Choice>,
    records: Vec<Class>,
    calls: Vec<Call>,
}

struct Value {
    name: String,
    literal: String,
    doc: String,
}

struct Group {
    name: String,
    doc: String,
    items: Vec<Value>,
}

struct HostSlot {
    constant: String,
    index: usize,
    since: u32,
}

struct Code {
    code: String,
    entry: String,
}

struct Choice {
    name: String,
    doc: String,
    values: Vec<String>,
}

struct Class {
    lines: Vec<String>,
}

struct Call {
    name: String,
    signature: String,
    doc: String,
    sync_body: String,
    async_body: String,
}

/// The text of `_generated.py`.
pub fn generate(spec: &Spec) -> Result<Files, Error> {
    let text = module(spec).render();
    let text = text.map_err(|source| Error::Template { file: FILE, source })?;
    Ok(Files::from([(FILE.to_owned(), spaced(&text))]))
}

fn module(spec: &Spec) -> Module {
    let slots = view::host_slots(spec);
    let strings = spec.strings.iter();
    Module {
        notice: phrases::notice("osaurus-bridge gen python"),
        newest: view::newest(spec),
        strings: strings
            .map(|text| value(&text.name, format!("{:?}", text.value), &text.doc, ""))
            .collect(),
        groups: spec.constants.iter().map(|one| group(spec, one)).collect(),
        slots: slots.iter().map(host_slot).collect(),
        limits: spec.limits.iter().map(limit).collect(),
        errors: spec.errors.iter().map(code).collect(),
        enums: spec.enums.iter().map(choice).collect(),
        records: in_order(spec).map(class).collect(),
        calls: slots
            .iter()
            .filter(|(_, slot)| is_call(slot))
            .map(|(_, slot)| call(slot))
            .collect(),
    }
}

/// A docstring at `indent`: one line when it fits, else with the quotes on lines of their own.
fn docstring(text: &str, indent: &str) -> String {
    let safe = text.replace('\\', "\\\\").replace("\"\"\"", "'''");
    let room = WIDTH - indent.len();
    let lines = text::wrap(&safe, room);
    match lines.as_slice() {
        [only] if only.chars().count() + 6 <= room && !only.ends_with('"') => {
            format!("{indent}\"\"\"{only}\"\"\"")
        }
        _ => long_docstring(&safe, indent, room),
    }
}

/// Stands for the three opening quotes while a text is wrapped.
const QUOTES: &str = "\u{1}\u{1}\u{1}";

fn long_docstring(safe: &str, indent: &str, room: usize) -> String {
    // The first line carries the opening quotes: a first word as long as they are keeps their place.
    let marked = text::wrap(&format!("{QUOTES}{safe}"), room);
    let mut out = String::new();
    for line in marked {
        let line = format!("{indent}{line}").replacen(QUOTES, "\"\"\"", 1);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out + indent + "\"\"\""
}

/// The docstring of a value, after it.
fn value(name: &str, literal: String, doc: &str, indent: &str) -> Value {
    Value {
        name: names::screaming(name),
        literal,
        doc: docstring(&text::sentence(doc), indent),
    }
}

fn group(spec: &Spec, group: &ConstantGroup) -> Group {
    let items = group.items.iter().map(|item| {
        let digit = item.name.starts_with(|first: char| first.is_ascii_digit());
        let name = if digit {
            format!("v{}", item.name)
        } else {
            item.name.clone()
        };
        let payload = item.payload.as_ref();
        let payload = payload.map_or(String::new(), |name| format!("Its payload is `{name}`"));
        let doc = phrases::sentences(&[&item.doc, &payload]);
        value(&name, item.value.to_string(), &doc, "    ")
    });
    Group {
        name: group_name(spec, group),
        doc: docstring(&text::sentence(&group.doc), "    "),
        items: items.collect(),
    }
}

/// `LogLevel`; `TaskEventType` where a payload is already named `TaskEvent`.
fn group_name(spec: &Spec, group: &ConstantGroup) -> String {
    let name = names::upper_camel(&group.name);
    let taken = spec.record(&name).is_some() || spec.string_enum(&name).is_some();
    if taken { name + "Type" } else { name }
}

fn host_slot((row, slot): &(Row<'_>, &Slot)) -> HostSlot {
    HostSlot {
        constant: names::screaming(&slot.name),
        index: row.index,
        since: slot.since.version,
    }
}

fn limit(limit: &Limit) -> Value {
    let doc = format!("In {}. {}", limit.unit, text::sentence(&limit.doc));
    value(
        &format!("limit_{}", limit.name),
        limit.value.to_string(),
        &doc,
        "",
    )
}

fn code(error: &ErrorCode) -> Code {
    let hint = text::one_line(&error.hint)
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    let single = format!("    \"{}\": \"{hint}\",", error.code);
    let entry = if single.chars().count() <= 100 {
        single
    } else {
        format!("    \"{}\": (\n{}\n    ),", error.code, long_literal(&hint))
    };
    Code {
        code: error.code.clone(),
        entry,
    }
}

/// A string literal over several lines, each piece ending in the space that joins it to the next.
fn long_literal(escaped: &str) -> String {
    // Eight columns of indent and two quotes: a text that fits one line must stay on one.
    let whole = escaped.chars().count() + 10 <= 100;
    let lines = text::wrap(escaped, if whole { 90 } else { 88 });
    let last = lines.len().saturating_sub(1);
    let pieces = lines.iter().enumerate();
    let pieces: Vec<String> = pieces
        .map(|(index, line)| format!("        \"{line}{}\"", if index < last { " " } else { "" }))
        .collect();
    pieces.join("\n")
}

fn choice(one: &StringEnum) -> Choice {
    let meanings = one.values.iter();
    let meanings: Vec<String> = meanings
        .map(|(value, meaning)| format!("- `{value}`: {}", text::sentence(meaning)))
        .collect();
    let doc = format!("{}\n\n{}", text::sentence(&one.doc), meanings.join("\n"));
    Choice {
        name: one.name.clone(),
        doc: docstring(&doc, ""),
        values: one.values.iter().map(|(value, _)| value.clone()).collect(),
    }
}

/// Unions behind the classes that they are made of: they are evaluated where they stand.
fn in_order(spec: &Spec) -> impl Iterator<Item = &Record> {
    let classes = spec
        .records
        .iter()
        .filter(|record| record.variants.is_empty());
    let unions = spec
        .records
        .iter()
        .filter(|record| !record.variants.is_empty());
    classes.chain(unions)
}

fn class(record: &Record) -> Class {
    let mut lines = Vec::new();
    if !record.variants.is_empty() {
        union(record, &mut lines);
    } else if record.fields.iter().all(|field| is_name(&field.name)) {
        classes(record, &mut lines);
    } else {
        functional(record, &mut lines);
    }
    Class { lines }
}

fn union(record: &Record, lines: &mut Vec<String>) {
    let head = format!("{}: TypeAlias =", record.name);
    let single = format!("{head} {}", record.variants.join(" | "));
    let text = if single.chars().count() <= 100 {
        single
    } else {
        format!("{head} (\n    {}\n)", record.variants.join("\n    | "))
    };
    lines.extend([
        String::new(),
        text,
        docstring(&text::sentence(&record.doc), ""),
    ]);
}

fn classes(record: &Record, lines: &mut Vec<String>) {
    let (required, optional): (Vec<&Field>, Vec<&Field>) =
        record.fields.iter().partition(|field| field.required);
    let doc = docstring(&record_doc(record), "    ");
    let name = &record.name;
    if optional.is_empty() {
        one_class(&format!("class {name}(TypedDict):"), &doc, &required, lines);
        return;
    }
    if required.is_empty() {
        one_class(
            &format!("class {name}(TypedDict, total=False):"),
            &doc,
            &optional,
            lines,
        );
        return;
    }
    let base = format!("_{name}Required");
    let base_doc = format!("    \"\"\"Keys that a `{name}` always has.\"\"\"");
    one_class(
        &format!("class {base}(TypedDict):"),
        &base_doc,
        &required,
        lines,
    );
    one_class(
        &format!("class {name}({base}, total=False):"),
        &doc,
        &optional,
        lines,
    );
}

fn one_class(head: &str, doc: &str, fields: &[&Field], lines: &mut Vec<String>) {
    lines.extend([String::new(), head.to_owned(), doc.to_owned()]);
    for field in fields {
        lines.push(String::new());
        lines.push(format!("    {}: {}", field.name, field_type(field)));
        lines.push(docstring(&field_doc(field), "    "));
    }
}

/// For keys that are no Python names; types are quoted, since they are evaluated at once.
fn functional(record: &Record, lines: &mut Vec<String>) {
    let total = record.fields.iter().all(|field| field.required);
    lines.push(String::new());
    lines.push(format!(
        "{} = TypedDict(\n    \"{}\",\n    {{",
        record.name, record.name
    ));
    for field in &record.fields {
        lines.push(format!(
            "        \"{}\": \"{}\",",
            field.name,
            field_type(field)
        ));
    }
    let totality = if total { "" } else { "    total=False,\n" };
    lines.push(format!("    }},\n{totality})"));
    lines.push(docstring(&record_doc(record), ""));
}

fn is_name(key: &str) -> bool {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    plain && starts && !KEYWORDS.contains(&key)
}

fn record_doc(record: &Record) -> String {
    let open = if record.open {
        "\n\nOpen: it may carry more keys."
    } else {
        ""
    };
    let doc = record.doc.trim();
    format!(
        "{}{open}",
        if doc.ends_with('.') {
            doc.to_owned()
        } else {
            text::sentence(doc)
        }
    )
}

fn field_doc(field: &Field) -> String {
    let default = field.default.as_ref();
    let default = default.map_or(String::new(), |value| format!("Default: `{value}`"));
    let deprecated = field.deprecated.as_ref();
    let deprecated = deprecated.map_or(String::new(), |why| format!("Deprecated: {}", why.trim()));
    phrases::sentences(&[&field.doc, &default, &deprecated])
}

fn field_type(field: &Field) -> String {
    let ty = python_type(&field.ty);
    if field.nullable && ty != "Any" {
        format!("{ty} | None")
    } else {
        ty
    }
}

fn python_type(ty: &JsonType) -> String {
    match ty {
        JsonType::String => "str".to_owned(),
        JsonType::Integer => "int".to_owned(),
        JsonType::Number => "float".to_owned(),
        JsonType::Boolean => "bool".to_owned(),
        JsonType::Any => "Any".to_owned(),
        JsonType::Enum(name) | JsonType::Record(name) => name.clone(),
        JsonType::Array(item) => format!("list[{}]", python_type(item)),
        JsonType::Map(value) => format!("dict[str, {}]", python_type(value)),
        JsonType::OneOf(types) => one_of(types),
    }
}

fn one_of(types: &[JsonType]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in types.iter().map(python_type) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.iter().any(|name| name == "Any") {
        return "Any".to_owned();
    }
    names.join(" | ")
}

/// Memory management is the bridge's affair: a function that consumes memory is no call of a script.
fn is_call(slot: &Slot) -> bool {
    slot.params
        .iter()
        .all(|param| param.ownership != Ownership::Consumed)
}

fn call(slot: &Slot) -> Call {
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

/// Blank lines as PEP 8 wants them: two around classes, at most one elsewhere.
fn spaced(text: &str) -> String {
    let mut out = String::new();
    let mut blank = false;
    let mut indented = false;
    for line in text::tidy(text).lines() {
        if line.is_empty() {
            blank = true;
            continue;
        }
        let top = !line.starts_with([' ', ')', ']', '}']);
        let apart = line.starts_with("class ") || (top && indented && blank);
        if blank {
            out.push_str(if apart { "\n\n" } else { "\n" });
        }
        out.push_str(line);
        out.push('\n');
        (blank, indented) = (false, !top && line.starts_with(' '));
    }
    out
}
