//! A tool's arguments against the tool's schema: strict, in Rust, once, for every script language.
//! Takes the host's extras (`_secrets`, `_context`) out first. Used by `plugin`; texts are for a model to act on.
use crate::envelope::{Failure, shorten};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longest piece of a bad value that a message shows.
const MAX_FOUND: usize = 80;
/// How many problems one message names.
const MAX_PROBLEMS: usize = 3;

/// A tool's compiled schema.
pub struct ArgumentSchema(Option<Validator>);

/// Arguments that passed, ready for the script.
#[derive(Debug)]
pub struct Arguments<'a> {
    /// JSON object without the host's extras.
    pub payload: Cow<'a, str>,
    /// JSON object with `secrets` and `working_directory`, or empty.
    pub context: String,
}

impl ArgumentSchema {
    /// Compiles the `parameters` of a tool; without them everything passes.
    ///
    /// # Errors
    /// A sentence that names the place in the schema.
    pub fn compile(parameters: Option<&Value>) -> Result<Self, String> {
        let Some(schema) = parameters else {
            return Ok(Self(None));
        };
        let validator = jsonschema::options()
            .offline()
            .build(schema)
            .map_err(|e| format!("its schema is not valid at `{}`: {e}", e.instance_path()))?;
        Ok(Self(Some(validator)))
    }

    /// Reads and checks what the host sent.
    ///
    /// # Errors
    /// `invalid_args` with `field` and `expected`.
    pub fn check<'a>(&self, payload: &'a str) -> Result<Arguments<'a>, Failure> {
        // Some models call a tool without arguments with no text at all.
        let payload = if payload.trim().is_empty() {
            "{}"
        } else {
            payload
        };
        let mut value: Value = serde_json::from_str(payload).map_err(|e| bad_json(&e))?;
        let Some(object) = value.as_object_mut() else {
            return Err(Failure::invalid(
                "",
                "an object",
                format!(
                    "the arguments must be a JSON object, found {}",
                    found(&value)
                ),
            ));
        };
        let context = take_context(object);
        if let Some(validator) = &self.0
            && !validator.is_valid(&value)
        {
            return Err(explain(validator, &value));
        }
        let payload = match &context {
            None => Cow::Borrowed(payload),
            Some(_) => without_extras(payload).map_err(|e| bad_json(&e))?.into(),
        };
        Ok(Arguments {
            payload,
            context: context.unwrap_or_default(),
        })
    }
}

/// Removes the extras from the parsed arguments; `None` when there are none.
fn take_context(object: &mut Map<String, Value>) -> Option<String> {
    let secrets = object.shift_remove("_secrets");
    let context = object.shift_remove("_context");
    if secrets.is_none() && context.is_none() {
        return None;
    }
    let mut out = match context {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    if let Some(secrets) = secrets {
        out.insert("secrets".into(), secrets);
    }
    Some(Value::Object(out).to_string())
}

/// The same text without the extras: numbers keep all their digits.
fn without_extras(payload: &str) -> serde_json::Result<String> {
    let mut members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(payload)?;
    members.remove("_secrets");
    members.remove("_context");
    serde_json::to_string(&members)
}

fn bad_json(error: &serde_json::Error) -> Failure {
    Failure::invalid(
        "",
        "a JSON object",
        format!("the arguments are not valid JSON: {error}"),
    )
}

fn explain(validator: &Validator, value: &Value) -> Failure {
    let problems: Vec<Problem> = validator
        .iter_errors(value)
        .take(MAX_PROBLEMS)
        .map(|e| Problem::of(&e))
        .collect();
    let message = problems
        .iter()
        .map(|p| p.sentence.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    match problems.into_iter().next() {
        Some(first) => Failure::invalid(&first.field, first.expected, message),
        None => Failure::invalid(
            "",
            "arguments as in the tool's schema",
            "the arguments do not fit the tool's schema",
        ),
    }
}

struct Problem {
    field: String,
    expected: String,
    sentence: String,
}

impl Problem {
    fn of(error: &ValidationError<'_>) -> Self {
        if let Some(deeper) = closest_branch(error) {
            return Self::of(deeper);
        }
        let field = dotted(error.instance_path().as_str());
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = join(&field, property.as_str().unwrap_or_default());
                Self::new(name, "a value: it is required".into(), "is missing")
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let name = join(&field, unexpected.first().map_or("", String::as_str));
                Self::new(
                    name,
                    "only arguments that the tool has".into(),
                    "is not an argument of this tool",
                )
            }
            _ => {
                let expected = expectation(error);
                let found = found(error.instance());
                let text = format!("must be {expected}, found {found}");
                Self::new(field, expected, &text)
            }
        }
    }

    fn new(field: String, expected: String, text: &str) -> Self {
        let sentence = match field.as_str() {
            "" => format!("the arguments: {text}"),
            name => format!("`{name}` {text}"),
        };
        Self {
            field,
            expected,
            sentence,
        }
    }
}

