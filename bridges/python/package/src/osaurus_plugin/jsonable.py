"""Results of handlers as JSON values. Whatever cannot be carried faithfully raises with its place.

Used by the runtime for results and responses, and for defaults and enum values of schemas.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

    Open = tuple[tuple[int, str], ...]  # the containers around a value: identity and place

ATOMS = frozenset((str, int, bool, type(None)))
MAX_DEPTH = 200
"""Levels of lists and objects in a result, the same in all engines."""

_SHOWN_PLACE = 80
_WHAT_TO_DO = (
    "return str, int, float, bool, None, lists, dicts, dataclasses or pydantic models there"
)


def plain(value: Any, what: str = "result") -> Any:
    """The value as JSON can carry it: dicts, lists, text, finite numbers, bools, None.

    Raises TypeError with the place of what cannot be carried; `what` is the name of the whole.
    """
    if type(value) in ATOMS:
        return value
    try:
        return _plain_or_raise(value, MAX_DEPTH)
    except _Unusual:
        pass
    return _Walk().value(value, what, ())  # once more, keeping track of the place


class _Unusual(Exception):
    """Something that the quick way does not know."""


def _plain_or_raise(value: Any, levels: int) -> Any:
    kind = type(value)
    if kind is float and value - value == 0.0:  # neither infinite nor NaN
        return value
    if not levels:
        raise _Unusual
    if kind is dict:
        plain_dict = {}
        for key, item in value.items():
            if type(key) is not str:
                raise _Unusual
            plain_dict[key] = item if type(item) in ATOMS else _plain_or_raise(item, levels - 1)
        return plain_dict
    if kind is list or kind is tuple:
        return [
            item if type(item) in ATOMS else _plain_or_raise(item, levels - 1) for item in value
        ]
    raise _Unusual


class _Walk:
    """The careful way: knows where it is, and what it is inside of."""

    def value(self, value: Any, place: str, open_: Open) -> Any:
        kind = type(value)
        if kind in ATOMS:
            return value
        if kind is float:
            return _finite(value, place)
        inner = self._enter(value, place, open_)
        if kind is dict:
            return self.entries(value.items(), place, inner)
        if kind is list or kind is tuple:
            return self.items(value, place, inner)
        for known, convert in _KINDS:
            if known(value):
                return convert(self, value, place, inner)
        return _refuse(value, place)

    def _enter(self, value: Any, place: str, open_: Open) -> Open:
        for identity, outer in open_:
            if identity == id(value):
                whole = "the whole result" if outer == "result" else _short(outer)
                raise TypeError(
                    f"{_short(place)} is {whole} again: it contains itself, which JSON cannot "
                    "carry; leave one of the two out"
                )
        if len(open_) > MAX_DEPTH:
            raise TypeError(
                f"{_short(place)} is more than {MAX_DEPTH} levels deep; return something flatter"
            )
        return (*open_, (id(value), place))

    def items(self, items: Iterable[Any], place: str, open_: Open) -> list[Any]:
        return [self.value(item, f"{place}[{index}]", open_) for index, item in enumerate(items)]

    def entries(self, items: Iterable[tuple[Any, Any]], place: str, open_: Open) -> dict[str, Any]:
        plain_dict: dict[str, Any] = {}
        for key, item in items:
            name = _key(key, place)
            if name in plain_dict:
                raise TypeError(
                    f"{place} has the key {name!r} twice; JSON objects have each key once"
                    f"{_ALIASES if type(item) in ATOMS else ''}"
                )
            plain_dict[name] = self.value(item, f"{place}.{name}", open_)
        return plain_dict


_ALIASES = " (for rows of a database, give the columns other names with AS)"


def _refuse(value: Any, place: str) -> NoReturn:
    kind = type(value)
    raise TypeError(
        f"{place} is of type {_type_name(kind)}, which JSON cannot carry; {_advice(value, kind)}"
    )


def _text(value: Any, text: Any, place: str) -> str:
    """The text of a value, unless it is a decimal or a time that is none (NaN, NaT)."""
    if value != value:
        raise TypeError(f"{place} is {text}, which JSON cannot carry; return None or a string")
    return str(text)


def _finite(value: float, place: str) -> float:
    if value - value != 0.0:
        raise TypeError(f"{place} is {value}, which JSON cannot carry; return None or a string")
    return value


def _key(key: Any, place: str) -> str:
    if isinstance(key, str):
        value = getattr(key, "value", key)  # a member of an enum
        return str.__str__(value if isinstance(value, str) else key)
    raise TypeError(
        f"{place} has the key {key!r}; keys of JSON objects are strings: convert it with str()"
    )


def _short(place: str) -> str:
    return place if len(place) <= _SHOWN_PLACE else f"{place[:_SHOWN_PLACE]}..."


def _type_name(kind: type) -> str:
    module = kind.__module__
    return (
        kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"
    )


# --- kinds of values: how each is known, and what it becomes -----------------------------------


def _fields(walk: _Walk, value: Any, place: str, open_: Open) -> Any:
    names = [
        name
        for name, field in type(value).__dataclass_fields__.items()
        if getattr(field._field_type, "name", "") == "_FIELD"  # neither ClassVar nor InitVar
    ]
    return walk.entries(((name, getattr(value, name)) for name in names), place, open_)


def _row(walk: _Walk, value: Any, place: str, open_: Open) -> Any:
    """A row of `sqlite3`: two columns may differ in case alone, so values go by position."""
    return walk.entries(zip(value.keys(), tuple(value), strict=True), place, open_)


def _base_value(walk: _Walk, value: Any, place: str, open_: Open) -> Any:
    """Of a subclass of str, int or float."""
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else _finite(float(value), place)


def _mapping(walk: _Walk, value: Any, place: str, open_: Open) -> Any:
    return walk.entries(((key, value[key]) for key in value.keys()), place, open_)  # noqa: SIM118


def _set(walk: _Walk, value: Any, place: str, open_: Open) -> Any:
    items = [walk.value(item, f"{place}[]", open_) for item in value]
    return sorted(items, key=lambda item: (str(type(item)), str(item)))


def _of_pydantic(walk: _Walk, value: Any, place: str, open_: Open) -> Any:
    from pydantic_core import to_jsonable_python

    try:
        dumped = to_jsonable_python(value, by_alias=True)
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise TypeError(f"{place} cannot be written as JSON by pydantic: {first}") from None
    return walk.value(dumped, place, open_)


def _is_of_pydantic(value: Any) -> bool:
    kind = type(value)
    serializer = hasattr(kind, "__pydantic_serializer__")
    return serializer or kind.__module__.partition(".")[0] in ("pydantic", "pydantic_core")


def _is_own_result(value: Any) -> bool:
    ours = __name__.rpartition(".")[0] + ".results"
    return type(value).__module__ == ours and hasattr(value, "raw")


def _has_attribute(name: str) -> Callable[[Any], bool]:
    return lambda value: hasattr(type(value), name)


def _converted_by(change: Callable[[Any], Any]) -> Callable[[_Walk, Any, str, Open], Any]:
    return lambda walk, value, place, open_: walk.value(change(value), place, open_)


def _is_table(value: Any) -> bool:
    """pandas' tables and columns, whose index no list could carry."""
    kind = type(value)
    return hasattr(kind, "to_dict") and kind.__module__.partition(".")[0] == "pandas"


