"""Unions, None, Literals and numbers."""

from __future__ import annotations

import datetime
import enum
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, TypeVar, Union

from osaurus_plugin import Arg, Plugin

plugin = Plugin(name="Unions")


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Unit(str, enum.Enum):
    METRE = "m"
    FOOT = "ft"


@dataclass
class Location:
    name: str


@plugin.tool
def when(at: datetime.datetime | str) -> str:
    """A time, or what people say."""
    return type(at).__name__


@plugin.tool
def when_too(at: str | datetime.datetime) -> str:
    """The same in the other order."""
    return type(at).__name__


@plugin.tool
def day(at: datetime.date | datetime.datetime) -> str:
    """A day or a time."""
    return type(at).__name__


@plugin.tool
def key(key: uuid.UUID | str) -> str:
    """An id or a name."""
    return type(key).__name__


@plugin.tool
def number(n: int | float) -> str:
    """Any number."""
    return repr(n)


@plugin.tool
def many(x: Union[bool, int, str, list[int], Location, None]) -> str:
    """Many types."""
    return type(x).__name__


@plugin.tool
def either(x: list[Location] | dict[str, Size] | Location) -> str:
    """Lists, maps and classes."""
    return repr(x)


@plugin.tool
def maybe(
    a: Optional[int] = None, b: Literal["x", "y"] | None = None, c: Unit | None = None
) -> str:
    """Values that may be missing."""
    return f"{a} {b} {c and c.name}"


@plugin.tool
def sloppy(limit: int = None) -> str:  # type: ignore[assignment]
    """A default that the type does not have."""
    return repr(limit)


@plugin.tool
def limited(n: Annotated[int | None, Arg("How many", minimum=1, maximum=5)] = None) -> str:
    """Limits beside None."""
    return repr(n)


@plugin.tool
def literals(mode: Literal["a", "b"] | Literal["c"], level: Literal[1, True, "x"]) -> str:
    """Literals of several kinds."""
    return f"{mode} {level!r}"


@plugin.tool
def by_unit(sizes: dict[Unit, Size]) -> str:
    """Keys of an enum."""
    return repr(sizes)


@plugin.tool
def pay(amount: Decimal, fees: list[Decimal] | None = None) -> dict[str, Any]:
    """Money."""
    return {"amount": amount, "fees": [str(one) for one in fees or []]}


@plugin.tool
def read(path: Path | None = None, parts: set[int] | None = None) -> str:
    """Paths and sets."""
    return f"{path!s} {sorted(parts or set())}"


@plugin.tool
def pair(pair: tuple[int, Unit], rest: tuple[str, ...] = ()) -> str:
    """Tuples."""
    return f"{pair!r} {rest!r}"


Either = TypeVar("Either", int, str)
Small = TypeVar("Small", bound=int)


@plugin.tool
def variables(one: Either, small: Small) -> list[Any]:
    """Type variables with constraints and with a bound."""
    return [one, small]
