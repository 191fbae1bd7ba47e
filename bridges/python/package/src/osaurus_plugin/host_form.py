"""JSON Schemas of others in the form that the host reads: `nullable` instead of a null arm, `enum`
for `const`, closed objects, definitions written out. Used for pydantic's schemas and MCP servers'.
"""

from __future__ import annotations

from . import patterns
from .shapes import any_of, nullable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Schema

_BY_NAME = ("properties", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_VALUES = ("default", "const", "enum", "examples", "$defs", "definitions")
# A schema in them is one of several for the same object, and must let the others' keys pass.
_BESIDE_OTHERS = ("allOf", "not", "if", "then", "else")
# Where an object gets keys from that its own `properties` do not name.
_MORE_KEYS = ("patternProperties", "unevaluatedProperties", "dependentSchemas", "if")


def parameters(schema: Schema) -> Schema:
    """The schema of a tool's arguments, from a whole document."""
    shared = {**(schema.get("definitions") or {}), **(schema.get("$defs") or {})}
    defs = Definitions(shared)
    dropped = ("$defs", "definitions", "$schema", "$id", "title", "description")
    rest = {key: value for key, value in schema.items() if key not in dropped}
    form = defs.expanded({**rest, "type": "object", "properties": rest.get("properties") or {}})
    form.setdefault("required", [])
    form.setdefault("additionalProperties", False)
    for name in form["required"]:
        form["properties"].setdefault(name, {})
    return {**form, "$defs": defs.kept} if defs.kept else form


class Definitions:
    """Writes definitions out where they are used. Those of recursive types are kept."""

    def __init__(self, shared: dict[str, Any]) -> None:
        self.shared = shared
        self.kept: dict[str, Schema] = {}

    def expanded(self, node: Any, close: bool = True) -> Schema:
        """A schema in the host's form. `close` refuses keys that an object does not name."""
        node = dict(node)
        reference = str(node.pop("$ref", ""))
        node.pop("discriminator", None)  # it refers to definitions
        form = {key: self._keyword(key, value, close) for key, value in node.items()}
        if reference:
            form = {**self._referred(reference.rpartition("/")[2]), **form}
        return _host_form(form, close)

    def _keyword(self, key: str, value: Any, close: bool) -> Any:
        close = close and key not in _BESIDE_OTHERS
        if key in _BY_NAME and isinstance(value, dict):
            return {name: self._inner(one, close) for name, one in value.items()}
        if key in _LISTS and isinstance(value, list):
            return [self._inner(one, close) for one in value]
        return value if key in _VALUES else self._inner(value, close)

    def _inner(self, value: Any, close: bool) -> Any:
        return self.expanded(value, close) if isinstance(value, dict) else value

    def _referred(self, name: str) -> Schema:
        if name not in self.shared:  # a reference that the host could not follow either
            return {}
        if not _refers_to(self.shared, name, name):
            return self.expanded(self.shared[name])
        if name not in self.kept:
            self.kept[name] = {}
            self.kept[name] = self.expanded(self.shared[name])
        return {"$ref": f"#/$defs/{name}"}


def _host_form(schema: Schema, close: bool) -> Schema:
    schema = _without_null_type(schema)
    if "const" in schema:
        value = schema.pop("const")
        schema["enum"] = [value]
    values = schema.get("enum")
    if isinstance(values, list) and None in values:
        schema = nullable(schema)
    arms = schema.pop("oneOf", None) or schema.pop("anyOf", None)
    if arms is not None:
        schema = _with_choice(schema, any_of(arms))
    if "pattern" in schema and patterns.problem(schema["pattern"]) is not None:
        del schema["pattern"]  # no dialect of the host's: the server checks it
    if isinstance(schema.get("title"), str) and schema.get("type") in ("object", "string"):
        schema.pop("title")
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("required", [])
        if close and not _has_more_keys(schema):
            schema.setdefault("additionalProperties", False)
    return schema


def _has_more_keys(schema: Schema) -> bool:
    arms = [arm for key in ("allOf", "anyOf") for arm in schema.get(key, ())]
    declares = ("properties", "$ref", "allOf", "anyOf")
    return any(key in schema for key in _MORE_KEYS) or any(
        key in arm for arm in arms if isinstance(arm, dict) for key in declares
    )


def _with_choice(schema: Schema, choice: Schema) -> Schema:
    """A choice with what the schema says besides: where both say the same key, both count."""
    about = ("description", "title", "default", "nullable")
    clash = any(
        schema.get(key, value) != value for key, value in choice.items() if key not in about
    )
    if clash:
        return {**schema, "allOf": [*schema.get("allOf", ()), choice]}
    return {**choice, **schema}


def _without_null_type(schema: Schema) -> Schema:
    """`"type": "null"` as an enum, `["string", "null"]` as nullable."""
    kind = schema.get("type")
    if kind == "null":
        rest = {key: one for key, one in schema.items() if key != "type"}
        return nullable({**rest, "enum": [None]})
    if not isinstance(kind, list):
        return schema
    kinds = [one for one in kind if one != "null"]
    if len(kinds) == 1:
        schema = {**schema, "type": kinds[0]}
    elif len(kinds) > 1:
        rest = {key: one for key, one in schema.items() if key != "type"}
        schema = {**any_of([{"type": one} for one in kinds]), **rest}
    return nullable(schema) if "null" in kind else schema


def _refers_to(defs: dict[str, Any], start: str, goal: str) -> bool:
    """Whether a definition refers to `goal`, itself or through others."""
    visited: set[str] = set()
    open_: list[Any] = [defs.get(start)]
    while open_:
        node = open_.pop()
        if isinstance(node, list):
            open_.extend(node)
        elif isinstance(node, dict):
            open_.extend(node.values())
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name == goal and name:
                return True
            if name and name not in visited:
                visited.add(name)
                open_.append(defs.get(name))
    return False
