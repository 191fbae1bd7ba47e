//! Keywords that need no other schema.
use super::fault::Cause;
use crate::number::{self, Decimal};
use crate::schema::{Keyword, Kind};
use serde_json::{Number, Value};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Whether [`judge`] knows the keyword.
pub(super) fn is_simple(keyword: &Keyword) -> bool {
    !matches!(
        keyword,
        Keyword::Required(_)
            | Keyword::DependentRequired(_)
            | Keyword::Properties(_)
            | Keyword::PropertyNames(_)
            | Keyword::Items(_)
            | Keyword::Contains(_)
            | Keyword::Ref(_)
            | Keyword::DynamicRef { .. }
            | Keyword::AllOf(_)
            | Keyword::AnyOf(_)
            | Keyword::OneOf(_)
            | Keyword::Not(_)
            | Keyword::If(_)
            | Keyword::DependentSchemas(_)
            | Keyword::UnevaluatedItems(_)
            | Keyword::UnevaluatedProperties(_)
    )
}

/// Why the value does not fit; `None` if it does.
pub(super) fn judge<'a>(keyword: &'a Keyword, value: &Value) -> Option<Cause<'a>> {
    let (fits, cause) = match keyword {
        Keyword::Types(kinds) => (has_type(kinds, value), Cause::Type(kinds)),
        Keyword::Enum(entries) => (
            entries.iter().any(|entry| equal(entry, value)),
            Cause::Enum(entries),
        ),
        Keyword::Const(constant) => (equal(constant, value), Cause::Const(constant)),
        _ => match value {
            Value::Number(number) => return of_number(keyword, number),
            Value::String(text) => return of_string(keyword, text),
            Value::Array(items) => return of_array(keyword, items),
            Value::Object(map) => return of_object(keyword, map.len() as u64),
            _ => return None,
        },
    };
    (!fits).then_some(cause)
}

fn of_number<'a>(keyword: &'a Keyword, number: &Number) -> Option<Cause<'a>> {
    let (fits, cause) = match keyword {
        Keyword::Minimum(limit) => (
            number::compare(number, limit) != Ordering::Less,
            Cause::Minimum(limit),
        ),
        Keyword::Maximum(limit) => (
            number::compare(number, limit) != Ordering::Greater,
            Cause::Maximum(limit),
        ),
        Keyword::ExclusiveMinimum(limit) => (
            number::compare(number, limit) == Ordering::Greater,
            Cause::ExclusiveMinimum(limit),
        ),
        Keyword::ExclusiveMaximum(limit) => (
            number::compare(number, limit) == Ordering::Less,
            Cause::ExclusiveMaximum(limit),
        ),
        Keyword::MultipleOf(factor) => (
            number::is_multiple(number, factor),
            Cause::MultipleOf(factor),
        ),
        _ => return None,
    };
    (!fits).then_some(cause)
}

fn of_string<'a>(keyword: &'a Keyword, text: &str) -> Option<Cause<'a>> {
    let length = || text.chars().count() as u64;
    let (fits, cause) = match keyword {
        Keyword::MinLength(least) => (length() >= *least, Cause::MinLength(*least)),
        Keyword::MaxLength(most) => (length() <= *most, Cause::MaxLength(*most)),
        Keyword::Pattern(pattern) => (pattern.matches(text), Cause::Pattern(&pattern.source)),
        _ => return None,
    };
    (!fits).then_some(cause)
}

fn of_array<'a>(keyword: &Keyword, items: &[Value]) -> Option<Cause<'a>> {
    let length = items.len() as u64;
    let (fits, cause) = match keyword {
        Keyword::MinItems(least) => (length >= *least, Cause::MinItems(*least)),
        Keyword::MaxItems(most) => (length <= *most, Cause::MaxItems(*most)),
        Keyword::UniqueItems => (are_unique(items), Cause::UniqueItems),
        _ => return None,
    };
    (!fits).then_some(cause)
}

fn of_object<'a>(keyword: &Keyword, length: u64) -> Option<Cause<'a>> {
    let (fits, cause) = match keyword {
        Keyword::MinProperties(least) => (length >= *least, Cause::MinProperties(*least)),
        Keyword::MaxProperties(most) => (length <= *most, Cause::MaxProperties(*most)),
        _ => return None,
    };
    (!fits).then_some(cause)
}

pub(super) fn has_type(kinds: &[Kind], value: &Value) -> bool {
    kinds.iter().any(|kind| match (kind, value) {
        (Kind::Integer, Value::Number(number)) => number::is_integer(number),
        (Kind::Null, Value::Null)
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::String, Value::String(_))
        | (Kind::Array, Value::Array(_))
        | (Kind::Object, Value::Object(_)) => true,
        _ => false,
    })
}

/// 1 equals 1.0; members of objects have no order.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => number::compare(a, b) == Ordering::Equal,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn are_unique(items: &[Value]) -> bool {
    let mut strings = HashSet::new();
    items.iter().all(|item| {
        let mut text = String::new();
        write_canonical(item, &mut text);
        strings.insert(text)
    })
}

/// Equal values are written alike.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => match Decimal::parse(&number.to_string()) {
            Some(decimal) => out.push_str(&format!("{decimal:?}")),
            None => out.push_str(&number.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (name, member) in members {
                out.push_str(&format!("{name:?}:"));
                write_canonical(member, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::String(text) => out.push_str(&format!("{text:?}")),
        other => out.push_str(&other.to_string()),
    }
}
