"""TypedDicts where annotations are strings."""

from __future__ import annotations

import datetime
import sys
from typing import Any

from osaurus_plugin import Plugin

if sys.version_info >= (3, 11):
    from typing import NotRequired, Required, TypedDict
else:
    from typing import TypedDict

    NotRequired = Required = None

plugin = Plugin(name="Typed dicts")


class Movie(TypedDict):
    title: str
    year: NotRequired[int]
    seen: NotRequired[datetime.date]


class Partial(TypedDict, total=False):
    id: Required[int]
    note: str


class Sequel(Movie):
    of: Movie


@plugin.tool
def movie(movie: Movie) -> dict[str, Any]:
    """NotRequired."""
    return {"keys": sorted(movie), "date": isinstance(movie.get("seen"), datetime.date)}


@plugin.tool
def partial(partial: Partial) -> int:
    """Required."""
    return partial["id"]


@plugin.tool
def sequel(sequel: Sequel) -> str:
    """A base."""
    return sequel["of"]["title"]
