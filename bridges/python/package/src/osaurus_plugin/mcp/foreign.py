"""Schemas of MCP servers as JSON Schema 2020-12: older drafts, null for what a program left empty,
and keywords of a form that no validator reads. Called by `tools.py` before `host_form`, which must
not know of them. A keyword that stays unreadable is left out: the server checks its own arguments.
"""

from __future__ import annotations

import re

from .. import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..shapes import Schema

_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
)
# They name or follow places in the document, which is taken apart.
_PLACES = ("$id", "id", "$schema", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")
# Any value is right there, null too.
_VALUES = ("const", "default", "example", "examples")
# References to groups, and scripts as properties, which the shim's engine does not have.
_UNSUPPORTED = re.compile(r"(?<!\\)(?:\\\\)*\\(?:[1-9]|k<|p\{S)")
# What a root is joined from: references that lead back to themselves end.
_MOST_PARTS = 200


def arguments(schema: Schema) -> Schema:
    """The schema of a tool's arguments, with all properties at its top: the host looks nowhere
    else, and closes it."""
    form = readable(schema)
    shared = {**form.get("definitions", {}), **form.get("$defs", {})}
    return _flat(form, shared, iter(range(_MOST_PARTS)))


def _flat(schema: Schema, shared: dict[str, Any], budget: Iterator[int]) -> Schema:
    """With the properties of what it refers to, of its parts and of its alternatives."""
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    if next(budget, None) is None:
        return own
    referred = shared.get(str(schema.get("$ref", "")).rpartition("/")[2], {})
    parts = [one for one in (referred, *schema.get("allOf", ())) if isinstance(one, dict)]
    for part in parts:
        own = _joined(_flat(part, shared, budget), own)
    arms = [arm for key in ("anyOf", "oneOf") for arm in own.get(key, ())]
    arms += [own[key] for key in ("if", "then", "else") if key in own]
    arms = [_flat(arm, shared, budget) for arm in arms if isinstance(arm, dict)]
    return _with_properties(own, arms)


def _joined(one: Schema, other: Schema) -> Schema:
    """What both ask for; the second one's words where they say the same."""
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    required = dict.fromkeys([*one.get("required", ()), *other.get("required", ())])
    return {**one, **other, "properties": properties, "required": list(required)}


def _with_properties(schema: Schema, arms: list[Schema]) -> Schema:
    """With the properties that only some of the alternatives have."""
    own = schema.get("properties", {})
    forms_by_name: dict[str, list[Any]] = {}
    for name, one in (pair for arm in arms for pair in arm.get("properties", {}).items()):
        forms = forms_by_name.setdefault(name, [])
        if name not in own and one not in forms:
            forms.append(one)
    more = {
        name: forms[0] if len(forms) == 1 else {"anyOf": forms}
        for name, forms in forms_by_name.items()
    }
    properties = {**more, **own}
    form = {**schema, "properties": properties}
    if any(arm.get("additionalProperties") for arm in arms):
        form.setdefault("additionalProperties", True)
    return form


def readable(schema: Schema) -> Schema:
    """The same schema, in keywords that the host and the shim can read."""
    form: Schema = {}
    for key, value in _of_older_drafts(schema).items():
        form[key] = value if key in _VALUES else _keyword(key, value)
        if form[key] is None and key not in _VALUES:
            del form[key]
    return form


def _of_older_drafts(schema: Schema) -> Schema:
    """`items` as a list, and limits that a flag makes exclusive."""
    form = {key: value for key, value in schema.items() if key not in _PLACES}
    if isinstance(form.get("items"), list):
        form["prefixItems"] = form.pop("items")
        form["items"] = form.pop("additionalItems", None)
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if form.get(exclusive) is True:
            form[exclusive] = form.pop(limit, None)
    return form


def _keyword(key: str, value: Any) -> Any:
    """The keyword's value; None where it is not one."""
    if key in _ONE:
        return _schema(value)
    if key in _LISTS:
        return _schemas(value)
    if key in _BY_NAME:
        return _named(key, value)
    check = _FORMS.get(key)
    return value if check is None else check(value)


def _schema(value: Any) -> Any:
    if isinstance(value, dict):
        return readable(value)
    return value if isinstance(value, bool) else None


def _schemas(value: Any) -> Any:
    listed = value if isinstance(value, list) else []
    return [one for one in map(_schema, listed) if one is not None] or None


def _named(key: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return None
    schemas = {name: _schema(one) for name, one in value.items()}
    if key == "patternProperties":
        return {name: one for name, one in schemas.items() if one is not None and _pattern(name)}
    return {name: {} if one is None else one for name, one in schemas.items()}


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return [one for one in value if one in _TYPES] or None
    return value if value in _TYPES else None


def _names(value: Any) -> Any:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else None


def _needs(value: Any) -> Any:
    if not isinstance(value, dict):
        return None
    return {name: _names(one) or [] for name, one in value.items()}


def _pattern(value: Any) -> Any:
    is_portable = patterns.problem(value) is None and not _UNSUPPORTED.search(value)
    return value if is_portable else None


def _count(value: Any) -> Any:
    return value if _number(value) is not None and value >= 0 and value == int(value) else None


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _above_zero(value: Any) -> Any:
    return value if _number(value) is not None and value > 0 else None


def _only(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, kind) else None


_FORMS: dict[str, Callable[[Any], Any]] = {
    "type": _type,
    "enum": lambda value: value if isinstance(value, list) and value else None,
    "required": _names,
    "dependentRequired": _needs,
    "pattern": _pattern,
    "multipleOf": _above_zero,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _count),
    **dict.fromkeys(("format", "title", "description", "$ref", "$comment"), _only(str)),
    **dict.fromkeys(("nullable", "uniqueItems"), _only(bool)),
}
