//! JSON text to Python objects, without going through Python's own parser.
//! Called with payloads and contexts; must not know what they mean.
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Parses `text`; `what` names it in errors.
pub fn parse<'py>(py: Python<'py>, text: &str, what: &str) -> Result<Bound<'py, PyAny>, String> {
    let inexact = Cell::new(false);
    let mut source = serde_json::Deserializer::from_str(text);
    let parsed = Build {
        py,
        inexact: &inexact,
    }
    .deserialize(&mut source)
    .and_then(|value| source.end().map(|()| value));
    match parsed {
        Ok(value) => Ok(value),
        Err(_) if inexact.get() => parse_exactly(py, text).map_err(|e| format!("{what}: {e}")),
        Err(error) => Err(format!("{what} is not valid JSON: {error}")),
    }
}

/// Python's parser, for integers beyond 64 bits.
fn parse_exactly<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (text,))
}

#[derive(Clone, Copy)]
struct Build<'a, 'py> {
    py: Python<'py>,
    /// Set when a number was met that may be an integer too large for serde.
    inexact: &'a Cell<bool>,
}

impl<'de, 'py> DeserializeSeed<'de> for Build<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, 'py> Visitor<'de> for Build<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(PyBool::new(self.py, value).to_owned().into_any())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
        if value.abs() >= TWO_TO_63 {
            self.inexact.set(true);
            return Err(E::custom("number beyond 64 bits"));
        }
        Ok(PyFloat::new(self.py, value).into_any())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, value).into_any())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let list = PyList::empty(self.py);
        while let Some(item) = items.next_element_seed(self)? {
            list.append(item).map_err(A::Error::custom)?;
        }
        Ok(list.into_any())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(key) = entries.next_key_seed(self)? {
            let value = entries.next_value_seed(self)?;
            dict.set_item(key, value).map_err(A::Error::custom)?;
        }
        Ok(dict.into_any())
    }
}
