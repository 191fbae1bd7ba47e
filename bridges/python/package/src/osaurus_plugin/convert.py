"""JSON values to annotated Python values before a call, and results to JSON values after it.

`schema.py` puts the converters together where a tool is declared; nothing here looks at
annotations.
"""

from __future__ import annotations

from .errors import ConversionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Converter = Callable[[Any], Any]
else:
    Converter = object

ATOMS = frozenset((str, int, bool, type(None)))
_INFINITY = float("inf")


# --- into Python -------------------------------------------------------------------------------


def _int(value: Any) -> Any:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():  # JSON Schema calls 3.0 an integer
        return int(value)
    raise ConversionError(f"expected integer, got {value!r}", "", "integer")


def _float(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    raise ConversionError(f"expected number, got {value!r}", "", "number")


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
    type(None): ({"type": "null"}, None),
    "datetime.datetime": (_text_schema("date-time"), _parsed("a date-time", _iso("datetime"))),
    "datetime.date": (_text_schema("date"), _parsed("a date", _iso("date"))),
    "datetime.time": (_text_schema("time"), _parsed("a time", _iso("time"))),
    "uuid.UUID": (_text_schema("uuid"), _parsed("a UUID", _uuid)),
    "decimal.Decimal": ({"type": "number"}, _parsed("a number", _decimal)),
}
for _module in ("pathlib", "pathlib._local"):  # 3.13 moved the classes
    for _name in ("Path", "PurePath", "PosixPath"):
        EXACT[f"{_module}.{_name}"] = ({"type": "string"}, _parsed("a path", _path))


def by_value(members: dict[Any, Any]) -> Converter:
    """Enum members and the like."""

    def convert(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):
            expected = "one of " + ", ".join(repr(one) for one in members)
            raise ConversionError(f"expected {expected}, got {value!r}", "", expected) from None

    return convert


def _items(value: list[Any], convert: Converter) -> list[Any]:
    made = []
    for index, item in enumerate(value):
        try:
            made.append(convert(item))
        except ConversionError as error:
            raise error.inside(f"[{index}]") from None
    return made


def _expect(value: Any, kind: type, name: str) -> None:
    if type(value) is not kind:
        raise ConversionError(f"expected {name}, got {value!r}", "", name)


def array_of(make: type, item: Converter | None) -> Converter | None:
    """list, set, frozenset or tuple of one item type."""
    if make is list and item is None:
        return None

    def convert(value: Any) -> Any:
        _expect(value, list, "array")
        items = value if item is None else _items(value, item)
        try:
            return items if make is list else make(items)
        except TypeError as error:  # unhashable items of a set
            raise ConversionError(str(error), "", "hashable items") from None

    return convert


def tuple_of(items: list[Converter | None]) -> Converter:
    """A tuple with one type per place."""

    def convert(value: Any) -> Any:
        _expect(value, list, "array")
        if len(value) != len(items):
            expected = f"{len(items)} items"
            raise ConversionError(f"expected {expected}, got {len(value)}", "", expected)
        made = []
        for index, (item, change) in enumerate(zip(value, items, strict=True)):
            try:
                made.append(item if change is None else change(item))
            except ConversionError as error:
                raise error.inside(f"[{index}]") from None
        return tuple(made)

    return convert


def mapping_of(item: Converter | None) -> Converter | None:
    """dict with text keys and one value type."""
    if item is None:
        return None
    return dataclass_of(dict, None, item)


def dataclass_of(
    make: Callable[..., Any],
    converters: dict[str, Converter] | None,
    every: Converter | None = None,
) -> Converter:
    """An object whose fields are converted and handed to `make` by name."""

    def convert(value: Any) -> Any:
        _expect(value, dict, "object")
        made = dict(value)
        for name in made if converters is None else made.keys() & converters.keys():
            change = every if converters is None else converters[name]
            try:
                made[name] = change(made[name])  # type: ignore[misc]
            except ConversionError as error:
                raise error.inside(name) from None
        if make is dict:
            return made
        try:
            return make(**made)
        except (TypeError, ValueError) as error:
            kind = getattr(make, "__name__", "object")
            raise ConversionError(f"{kind} refused the values: {error}", "", kind) from None

    return convert


def union_of(
    branches: list[tuple[dict[str, Any], Converter | None]],
    fits: Callable[[dict[str, Any], Any], bool],
) -> Converter:
    """The first branch whose schema the value fits."""

    def convert(value: Any) -> Any:
        for schema, change in branches:
            if fits(schema, value):
                return value if change is None else change(value)
        raise ConversionError(f"{value!r} fits none of the allowed types", "", "another type")

    return convert


def validated(validate: Converter) -> Converter:
    """A pydantic validator; its first error becomes ours."""

    def convert(value: Any) -> Any:
        try:
            return validate(value)
        except ValueError as error:
            listed = getattr(error, "errors", None)
            if listed is None:
                raise ConversionError(str(error), "", "a valid value") from None
            first = listed()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise ConversionError(str(first["msg"]), field, str(first["type"])) from None

    return convert


# --- out of Python -----------------------------------------------------------------------------


class _Unusual(Exception):
    """Something that the quick way does not know."""


def plain(value: Any) -> Any:
    """The value as JSON can carry it: dicts, lists, text, finite numbers, bools, None.

    Raises TypeError with the place of what cannot be carried.
    """
    if type(value) in ATOMS:
        return value
    try:
        return _quick(value)
    except _Unusual:  # once more, keeping track of the place
        return _plain(value, "result")


def _quick(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        made = {}
        for key, item in value.items():
            if type(key) is not str:
                raise _Unusual
            made[key] = item if type(item) in ATOMS else _quick(item)
        return made
    if kind is list or kind is tuple:
        return [item if type(item) in ATOMS else _quick(item) for item in value]
    if kind is float and value - value == 0.0:  # neither infinite nor NaN
        return value
    raise _Unusual


def _plain(value: Any, path: str) -> Any:
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is float:
        if value != value or value in (_INFINITY, -_INFINITY):
            raise TypeError(f"{path} is {value}, which JSON cannot carry; return None or text")
        return value
    if kind is dict:
        return {_key(key, path): _plain(item, f"{path}.{key}") for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    return _plain_object(value, path)


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    raise TypeError(f"{path} has the key {key!r}; JSON objects have text keys only")


def _plain_object(value: Any, path: str) -> Any:
    if hasattr(value, "_member_map_") or hasattr(type(value), "_member_map_"):
        return _plain(value.value, path)
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json"), path)
    if hasattr(type(value), "__dataclass_fields__"):
        names = type(value).__dataclass_fields__
        return {name: _plain(getattr(value, name), f"{path}.{name}") for name in names}
    if hasattr(value, "_asdict"):  # namedtuple
        return _plain(value._asdict(), path)
    for base in (str, int, float):
        if isinstance(value, base):
            return _plain(base(value), path)
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return {_key(key, path): _plain(value[key], f"{path}.{key}") for key in list(value)}
    if isinstance(value, (set, frozenset)):
        items = [_plain(item, f"{path}[]") for item in value]
        return sorted(items, key=lambda item: (str(type(item)), str(item)))
    if hasattr(value, "raw") and type(value).__module__ == __name__.rpartition(".")[0] + ".results":
        return _plain(value.raw, path)
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__fspath__") or type(value).__name__ in ("UUID", "Decimal"):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{path} is {type(value).__name__}; return base64 text instead")
    raise TypeError(
        f"{path} is of type {type(value).__qualname__}, which JSON cannot carry; return text, "
        "numbers, bools, None, lists, dicts, dataclasses or pydantic models"
    )
