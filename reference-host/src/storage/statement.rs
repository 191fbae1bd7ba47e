//! One SQL statement, bound and read by Osaurus' rules, and the JSON of its values. Where the
//! documents say otherwise (named parameters, rows as objects) it can do that too. The database
//! module runs it under its lock.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rusqlite::{Connection, ffi};
use serde_json::Value;
use std::ffi::{CStr, CString, c_int};

/// The first statement of an SQL text. rusqlite's own statements check parameter counts and tails;
/// Osaurus does not.
pub(crate) struct Statement<'c> {
    connection: &'c Connection,
    raw: *mut ffi::sqlite3_stmt,
    form: Form,
}

/// Whose promises a result keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The implementation's: parameters by position, rows as arrays, control characters as they
    /// are.
    Actual,
    /// The documents': parameters by name too, rows as objects, strict JSON.
    Documented,
}

impl<'c> Statement<'c> {
    pub(crate) fn first(
        connection: &'c Connection,
        sql: &str,
        form: Form,
    ) -> Result<Statement<'c>, String> {
        let sql = CString::new(sql.split('\0').next().unwrap_or_default())
            .map_err(|error| error.to_string())?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the handle is open, the text NUL-terminated, and the tail is not wanted.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(
                connection.handle(),
                sql.as_ptr(),
                -1,
                &raw mut raw,
                std::ptr::null_mut(),
            )
        };
        let statement = Statement {
            connection,
            raw,
            form,
        };
        if code == ffi::SQLITE_OK {
            Ok(statement)
        } else {
            Err(statement.message())
        }
    }

    /// Empty text or only comments.
    pub(crate) fn is_empty(&self) -> bool {
        self.raw.is_null()
    }

    fn message(&self) -> String {
        // SAFETY: the handle is open; sqlite3_errmsg returns a NUL-terminated text that lives until
        // the next call, and it is copied at once.
        unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.connection.handle())) }
            .to_string_lossy()
            .into_owned()
    }

    /// Binds a JSON array by position; anything else is ignored and leaves NULLs. Too many or too
    /// few are not an error.
    pub(crate) fn bind(&mut self, params: Option<&str>) {
        match params.map(crate::common::json::parse) {
            Some(Ok(Value::Array(values))) => {
                for (index, value) in (1..).zip(&values) {
                    self.bind_one(index, value);
                }
            }
            Some(Ok(Value::Object(values))) if self.form == Form::Documented => {
                for (name, value) in &values {
                    self.bind_named(name, value);
                }
            }
            _ => {}
        }
    }

    /// The placeholders `:name`, `@name` and `$name`; the key may have the sign itself.
    fn bind_named(&mut self, name: &str, value: &Value) {
        for spelling in ["", ":", "@", "$"].map(|sign| format!("{sign}{name}")) {
            let Ok(spelling) = CString::new(spelling) else {
                continue;
            };
            // SAFETY: `raw` is this statement's and the name is NUL-terminated; an unknown name
            // gives 0.
            let index = unsafe { ffi::sqlite3_bind_parameter_index(self.raw, spelling.as_ptr()) };
            if index > 0 {
                self.bind_one(index, value);
            }
        }
    }

    fn bind_one(&mut self, index: c_int, value: &Value) {
        match value {
            Value::Null => self.bind_null(index),
            Value::Bool(flag) => self.bind_int(index, i64::from(*flag)),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => self.bind_int(index, integer),
                (None, Some(real)) => self.bind_real(index, real),
                _ => self.bind_null(index),
            },
            Value::String(text) => {
                self.bind_text(index, text.split('\0').next().unwrap_or_default())
            }
            nested => self.bind_text(index, &crate::common::json::canonical(nested)),
        }
    }

    fn bind_null(&mut self, index: c_int) {
        // SAFETY: `raw` is this statement's; a bad index is an error code, which Osaurus ignores
        // too.
        unsafe { ffi::sqlite3_bind_null(self.raw, index) };
    }

    fn bind_int(&mut self, index: c_int, value: i64) {
        // SAFETY: as in bind_null.
        unsafe { ffi::sqlite3_bind_int64(self.raw, index, value) };
    }

    /// A real that is exactly an integer is bound as one (numbers match the integer case first).
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn bind_real(&mut self, index: c_int, value: f64) {
        if value.fract() == 0.0 && (i64::MIN as f64..i64::MAX as f64).contains(&value) {
            return self.bind_int(index, value as i64);
        }
        // SAFETY: as in bind_null.
        unsafe { ffi::sqlite3_bind_double(self.raw, index, value) };
    }

    fn bind_text(&mut self, index: c_int, text: &str) {
        // SAFETY: as in bind_null; SQLITE_TRANSIENT makes SQLite copy the bytes before it returns.
        unsafe {
            ffi::sqlite3_bind_text64(
                self.raw,
                index,
                text.as_ptr().cast(),
                text.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                ffi::SQLITE_UTF8 as u8,
            )
        };
    }

    fn step(&mut self) -> c_int {
        // SAFETY: `raw` is a live statement of the open connection, whose lock the caller holds.
        unsafe { ffi::sqlite3_step(self.raw) }
    }

    pub(crate) fn step_once(&mut self) -> Result<(), String> {
        match self.step() {
            ffi::SQLITE_DONE | ffi::SQLITE_ROW => Ok(()),
            _ => Err(self.message()),
        }
    }

    /// All rows. An error on the way ends them without a word, as in Osaurus.
    pub(crate) fn rows(&mut self) -> String {
        // SAFETY: `raw` is a live statement.
        let count = unsafe { ffi::sqlite3_column_count(self.raw) };
        let columns: Vec<String> = (0..count)
            .map(|column| quoted(&self.name(column), self.form))
            .collect();
        let mut out = format!("{{\"columns\":[{}],\"rows\":[", columns.join(","));
        let mut separator = "";
        while self.step() == ffi::SQLITE_ROW {
            let cells = (0..count).map(|column| self.cell(column));
            out.push_str(separator);
            out.push_str(&self.row(&columns, cells));
            separator = ",";
        }
        out.push_str("]}");
        out
    }

    fn row(&self, columns: &[String], cells: impl Iterator<Item = String>) -> String {
        match self.form {
            Form::Actual => format!("[{}]", cells.collect::<Vec<_>>().join(",")),
            Form::Documented => {
                let fields = columns.iter().zip(cells);
                let fields: Vec<_> = fields
                    .map(|(name, cell)| format!("{name}:{cell}"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
        }
    }

    fn name(&self, column: c_int) -> String {
        // SAFETY: the column exists; the name is NUL-terminated (NULL only when memory is out) and
        // copied at once.
        unsafe {
            let name = ffi::sqlite3_column_name(self.raw, column);
            if name.is_null() {
                String::new()
            } else {
                CStr::from_ptr(name).to_string_lossy().into_owned()
            }
        }
    }

    fn cell(&self, column: c_int) -> String {
        // SAFETY: the statement is at a row and the column exists; strings and blobs are copied
        // before the next step.
        unsafe {
            match ffi::sqlite3_column_type(self.raw, column) {
                ffi::SQLITE_INTEGER => ffi::sqlite3_column_int64(self.raw, column).to_string(),
                ffi::SQLITE_FLOAT => self.real(ffi::sqlite3_column_double(self.raw, column)),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_column_text(self.raw, column);
                    if text.is_null() {
                        return "null".into();
                    }
                    quoted(&CStr::from_ptr(text.cast()).to_string_lossy(), self.form)
                }
                ffi::SQLITE_BLOB => self.blob(column),
                _ => "null".into(),
            }
        }
    }

    fn blob(&self, column: c_int) -> String {
        // SAFETY: as in `cell`: pointer and length describe the blob of the current row.
        let bytes = unsafe {
            let start = ffi::sqlite3_column_blob(self.raw, column).cast::<u8>();
            let length = usize::try_from(ffi::sqlite3_column_bytes(self.raw, column)).unwrap_or(0);
            if start.is_null() {
                return "null".into();
            }
            std::slice::from_raw_parts(start, length)
        };
        quoted(&BASE64.encode(bytes), self.form)
    }

    /// Osaurus writes `inf` as it is, which is not JSON.
    fn real(&self, value: f64) -> String {
        if self.form == Form::Documented && !value.is_finite() {
            return "null".into();
        }
        real_text(value)
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: `raw` came from prepare and is finalised once; NULL is allowed.
        unsafe { ffi::sqlite3_finalize(self.raw) };
    }
}

/// A JSON string with the five escapes that Osaurus writes here; other control characters stay as
/// they are.
pub(crate) fn quoted(text: &str, form: Form) -> String {
    if form == Form::Documented {
        return Value::from(text).to_string();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A real number as Swift prints it: the shortest text that reads back, `3.0`, `1e+20`, `1e-05`.
pub(crate) fn real_text(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .into();
    }
    let size = value.abs();
    if value == 0.0 || (1e-4..=9_007_199_254_740_992.0).contains(&size) {
        return plain(value);
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent
        .strip_prefix('-')
        .map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Decimal digits with at least one after the point (`{:?}` would switch to an exponent at 1e16).
fn plain(value: f64) -> String {
    let text = value.to_string();
    if text.contains('.') {
        text
    } else {
        text + ".0"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_read_like_swift() {
        let strings: Vec<String> = [
            3.0,
            0.1,
            -2.5,
            1e20,
            1e-5,
            1.5e-7,
            0.0001,
            123456789.25,
            0.0,
            1e15,
        ]
        .map(real_text)
        .into();
        assert_eq!(
            strings,
            [
                "3.0",
                "0.1",
                "-2.5",
                "1e+20",
                "1e-05",
                "1.5e-07",
                "0.0001",
                "123456789.25",
                "0.0",
                "1000000000000000.0"
            ]
        );
    }
}
