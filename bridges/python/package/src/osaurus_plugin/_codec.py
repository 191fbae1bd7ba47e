"""JSON text to values and back, for the worker and the host API.

Uses CPython's C scanner and encoder directly, because importing `json` costs a plugin's start
several milliseconds (it compiles regular expressions). Falls back to `json` where they are absent.
Knows nothing of plugins.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SPACE = " \t\n\r"


def _unsupported(value: object) -> str:
    raise TypeError(f"{type(value).__name__} is not a JSON type")


class Digits(float):
    """A number with the digits that it was written with, for handlers that need them all."""

    __slots__ = ("text",)
    text: str

    def __str__(self) -> str:
        return self.text


def exact_number(text: str) -> float:
    """A number that keeps its digits, where a float would round them."""
    number = float(text)
    if number.__repr__() == text:
        return number
    digits = Digits(number)
    digits.text = text
    return digits


class _Scan:
    """Options of the C scanner. Not strict: the host leaves control characters raw."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = {
        "NaN": float("nan"),
        "Infinity": float("inf"),
        "-Infinity": float("-inf"),
    }.__getitem__
    memo: dict[str, str] = {}


def _c_codec() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    # The C half of the standard library's `json`; the same three functions since Python 3.1.
    from _json import (  # type: ignore[import-not-found,unused-ignore]  # not in typeshed
        encode_basestring,
        make_encoder,
        make_scanner,
    )

    scan = make_scanner(_Scan())  # type: ignore[arg-type,unused-ignore]
    encode = make_encoder(
        None, _unsupported, encode_basestring, None, ":", ",", False, False, False
    )

    def loads(text: str) -> Any:
        start = 0 if text[:1] not in _SPACE else len(text) - len(text.lstrip(_SPACE))
        try:
            value, end = scan(text, start)
        except (StopIteration, SystemError):
            # Up to 3.11 the C scanner can only raise its error once `json` is imported.
            import json

            return json.loads(text, strict=False)
        if end != len(text) and text[end:].strip(_SPACE):
            raise ValueError(f"text after the JSON value at character {end}: {text[end:][:80]!r}")
        return value

    def dumps(value: Any) -> str:
        if type(value) is str:
            return str(encode_basestring(value))
        return "".join(encode(value, 0))

    if loads(' [1.5, {"a": null}] ') != [1.5, {"a": None}]:
        raise ImportError("unexpected scanner")
    if dumps({"ä": [1, True, "\n", 0.5, None]}) != '{"ä":[1,true,"\\n",0.5,null]}':
        raise ImportError("unexpected encoder")
    return loads, dumps


def _standard_codec() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    import json

    def loads(text: str) -> Any:
        return json.loads(text, strict=False)

    encoder = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_unsupported
    )
    return loads, encoder.encode


def loads_exact(text: str) -> Any:
    """As `loads`, but numbers that a float would round are `Digits`."""
    import json

    return json.loads(text, strict=False, parse_float=exact_number)


try:
    loads, dumps = _c_codec()
except (ImportError, TypeError, AttributeError, ValueError):
    loads, dumps = _standard_codec()
