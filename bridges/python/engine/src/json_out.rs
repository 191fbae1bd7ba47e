//! Python objects to JSON text. What is not JSON becomes an error that names the place:
//! `result["items"][3]`. Called with what handlers return; must not know what it means.
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::fmt::Write;

/// Deeper than that is a cycle, or nothing that a host could read. The package refuses results of
/// more than 200 levels itself, with their place; an envelope has some more.
const MAX_DEPTH: usize = 210;

/// Writes `value`; on error the sentence begins with the place.
pub fn write(value: &Bound<'_, PyAny>) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(256);
    match value_into(value, &mut out, 0) {
        Ok(()) => Ok(out),
        Err(problem) => Err(problem.sentence()),
    }
}

struct Problem {
    /// From the inside out.
    path: Vec<Step>,
    text: String,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            text: text.into(),
        }
    }

    fn at(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    fn sentence(&self) -> String {
        let mut place = String::new();
        for step in self.path.iter().rev() {
            // The outermost object is the answer itself: its keys read like names.
            let _ = match step {
                Step::Key(key) if place.is_empty() => write!(place, "{key}"),
                Step::Key(key) => write!(place, "[{key:?}]"),
                Step::Index(index) => write!(place, "[{index}]"),
            };
        }
        let place = if place.is_empty() {
            "the value"
        } else {
            &place
        };
        format!("{place} {}", self.text)
    }
}

fn value_into(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Result<(), Problem> {
    if let Ok(text) = value.cast::<PyString>() {
        return string_into(text, out);
    }
    if value.is_none() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Err(Problem::new(format!(
            "is nested deeper than {MAX_DEPTH} levels; does it contain itself?"
        )));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return dict_into(dict, out, depth);
    }
    if let Ok(list) = value.cast::<PyList>() {
        return items_into(list.iter(), out, depth);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        out.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
        return Ok(());
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return int_into(number, out);
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return float_into(number.value(), out);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return items_into(tuple.iter(), out, depth);
    }
    Err(Problem::new(format!(
        "is {}, which JSON cannot hold; return dict, list, str, int, float, bool or None there",
        described(value)
    )))
}

fn described(value: &Bound<'_, PyAny>) -> String {
    let kind = value.get_type();
    let name = kind
        .qualname()
        .map_or_else(|_| "an object".into(), |n| n.to_string_lossy().into_owned());
    let text = value
        .repr()
        .map_or_else(|_| String::new(), |r| r.to_string_lossy().into_owned());
    let text: String = text.chars().take(60).collect();
    format!("a {name} ({text})")
}

fn dict_into(dict: &Bound<'_, PyDict>, out: &mut Vec<u8>, depth: usize) -> Result<(), Problem> {
    out.push(b'{');
    let mut first = true;
    for (key, value) in dict.iter() {
        if !first {
            out.push(b',');
        }
        first = false;
        let Ok(name) = key.cast::<PyString>() else {
            return Err(Problem::new(format!(
                "has the key {}; keys must be str: convert it with str()",
                described(&key)
            )));
        };
        string_into(name, out).map_err(|p| Problem::new(format!("has a key that {}", p.text)))?;
        out.push(b':');
        value_into(&value, out, depth + 1)
            .map_err(|p| p.at(Step::Key(name.to_string_lossy().into_owned())))?;
    }
    out.push(b'}');
    Ok(())
}

fn items_into<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), Problem> {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        value_into(&item, out, depth + 1).map_err(|p| p.at(Step::Index(index)))?;
    }
    out.push(b']');
    Ok(())
}

fn int_into(number: &Bound<'_, PyInt>, out: &mut Vec<u8>) -> Result<(), Problem> {
    if let Ok(value) = number.extract::<i64>() {
        let _ = std::io::Write::write_fmt(out, format_args!("{value}"));
        return Ok(());
    }
    // int.__repr__ and not str(): an enum would print its name.
    let text = number
        .py()
        .get_type::<PyInt>()
        .call_method1("__repr__", (number,))
        .and_then(|text| text.extract::<String>())
        .map_err(|error| Problem::new(format!("is an integer that has no text: {error}")))?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn float_into(value: f64, out: &mut Vec<u8>) -> Result<(), Problem> {
    if !value.is_finite() {
        return Err(Problem::new(format!(
            "is {}, which JSON cannot hold; return None or a str instead",
            if value.is_nan() { "nan" } else { "infinite" }
        )));
    }
    serde_json::to_writer(&mut *out, &value).map_err(|error| Problem::new(error.to_string()))
}

fn string_into(text: &Bound<'_, PyString>, out: &mut Vec<u8>) -> Result<(), Problem> {
    let Ok(text) = text.to_str() else {
        return Err(Problem::new(
            "is a str with a lone surrogate (half of a UTF-16 pair), which UTF-8 cannot hold; \
             clean it with .encode(\"utf-8\", \"replace\").decode()",
        ));
    };
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain..at]);
        plain = at + 1;
        escape_into(byte, out);
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
    Ok(())
}

fn escape_into(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let _ = std::io::Write::write_fmt(out, format_args!("\\u{byte:04x}"));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
