//! What the host sent for a tool, made ready for its script: the host's extras (`_secrets`,
//! `_context`) taken out, values coerced to the schema where they do not fit as they are, and all
//! of it validated. What fits as it is goes on byte for byte.
use crate::budget;
use crate::coerce::coerce;
use crate::json::{Json, Members};
use crate::message;
use crate::refusal::Refusal;
use crate::schema::{Schema, SchemaFault};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How many schemas a call's arguments are compared with, at most: nested unions would multiply
/// without end.
const STEPS: usize = 100_000;
/// More of them for larger arguments.
const STEPS_PER_BYTE: usize = 50;

/// A tool's compiled schema.
pub struct ArgumentSchema(Option<Schema>);

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
    /// The place in the schema and what is wrong there.
    pub fn compile(parameters: Option<&Value>) -> Result<Self, SchemaFault> {
        parameters.map(Schema::compile).transpose().map(Self)
    }

    /// Reads, coerces and checks what the host sent.
    ///
    /// # Errors
    /// Which argument is wrong, what was expected and what was found.
    pub fn check<'a>(&self, payload: &'a str) -> Result<Arguments<'a>, Refusal> {
        // Some models call a tool without arguments with no text at all.
        let payload = match payload.trim() {
            "" => "{}",
            _ => payload,
        };
        if budget::is_exceeded(payload) {
            let why = format!("more than {} values", budget::MAX_VALUES);
            return Err(bad_json(&serde::de::Error::custom(why)));
        }
        let mut value: Value = serde_json::from_str(payload).map_err(|e| bad_json(&e))?;
        let Some(object) = value.as_object_mut() else {
            return Err(no_object(&value));
        };
        let context = take_context(object);
        let payload = match &context {
            None => Cow::Borrowed(payload),
            Some(_) => without_extras(payload).map_err(|e| bad_json(&e))?.into(),
        };
        Ok(Arguments {
            payload: self.fitting(payload, &value)?,
            context: context.unwrap_or_default(),
        })
    }

    /// The payload, coerced if it does not fit as it is.
    fn fitting<'a>(&self, payload: Cow<'a, str>, value: &Value) -> Result<Cow<'a, str>, Refusal> {
        let Some(schema) = &self.0 else {
            return Ok(payload);
        };
        let steps = STEPS + STEPS_PER_BYTE * payload.len();
        if schema.accepts(schema.root, value, &mut steps.clone()) {
            return Ok(payload);
        }
        let mut json = Json::parse(&payload).map_err(|e| bad_json(&e))?;
        if !coerce(schema, &mut json, steps) {
            return Err(message::refusal(&schema.faults(value, steps)));
        }
        let text = json.to_string();
        let value: Value = serde_json::from_str(&text).map_err(|e| bad_json(&e))?;
        let faults = schema.faults(&value, steps);
        if faults.is_empty() {
            return Ok(text.into());
        }
        Err(message::refusal(&faults))
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

/// The same text without the extras: order, spelling and numbers stay as they were.
fn without_extras(payload: &str) -> serde_json::Result<String> {
    let Members(members) = serde_json::from_str(payload)?;
    let mut out = String::from("{");
    for (name, raw) in members {
        if name == "_secrets" || name == "_context" {
            continue;
        }
        let comma = if out.len() > 1 { "," } else { "" };
        out.push_str(&format!("{comma}{}:{raw}", serde_json::to_string(&name)?));
    }
    out.push('}');
    Ok(out)
}

fn no_object(value: &Value) -> Refusal {
    Refusal {
        field: String::new(),
        expected: "an object".into(),
        message: format!(
            "the arguments must be a JSON object, found {}",
            message::found(value)
        ),
    }
}

fn bad_json(error: &serde_json::Error) -> Refusal {
    Refusal {
        field: String::new(),
        expected: "a JSON object".into(),
        message: format!("the arguments are not valid JSON: {error}"),
    }
}
