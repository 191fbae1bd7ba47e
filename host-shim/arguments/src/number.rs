//! Numbers of JSON, compared and divided exactly, and numbers that came as strings.
//! Used by `check` and `coerce`.
use serde_json::Number;
use std::cmp::Ordering;

/// Exponents beyond this are not numbers that a script could take.
const MAX_EXPONENT: i32 = 400;

/// `digits` times ten to the power of `exponent`, without zeros at the end of `digits`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// Reads a number as JSON writes it, and a little more: `+5`, `.5`, `1.`, `007`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !all_digits.into_iter().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let exponent = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(Self::normal(negative, &all, exponent))
    }

    fn normal(negative: bool, digits: &str, exponent: i32) -> Self {
        let leading = digits.trim_start_matches('0');
        let digits = leading.trim_end_matches('0');
        if digits.is_empty() {
            return Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            };
        }
        let zeros = i32::try_from(leading.len() - digits.len()).unwrap_or(i32::MAX);
        Self {
            negative,
            digits: digits.to_owned(),
            exponent: exponent.saturating_add(zeros),
        }
    }

    /// The number written out, if it has no fraction.
    pub(crate) fn integer(&self) -> Option<String> {
        if !(0..=MAX_EXPONENT).contains(&self.exponent) {
            return None;
        }
        if self.digits.is_empty() {
            return Some("0".into());
        }
        let sign = if self.negative { "-" } else { "" };
        let zeros = "0".repeat(usize::try_from(self.exponent).ok()?);
        Some(format!("{sign}{}{zeros}", self.digits))
    }
}

/// A string that holds an integer, as JSON writes it: `"30.0"` and `"+30"` are `30`.
pub(crate) fn integer_in(text: &str) -> Option<String> {
    match hexadecimal(text) {
        Some(value) => Decimal::parse(&value)?.integer(),
        None => Decimal::parse(text)?.integer(),
    }
}

/// A string that holds a number, as JSON writes it, with all its digits.
pub(crate) fn number_in(text: &str) -> Option<String> {
    if let Some(value) = hexadecimal(text) {
        return Some(value);
    }
    Decimal::parse(text)?;
    if serde_json::from_str::<Number>(text).is_ok() {
        return Some(text.to_owned());
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let unsigned = text.trim_start_matches(['-', '+']);
    let (mantissa, power) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{dot}{fraction}{power}"))
}

/// `0x1F`, `-0x1.8p3`: the host reads these as numbers too.
fn hexadecimal(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let hex = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))?;
    let (mantissa, power) = match hex.split_once(['p', 'P']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (hex, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let bits = u64::from_str_radix(&digits, 16).ok()?;
    if digits.starts_with('+') || bits > 1 << f64::MANTISSA_DIGITS {
        return None;
    }
    let shift = power.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    let value = bits as f64 * 2f64.powi(shift);
    let signed = if text.starts_with('-') { -value } else { value };
    Number::from_f64(signed).map(|number| number.to_string())
}

pub(crate) fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.fract() == 0.0)
}

/// Exact, also between large integers and floating point.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => left
            .as_f64()
            .partial_cmp(&right.as_f64())
            .unwrap_or(Ordering::Equal),
    }
}

/// An integer that fits 128 bits, also if it is written with a fraction of zeros.
fn whole(number: &Number) -> Option<i128> {
    if let Some(small) = number.as_i64() {
        return Some(small.into());
    }
    if let Some(large) = number.as_u64() {
        return Some(large.into());
    }
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() < 1e38).then_some(float as i128)
}

/// Whether `number` is a multiple of `factor`, in decimal digits: 0.3 is one of 0.1.
pub(crate) fn is_multiple(number: &Number, factor: &Number) -> bool {
    let parts = |n: &Number| {
        let decimal = Decimal::parse(&n.to_string())?;
        let digits = decimal.digits.parse::<u128>();
        Some((digits.unwrap_or(0), decimal.exponent))
    };
    let (Some((digits, power)), Some((factor, factor_power))) = (parts(number), parts(factor))
    else {
        return false;
    };
    if digits == 0 || factor == 0 {
        return digits == 0;
    }
    let shift = power.saturating_sub(factor_power);
    if shift < 0 {
        let scale = 10_u128.checked_pow(shift.unsigned_abs());
        let divisor = scale.and_then(|scale| factor.checked_mul(scale));
        return divisor.is_some_and(|divisor| digits % divisor == 0);
    }
    // Factors of JSON numbers have at most 20 digits, so the products fit.
    let mut rest = digits % factor;
    for _ in 0..shift {
        rest = rest * 10 % factor;
    }
    rest == 0
}
