"""How functions of libSystem are written in Python: a decorator, and C types of parameters.

The modules of `libsystem` and of the tests use it; `machine` calls what is registered.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

# C's `int`: the upper half of its register is garbage.
I32 = Annotated[int, "int"]
# A signed word, such as off_t. A plain `int` is an address or a size.
I64 = Annotated[int, "long"]
# `const char *`, read before the call.
Text = Annotated[str, "text"]

Body = TypeVar("Body", bound=Callable[..., "int | None"])


class Wait(Exception):  # noqa: N818 - not an error: a request to the scheduler
    """Raised by a function that has to wait. `ready` is asked until it gives the result."""

    def __init__(self, ready: Callable[[], int | None]) -> None:
        super().__init__()
        self.ready = ready


def patiently(ready: Callable[[], int | None]) -> int:
    """The result of `ready`, now or later."""
    result = ready()
    if result is None:
        raise Wait(ready)
    return result


@dataclass(frozen=True)
class Function:
    """A function of C and its body in Python."""

    name: str
    kinds: tuple[str, ...]
    body: Callable[..., int | None]
    failure: int


LIBSYSTEM: dict[str, Function] = {}


def describe(name: str, body: Callable[..., int | None], failure: int = -1) -> Function:
    """A function by what its parameters say; the first is the system."""
    hints = get_type_hints(body, include_extras=True)
    names = list(inspect.signature(body).parameters)[1:]
    kinds = tuple(_kind(hints[parameter]) for parameter in names)
    return Function(name, kinds, body, failure)


def _kind(hint: Any) -> str:
    metadata = getattr(hint, "__metadata__", ("word",))
    return str(metadata[0])


def function(*names: str, failure: int = -1) -> Callable[[Body], Body]:
    """Registers the body of functions. `failure` is what C returns where Python raises OSError."""

    def register(body: Body) -> Body:
        for name in names:
            LIBSYSTEM["_" + name] = describe(name, body, failure)
        return body

    return register
