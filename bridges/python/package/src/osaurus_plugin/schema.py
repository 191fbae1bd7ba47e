"""From a Python annotation to a JSON Schema and to the function that builds the annotated value.

Runs where a tool is declared, so that a type that JSON cannot carry raises there. `$ref` is used
for recursive types only: the host's own reader does not follow it.
"""

from __future__ import annotations

from . import arguments, validation
from .convert import (
    EXACT,
    Converter,
    array_of,
    by_value,
    dataclass_of,
    mapping_of,
    plain,
    tuple_of,
    union_of,
    validated,
)
from .errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .signature import Namespace

    Schema = dict[str, Any]

_WHAT_TO_DO = (
    "use str, int, float, bool, None, Literal, an Enum, list, dict[str, ...], set, tuple, a "
    "dataclass, a TypedDict, a pydantic model, datetime, date, time, UUID or Path"
)
_ARRAYS = {"list": list, "Sequence": list, "MutableSequence": list, "Iterable": list,
           "Collection": list, "set": set, "Set": set, "MutableSet": set, "frozenset": frozenset,
           "AbstractSet": set}  # fmt: skip
_MAPPINGS = frozenset(("dict", "Mapping", "MutableMapping"))


class Shape:
    """A schema, and what turns a JSON value that fits it into the annotated type (None: as is)."""

    __slots__ = ("convert", "schema")

    def __init__(self, schema: Schema, convert: Converter | None = None) -> None:
        self.schema = schema
        self.convert = convert


