"""A tool's parameters: the schema that the model sees, and how a call's JSON object becomes the
keyword arguments of the function.

Made by `handlers.py` where a tool is declared, used by `_runtime.py` in each call.
"""

from __future__ import annotations

from .annotations import is_of_pydantic, is_plain
from .convert import optional
from .errors import ConversionError, DeclarationError
from .schema import NeedsPydantic, SchemaBuilder
from .shapes import described, is_nullable, nullable, object_schema, with_default
from .signature import NO_DEFAULT, UNANNOTATED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .convert import Converter
    from .shapes import Schema
    from .signature import Parameter, Signature

_HOSTS_OWN = ("_secrets", "_context")


class Parameters:
    """The parameters of one tool."""

    __slots__ = ("exact", "read", "schema")

    def __init__(
        self, what: str, signature: Signature, where: tuple[str, int], about: Mapping[str, str]
    ) -> None:
        """`about` says what the docstring says of each parameter."""
        for parameter in signature.parameters:
            _check(what, parameter, where)
        self.exact = False
        """Whether numbers must arrive with all their digits."""
        self.read: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        """Makes keyword arguments of a call's object; None where they are the same."""
        if not uses_pydantic(signature):
            try:
                self._by_annotations(what, signature, where, about)
            except NeedsPydantic:
                self._by_pydantic(what, signature, where, about)
        else:
            self._by_pydantic(what, signature, where, about)
        _check_patterns(what, self.schema, where)

    def _by_annotations(
        self, what: str, signature: Signature, where: tuple[str, int], about: Mapping[str, str]
    ) -> None:
        builder = SchemaBuilder(what, signature.namespace, where)
        properties: dict[str, Schema] = {}
        converters: list[tuple[str, Converter]] = []
        for one in signature.parameters:
            shape = builder.shape(one.annotation, f"parameter {one.name!r}")
            schema, convert = described(shape.schema, about.get(one.name)), shape.convert
            if one.default is None and not is_nullable(schema):  # `limit: int = None`
                schema, convert = nullable(schema), optional(convert)
            if one.default is not NO_DEFAULT:
                schema = with_default(schema, one.default, builder.defs)
            properties[one.name] = schema
            if convert is not None:
                converters.append((one.name, convert))
        required = [one.name for one in signature.parameters if one.default is NO_DEFAULT]
        self.schema = _with_definitions(properties, required, builder.defs)
        self.exact = builder.has_decimals
        self.read = _reader(converters) if converters else None

    def _by_pydantic(
        self, what: str, signature: Signature, where: tuple[str, int], about: Mapping[str, str]
    ) -> None:
        from .pydantic_types import parameters

        made, defs = parameters(what, signature, where)
        properties: dict[str, Schema] = {}
        for one, parameter in zip(made, signature.parameters, strict=True):
            schema = described(one.schema, about.get(one.name))
            if parameter.default is not NO_DEFAULT and one.default is None:
                schema = with_default(schema, parameter.default, defs)
            properties[one.alias] = schema
        required = [one.alias for one in made if one.required]
        self.schema = _with_definitions(properties, required, defs)
        self.exact = any(one.exact for one in made)
        names = {one.alias: one.name for one in made if one.alias != one.name}
        defaults = [(one.alias, one.default) for one in made if one.default is not None]
        self.read = _reader([(one.alias, one.convert) for one in made], names, defaults)

    @property
    def names(self) -> list[str]:
        """Of all parameters, as the model knows them."""
        return list(self.schema["properties"])


def _check(what: str, parameter: Parameter, where: tuple[str, int]) -> None:
    name = parameter.name
    at = f"{what}: parameter {name!r}"
    if name in _HOSTS_OWN:
        raise DeclarationError(
            f"{at}: the host uses this name; read ctx.secrets or ctx.working_directory", *where
        )
    if parameter.annotation is UNANNOTATED:
        raise DeclarationError(
            f"{at} has no type: annotate it (for example `{name}: str`) so that the model knows "
            "what to pass",
            *where,
        )


def uses_pydantic(signature: Signature) -> bool:
    """Whether pydantic is to read the annotations: a default is pydantic's, or the module that
    declares the tool uses it and a type is more than str, int, float, bool or None."""
    parameters = signature.parameters
    if any(is_of_pydantic(one.default) for one in parameters):
        return True
    if all(is_plain(one.annotation) for one in parameters):
        return False
    return any(map(_is_use_of_pydantic, list(signature.namespace.globals.values())))


def _is_use_of_pydantic(value: Any) -> bool:
    if isinstance(value, type):
        return is_of_pydantic(value)
    kind = type(value).__name__
    if kind == "module":
        return str(value.__name__).partition(".")[0] == "pydantic"
    module = getattr(value, "__module__", None) if kind == "function" else None
    return isinstance(module, str) and module.partition(".")[0] == "pydantic"


def _with_definitions(
    properties: dict[str, Schema], required: list[str], defs: dict[str, Schema]
) -> Schema:
    schema = object_schema(properties, required)
    return {**schema, "$defs": defs} if defs else schema


def _reader(
    converters: list[tuple[str, Converter]],
    names: Mapping[str, str] | None = None,
    defaults: list[tuple[str, Callable[[], Any]]] | None = None,
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """`names` are the function's own for parameters that the model knows by another name,
    `defaults` those that Python does not fill in."""

    def read(given: dict[str, Any]) -> dict[str, Any]:
        arguments = dict(given)
        for name, convert in converters:
            if name in arguments:
                try:
                    arguments[name] = convert(arguments[name])
                except ConversionError as error:
                    raise error.inside(name) from None
        for name, default in defaults or ():
            if name not in arguments:
                arguments[name] = default()
        return (
            {names.get(name, name): one for name, one in arguments.items()} if names else arguments
        )

    return read


def _check_patterns(what: str, schema: Schema, where: tuple[str, int]) -> None:
    """Patterns may also come from libraries; `Arg` has checked its own."""
    open_: list[tuple[str, Any]] = [("", schema)]
    while open_:
        place, node = open_.pop()
        if isinstance(node, list):
            open_.extend((place, one) for one in node)
        if not isinstance(node, dict):
            continue
        for name, inner in node.items():
            if name in ("properties", "$defs"):
                open_.extend((f"{place}.{key}".lstrip("."), one) for key, one in inner.items())
            elif name not in ("default", "enum", "examples"):
                open_.append((place, inner))
        pattern = node.get("pattern")
        if not isinstance(pattern, str):
            continue
        from . import patterns

        why = patterns.problem(pattern)
        if why is not None:
            raise DeclarationError(
                f"{what}, parameter {place!r}: pattern {pattern!r}: {why}", *where
            )
