"""What models write instead of what a schema asks for, made into that: a string becomes a number, a
boolean, null, a list, an object or an entry's own spelling where only that fits. The shim does it
before every call; this is for `testing.py`. `host-shim/arguments/tests/cases.json` holds for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from . import _codec
from .validation import fits, item_at, member

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*([pP][+-]?\d+)?", re.ASCII)
_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_MAX_EXPONENT = 400
_NOTHING = object()

Schema = Mapping[str, Any]


def coerce(schema: Schema, value: Any, defs: Schema | None = None) -> Any:
    """The value, changed only where it does not fit as it is."""
    definitions: Schema = schema.get("$defs") or defs or {}
    if isinstance(value, str):
        return _instead_of(schema, value, definitions)
    if isinstance(value, (list, dict)):
        return _container(schema, value, definitions)
    return value


def _instead_of(schema: Schema, text: str, defs: Schema) -> Any:
    """The first thing that a string can be read as and that fits."""
    if fits(schema, text, defs):
        return text
    if text.strip().lower() == "null" and fits(schema, None, defs):
        return None
    alternatives = list(_alternatives(schema, defs, ()))
    for alternative in alternatives:
        candidate = _read(text, *alternative)
        if isinstance(candidate, (list, dict)):
            candidate = coerce(schema, candidate, defs)
        # Where only one kind is asked for, the message is about the value as that kind.
        if candidate is not _NOTHING and (len(alternatives) == 1 or fits(schema, candidate, defs)):
            return candidate
    return text


def _alternatives(
    schema: Schema, defs: Schema, above: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """What the schema would take, as ("type", name) or ("entry", value), in its order."""
    for keyword, inner in schema.items():
        if keyword == "type":
            yield from (("type", one) for one in (inner if isinstance(inner, list) else [inner]))
        elif keyword == "enum":
            yield from (("entry", one) for one in inner)
        elif keyword == "const":
            yield "entry", inner
        elif keyword == "$ref" and inner not in above:
            yield from _alternatives(_target(inner, defs), defs, (*above, inner))
        elif keyword in ("allOf", "anyOf", "oneOf"):
            for one in inner:
                yield from _alternatives(one, defs, above)


def _read(text: str, what: str, kind: Any) -> Any:
    """The string as a type or as an entry of an enum; `_NOTHING` when it is none."""
    if what == "entry":
        if isinstance(kind, str):
            return kind if kind.lower() == text.lower() else _NOTHING
        kind = "boolean" if isinstance(kind, bool) else "number"
    if kind == "integer":
        return _integer(text)
    if kind == "number":
        return _number(text)
    if kind == "boolean":
        return _WORDS.get(text.strip().lower(), _NOTHING)
    if kind in ("array", "object"):
        return _opened(text, "[" if kind == "array" else "{")
    return _NOTHING


def _integer(text: str) -> Any:
    if _HEXADECIMAL.fullmatch(text):
        number = float.fromhex(text)
        return int(number) if number.is_integer() else _NOTHING
    if not _DECIMAL.fullmatch(text):
        return _NOTHING
    exact = Decimal(text)
    whole = exact.adjusted() <= _MAX_EXPONENT and exact == exact.to_integral_value()
    return int(exact) if whole else _NOTHING


def _number(text: str) -> Any:
    if _HEXADECIMAL.fullmatch(text):
        return float.fromhex(text)
    if not _DECIMAL.fullmatch(text):
        return _NOTHING
    is_whole = text.lstrip("+-").isdigit()
    return int(text) if is_whole else _codec.exact_number(text)


def _opened(text: str, first: str) -> Any:
    if not text.lstrip().startswith(first):
        return _NOTHING
    try:
        return _codec.loads_exact(text)
    except (ValueError, RecursionError):
        return _NOTHING


def _container(schema: Schema, value: Any, defs: Schema) -> Any:
    """The same list or object with its items coerced."""
    if "$ref" in schema:
        value = coerce(_target(schema["$ref"], defs), value, defs)
    for one in schema.get("allOf", ()):
        value = coerce(one, value, defs)
    for arms in ("anyOf", "oneOf"):
        value = _into_arm(schema.get(arms, ()), value, defs)
    if "if" in schema:
        then = "then" if fits(schema["if"], value, defs) else "else"
        value = coerce(schema.get(then, {}), value, defs)
    if isinstance(value, list):
        return [_inner(item_at(schema, at), one, defs) for at, one in enumerate(value)]
    return {name: _inner(member(schema, name), one, defs) for name, one in value.items()}


def _inner(schema: Any, value: Any, defs: Schema) -> Any:
    return coerce(schema, value, defs) if isinstance(schema, dict) else value


def _into_arm(arms: Any, value: Any, defs: Schema) -> Any:
    """Into the first arm that fits after coercion, unless one fits before."""
    if not any(fits(one, value, defs) for one in arms):
        for one in arms:
            candidate = coerce(one, value, defs)
            if fits(one, candidate, defs):
                return candidate
    return value


def _target(ref: str, defs: Schema) -> Schema:
    definition: Schema = defs.get(ref.rpartition("/")[2], {})
    return definition