class SchemaBuilder:
    """Builds the shapes of one tool. `what` names the tool in errors."""

    def __init__(self, what: str, namespace: Namespace, where: tuple[str, int]) -> None:
        self.what = what
        self.namespace = namespace
        self.where = where
        self.defs: dict[str, Schema] = {}
        self._building: list[type] = []
        self._recursive: dict[type, str] = {}
        self._converters: dict[type, Converter | None] = {}

    # --- entry ------------------------------------------------------------------------------

    def shape(self, annotation: Any, path: str) -> Shape:
        """The shape of an annotation; `path` names it in errors (`parameter 'x'`)."""
        if isinstance(annotation, str):
            annotation = self._evaluate(annotation, path)
        forward = getattr(annotation, "__forward_arg__", None)
        if forward is not None:
            annotation = self._evaluate(forward, path)
        exact = EXACT.get(annotation) if isinstance(annotation, type) else None
        if exact is not None:
            return Shape(dict(exact[0]), exact[1])
        if annotation is None:
            return Shape({"type": "null"})
        for rule in (self._special, self._generic, self._class):
            made = rule(annotation, path)
            if made is not None:
                return made
        raise self.unsupported(annotation, path)

    def unsupported(self, annotation: Any, path: str, why: str = "") -> DeclarationError:
        shown = getattr(annotation, "__qualname__", None) or repr(annotation)
        reason = why or "cannot be written as JSON"
        return DeclarationError(
            f"{self.what}, {path}: the type {shown} {reason}; {_WHAT_TO_DO}", *self.where
        )

    def _evaluate(self, text: str, path: str) -> Any:
        try:
            return self.namespace.evaluate(text)
        except Exception as error:
            raise DeclarationError(
                f"{self.what}, {path}: the annotation {text!r} cannot be evaluated "
                f"({type(error).__name__}: {error}); define the type before the tool, at module "
                "level",
                *self.where,
            ) from None

    # --- Any, Annotated, aliases, unions, literals ------------------------------------------

    def _special(self, annotation: Any, path: str) -> Shape | None:
        kind = _typing_name(annotation)
        if kind == "Any" or annotation is object:
            return Shape({})
        metadata = getattr(annotation, "__metadata__", None)
        if metadata is not None:
            return self._annotated(annotation, metadata, path)
        if hasattr(annotation, "__supertype__"):  # NewType
            return self.shape(annotation.__supertype__, path)
        if type(annotation).__name__ == "TypeAliasType":
            return self.shape(annotation.__value__, path)
        origin = _typing_name(getattr(annotation, "__origin__", None))
        if origin in ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar"):
            return self.shape(annotation.__args__[0], path)
        if origin == "Literal":
            return self._literal(annotation, path)
        if origin == "Union" or type(annotation).__name__ in ("UnionType", "Union"):
            return self._union(annotation.__args__, path)
        if type(annotation).__name__ == "TypeVar":
            raise self.unsupported(annotation, path, "is a type variable")
        return None

    def _annotated(self, annotation: Any, metadata: tuple[Any, ...], path: str) -> Shape:
        if any(hasattr(one, "__get_pydantic_core_schema__") for one in metadata):
            return self._pydantic_adapter(annotation, path)
        shape = self.shape(annotation.__origin__, path)
        for extra in metadata:
            shape.schema = arguments.apply(shape.schema, arguments.limits(extra))
        return shape

    def _literal(self, annotation: Any, path: str) -> Shape:
        values = [getattr(one, "value", one) for one in annotation.__args__]
        enum = _enum_schema(values)
        if enum is None:
            raise self.unsupported(annotation, path, "has values that are not JSON")
        if values == list(annotation.__args__):
            return Shape(enum)
        return Shape(enum, by_value(dict(zip(values, annotation.__args__, strict=True))))

    def _union(self, members: tuple[Any, ...], path: str) -> Shape:
        shapes = [self.shape(one, path) for one in members]
        schema: Schema = {"anyOf": [one.schema for one in shapes]}
        if all(one.convert is None for one in shapes):
            return Shape(schema)
        return Shape(
            schema,
            union_of(
                [(one.schema, one.convert) for one in shapes],
                lambda one, value: validation.fits(one, value, self.defs),
            ),
        )

    # --- list[...], dict[...], tuple[...] ---------------------------------------------------

    def _generic(self, annotation: Any, path: str) -> Shape | None:
        origin = getattr(annotation, "__origin__", annotation)
        arguments_ = tuple(getattr(annotation, "__args__", None) or ())
        name = getattr(origin, "__name__", "") if isinstance(origin, type) else ""
        if getattr(origin, "__module__", "") not in ("builtins", "collections.abc", "typing"):
            return None
        if name == "tuple":
            return self._tuple(arguments_, path)
        if name in _ARRAYS:
            inner = self.shape(arguments_[0], f"{path}[]") if arguments_ else Shape({})
            return self._array(_ARRAYS[name], inner)
        if name in _MAPPINGS:
            return self._mapping(annotation, arguments_, path)
        return None

    def _array(self, make: type, inner: Shape) -> Shape:
        schema: Schema = {"type": "array"}
        if inner.schema:
            schema["items"] = inner.schema
        if make is not list:
            schema["uniqueItems"] = True
        return Shape(schema, array_of(make, inner.convert))

    def _tuple(self, members: tuple[Any, ...], path: str) -> Shape:
        if not members or (len(members) == 2 and members[1] is Ellipsis):
            inner = self.shape(members[0], f"{path}[]") if members else Shape({})
            schema: Schema = {"type": "array"}
            if inner.schema:
                schema["items"] = inner.schema
            return Shape(schema, array_of(tuple, inner.convert))
        shapes = [self.shape(one, f"{path}[{index}]") for index, one in enumerate(members)]
        schema = {
            "type": "array",
            "prefixItems": [one.schema for one in shapes],
            "minItems": len(shapes),
            "maxItems": len(shapes),
        }
        return Shape(schema, tuple_of([one.convert for one in shapes]))

    def _mapping(self, annotation: Any, members: tuple[Any, ...], path: str) -> Shape:
        if not members:
            return Shape({"type": "object"})
        if members[0] is not str and _typing_name(members[0]) != "Any":
            raise self.unsupported(annotation, path, "has keys that are not str")
        inner = self.shape(members[1], f"{path}{{}}")
        schema: Schema = {"type": "object"}
        if inner.schema:
            schema["additionalProperties"] = inner.schema
        return Shape(schema, mapping_of(inner.convert))

    # --- classes ----------------------------------------------------------------------------

    def _class(self, annotation: Any, path: str) -> Shape | None:
        if hasattr(annotation, "model_json_schema") and hasattr(annotation, "model_validate"):
            return self._pydantic_model(annotation)
        if hasattr(annotation, "__get_pydantic_core_schema__"):
            return self._pydantic_adapter(annotation, path)
        if not isinstance(annotation, type):
            return None
        if "_member_map_" in annotation.__dict__:
            return self._enum(annotation, path)
        named = EXACT.get(f"{annotation.__module__}.{annotation.__qualname__}")
        if named is not None:
            return Shape(dict(named[0]), named[1])
        if hasattr(annotation, "__dataclass_fields__"):
            return self._object(annotation, path, self._dataclass)
        if hasattr(annotation, "__total__") and issubclass(annotation, dict):
            return self._object(annotation, path, self._typed_dict)
        return None

    def _enum(self, annotation: Any, path: str) -> Shape:
        members = {member.value: member for member in annotation if _is_json_atom(member.value)}
        schema = _enum_schema(list(members))
        if schema is None or len(members) != len(list(annotation)):
            raise self.unsupported(annotation, path, "has values that are not text or numbers")
        return Shape(schema, by_value(members))

    def _object(self, annotation: type, path: str, build: Callable[..., Shape]) -> Shape:
        """Builds a class once; a class inside itself becomes a `$ref` into `$defs`."""
        if annotation in self._building or annotation in self._recursive:
            name = self._recursive.setdefault(annotation, self._unused_name(annotation))
            return Shape({"$ref": f"#/$defs/{name}"}, lambda value: self._late(annotation, value))
        self._building.append(annotation)
        try:
            shape = build(annotation, path)
        finally:
            self._building.pop()
        self._converters[annotation] = shape.convert
        name_ = self._recursive.get(annotation)
        if name_ is None:
            return shape
        self.defs[name_] = shape.schema
        return Shape({"$ref": f"#/$defs/{name_}"}, shape.convert)

    def _late(self, annotation: type, value: Any) -> Any:
        convert = self._converters[annotation]
        return value if convert is None else convert(value)

    def _unused_name(self, annotation: type) -> str:
        taken = {*self.defs, *self._recursive.values()}
        name, number = annotation.__name__, 2
        while name in taken:
            name, number = f"{annotation.__name__}{number}", number + 1
        return name

    def _members(self, annotation: type, path: str) -> dict[str, Any]:
        """Annotations of a class with its bases, strings evaluated where they were written."""
        import sys

        found: dict[str, Any] = {}
        for base in reversed(annotation.__mro__):
            module = sys.modules.get(base.__module__)
            inner = type(self.namespace)(
                module.__dict__ if module else self.namespace.globals,
                {**self.namespace.locals, annotation.__name__: annotation},
            )
            for name, raw in getattr(base, "__annotations__", {}).items():
                raw = getattr(raw, "__forward_arg__", raw)
                try:
                    found[name] = inner.evaluate(raw) if isinstance(raw, str) else raw
                except Exception as error:
                    raise self.unsupported(
                        annotation,
                        path,
                        f"has a field {name!r} whose annotation {raw!r} cannot "
                        f"be evaluated ({type(error).__name__}: {error})",
                    ) from None
        return found

    def _dataclass(self, annotation: Any, path: str) -> Shape:
        from dataclasses import MISSING, fields

        members = self._members(annotation, path)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        converters: dict[str, Converter] = {}
        about = _field_docs(annotation)
        for field in fields(annotation):
            if not field.init:
                continue
            shape = self.shape(members.get(field.name, field.type), f"{path}.{field.name}")
            properties[field.name] = _described(shape.schema, about.get(field.name))
            if field.default is not MISSING:
                _add_default(properties[field.name], field.default)
            elif field.default_factory is MISSING:
                required.append(field.name)
            if shape.convert is not None:
                converters[field.name] = shape.convert
        return Shape(object_schema(properties, required), dataclass_of(annotation, converters))

    def _typed_dict(self, annotation: Any, path: str) -> Shape:
        properties: dict[str, Schema] = {}
        converters: dict[str, Converter] = {}
        for name, member in self._members(annotation, path).items():
            shape = self.shape(member, f"{path}.{name}")
            properties[name] = shape.schema
            if shape.convert is not None:
                converters[name] = shape.convert
        required = [name for name in properties if name in annotation.__required_keys__]
        convert = dataclass_of(dict, converters) if converters else None
        return Shape(object_schema(properties, required), convert)

    # --- pydantic ---------------------------------------------------------------------------

    def _pydantic_model(self, model: Any) -> Shape:
        return Shape(self._inlined(model.model_json_schema()), validated(model.model_validate))

    def _pydantic_adapter(self, annotation: Any, path: str) -> Shape:
        from pydantic import TypeAdapter

        try:
            adapter = TypeAdapter(annotation)
            schema = adapter.json_schema()
        except Exception as error:
            raise self.unsupported(annotation, path, f"is refused by pydantic ({error})") from None
        return Shape(self._inlined(schema), validated(adapter.validate_python))

    def _inlined(self, schema: Schema) -> Schema:
        """A schema of pydantic's with its definitions written out, recursive ones kept."""
        defs = schema.get("$defs", {})

        def expand(node: Any, open_: tuple[str, ...]) -> Any:
            if isinstance(node, list):
                return [expand(one, open_) for one in node]
            if not isinstance(node, dict):
                return node
            name = str(node.get("$ref", "")).rpartition("/")[2]
            rest = {key: one for key, one in node.items() if key not in ("$ref", "$defs")}
            if not name:
                return {key: expand(one, open_) for key, one in rest.items()}
            if name in open_ or _reaches(defs, name, name):
                if name not in self.defs:
                    self.defs[name] = {}
                    self.defs[name] = expand(defs[name], (*open_, name))
                return {"$ref": f"#/$defs/{name}", **rest}
            return {**expand(defs[name], (*open_, name)), **rest}

        made = expand(schema, ())
        assert isinstance(made, dict)
        return made