/// Of several allowed shapes, the error inside the one that the value was meant to have: the deepest.
fn closest_branch<'e>(error: &'e ValidationError<'_>) -> Option<&'e ValidationError<'static>> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return None;
    };
    let depth = |e: &ValidationError<'_>| e.instance_path().as_str().len();
    let inner = |e: &&ValidationError<'static>| {
        depth(e) > depth(error)
            || matches!(
                e.kind(),
                ValidationErrorKind::Required { .. }
                    | ValidationErrorKind::AdditionalProperties { .. }
            )
    };
    context
        .iter()
        .filter_map(|branch| branch.first())
        .find(inner)
}

fn expectation(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as K;
    match error.kind() {
        K::Type { kind } => type_text(kind),
        K::Enum { options } => format!("one of {}", list(options)),
        K::Constant { expected_value } => expected_value.to_string(),
        K::Minimum { limit } => format!("at least {limit}"),
        K::Maximum { limit } => format!("at most {limit}"),
        K::ExclusiveMinimum { limit } => format!("more than {limit}"),
        K::ExclusiveMaximum { limit } => format!("less than {limit}"),
        K::MinLength { limit } => format!("a string of at least {limit} characters"),
        K::MaxLength { limit } => format!("a string of at most {limit} characters"),
        K::MinItems { limit } => format!("an array of at least {limit} items"),
        K::MaxItems { limit } => format!("an array of at most {limit} items"),
        K::UniqueItems => "an array without repeated items".into(),
        K::Pattern { pattern } => format!("a string that matches {pattern}"),
        K::Format { format } => format!("a string in the format {format}"),
        K::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        K::AnyOf { context } | K::OneOfNotValid { context } => branches(context),
        _ => format!("as in the schema ({error})"),
    }
}

fn branches(context: &[Vec<ValidationError<'static>>]) -> String {
    let mut texts: Vec<String> = context
        .iter()
        .filter_map(|branch| branch.first())
        .map(expectation)
        .collect();
    texts.dedup();
    texts.join(" or ")
}

fn type_text(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => article(*one).to_owned(),
        TypeKind::Multiple(set) => {
            let names: Vec<&str> = set.iter().map(article).collect();
            names.join(" or ")
        }
    }
}

fn article(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "an array",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    }
}

fn found(value: &Value) -> String {
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

fn list(options: &Value) -> String {
    match options.as_array() {
        Some(all) => all
            .iter()
            .map(Value::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        None => options.to_string(),
    }
}

/// `/items/0/name` as `items[0].name`.
fn dotted(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.parse::<usize>().is_ok() && !out.is_empty() {
            out.push_str(&format!("[{part}]"));
        } else {
            out = join(&out, &part);
        }
    }
    out
}

fn join(parent: &str, name: &str) -> String {
    match parent {
        "" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    }
}

#[cfg(test)]
mod tests;
