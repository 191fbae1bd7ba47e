"""Classes with fields."""

from __future__ import annotations

import datetime
import enum
from dataclasses import KW_ONLY, InitVar, dataclass, field
from decimal import Decimal
from typing import Annotated, ClassVar, Generic, Literal, NamedTuple, Optional, TypeVar

from osaurus_plugin import Arg, Plugin

plugin = Plugin(name="Classes")


@dataclass
class Job:
    n: int
    key: InitVar[str]
    unit: ClassVar[str] = "s"
    label: str = field(init=False, default="")

    def __post_init__(self, key: str) -> None:
        self.label = f"{key}{self.n}"


@plugin.tool
def job(job: Job) -> str:
    """A value that only the initialisation sees."""
    return job.label


@plugin.tool
def job_back(n: int) -> Job:
    """The same as a result."""
    return Job(n, "k")


@dataclass
class Window:
    width: int
    _: KW_ONLY
    height: int
    title: str = "none"


@plugin.tool
def window(window: Window) -> str:
    """Keyword-only fields."""
    return f"{window.title} {window.width}x{window.height}"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


T = TypeVar("T")
K = TypeVar("K")


@dataclass
class Page(Generic[T]):
    items: list[T]
    next: Optional[Page[T]] = None


@dataclass
class Named(Page[K], Generic[K]):
    name: str = ""


@plugin.tool
def page(page: Page[Color]) -> list[str]:
    """A generic class that contains itself."""
    rest = page.next.items if page.next else []
    return [one.name for one in page.items + rest]


@plugin.tool
def named(page: Named[datetime.date]) -> str:
    """A generic class with a generic base."""
    return f"{page.name} {page.items[0].year}"


class Point(NamedTuple):
    x: int
    y: Decimal = Decimal("0.5")
    color: Color = Color.RED


@plugin.tool
def point(point: Point) -> str:
    """A NamedTuple."""
    return f"{point.x} {point.y} {point.color.name} {isinstance(point, tuple)}"


@plugin.tool
def points() -> list[Point]:
    """As results."""
    return [Point(1), Point(2, Decimal("0.10"), Color.BLUE)]


@dataclass
class Named2:
    """A person.

    Attributes:
        name: How they are called.
    """

    name: Annotated[str, Arg(min_length=1)]
    born: Annotated[int, "Year"] = 1900


@plugin.tool
def described(who: Named2) -> str:
    """Descriptions and limits of fields."""
    return who.name


@dataclass
class Range:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")


@plugin.tool
def ranges(ranges: list[Range]) -> int:
    """Checked when it is made."""
    return sum(one.high - one.low for one in ranges)


@dataclass
class Circle:
    kind: Literal["circle"]
    radius: float


@dataclass
class Square:
    kind: Literal["square"]
    size: float


@plugin.tool
def draw(shape: Circle | Square) -> str:
    """Told apart by a Literal."""
    return type(shape).__name__


@dataclass
class ByName:
    name: str = "no name"


@dataclass
class ById:
    id: int = 0


@plugin.tool
def find(who: ByName | ById | None = None) -> str:
    """Told apart by their keys."""
    return repr(who)
