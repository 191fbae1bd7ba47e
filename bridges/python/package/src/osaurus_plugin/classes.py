"""Shapes of classes with fields: dataclasses, NamedTuples, TypedDicts, and subclasses of str, int
and float. Also where the names in their annotations are looked up.

Used by `schema.py`; the builder that it is given knows the types of fields.
"""

from __future__ import annotations

import sys

from .annotations import Context, qualified
from .convert import EXACT, made_by, object_of
from .shapes import Shape, described, object_schema, with_default

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .builder import Builder
    from .convert import Converter
    from .shapes import Schema
    from .signature import Namespace


def shape(builder: Builder, kind: Any, args: tuple[Any, ...], path: str) -> Shape | None:
    """The shape of a class with fields; None if it is not such a class."""
    build: Callable[[Builder, Any, dict[str, _Member], str], Shape]
    if hasattr(kind, "__dataclass_fields__"):
        build = _dataclass
    elif hasattr(kind, "__total__") and issubclass(kind, dict):
        build = _typed_dict
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        build = _named_tuple
    else:
        return _subclass(kind)
    args = tuple(builder.evaluate(one, path) for one in map(builder.context.bind, args))
    return builder.once(
        (kind, args) if args else kind,
        kind.__name__,
        path,
        lambda: build(builder, kind, _members(builder, kind, args, path), path),
    )


def _subclass(kind: type) -> Shape | None:
    for base in (str, int, float):
        if issubclass(kind, base):
            schema, convert = EXACT[base]
            return Shape(dict(schema), made_by(kind, convert))
    return None


# --- fields and where they were written --------------------------------------------------------


class _Member:
    """A field's annotation, evaluated, and the words around it."""

    __slots__ = ("annotation", "context", "words")

    def __init__(self, annotation: Any, context: Context) -> None:
        self.words: set[str] = set()
        while (inner := qualified(annotation)) is not None:
            annotation = inner[0]
            self.words.add(inner[1])
        self.annotation = annotation
        self.context = context


def _members(builder: Builder, kind: Any, args: tuple[Any, ...], path: str) -> dict[str, _Member]:
    """Annotations of a class with its bases."""
    bound = _bound_variables(kind, args)
    members: dict[str, _Member] = {}
    for base in reversed(kind.__mro__):
        context = Context(_namespace(builder, base, kind), bound.get(base, bound[kind]))
        for name, raw in _annotations(builder, base, path).items():
            outer, builder.context = builder.context, context
            try:
                members[name] = _Member(builder.evaluate(raw, f"{path}.{name}"), context)
            finally:
                builder.context = outer
    return members


def _annotations(builder: Builder, kind: Any, path: str) -> dict[str, Any]:
    if kind.__module__ == "builtins":
        return {}
    try:
        return dict(getattr(kind, "__annotations__", {}))
    except NameError as error:  # Python 3.14 evaluates annotations when they are asked for
        raise builder.unsupported(
            kind, path, f"has an annotation that cannot be evaluated ({error})"
        ) from None


def _namespace(builder: Builder, base: Any, kind: Any) -> Namespace:
    """The module of a class, the class itself and its type variables; where the tool was declared
    in a function, that function's names, too."""
    root = builder.root
    module = sys.modules.get(base.__module__)
    globals_ = root.globals if module is None else module.__dict__
    names = {one.__name__: one for one in getattr(base, "__type_params__", ())}
    names.update({base.__name__: base, kind.__name__: kind})
    if globals_ is root.globals or module is None:
        names = {**root.locals, **names}
    return type(root)(globals_, names)


def _bound_variables(kind: Any, args: tuple[Any, ...]) -> dict[Any, dict[Any, Any]]:
    """What the type variables of a class and of its generic bases stand for."""
    bound = {kind: dict(zip(getattr(kind, "__parameters__", ()), args, strict=False))}
    open_ = [kind]
    while open_:
        here = open_.pop()
        for base in here.__dict__.get("__orig_bases__", here.__bases__):
            origin = getattr(base, "__origin__", base)
            if not isinstance(origin, type) or origin in bound:
                continue
            variables = getattr(origin, "__parameters__", ())
            values = getattr(base, "__args__", ())
            bound[origin] = {
                variable: bound[here].get(value, value)
                for variable, value in zip(variables, values, strict=False)
            }
            open_.append(origin)
    return bound


# --- kinds of classes --------------------------------------------------------------------------


class _Object:
    """Collects the fields of an object."""

    def __init__(self, builder: Builder, path: str) -> None:
        self.builder = builder
        self.path = path
        self.properties: dict[str, Schema] = {}
        self.required: list[str] = []
        self.converters: dict[str, Converter] = {}

    def add(self, name: str, member: _Member, about: str | None, *, required: bool) -> None:
        """Adds a field."""
        shape = self.builder.member(member.context, member.annotation, f"{self.path}.{name}")
        self.properties[name] = described(shape.schema, about)
        if required:
            self.required.append(name)
        if shape.convert is not None:
            self.converters[name] = shape.convert

    def default(self, name: str, value: Any) -> None:
        """Adds what a field is when it is left out."""
        self.properties[name] = with_default(self.properties[name], value, self.builder.defs)

    def shape(self, make: Any) -> Shape:
        """The finished object."""
        convert = object_of(make, self.converters) if make is not dict or self.converters else None
        return Shape(object_schema(self.properties, self.required), convert)


def _dataclass(builder: Builder, kind: Any, members: dict[str, _Member], path: str) -> Shape:
    from dataclasses import MISSING

    object_ = _Object(builder, path)
    about = _field_docs(kind)
    for name, field in kind.__dataclass_fields__.items():
        sort = getattr(field._field_type, "name", "_FIELD")
        if sort == "_FIELD_CLASSVAR" or (sort == "_FIELD" and not field.init):
            continue
        member = members.get(name) or _Member(field.type, builder.context)
        needed = field.default is MISSING and field.default_factory is MISSING
        description = field.metadata.get("description")
        object_.add(
            name,
            member,
            description if isinstance(description, str) else about.get(name),
            required=needed,
        )
        if field.default is not MISSING:
            object_.default(name, field.default)
    return object_.shape(kind)


def _named_tuple(builder: Builder, kind: Any, members: dict[str, _Member], path: str) -> Shape:
    """An object, as results have it: places without names mean little to a model."""
    object_ = _Object(builder, path)
    about = _field_docs(kind)
    for name in kind._fields:
        member = members.get(name) or _Member(object, builder.context)
        object_.add(name, member, about.get(name), required=name not in kind._field_defaults)
        if name in kind._field_defaults:
            object_.default(name, kind._field_defaults[name])
    return object_.shape(kind)


def _typed_dict(builder: Builder, kind: Any, members: dict[str, _Member], path: str) -> Shape:
    object_ = _Object(builder, path)
    about = _field_docs(kind)
    for name, member in members.items():
        # Where annotations are strings, Python has not seen the words Required and NotRequired.
        required = name in kind.__required_keys__
        required = (required or "Required" in member.words) and "NotRequired" not in member.words
        object_.add(name, member, about.get(name), required=required)
    return object_.shape(dict)


def _field_docs(kind: type) -> dict[str, str]:
    from .docstrings import parse

    text = kind.__doc__ or ""
    generated = text.startswith(f"{kind.__name__}(")  # what Python writes by itself
    return {} if generated else parse(text.replace("Attributes:", "Args:"))[1]
