"""`Arg`: what `Annotated[...]` can say of an argument beyond its type.

Used by `schema.py`; understands the constraint objects of annotated-types and of pydantic, too.
"""

from __future__ import annotations

from . import patterns
from .errors import DeclarationError
from .keywords import checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# Constraint objects of other libraries by attribute.
_FOREIGN = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "description": "description",
    "documentation": "description",
}
_BOUNDS = {"ge": "not before", "gt": "after", "le": "not after", "lt": "before"}
_ABOUT = ("description", "examples")
_NUMBERS = ("integer", "number")
# What a keyword limits, and how an error says that.
_LIMITED: dict[str, tuple[tuple[str, ...], str]] = {
    "minimum": (_NUMBERS, "numbers"),
    "maximum": (_NUMBERS, "numbers"),
    "exclusiveMinimum": (_NUMBERS, "numbers"),
    "exclusiveMaximum": (_NUMBERS, "numbers"),
    "multipleOf": (_NUMBERS, "numbers"),
    "pattern": (("string",), "strings"),
    "length": (("string", "array", "object"), "strings, lists and objects"),
}


class Arg:
    """Describes and limits an argument.

    >>> @plugin.tool
    ... def roll(dice: Annotated[int, Arg("How many dice.", minimum=1, maximum=10)] = 1) -> int:
    ...     '''Roll dice.'''
    ...     return 4 * dice
    >>> TestHost(plugin).envelope("roll", dice=11)["message"]
    '`dice` must be at most 10, found the number 11'
    """

    __slots__ = ("fields",)

    @checked
    def __init__(
        self,
        description: str | None = None,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        exclusive_minimum: float | None = None,
        exclusive_maximum: float | None = None,
        multiple_of: float | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        pattern: str | None = None,
        examples: Sequence[Any] | None = None,
    ) -> None:
        why = None if pattern is None else patterns.problem(pattern)
        if why is not None:
            raise _declaration(f"Arg(pattern={pattern!r}): {why}")
        for low, high, name in (
            (minimum, maximum, "minimum={} is above maximum={}"),
            (min_length, max_length, "min_length={} is above max_length={}"),
        ):
            if low is not None and high is not None and low > high:
                raise _declaration(f"Arg: {name.format(low, high)}: nothing would fit")
        keywords = {
            "description": description,
            "minimum": minimum,
            "maximum": maximum,
            "exclusiveMinimum": exclusive_minimum,
            "exclusiveMaximum": exclusive_maximum,
            "multipleOf": multiple_of,
            "pattern": pattern,
            "examples": None if examples is None else list(examples),
            "length": None if min_length is max_length is None else (min_length, max_length),
        }
        self.fields = {key: value for key, value in keywords.items() if value is not None}

    def __repr__(self) -> str:
        return f"Arg({', '.join(f'{key}={value!r}' for key, value in self.fields.items())})"

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        """How pydantic, which reads the type around it, comes to know what it says."""
        return apply(handler.resolve_ref_schema(handler(core_schema)), limits(self))


def _declaration(message: str) -> DeclarationError:
    from sys import _getframe

    frame = _getframe(3)  # the author's: the caller of __init__ and of what checks its keywords
    return DeclarationError(message, frame.f_code.co_filename, frame.f_lineno)


def limits(extra: object) -> dict[str, Any]:
    """What one item of `Annotated` metadata says, as schema keywords (and `length`)."""
    if isinstance(extra, Arg):
        return dict(extra.fields)
    if isinstance(extra, str):
        return {"description": extra}
    limits_: dict[str, Any] = {}
    for attribute, keyword in _FOREIGN.items():
        value: Any = getattr(extra, attribute, None)
        if type(value).__name__ == "Decimal":
            value = float(value)
        if isinstance(value, (int, float, str)):
            limits_[keyword] = value
    low, high = getattr(extra, "min_length", None), getattr(extra, "max_length", None)
    if isinstance(low, int) or isinstance(high, int):
        limits_["length"] = (low, high)
    return limits_


def tests(extra: object) -> list[tuple[str, Callable[[Any], bool]]]:
    """Limits that JSON Schema cannot express: predicates, and bounds such as dates."""
    import operator

    tests_: list[tuple[str, Callable[[Any], bool]]] = []
    function = getattr(extra, "func", None)
    if callable(function):
        name = getattr(function, "__qualname__", repr(function))
        tests_.append((f"a value for which {name} is true", lambda value: bool(function(value))))
    for attribute, words in _BOUNDS.items():
        bound: Any = getattr(extra, attribute, None)
        if bound is not None and hasattr(bound, "isoformat"):
            compare = getattr(operator, attribute)
            tests_.append((f"{words} {bound.isoformat()}", _compared(compare, bound)))
    return tests_


def _compared(compare: Callable[[Any, Any], bool], bound: Any) -> Callable[[Any], bool]:
    return lambda value: compare(value, bound)


def apply(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The schema with limits added; a length means characters, items or keys by type. A limit
    that the type cannot have raises ValueError."""
    about: dict[str, Any] = {key: found[key] for key in _ABOUT if key in found}
    rest = {key: value for key, value in found.items() if key not in about}
    if not rest:
        return {**schema, **about}
    arms = schema.get("anyOf")
    if arms is None:
        return {**schema, **_limited(schema, rest), **about}
    limited = [{**arm, **_limited(arm, rest, strict=False)} for arm in arms]
    if limited == arms:
        _limited({"type": "union"}, rest)  # raises
    return {**schema, "anyOf": limited, **about}


def _limited(
    schema: dict[str, Any], found: dict[str, Any], *, strict: bool = True
) -> dict[str, Any]:
    keywords: dict[str, Any] = {}
    kind = str(schema.get("type", ""))
    for keyword, value in found.items():
        kinds, noun = _LIMITED.get(keyword, ((), ""))
        if kind in kinds or not kind:
            keywords.update(_length(kind, *value) if keyword == "length" else {keyword: value})
        elif strict:
            word = "a length" if keyword == "length" else keyword
            raise ValueError(f"{word} limits {noun}, and this is of the JSON type {kind}")
    return keywords


def _length(kind: str, low: int | None, high: int | None) -> dict[str, int]:
    noun = {"array": "Items", "object": "Properties"}.get(kind, "Length")
    keywords = {f"min{noun}": low} if low else {}
    return {**keywords, **({} if high is None else {f"max{noun}": high})}
