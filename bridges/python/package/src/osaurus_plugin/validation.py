"""Checks a JSON value against a schema of the kind that `schema.py` makes, in the shim's words.

Chooses the branch of a union, and takes the place of the shim's own (complete) validation in unit
tests. Not a general JSON Schema validator: other keywords are ignored.
"""

from __future__ import annotations

from . import _codec
from .errors import ConversionError, wrong_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_WORDS = {
    "string": "a string",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "number": "a number",
    "integer": "an integer",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
    "number": (int, float),
    "integer": (int, float),
}


def check(schema: Mapping[str, Any], value: Any, defs: Mapping[str, Any] | None = None) -> None:
    """Raises `ConversionError` with the field and what was expected there."""
    definitions: Mapping[str, Any] = schema.get("$defs") or defs or {}
    if value is None and schema.get("nullable"):
        if None not in schema.get("enum", (None,)):
            raise wrong_value(_one_of(schema["enum"]), value)
        return
    if "$ref" in schema:
        check(definitions[schema["$ref"].rpartition("/")[2]], value, definitions)
    for name in ("anyOf", "oneOf"):
        if name in schema:
            _check_arms(schema[name], value, definitions)
    for one in schema.get("allOf", ()):
        check(one, value, definitions)
    if "if" in schema:
        then = "then" if fits(schema["if"], value, definitions) else "else"
        check(schema.get(then, {}), value, definitions)
    if "type" in schema and not is_of(schema["type"], value):
        raise wrong_value(_types(schema), value)
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        raise wrong_value(_one_of(schema["enum"]), value)
    if "const" in schema and not _same(value, schema["const"]):
        raise wrong_value(_codec.dumps(schema["const"]), value)
    if isinstance(value, str):
        _check_text(schema, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(schema, value)
    elif isinstance(value, list):
        _check_array(schema, value, definitions)
    elif isinstance(value, dict):
        _check_object(schema, value, definitions)


def _check_arms(arms: list[Any], value: Any, defs: Mapping[str, Any]) -> None:
    if any(fits(one, value, defs) for one in arms):
        return
    index = closest(arms, value, defs)
    _check_tag([_resolved(one, defs) for one in arms], value)
    if index is None:
        raise wrong_value(" or ".join(map(describe, arms)), value)
    check(arms[index], value, defs)


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    definition: Mapping[str, Any] = (
        defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    return definition


def _check_tag(arms: list[Mapping[str, Any]], value: Any) -> None:
    """Raises for the member that tells objects apart, when its value is that of no arm."""
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        entries_of_arms = [_entries(one.get("properties", {}).get(name, {})) for one in arms]
        allowed = [one for entries in entries_of_arms for one in entries]
        if all(entries_of_arms) and not any(_same(item, one) for one in allowed):
            raise wrong_value(_one_of(allowed), item).inside(name)


def _entries(schema: Mapping[str, Any]) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def closest(arms: list[Any], value: Any, defs: Mapping[str, Any]) -> int | None:
    """The arm that a value was probably meant for; None where no other is less likely."""
    scores = [_score(one, value, defs) for one in arms]
    best = max(scores)
    return scores.index(best) if scores.count(best) == 1 else None


def _score(schema: Mapping[str, Any], value: Any, defs: Mapping[str, Any]) -> int:
    """How many members of an object fit; less than nothing for another type or another tag."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "type" in schema and not is_of(schema["type"], value):
        return -100
    if not isinstance(value, dict):
        return 0
    score = 0
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            fit = fits(inner, value[name], defs)
            score += 1 if fit else -10 * ("enum" in inner or "const" in inner)
    return score


def fits(schema: Mapping[str, Any], value: Any, defs: Mapping[str, Any] | None = None) -> bool:
    """Whether `check` passes."""
    try:
        check(schema, value, defs)
    except ConversionError:
        return False
    return True


def describe(schema: Mapping[str, Any]) -> str:
    """What a schema asks for, in a few words."""
    if "enum" in schema:
        return _one_of(schema["enum"])
    if "const" in schema:
        return _codec.dumps(schema["const"])
    or_null = " or null" if schema.get("nullable") else ""
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return " or ".join(dict.fromkeys(map(describe, schema[name]))) + or_null
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2] + or_null
    return _types(schema) if "type" in schema else "any value"


def _one_of(values: list[Any]) -> str:
    return "one of " + ", ".join(map(_codec.dumps, values))


def _types(schema: Mapping[str, Any]) -> str:
    named: list[str] = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    or_null = ["null"] if schema.get("nullable") else []
    return " or ".join([_WORDS.get(one, one) for one in named] + or_null)


def is_of(wanted: str | list[str], value: Any) -> bool:
    """Whether a value is of a type, or of one in a list."""
    if isinstance(wanted, list):
        return any(is_of(one, value) for one in wanted)
    if wanted in ("number", "integer") and isinstance(value, bool):
        return False
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(wanted, (object,)))


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _check_text(schema: Mapping[str, Any], value: str) -> None:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if len(value) < low:
        raise wrong_value(f"a string of at least {low} characters", value)
    if high is not None and len(value) > high:
        raise wrong_value(f"a string of at most {high} characters", value)
    if "pattern" in schema:
        import re

        if re.search(schema["pattern"], value) is None:
            raise wrong_value(f"a string that matches {schema['pattern']}", value)


def _check_number(schema: Mapping[str, Any], value: float) -> None:
    if "minimum" in schema and value < schema["minimum"]:
        raise wrong_value(f"at least {schema['minimum']}", value)
    if "maximum" in schema and value > schema["maximum"]:
        raise wrong_value(f"at most {schema['maximum']}", value)
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        raise wrong_value(f"more than {schema['exclusiveMinimum']}", value)
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        raise wrong_value(f"less than {schema['exclusiveMaximum']}", value)
    if "multipleOf" in schema and abs(value / schema["multipleOf"] % 1) > 1e-9:
        raise wrong_value(f"a multiple of {schema['multipleOf']}", value)


def _check_array(schema: Mapping[str, Any], value: list[Any], defs: Mapping[str, Any]) -> None:
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < low:
        raise wrong_value(f"an array of at least {low} items", value)
    if high is not None and len(value) > high:
        raise wrong_value(f"an array of at most {high} items", value)
    if schema.get("uniqueItems") and any(
        _same(item, other) for index, item in enumerate(value) for other in value[:index]
    ):
        raise wrong_value("an array without repeated items", value)
    for index, item in enumerate(value):
        inner = item_at(schema, index)
        if isinstance(inner, dict) and inner:
            _inside(f"[{index}]", inner, item, defs)


def _check_object(
    schema: Mapping[str, Any], value: dict[str, Any], defs: Mapping[str, Any]
) -> None:
    for name in schema.get("required", ()):
        if name not in value:
            raise ConversionError("is missing", name, "a value: it is required")
    for name, item in value.items():
        inner = member(schema, name)
        if inner is False:
            text = "is not an argument of this tool"
            raise ConversionError(text, name, "only arguments that the tool has")
        if isinstance(inner, dict):
            _inside(name, inner, item, defs)
    low, high = schema.get("minProperties", 0), schema.get("maxProperties")
    if len(value) < low:
        raise wrong_value(f"an object of at least {low} members", value)
    if high is not None and len(value) > high:
        raise wrong_value(f"an object of at most {high} members", value)


def member(schema: Mapping[str, Any], name: str) -> Any:
    """The schema of an object's member; True or False where anything or nothing is allowed."""
    if name in schema.get("properties", {}):
        return schema["properties"][name]
    for pattern, inner in schema.get("patternProperties", {}).items():
        import re

        if re.search(pattern, name):
            return inner
    return schema.get("additionalProperties", True)


def item_at(schema: Mapping[str, Any], index: int) -> Any:
    """The schema of an array's item."""
    prefix = schema.get("prefixItems", ())
    return prefix[index] if index < len(prefix) else schema.get("items", True)


def _inside(name: str, schema: Mapping[str, Any], value: Any, defs: Mapping[str, Any]) -> None:
    try:
        check(schema, value, defs)
    except ConversionError as error:
        raise error.inside(name) from None
