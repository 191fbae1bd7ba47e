"""`Arg`: what `Annotated[...]` can say of an argument beyond its type."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Constraint objects of other libraries (annotated_types, pydantic.Field) by attribute.
_FOREIGN = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "description": "description",
}


class Arg:
    """Describes and limits an argument: `Annotated[int, Arg("How many", minimum=1)]`."""

    __slots__ = ("fields",)

    def __init__(
        self,
        description: str | None = None,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        exclusive_minimum: float | None = None,
        exclusive_maximum: float | None = None,
        multiple_of: float | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        pattern: str | None = None,
        examples: Sequence[Any] | None = None,
    ) -> None:
        if pattern is not None:
            import re

            re.compile(pattern)  # a broken pattern raises here, where it is written
        given = {
            "description": description,
            "minimum": minimum,
            "maximum": maximum,
            "exclusiveMinimum": exclusive_minimum,
            "exclusiveMaximum": exclusive_maximum,
            "multipleOf": multiple_of,
            "pattern": pattern,
            "examples": None if examples is None else list(examples),
            "length": None if min_length is max_length is None else (min_length, max_length),
        }
        self.fields = {key: value for key, value in given.items() if value is not None}

    def __repr__(self) -> str:
        return f"Arg({', '.join(f'{key}={value!r}' for key, value in self.fields.items())})"


def limits(extra: object) -> dict[str, Any]:
    """What one item of `Annotated` metadata says, as schema keywords (and `length`)."""
    if isinstance(extra, Arg):
        return dict(extra.fields)
    if isinstance(extra, str):
        return {"description": extra}
    found: dict[str, Any] = {}
    for inner in getattr(extra, "metadata", None) or ():  # pydantic's Field keeps a list
        found.update(limits(inner))
    for attribute, keyword in _FOREIGN.items():
        value = getattr(extra, attribute, None)
        if isinstance(value, (int, float, str)):
            found[keyword] = value
    low, high = getattr(extra, "min_length", None), getattr(extra, "max_length", None)
    if isinstance(low, int) or isinstance(high, int):
        found["length"] = (low, high)
    return found


def apply(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The schema with limits added; a length means characters, items or keys by type."""
    made = dict(schema)
    low, high = found.pop("length", (None, None))
    noun = {"array": "Items", "object": "Properties"}.get(str(made.get("type")), "Length")
    if low:
        made[f"min{noun}"] = low
    if high is not None:
        made[f"max{noun}"] = high
    if "anyOf" in made and found.keys() - {"description", "examples"}:
        about: dict[str, Any] = {
            key: found.pop(key) for key in ("description", "examples") if key in found
        }
        made["anyOf"] = [
            one if one.get("type") in ("null", None) else {**one, **found} for one in made["anyOf"]
        ]
        found = about
    made.update(found)
    return made
