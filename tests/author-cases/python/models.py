"""Tools of an author who uses pydantic."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union

from osaurus_plugin import Arg, Plugin
from pydantic import (
    AliasChoices,
    AnyUrl,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    SecretStr,
    Tag,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as model_dataclass

plugin = Plugin(name="Models")


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: float = Field(gt=0)


class Square(BaseModel):
    kind: Literal["square"]
    size: float


class ByName(BaseModel):
    name: str = "no name"


class ById(BaseModel):
    id: int = 0


@plugin.tool
def draw(shape: Circle | Square) -> str:
    """A union of models."""
    return repr(shape)


@plugin.tool
def draw_tagged(shape: Annotated[Circle | Square, Field(discriminator="kind")]) -> str:
    """A discriminated union."""
    return repr(shape)


@plugin.tool
def find(who: ByName | ById | None = None) -> str:
    """Models with defaults alone."""
    return repr(who)


@plugin.tool
def search(
    q: str,
    limit: int = Field(default=10, ge=1, le=50, description="How many"),
    tags: list[str] = Field(default_factory=list, max_length=3),
    order: Annotated[str, Field(default="new", pattern="^(new|old)$")] = "old",
) -> str:
    """Fields as defaults."""
    return f"{q} {limit} {tags} {order}"


@plugin.tool
def required(
    q: str = Field(description="What to look for"), *, page: Annotated[int, Field(ge=0)]
) -> str:
    """A Field without a default."""
    return f"{q} {page}"


@plugin.tool
def defaulted(limit: Annotated[int, Field(default=10)]) -> int:
    """A default that only pydantic knows."""
    return limit


@plugin.tool
def renamed(
    max_results: int = Field(alias="maxResults"),
    sort: str = Field("up", validation_alias=AliasChoices("sortBy", "sort_by")),
) -> str:
    """Other names for the model."""
    return f"{max_results} {sort}"


class Item(BaseModel):
    name: str = Field(alias="itemName", description="What it is")
    price: Decimal = Decimal("0")
    parts: list[Item] = []

    @field_validator("name")
    @classmethod
    def not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a name must not be blank")
        return value


@plugin.tool
def item(item: Item) -> Item:
    """A recursive model with an alias, in and out."""
    return item


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: Optional[Page[T]] = None


@plugin.tool
def pages(page: Page[Circle]) -> list[float]:
    """A generic recursive model."""
    rest = pages(page.next) if page.next else []
    return [one.radius for one in page.items] + rest


class Tags(RootModel[list[str]]):
    pass


@model_dataclass
class Move:
    dx: int = Field(ge=0)
    dy: int = 0


@dataclass
class Plain:
    move: Move
    when: datetime.date | str


class Color(enum.Enum):
    RED = "red"


@plugin.tool
def mixed(
    plain: Plain,
    tags: Tags,
    color: Color,
    price: Decimal,
    limit: Annotated[int, Arg("N", maximum=5)] = 1,
) -> dict[str, Any]:
    """Everything else, read by pydantic, too."""
    return {"plain": plain, "tags": tags, "color": color, "price": str(price), "limit": limit}


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    day: datetime.date
    sizes: tuple[int, int]


@plugin.tool
def strict(strict: Strict) -> str:
    """A strict model reads JSON as JSON."""
    return repr(strict)


class Login(BaseModel):
    user: str
    password: SecretStr
    last_seen: datetime.datetime = datetime.datetime(2024, 1, 2, 3, 4, 5)


@plugin.tool
def logins() -> list[Any]:
    """Models in results."""
    return [Login(user="a", password=SecretStr("hidden")), {"tags": Tags(["x"]), "move": Move(1)}]


Number = Union[int, float]


@plugin.tool
def plain_types(n: Number, name: str, on: bool = False) -> str:
    """Nothing of pydantic, in a module that uses it."""
    return f"{n!r} {name} {on}"


class Span(BaseModel):
    start: int
    end: int

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if self.start > self.end:
            raise ValueError("start must not be after end")
        return self


@plugin.tool
def span(span: Span, site: AnyUrl | None = None) -> int:
    """A model that looks at all its fields."""
    return span.end - span.start


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


def kind_of(pet: Any) -> Any:
    return pet.get("kind") if isinstance(pet, dict) else pet.kind


Pet = Annotated[
    Union[Annotated[Cat, Tag("cat")], Annotated[Dog, Tag("dog")]], Discriminator(kind_of)
]


@plugin.tool
def pets(pets: list[Pet]) -> list[str]:
    """Told apart by a function."""
    return [type(one).__name__ for one in pets]
