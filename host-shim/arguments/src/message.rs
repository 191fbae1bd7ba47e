//! Faults as sentences for a model to act on: the field, what was expected, what was found.
use crate::check::{Cause, Fault};
use crate::refusal::Refusal;
use crate::schema::Kind;
use serde_json::Value;

/// Longest piece of a bad value that a message shows.
const MAX_FOUND: usize = 80;
/// How many problems one message names.
const MAX_PROBLEMS: usize = 3;

/// The first few faults in one message; field and expectation are the first one's.
pub(crate) fn refusal(faults: &[Fault<'_>]) -> Refusal {
    let problems: Vec<Refusal> = faults.iter().take(MAX_PROBLEMS).map(problem).collect();
    let message = problems
        .iter()
        .map(|one| one.message.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    let fallback = Refusal {
        field: String::new(),
        expected: "arguments as in the tool's schema".into(),
        message: "the arguments do not fit the tool's schema".into(),
    };
    match problems.into_iter().next() {
        Some(first) => Refusal { message, ..first },
        None => fallback,
    }
}

fn problem(fault: &Fault<'_>) -> Refusal {
    if let Some(refusal) = tag_of_no_branch(fault) {
        return refusal;
    }
    if let Some(deeper) = closest_branch(fault) {
        return problem(deeper);
    }
    let (name, expected, text) = match &fault.cause {
        Cause::Required(name) => (
            join(&fault.field, name),
            "a value: it is required".into(),
            "is missing".into(),
        ),
        Cause::RequiredBy { name, by } => (
            join(&fault.field, name),
            format!("a value: `{by}` needs it"),
            format!("is missing: `{by}` needs it"),
        ),
        Cause::Unknown(name) => (
            join(&fault.field, name),
            "only arguments that the tool has".into(),
            "is not an argument of this tool".into(),
        ),
        _ => {
            let expected = expectation(fault);
            let text = format!("must be {expected}, found {}", found(fault.value));
            (fault.field.clone(), expected, text)
        }
    };
    let message = match name.as_str() {
        "" => format!("the arguments: {text}"),
        name => format!("`{name}` {text}"),
    };
    Refusal {
        field: name,
        expected,
        message,
    }
}

/// Of several allowed shapes, the fault inside the one that the value was meant to have: one that
/// goes deeper, and before all others one whose tag fits.
fn closest_branch<'f, 'a>(fault: &'f Fault<'a>) -> Option<&'f Fault<'a>> {
    let Cause::Branches(branches) = &fault.cause else {
        return None;
    };
    let inner = |one: &Fault<'_>| {
        one.depth > fault.depth || matches!(one.cause, Cause::Required(_) | Cause::Unknown(_))
    };
    let close = || {
        branches
            .iter()
            .filter(|branch| branch.first().is_some_and(inner))
    };
    let fitting = close().find(|branch| !branch.iter().any(is_tag));
    fitting.or_else(|| close().next())?.first()
}

fn is_tag(fault: &Fault<'_>) -> bool {
    matches!(fault.cause, Cause::Const(_) | Cause::Enum(_))
}

/// The member that tells several shapes apart, when its value is that of none.
fn tag_of_no_branch(fault: &Fault<'_>) -> Option<Refusal> {
    let Cause::Branches(branches) = &fault.cause else {
        return None;
    };
    let is_tag_of = |one: &&Fault<'_>| is_tag(one) && one.depth > fault.depth;
    let tags = branches.iter().map(|branch| branch.iter().find(is_tag_of));
    let tags: Vec<&Fault<'_>> = tags.collect::<Option<_>>()?;
    let (first, others) = tags.split_first()?;
    if others.is_empty() || others.iter().any(|one| one.field != first.field) {
        return None;
    }
    let entries: Vec<Value> = tags.iter().flat_map(|one| entries(&one.cause)).collect();
    let expected = format!("one of {}", list(&entries));
    Some(Refusal {
        message: format!(
            "`{}` must be {expected}, found {}",
            first.field,
            found(first.value)
        ),
        field: first.field.clone(),
        expected,
    })
}

fn entries(cause: &Cause<'_>) -> Vec<Value> {
    match cause {
        Cause::Const(value) => vec![(*value).clone()],
        Cause::Enum(values) => values.to_vec(),
        _ => Vec::new(),
    }
}

fn expectation(fault: &Fault<'_>) -> String {
    match &fault.cause {
        Cause::Type(kinds) => types(kinds),
        Cause::TypeOrNull(kinds) => format!("{} or null", types(kinds)),
        Cause::Enum(entries) => format!("one of {}", list(entries)),
        Cause::Const(value) => value.to_string(),
        Cause::Minimum(limit) => format!("at least {limit}"),
        Cause::Maximum(limit) => format!("at most {limit}"),
        Cause::ExclusiveMinimum(limit) => format!("more than {limit}"),
        Cause::ExclusiveMaximum(limit) => format!("less than {limit}"),
        Cause::MultipleOf(factor) => format!("a multiple of {factor}"),
        Cause::MinLength(limit) => format!("a string of at least {limit} characters"),
        Cause::MaxLength(limit) => format!("a string of at most {limit} characters"),
        Cause::Pattern(pattern) => format!("a string that matches {pattern}"),
        Cause::MinItems(limit) => format!("an array of at least {limit} items"),
        Cause::MaxItems(limit) => format!("an array of at most {limit} items"),
        Cause::UniqueItems => "an array without repeated items".into(),
        Cause::Contains { least, most } => contained(*least, *most),
        Cause::MinProperties(limit) => format!("an object of at least {limit} members"),
        Cause::MaxProperties(limit) => format!("an object of at most {limit} members"),
        Cause::Name(name) => format!("an object without a member called {name:?}"),
        Cause::Branches(branches) => alternatives(branches),
        Cause::SeveralBranches => "as in exactly one of the allowed shapes".into(),
        Cause::Not => "a value that the schema does not exclude".into(),
        Cause::Never => "absent: no value is allowed".into(),
        Cause::TooMuch => "smaller and less deeply nested".into(),
        Cause::Required(_) | Cause::RequiredBy { .. } | Cause::Unknown(_) => {
            problem(fault).expected
        }
    }
}

fn contained(least: u64, most: Option<u64>) -> String {
    match most {
        None => format!("an array with at least {least} items of the kind that it must contain"),
        Some(most) => {
            format!("an array with {least} to {most} items of the kind that it must contain")
        }
    }
}

fn alternatives(branches: &[Vec<Fault<'_>>]) -> String {
    let mut strings: Vec<String> = branches
        .iter()
        .filter_map(|branch| branch.first())
        .map(expectation)
        .collect();
    strings.dedup();
    strings.join(" or ")
}

fn types(kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| with_article(*kind)).collect();
    names.join(" or ")
}

fn with_article(kind: Kind) -> &'static str {
    match kind {
        Kind::Array => "an array",
        Kind::Boolean => "true or false",
        Kind::Integer => "an integer",
        Kind::Null => "null",
        Kind::Number => "a number",
        Kind::Object => "an object",
        Kind::String => "a string",
    }
}

/// A value as a message shows it.
pub(crate) fn found(value: &Value) -> String {
    let kind = match value {
        Value::Null => return "null".into(),
        Value::Bool(_) => return value.to_string(),
        Value::Number(_) => "the number",
        Value::String(_) => "the string",
        Value::Array(_) => "the array",
        Value::Object(_) => "the object",
    };
    format!("{kind} {}", shorten(&value.to_string(), MAX_FOUND))
}

fn list(entries: &[Value]) -> String {
    let strings: Vec<String> = entries.iter().map(Value::to_string).collect();
    strings.join(", ")
}

fn join(parent: &str, name: &str) -> String {
    match parent {
        "" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    }
}

/// Cuts a string at a character boundary and says so.
pub fn shorten(text: &str, limit: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= limit {
        return text.into();
    }
    let cut = text.floor_char_boundary(limit);
    format!("{}… ({} bytes in all)", &text[..cut], text.len()).into()
}
