"""A plugin with large dependencies, for how long it takes to check one."""

import numpy
from osaurus_plugin import Plugin
from pydantic import BaseModel

plugin = Plugin(name="Heavy")


class Point(BaseModel):
    """A point."""

    x: float
    y: float


@plugin.tool
def distance(point: Point) -> float:
    """How far a point is from the origin."""
    return float(numpy.hypot(point.x, point.y))
