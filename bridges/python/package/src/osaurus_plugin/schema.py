"""From a Python annotation to a JSON Schema and to the function that builds the annotated value.

Runs where a tool is declared, so that a type that JSON cannot carry raises there. Classes with
fields are `classes.py`'s, pydantic's types `pydantic_types.py`'s. `$ref` is used for recursive
types only: the host's own reader does not follow it.
"""

from __future__ import annotations

from .annotations import (
    Context,
    is_class,
    is_of_pydantic,
    is_of_pydantic_1,
    qualified,
    typing_name,
)
from .builder import Builder
from .convert import (
    EXACT,
    PATHS,
    Arm,
    array_of,
    by_value,
    checked_by,
    made_by,
    mapping_of,
    number,
    optional,
    tuple_of,
    union_of,
)
from .shapes import (
    BROAD,
    ORDINARY,
    SPECIFIC,
    Shape,
    any_of,
    array_schema,
    enum_schema,
    is_nullable,
    nullable,
    object_schema,
    without_null,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .shapes import Schema

__all__ = ["NeedsPydantic", "SchemaBuilder", "object_schema"]

_ARRAYS = {"list": list, "Sequence": list, "MutableSequence": list, "Iterable": list,
           "Collection": list, "set": set, "Set": set, "MutableSet": set, "frozenset": frozenset,
           "AbstractSet": set}  # fmt: skip
_MAPPINGS = frozenset(("dict", "Mapping", "MutableMapping"))


class NeedsPydantic(Exception):
    """An annotation involves pydantic, so pydantic reads all of the tool's."""


class SchemaBuilder(Builder):
    """Builds the shapes of one tool."""

    def shape(self, annotation: Any, path: str) -> Shape:
        """The shape of an annotation; `path` names it in errors (`parameter 'x'`)."""
        if isinstance(annotation, str) or hasattr(annotation, "__forward_arg__"):
            return self._written(annotation, path)
        annotation = self.context.bind(annotation)
        exact = EXACT.get(annotation) if isinstance(annotation, type) else None
        if exact is not None:
            return Shape(dict(exact[0]), exact[1], BROAD if annotation is float else ORDINARY)
        if annotation is None or annotation is type(None):
            return Shape(nullable({"enum": [None]}))
        for rule in (self._special, self._generic, self._class):
            shape = rule(annotation, path)
            if shape is not None:
                return shape
        raise self.unsupported(annotation, path)

    def _written(self, annotation: Any, path: str, alias: str = "Value") -> Shape:
        """A string. What it stands for may contain the same string again, or be a string itself
        (`Json: TypeAlias = "list[Json] | int"`), which is another object each time."""
        value = self.evaluate(annotation, path)
        if is_class(value) or value is None:
            return self.shape(value, path)
        text = str(getattr(annotation, "__forward_arg__", annotation))
        name = text.rpartition(".")[2]
        name = name if name.isidentifier() else alias
        if isinstance(value, str):
            return self._written(value, path, name)
        bound = tuple(self.context.bound.values())
        self._named.append(bound)
        key = (text, id(self.context.of(annotation).globals), *map(id, bound))
        return self.once(key, name, path, lambda: self.shape(value, path))

    # --- Any, Annotated, aliases, unions, literals ------------------------------------------

    def _special(self, annotation: Any, path: str) -> Shape | None:
        kind = typing_name(annotation)
        if kind == "Any" or annotation is object:
            return Shape({}, None, BROAD)
        metadata = getattr(annotation, "__metadata__", None)
        if metadata is not None:
            return self._annotated(annotation, metadata, path)
        if hasattr(annotation, "__supertype__"):  # NewType
            return self.shape(annotation.__supertype__, path)
        if kind == "LiteralString":
            return self.shape(str, path)
        inner = qualified(annotation)
        if inner is not None:
            return self.shape(inner[0], path)
        origin = getattr(annotation, "__origin__", None)
        if typing_name(origin) == "Literal":
            return self._literal(annotation, path)
        if typing_name(origin) == "Union" or type(annotation).__name__ in ("UnionType", "Union"):
            return self._union(annotation.__args__, path)
        if type(annotation).__name__ == "TypeVar":
            return self._type_variable(annotation, path)
        alias = origin if type(origin).__name__ == "TypeAliasType" else annotation
        if type(alias).__name__ == "TypeAliasType":
            return self._alias(alias, getattr(annotation, "__args__", ()), path)
        return None

    def _annotated(self, annotation: Any, metadata: tuple[Any, ...], path: str) -> Shape:
        if any(is_of_pydantic(one) for one in metadata):
            raise NeedsPydantic
        from . import arguments

        shape = self.shape(annotation.__origin__, path)
        for extra in metadata:
            try:
                shape.schema = arguments.apply(shape.schema, arguments.limits(extra))
            except ValueError as error:
                raise self.error(path, str(error)) from None
        tests = [one for extra in metadata for one in arguments.tests(extra)]
        if tests:
            shape.convert = checked_by(tests, shape.convert)
        return shape

    def _alias(self, alias: Any, args: tuple[Any, ...], path: str) -> Shape:
        """`type Name = ...`, whose value is evaluated when it is asked for."""
        try:
            value = alias.__value__
        except Exception as error:
            raise self.unsupported(
                alias, path, f"cannot be evaluated ({type(error).__name__}: {error})"
            ) from None
        bound = dict(zip(alias.__type_params__, args, strict=False))
        inner = Context(self.context.of(alias), bound)
        return self.once(
            (alias, args) if args else alias,
            alias.__name__,
            path,
            lambda: self.member(inner, value, path),
        )

    def _type_variable(self, variable: Any, path: str) -> Shape:
        default = getattr(variable, "__default__", None)
        if default is not None and type(default).__name__ != "NoDefaultType":
            return self.shape(default, path)
        if variable.__bound__ is not None:
            return self.shape(variable.__bound__, path)
        if variable.__constraints__:
            return self._union(variable.__constraints__, path)
        if self.open_types:  # of a class that was named without its arguments
            return Shape({}, None, BROAD)
        raise self.unsupported(variable, path, "is a type variable that may be anything")

    def _literal(self, annotation: Any, path: str) -> Shape:
        members = list(annotation.__args__)
        values = [getattr(one, "value", one) for one in members]
        schema = enum_schema(values)
        if schema is None:
            raise self.unsupported(annotation, path, "has values that are not JSON")
        if values == members:
            return Shape(schema)
        return Shape(schema, by_value(list(zip(values, members, strict=True))))

    # --- unions -----------------------------------------------------------------------------

    def _union(self, members: Sequence[Any], path: str) -> Shape:
        shapes = [self.shape(one, path) for one in members]
        schema = any_of([one.schema for one in shapes])
        arms = [one for one in shapes if one.schema.get("enum") != [None]]
        if not arms:
            return Shape(schema)
        if len(arms) == 1:
            return Shape(schema, optional(arms[0].convert), arms[0].rank)
        convert = self._union_converter(arms)
        if convert is not None and is_nullable(schema):
            convert = optional(convert)
        return Shape(schema, convert, max(one.rank for one in arms))

    def _union_converter(self, shapes: list[Shape]) -> Callable[[Any], Any] | None:
        if all(one.convert is None for one in shapes):
            return None
        if sorted(one.schema.get("type", "") for one in shapes) == ["integer", "number"]:
            plain_numbers = (EXACT[int][1], EXACT[float][1])
            if all(one.convert in plain_numbers for one in shapes):
                return number
        ranked = sorted(shapes, key=lambda one: one.rank)
        return union_of([Arm(without_null(one.schema), one.convert, self.defs) for one in ranked])

    # --- list[...], dict[...], tuple[...] ---------------------------------------------------

    def _generic(self, annotation: Any, path: str) -> Shape | None:
        origin = getattr(annotation, "__origin__", annotation)
        arguments_ = tuple(getattr(annotation, "__args__", None) or ())
        name = getattr(origin, "__name__", "") if isinstance(origin, type) else ""
        if getattr(origin, "__module__", "") not in (
            "builtins", "collections.abc", "collections", "typing"
        ):  # fmt: skip
            return None
        if name == "tuple":
            return self._tuple(arguments_, path)
        if name in _ARRAYS or name == "deque":
            inner = self.shape(arguments_[0], f"{path}[]") if arguments_ else Shape({})
            return self._array(_ARRAYS.get(name, origin), inner)
        if name in _MAPPINGS:
            return self._mapping(annotation, arguments_, path)
        return None

    def _array(self, make: type, inner: Shape) -> Shape:
        unique = {"uniqueItems": True} if make in (set, frozenset) else {}
        return Shape(array_schema(inner.schema, **unique), array_of(make, inner.convert), ORDINARY)

    def _tuple(self, members: tuple[Any, ...], path: str) -> Shape:
        if not members or (len(members) == 2 and members[1] is Ellipsis):
            inner = self.shape(members[0], f"{path}[]") if members else Shape({})
            return self._array(tuple, inner)
        shapes = [self.shape(one, f"{path}[{index}]") for index, one in enumerate(members)]
        schema = {
            "type": "array",
            "prefixItems": [one.schema for one in shapes],
            "minItems": len(shapes),
            "maxItems": len(shapes),
        }
        return Shape(schema, tuple_of([one.convert for one in shapes]))

    def _mapping(self, annotation: Any, members: tuple[Any, ...], path: str) -> Shape:
        schema: Schema = {"type": "object"}
        if not members:
            return Shape(schema, None, BROAD)
        key = self._key(annotation, members[0], path, schema)
        inner = self.shape(members[1], f"{path}{{}}")
        if inner.schema:
            schema["additionalProperties"] = inner.schema
        return Shape(schema, mapping_of(key, inner.convert), BROAD)

    def _key(
        self, annotation: Any, key: Any, path: str, schema: Schema
    ) -> Callable[[Any], Any] | None:
        """JSON's keys are strings: a key is str, or a type that is made from a string."""
        if typing_name(key) == "Any":
            return None
        if key is int:
            schema["propertyNames"] = {"pattern": "^-?[0-9]+$"}
            return made_by(int, None)
        shape = self.shape(key, f"{path} key")
        if shape.schema.get("type") != "string":
            raise self.unsupported(annotation, path, "has keys that are not strings")
        if shape.schema.keys() - {"type", "format"}:
            schema["propertyNames"] = shape.schema
        return shape.convert

    # --- classes ----------------------------------------------------------------------------

    def _class(self, annotation: Any, path: str) -> Shape | None:
        kind = getattr(annotation, "__origin__", annotation)
        if not is_class(kind):
            return None
        if is_of_pydantic_1(kind):
            raise self.error(
                path,
                f"{kind.__qualname__} is a model of pydantic 1, which is not supported; derive it "
                "from `pydantic.BaseModel` of pydantic 2",
            )
        if is_of_pydantic(kind):
            raise NeedsPydantic
        if "_member_map_" in kind.__dict__:
            return self._enum(kind, path)
        name = f"{kind.__module__}.{kind.__qualname__}"
        named = EXACT.get(name)
        if named is not None:
            self.has_decimals |= name == "decimal.Decimal"
            rank = {"decimal.Decimal": BROAD}.get(name, ORDINARY if name in PATHS else SPECIFIC)
            return Shape(dict(named[0]), named[1], rank)
        from . import classes

        return classes.shape(self, kind, tuple(getattr(annotation, "__args__", ())), path)

    def _enum(self, annotation: Any, path: str) -> Shape:
        members = [(member.value, member) for member in annotation]
        schema = enum_schema([value for value, _ in members])
        if schema is None:
            raise self.unsupported(annotation, path, "has values that are not strings or numbers")
        return Shape(schema, by_value(members))
