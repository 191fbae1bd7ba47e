"""Nearness of meanings: plain vector arithmetic, so that the plugin needs no dependency."""

from __future__ import annotations

import math


def nearness(a: list[float], b: list[float]) -> float:
    """Cosine of the angle between two embeddings: 1 means the same, 0 unrelated."""
    lengths = math.hypot(*a) * math.hypot(*b)
    return sum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0
