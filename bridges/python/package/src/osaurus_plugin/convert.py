"""JSON values to annotated Python values before a call.

`schema.py` and `classes.py` put the converters together where a tool is declared; nothing here
looks at annotations.
"""

from __future__ import annotations

from . import _codec
from .errors import ConversionError, wrong_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Converter = Callable[[Any], Any]
else:
    Converter = object


# --- single values -----------------------------------------------------------------------------


def _int(value: Any) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():  # JSON Schema calls 3.0 an integer
        return int(value)
    raise wrong_value("an integer", value)


def _float(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is int or isinstance(value, float):
        return float(value)
    raise wrong_value("a number", value)


def number(value: Any) -> Any:
    """An int or a float, as it was written."""
    return value if type(value) is int else _float(value)


def _parsed(expected: str, load: Callable[[], Converter]) -> Converter:
    """A type of the standard library that is made from text; imported at the first use."""

    def convert(value: Any) -> Any:
        try:
            return load()(value)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise ConversionError(f"expected {expected}: {error}", "", expected) from None

    return convert


def _iso(name: str) -> Callable[[], Converter]:
    def load() -> Converter:
        import datetime

        parse: Converter = getattr(datetime, name).fromisoformat

        def convert(text: str) -> Any:  # Python 3.10 does not know Z
            return parse(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)

        return convert

    return load


def _uuid() -> Converter:
    from uuid import UUID

    return UUID


def _path() -> Converter:
    from pathlib import Path

    return Path


def _decimal() -> Converter:
    from decimal import Decimal

    return lambda value: Decimal(str(value))


def _text_schema(format_: str) -> dict[str, Any]:
    return {"type": "string", "format": format_}


# Classes, or names of classes that need an import, with schema and converter.
EXACT: dict[Any, tuple[dict[str, Any], Converter | None]] = {
    str: ({"type": "string"}, None),
    bool: ({"type": "boolean"}, None),
    int: ({"type": "integer"}, _int),
    float: ({"type": "number"}, _float),
    "datetime.datetime": (_text_schema("date-time"), _parsed("a date-time", _iso("datetime"))),
    "datetime.date": (_text_schema("date"), _parsed("a date", _iso("date"))),
    "datetime.time": (_text_schema("time"), _parsed("a time", _iso("time"))),
    "uuid.UUID": (_text_schema("uuid"), _parsed("a UUID", _uuid)),
    "decimal.Decimal": ({"type": "number"}, _parsed("a number", _decimal)),
}
PATHS = frozenset(
    f"{module}.{name}"
    for module in ("pathlib", "pathlib._local")  # 3.13 moved the classes
    for name in ("Path", "PurePath", "PosixPath")
)
for _name in PATHS:
    EXACT[_name] = ({"type": "string"}, _parsed("a path", _path))


def by_value(members: list[tuple[Any, Any]]) -> Converter:
    """Enum members and the like, by their JSON values. 1, 1.0 and true are not the same value."""
    table = {(isinstance(value, bool), value): member for value, member in members}

    def convert(value: Any) -> Any:
        try:
            return table[isinstance(value, bool), value]
        except (KeyError, TypeError):
            allowed = ", ".join(_codec.dumps(one) for one, _ in members)
            raise wrong_value(f"one of {allowed}", value) from None

    return convert


def made_by(kind: Callable[[Any], Any], convert: Converter | None) -> Converter:
    """A subclass of str, int or float."""
    name = getattr(kind, "__name__", "value")
    return _parsed(name, lambda: lambda value: kind(value if convert is None else convert(value)))


def checked_by(
    tests: list[tuple[str, Callable[[Any], bool]]], convert: Converter | None
) -> Converter:
    """What JSON Schema cannot say: each test has the words for a value that fails it."""

    def check(value: Any) -> Any:
        converted = value if convert is None else convert(value)
        for expected, test in tests:
            if converted is not None and not test(converted):
                raise wrong_value(expected, value)
        return converted

    return check


def optional(convert: Converter | None) -> Converter | None:
    """None stays None."""
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


# --- containers --------------------------------------------------------------------------------


def _items(value: list[Any], convert: Converter) -> list[Any]:
    converted = []
    for index, item in enumerate(value):
        try:
            converted.append(convert(item))
        except ConversionError as error:
            raise error.inside(f"[{index}]") from None
    return converted


def _expect(value: Any, kind: type, name: str) -> None:
    if type(value) is not kind:
        raise wrong_value(name, value)


def array_of(make: type, item: Converter | None) -> Converter | None:
    """list, set, frozenset, deque or tuple of one item type."""
    if make is list and item is None:
        return None

    def convert(value: Any) -> Any:
        _expect(value, list, "an array")
        items = value if item is None else _items(value, item)
        try:
            return items if make is list else make(items)
        except TypeError as error:  # unhashable items of a set
            raise ConversionError(str(error), "", "hashable items") from None

    return convert


def tuple_of(items: list[Converter | None]) -> Converter:
    """A tuple with one type per place."""

    def convert(value: Any) -> Any:
        _expect(value, list, "an array")
        if len(value) != len(items):
            expected = f"{len(items)} items"
            raise ConversionError(f"expected {expected}, got {len(value)}", "", expected)
        converted = []
        for index, (item, change) in enumerate(zip(value, items, strict=True)):
            try:
                converted.append(item if change is None else change(item))
            except ConversionError as error:
                raise error.inside(f"[{index}]") from None
        return tuple(converted)

    return convert


def mapping_of(key: Converter | None, item: Converter | None) -> Converter | None:
    """dict with one type of keys and one of values."""
    if key is None and item is None:
        return None

    def convert(value: Any) -> Any:
        _expect(value, dict, "an object")
        converted = {}
        for name, one in value.items():
            try:
                converted[name if key is None else key(name)] = one if item is None else item(one)
            except ConversionError as error:
                raise error.inside(name) from None
        return converted

    return convert


def object_of(make: Callable[..., Any], converters: Mapping[str, Converter]) -> Converter:
    """An object whose fields are converted and handed to `make` by name."""

    def convert(value: Any) -> Any:
        _expect(value, dict, "an object")
        converted = dict(value)
        for name in converted.keys() & converters.keys():
            try:
                converted[name] = converters[name](converted[name])
            except ConversionError as error:
                raise error.inside(name) from None
        if make is dict:
            return converted
        try:
            return make(**converted)
        except (TypeError, ValueError) as error:
            kind = getattr(make, "__name__", "object")
            raise ConversionError(f"{kind} refused the values: {error}", "", kind) from None

    return convert


# --- unions ------------------------------------------------------------------------------------


class Arm:
    """One type of a union: the schema by which it is chosen, and its converter."""

    __slots__ = ("convert", "defs", "schema")

    def __init__(
        self, schema: dict[str, Any], convert: Converter | None, defs: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.convert = convert
        self.defs = defs

    def take(self, value: Any) -> Any:
        """The value as this type. Raises `ConversionError`."""
        from . import validation

        validation.check(self.schema, value, self.defs)
        return value if self.convert is None else self.convert(value)


def union_of(arms: list[Arm]) -> Converter:
    """The first arm that fits and whose conversion works; a fraction prefers number to integer."""
    of_numbers = sorted(arms, key=lambda arm: arm.schema.get("type") == "integer")

    def convert(value: Any) -> Any:
        for arm in of_numbers if isinstance(value, float) else arms:
            try:
                return arm.take(value)
            except ConversionError:
                continue
        from . import validation

        schemas = [arm.schema for arm in arms]
        closest = validation.closest(schemas, value, arms[0].defs)
        if closest is None:
            raise wrong_value(" or ".join(map(validation.describe, schemas)), value)
        return arms[closest].take(value)  # raises

    return convert
