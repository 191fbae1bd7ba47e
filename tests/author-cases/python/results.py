"""What tools return."""

import array
import collections
import datetime
import decimal
import enum
import ipaddress
import pathlib
import sqlite3
import types
import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from osaurus_plugin import Plugin, ToolResult

plugin = Plugin(name="Results")


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Size(NamedTuple):
    w: int
    h: float


@dataclass
class Part:
    color: Color
    size: Size
    made: datetime.date
    tags: set[str] = field(default_factory=set)
    parent: Any = None


def rows(sql: str) -> list[sqlite3.Row]:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    return connection.execute(sql).fetchall()


@plugin.tool
def query(sql: str) -> list[sqlite3.Row]:
    """Rows of sqlite3."""
    return rows(sql)


@plugin.tool
def values(kind: str) -> Any:
    """One value of each kind."""
    return VALUES[kind]


@plugin.tool
def wrong(kind: str) -> Any:
    """What JSON cannot carry."""
    return WRONG[kind]()


@plugin.tool
def warned() -> ToolResult:
    """A result with warnings."""
    return ToolResult({"n": 1}, ["half of it"])


@plugin.tool
def nested(levels: int) -> Any:
    """Lists in lists."""
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


class Array:
    """As numpy's arrays and scalars look from outside."""

    dtype = "float64"

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value


class Config(dict):  # type: ignore[type-arg]
    pass


async def later() -> int:
    return 1


def cycle() -> Any:
    children: list[Any] = [1]
    children.append({"parent": children})
    return {"children": children}


def looped_part() -> Part:
    part = Part(Color.RED, Size(1, 2.0), datetime.date(2024, 1, 2))
    part.parent = [part]
    return part


VALUES: dict[str, Any] = {
    "dataclass": Part(Color.RED, Size(1, 2.0), datetime.date(2024, 1, 2), {"b", "a"}),
    "enum": [Color.RED, Level.HIGH, {Color.RED.value: Level.HIGH}],
    "decimal": [decimal.Decimal("1.10"), decimal.Decimal("12345678901234567890.12")],
    "times": [
        datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        datetime.time(1, 2),
    ],
    "strings": [
        uuid.UUID("12345678-1234-5678-1234-567812345678"),
        pathlib.PurePosixPath("/tmp/x"),
        ipaddress.ip_address("10.0.0.1"),
    ],
    "big": [10**30, -0.0, 1e300],
    "collections": [
        collections.OrderedDict(a=1),
        collections.Counter("aab"),
        collections.deque([1, 2]),
        range(3),
        types.MappingProxyType({"k": 1}),
        Config(a=(1, 2)),
        frozenset([2, 1]),
    ],
    "numpy": {"a": Array([[1.5, 2.0], [3.0, 4.0]]), "n": Array(7)},
    "array": array.array("i", [1, 2]),
}
WRONG: dict[str, Any] = {
    "cycle": cycle,
    "part": looped_part,
    "coroutine": lambda: {"value": later()},
    "bytes": lambda: {"data": b"x"},
    "nan": lambda: [1.0, float("nan")],
    "numpy nan": lambda: Array([1.0, float("inf")]),
    "keys": lambda: {"a": {1: "x"}},
    "generator": lambda: {"items": (n for n in range(3))},
    "function": lambda: [print],
    "delta": lambda: {"took": datetime.timedelta(seconds=1)},
    "object": lambda: {"thing": object()},
    "error": lambda: {"failed": ValueError("x")},
    "columns": lambda: rows("SELECT 1 AS a, 2 AS a"),
}