def _is_numpy(value: Any) -> bool:
    """numpy's scalars and arrays, and what is made like them."""
    kind = type(value)
    return hasattr(kind, "tolist") and (hasattr(kind, "dtype") or kind.__module__ == "array")


_PLAIN_TEXT = ("UUID", "Decimal", "IPv4Address", "IPv6Address")
_MOMENTS = ("datetime", "date", "time")
_LISTS = ("deque", "range")
_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[_Walk, Any, str, Open], Any]], ...] = (
    (_has_attribute("_member_map_"), _converted_by(lambda value: value.value)),
    (_is_of_pydantic, _of_pydantic),
    (_has_attribute("__dataclass_fields__"), _fields),
    (_has_attribute("_asdict"), lambda w, v, p, o: w.entries(v._asdict().items(), p, o)),
    (_is_table, lambda w, v, p, o: _refuse(v, p)),
    (_is_numpy, _converted_by(lambda value: value.tolist())),
    (lambda value: isinstance(value, (str, int, float)), _base_value),
    (lambda value: type(value).__qualname__ == "Row" and not hasattr(value, "items"), _row),
    (lambda value: hasattr(value, "keys") and hasattr(value, "__getitem__"), _mapping),
    (lambda value: isinstance(value, (set, frozenset)), _set),
    (_is_own_result, _converted_by(lambda value: value.raw)),
    (lambda value: isinstance(value, (list, tuple)), lambda w, v, p, o: w.items(v, p, o)),
    (lambda value: type(value).__name__ in _LISTS, lambda w, v, p, o: w.items(v, p, o)),
    (
        lambda value: (
            any(base.__name__ in _MOMENTS for base in type(value).__mro__)
            and hasattr(value, "isoformat")
        ),
        lambda w, v, p, o: _text(v, v.isoformat(), p),
    ),
    (
        lambda value: hasattr(value, "__fspath__") or type(value).__name__ in _PLAIN_TEXT,
        lambda w, v, p, o: _text(v, v.__fspath__() if hasattr(v, "__fspath__") else str(v), p),
    ),
)


def _advice(value: Any, kind: type) -> str:
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if hasattr(value, "cr_frame"):
        value.close()  # or Python complains once more when it goes
        return f"it was not awaited: write `await {name}(...)`"
    if hasattr(value, "__await__"):
        return "it was not awaited: write `await` before it"
    if hasattr(value, "__aiter__"):
        return "return [item async for item in ...]"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "return a base64 string, or .decode() it"
    if kind.__name__ == "timedelta":
        return "return its .total_seconds()"
    if _is_table(value):
        how = ".to_list()" if hasattr(kind, "to_list") else '.to_dict("records")'
        return f"return its {how}"
    if kind.__name__ == "Response" and hasattr(kind, "json"):
        return "return its .json() or its .text"
    if hasattr(value, "__iter__"):
        return "return list(...) of it"
    if callable(value):
        return f"call it: {name}()" if name else "call it"
    if isinstance(value, BaseException):
        return "return str(...) of it, or raise it"
    if kind.__name__ == "ToolResult":
        return "return it by itself: it is the whole result"
    if getattr(value, "__dict__", None) and kind.__name__ != "module":
        return "return vars(...) of it, or make its class a dataclass"
    return _WHAT_TO_DO