# --- helpers -----------------------------------------------------------------------------------


def object_schema(properties: dict[str, Schema], required: list[str]) -> Schema:
    """A closed object."""
    made: Schema = {"type": "object", "properties": properties}
    if required:
        made["required"] = required
    made["additionalProperties"] = False
    return made


def _described(schema: Schema, text: str | None) -> Schema:
    if text and "description" not in schema:
        return {**schema, "description": text}
    return schema


def _add_default(schema: Schema, default: Any) -> None:
    """Adds a default that JSON can carry and the schema allows."""
    try:
        value = plain(default)
    except (TypeError, ValueError):
        return
    bare = {key: one for key, one in schema.items() if key not in ("$ref", "$defs")}
    if validation.fits(bare, value):
        schema["default"] = value


def _field_docs(annotation: type) -> dict[str, str]:
    from .docstrings import parse

    text = annotation.__doc__ or ""
    generated = text.startswith(f"{annotation.__name__}(")  # what @dataclass writes by itself
    return {} if generated else parse(text.replace("Attributes:", "Args:"))[1]


def _reaches(defs: dict[str, Any], start: str, goal: str) -> bool:
    """Whether a definition refers to `goal`, itself or through others."""
    seen: set[str] = set()
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
            if name and name not in seen:
                seen.add(name)
                open_.append(defs.get(name))
    return False


def _typing_name(annotation: Any) -> str:
    """`Union` for `typing.Union`, without importing typing."""
    if getattr(annotation, "__module__", "") not in ("typing", "typing_extensions"):
        return ""
    return str(getattr(annotation, "_name", None) or getattr(annotation, "__name__", "") or "")


def _is_json_atom(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _enum_schema(values: list[Any]) -> Schema | None:
    if not values or not all(_is_json_atom(one) for one in values):
        return None
    plain_values = [plain(one) for one in values]
    kinds = {_JSON_NAMES[type(one)] for one in plain_values}
    return (
        {"type": kinds.pop(), "enum": plain_values} if len(kinds) == 1 else {"enum": plain_values}
    )


_JSON_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
