"""Types that contain themselves."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple, Optional, TypeAlias, TypedDict, Union

from osaurus_plugin import Plugin

plugin = Plugin(name="Recursive")


@dataclass
class Node:
    value: int
    next: "Node | None" = None


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)
    parent: Optional["Tree"] = None


@dataclass
class Folder:
    files: "dict[str, File]"


@dataclass
class File:
    size: int
    inside: "Folder | None" = None


class Menu(TypedDict):
    title: str
    items: List["Menu"]


class Pair(NamedTuple):
    left: "Pair | int"
    right: "Pair | int"


Numbers = Union[int, list["Numbers"]]
Json = Union[Dict[str, "Json"], List["Json"], str, int, float, bool, None]


@plugin.tool
def length(node: Node) -> int:
    """A class with itself as a default of None."""
    return 1 + (length(node.next) if node.next else 0)


@plugin.tool
def names(tree: Tree | None = None) -> list[str]:
    """A parameter with a recursive type and a default."""
    if tree is None:
        return []
    return [tree.name, *(name for child in tree.children for name in names(child))]


@plugin.tool
def total(folder: Folder) -> int:
    """Two classes that contain each other."""
    inside = (total(one.inside) for one in folder.files.values() if one.inside)
    return sum(one.size for one in folder.files.values()) + sum(inside)


@plugin.tool
def titles(menu: Menu) -> list[str]:
    """A TypedDict."""
    return [menu["title"], *(one for item in menu["items"] for one in titles(item))]


@plugin.tool
def depth(pair: Pair) -> int:
    """A NamedTuple in unions."""
    return 1 + max(depth(one) if isinstance(one, Pair) else 0 for one in pair)


@plugin.tool
def add(numbers: Numbers) -> int:
    """A union that names itself."""
    return numbers if isinstance(numbers, int) else sum(map(add, numbers))


@plugin.tool
def echo(value: Json = None) -> Any:
    """Any JSON, spelled out."""
    return [value]


Text: TypeAlias = "dict[str, Text] | list[Text] | str | None"


@plugin.tool
def strings(value: Text, more: "list[Text] | None" = None) -> Any:
    """An alias that is a string and names itself."""
    return [value, more]
