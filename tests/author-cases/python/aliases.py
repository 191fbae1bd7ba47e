"""Type parameters and `type` statements."""

from dataclasses import dataclass
from typing import Any

from osaurus_plugin import Plugin

plugin = Plugin(name="Aliases")

type Json = dict[str, Json] | list[Json] | str | int | None
type Names = list[str]
type Both[T] = tuple[T, T]
type Nest[T] = T | list[Nest[T]]


@dataclass
class Pair[A, B]:
    first: A
    second: B


class Box[T]:
    pass


@plugin.tool
def echo(value: Json) -> Any:
    """A recursive alias."""
    return [value]


@plugin.tool
def join(names: Names, ends: Both[int] = (0, 0)) -> str:
    """Plain aliases."""
    return f"{'+'.join(names)} {ends!r}"


@plugin.tool
def nested(nest: Nest[int]) -> int:
    """A recursive alias with a parameter."""
    return nest if isinstance(nest, int) else sum(map(nested, nest))


@plugin.tool
def pair(pair: Pair[int, Pair[str, list[int]]]) -> str:
    """A generic class in a generic class."""
    return f"{pair.first} {pair.second.first} {pair.second.second}"
