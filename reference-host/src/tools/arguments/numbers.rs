//! Numbers as Osaurus' Swift reads and prints them: which strings are numbers, and how a double
//! looks in a message. Called by the other files of this module only.

use serde_json::{Map, Number, Value};

/// Doubles from this size on do not hold every whole number, and Swift prints them with an exponent
/// (2^54).
const EXACT_LIMIT: f64 = 18_014_398_509_481_984.0;
/// Doubles below this size are printed with an exponent.
const SMALLEST_PLAIN: f64 = 1e-4;

/// A string that is a 64-bit decimal integer: a sign and leading zeros are fine, blanks and
/// fractions are not.
pub(super) fn integer(text: &str) -> Option<Value> {
    text.parse::<i64>().ok().map(Value::from)
}

/// A string that reads as a double. Infinities and NaN have no JSON and stay strings.
pub(super) fn number(text: &str) -> Option<Value> {
    let double = parsed(text)?;
    integer(text).or_else(|| Number::from_f64(double).map(Value::Number))
}

/// The value as a double: numbers, and strings that read as one.
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => parsed(text),
        _ => None,
    }
}

/// Whether the value is a whole number or a string that reads as one; infinity counts as whole.
pub(super) fn is_whole(value: &Value) -> bool {
    double(value).is_some_and(|number| number.is_infinite() || number.fract() == 0.0)
}

/// A bound such as `minLength`, cut to an integer.
#[expect(
    clippy::cast_possible_truncation,
    reason = "cutting is what Osaurus does"
)]
pub(super) fn cut_to_integer(value: &Value) -> Option<i128> {
    let exact = value.as_i64().map(i128::from);
    exact.or_else(|| value.as_f64().map(|number| number.trunc() as i128))
}

/// The same value with whole doubles as integers, as Apple's JSON writer prints them.
#[expect(clippy::cast_possible_truncation, reason = "whole and within 54 bits")]
pub(super) fn whole_as_integers(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(real) if real.fract() == 0.0 && real.abs() < EXACT_LIMIT => {
                Value::from(real as i64)
            }
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(whole_as_integers).collect(),
        Value::Object(fields) => {
            let entries = fields
                .iter()
                .map(|(name, value)| (name.clone(), whole_as_integers(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// A double as Swift describes it: `1.0`, `0.5`, `1e-05`, `1e+20`.
pub(super) fn described(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() || number.is_infinite() {
        return format!("{number}").to_lowercase();
    }
    if size != 0.0 && !(SMALLEST_PLAIN..EXACT_LIMIT).contains(&size) {
        return with_exponent(number);
    }
    format!("{number:?}")
}

/// Swift writes a sign and at least two digits of the exponent.
fn with_exponent(number: f64) -> String {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// As Swift reads a double: decimal or hexadecimal, `inf` and `nan` too, no blanks.
fn parsed(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().or_else(|| hexadecimal(text))
}

/// `0x1.8p3`: sign, digits with an optional point, an optional power of two.
fn hexadecimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))?;
    let (mantissa, power) = match digits.split_once(['p', 'P']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let all = whole.chars().chain(part.chars());
    let value = all.map(|c| c.to_digit(16)).try_fold(0.0, |sum, digit| {
        digit.map(|digit| sum * 16.0 + f64::from(digit))
    })?;
    let shift = power.saturating_sub(i32::try_from(part.len()).ok()?.saturating_mul(4));
    let size = value * 2f64.powi(shift);
    Some(if text.starts_with('-') { -size } else { size })
}
