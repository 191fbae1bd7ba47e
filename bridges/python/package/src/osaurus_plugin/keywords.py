"""Finds the name that was meant where a keyword argument or an attribute is misspelled."""

from __future__ import annotations

import sys

from .errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])


def checked(method: F) -> F:
    """The method, refusing keyword arguments that it does not have with the author's file and
    line. Adds one frame between the author and the method."""
    code = method.__code__
    first = code.co_posonlyargcount
    names = code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount]

    def call(*args: Any, **given: Any) -> Any:
        for name in given:
            if name not in names:
                raise _unexpected(method, name, [one for one in names if one != "self"])
        return method(*args, **given)

    call.__name__, call.__qualname__ = method.__name__, method.__qualname__
    call.__doc__, call.__wrapped__ = method.__doc__, method  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def _unexpected(method: Callable[..., Any], name: str, known: list[str]) -> DeclarationError:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(known)}"
    frame = sys._getframe(2)
    called = method.__qualname__.removesuffix(".__init__")
    return DeclarationError(
        f"{called}: unexpected keyword {name!r}; {hint}", frame.f_code.co_filename, frame.f_lineno
    )


def no_attribute(name: str, members: list[str]) -> str:
    """The message for an attribute that a Plugin does not have."""
    text = f"a Plugin has no {name!r}"
    if name.startswith("_"):
        return text
    if name == "run":
        return f"{text}: the host runs it, and a build needs no such call"
    from difflib import get_close_matches

    names = [one for one in dict.fromkeys(members) if not one.startswith("_")]
    close = get_close_matches(name, names, 1, 0.5)
    return f"{text}; did you mean {close[0]!r}?" if close else f"{text}; it has {', '.join(names)}"
