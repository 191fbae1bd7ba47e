"""What all shapes of one tool share: where names are looked up, which types are being built, how
errors name the place.

`schema.py` derives the builder from it that knows every annotation; `classes.py` needs only this.
"""

from __future__ import annotations

from .annotations import Context, is_class
from .errors import DeclarationError
from .shapes import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any

    from .shapes import Schema
    from .signature import Namespace

_WHAT_TO_DO = (
    "use str, int, float, bool, None, Literal, an Enum, list, dict[str, ...], set, tuple, a "
    "dataclass, a NamedTuple, a TypedDict, a pydantic model, datetime, date, time, UUID, Decimal "
    "or Path"
)
# What to use for types that JSON has several forms of.
_INSTEAD = {
    "bytes": "take a str with the text, or with base64, and make the bytes of it",
    "bytearray": "take a str with the text, or with base64, and make the bytes of it",
    "timedelta": "take a float and say in the description that it is seconds",
    "complex": "take two floats",
    "Callable": "take a str with the name of what to call",
}
_MAX_NESTING = 50


class Builder:
    """State of building the shapes of one tool. `what` names the tool in errors."""

    def __init__(self, what: str, namespace: Namespace, where: tuple[str, int]) -> None:
        self.what = what
        self.root = namespace
        self.where = where
        self.defs: dict[str, Schema] = {}
        self.has_decimals = False
        self.context = Context(namespace, {})
        self.open_types: list[Hashable] = []
        self._recursive: dict[Hashable, str] = {}
        self._finished: dict[Hashable, Shape] = {}
        self._named: list[Any] = []  # keeps alive what is known by its id

    def shape(self, annotation: Any, path: str) -> Shape:
        """The shape of an annotation; `path` names it in errors (`parameter 'x'`)."""
        raise NotImplementedError

    def member(self, context: Context, annotation: Any, path: str) -> Shape:
        """The shape of a field, whose names are looked up where its class was written."""
        outer, self.context = self.context, context
        try:
            return self.shape(annotation, path)
        finally:
            self.context = outer

    def unsupported(self, annotation: Any, path: str, why: str = "") -> DeclarationError:
        """The error for a type that cannot be an argument."""
        name = annotation.__qualname__ if is_class(annotation) else repr(annotation)
        reason = why or "cannot be written as JSON"
        return self.error(path, f"the type {name} {reason}; {_INSTEAD.get(name, _WHAT_TO_DO)}")

    def error(self, path: str, text: str) -> DeclarationError:
        """An error at one place of the tool's parameters."""
        return DeclarationError(f"{self.what}, {path}: {text}", *self.where)

    def evaluate(self, annotation: Any, path: str) -> Any:
        """An annotation that may be a string, as an object."""
        text = getattr(annotation, "__forward_arg__", annotation)
        if not isinstance(text, str):
            return annotation
        try:
            return self.context.of(annotation).evaluate(text)
        except Exception as error:
            raise self.error(
                path,
                f"the annotation {text!r} cannot be evaluated ({type(error).__name__}: {error}); "
                "define the type before the tool, at module level",
            ) from None

    def once(self, key: Hashable, name: str, path: str, build: Callable[[], Shape]) -> Shape:
        """Builds a type once; inside itself it becomes a `$ref` into `$defs`."""
        if key in self.open_types or key in self._recursive:
            return self._reference(key, name)
        if len(self.open_types) > _MAX_NESTING:
            raise self.error(path, f"the type {name} has no end: it contains ever new types")
        self.open_types.append(key)
        try:
            shape = build()
        finally:
            self.open_types.pop()
        self._finished[key] = shape
        if key not in self._recursive:
            return shape
        self.defs[self._recursive[key]] = shape.schema
        return Shape(
            {"$ref": f"#/$defs/{self._recursive[key]}"},
            shape.convert,
            shape.rank,
        )

    def _reference(self, key: Hashable, name: str) -> Shape:
        name = self._recursive.setdefault(key, self._unused_name(name))

        def late(value: Any) -> Any:
            convert = self._finished[key].convert
            return value if convert is None else convert(value)

        return Shape({"$ref": f"#/$defs/{name}"}, late)

    def _unused_name(self, base: str) -> str:
        names = {*self.defs, *self._recursive.values()}
        name, number_ = base, 2
        while name in names:
            name, number_ = f"{base}{number_}", number_ + 1
        return name
