"""What an annotation becomes: a JSON Schema and a converter. The schema forms are written here.

Used by `schema.py`, `classes.py` and `pydantic_types.py`. The host understands `nullable: true`
and refuses null under `anyOf`, so `anyOf` is for real unions only.
"""

from __future__ import annotations

from .jsonable import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .convert import Converter

    Schema = dict[str, Any]

# How specific a type is: the arms of a union are tried in this order.
SPECIFIC, ORDINARY, BROAD = range(3)

_JSON_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}
_UNLIMITED = {"type", "description", "nullable"}  # keywords that a default of the type fits
_ATOMS = (str, int, float, type(None))  # a bool is an int


class Shape:
    """A schema, and what turns a JSON value that fits it into the annotated type (None: as is)."""

    __slots__ = ("convert", "rank", "schema")

    def __init__(
        self, schema: Schema, convert: Converter | None = None, rank: int = SPECIFIC
    ) -> None:
        self.schema = schema
        self.convert = convert
        self.rank = rank


def object_schema(properties: dict[str, Schema], required: list[str]) -> Schema:
    """A closed object."""
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def array_schema(items: Schema, **more: Any) -> Schema:
    """A list of one kind of item."""
    return {"type": "array", **({"items": items} if items else {}), **more}


def nullable(schema: Schema) -> Schema:
    """The same, or null. An enum must name null itself, or the host refuses it."""
    if not schema:
        return schema
    form = {**schema, "nullable": True}
    values = form.get("enum")
    if values is not None and None not in values:
        form["enum"] = [*values, None]
    return form


def is_nullable(schema: Schema) -> bool:
    """Whether the schema allows null."""
    return not schema or schema.get("nullable") is True


def without_null(schema: Schema) -> Schema:
    """What is left of a nullable schema for other values."""
    form = {key: one for key, one in schema.items() if key != "nullable"}
    if "enum" in form:
        form["enum"] = [one for one in form["enum"] if one is not None]
    return form


def any_of(schemas: Sequence[Schema]) -> Schema:
    """One of several, in the shortest form that says it."""
    if any(not one for one in schemas):
        return {}
    arms: list[Schema] = []
    for one in schemas:
        arm = without_null(one)
        if arm.get("enum") != [] and arm not in arms:
            arms.append(arm)
    arms = _without_integers_under_number(_joined_enums(arms))
    may_be_null = any(is_nullable(one) for one in schemas)
    if not arms:
        return nullable({"enum": [None]})
    form = arms[0] if len(arms) == 1 else {"anyOf": arms}
    return nullable(form) if may_be_null else form


def _joined_enums(arms: list[Schema]) -> list[Schema]:
    joined: list[Schema] = []
    for arm in arms:
        same = [one for one in joined if _is_bare_enum(one) and one["type"] == arm.get("type")]
        if same and _is_bare_enum(arm):
            same[0]["enum"] = [*same[0]["enum"], *arm["enum"]]
        else:
            joined.append(dict(arm))
    return joined


def _is_bare_enum(schema: Schema) -> bool:
    return schema.keys() == {"type", "enum"}


def _without_integers_under_number(arms: list[Schema]) -> list[Schema]:
    if {"type": "number"} not in arms:
        return arms
    return [one for one in arms if one != {"type": "integer"}]


def enum_schema(values: Sequence[Any]) -> Schema | None:
    """Some given values; None where one of them is not a string, a number, a bool or None."""
    if not values or not all(isinstance(one, _ATOMS) for one in values):
        return None
    listed = [plain(one) for one in values if one is not None]
    form: Schema = {"enum": listed}
    kinds = {_JSON_NAMES[type(one)] for one in listed}
    if len(kinds) == 1:
        form = {"type": kinds.pop(), **form}
    return nullable(form) if len(listed) < len(values) else form


def described(schema: Schema, text: str | None) -> Schema:
    """With a description, unless it has one."""
    if text and "description" not in schema:
        return {**schema, "description": text}
    return schema


def with_default(schema: Schema, default: Any, defs: Mapping[str, Schema]) -> Schema:
    """With a default that JSON can carry and the schema allows."""
    if _JSON_NAMES.get(type(default)) == schema.get("type") and schema.keys() <= _UNLIMITED:
        return {**schema, "default": default}
    from . import validation

    try:
        value = plain(default)
        fits = validation.fits(schema, value, defs)
    except (TypeError, ValueError, KeyError):  # a type that is not finished yet
        return schema
    return {**schema, "default": value} if fits else schema
