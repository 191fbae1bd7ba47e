"""What annotations are, told apart without importing typing (slow), and where they were written.

Used by `schema.py`, `classes.py` and `parameters.py`; knows nothing of schemas.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .signature import Namespace

_TYPING = ("typing", "typing_extensions")
_QUALIFIERS = frozenset(("Required", "NotRequired", "ReadOnly", "Final", "ClassVar"))
_PLAIN_TYPES = (str, int, float, bool)


class Context:
    """Where an annotation was written: the names it may use, and what type variables stand for."""

    __slots__ = ("bound", "namespace")

    def __init__(self, namespace: Namespace, bound: Mapping[Any, Any]) -> None:
        self.namespace = namespace
        self.bound = bound

    def bind(self, annotation: Any) -> Any:
        """The annotation with its type variables replaced by what they stand for."""
        if not self.bound:
            return annotation
        if type(annotation).__name__ == "TypeVar":
            return self.bound.get(annotation, annotation)
        variables = getattr(annotation, "__parameters__", ())
        if not variables or not hasattr(annotation, "__args__"):  # the class itself
            return annotation
        return annotation[tuple(self.bound.get(one, one) for one in variables)]

    def of(self, annotation: Any) -> Namespace:
        """The names for a string, which may say in which module it was written."""
        module = getattr(annotation, "__forward_module__", None)
        module = module or getattr(annotation, "__module__", None)  # of a `type Name = ...`
        module = sys.modules.get(module) if isinstance(module, str) else module
        if module is None or module.__dict__ is self.namespace.globals:
            return self.namespace
        return type(self.namespace)(module.__dict__, self.namespace.locals)


def qualified(annotation: Any) -> tuple[Any, str] | None:
    """What is inside `Required[...]`, `Final[...]` or `InitVar[...]`, and that word."""
    if type(annotation).__name__ == "InitVar":
        return annotation.type, "InitVar"
    origin = getattr(annotation, "__origin__", None)
    name = getattr(origin, "_name", None) or getattr(origin, "__name__", "")
    if name not in _QUALIFIERS or getattr(origin, "__module__", "") not in _TYPING:
        return None
    return annotation.__args__[0], str(name)


def is_class(value: Any) -> bool:
    """Whether it is a class. Python 3.10 takes `list[int]` for one, too."""
    return isinstance(value, type) and not hasattr(value, "__origin__")


def is_plain(annotation: Any) -> bool:
    """Whether all readers of annotations agree on what a type means."""
    return annotation in _PLAIN_TYPES if isinstance(annotation, type) else annotation is None


def typing_name(annotation: Any) -> str:
    """`Union` for `typing.Union`, without importing typing."""
    if getattr(annotation, "__module__", "") not in _TYPING:
        return ""
    return str(getattr(annotation, "_name", None) or getattr(annotation, "__name__", "") or "")


def is_of_pydantic(value: Any) -> bool:
    """Whether a class, or an object of a class, is pydantic's or made with it."""
    kind = value if isinstance(value, type) else type(value)
    if hasattr(kind, "__get_pydantic_core_schema__") or hasattr(kind, "__pydantic_validator__"):
        return True
    return str(kind.__module__).partition(".")[0] in ("pydantic", "pydantic_core")


def is_of_pydantic_1(value: Any) -> bool:
    """Whether a class, or an object of a class, is pydantic 1's, which pydantic 2 brings along."""
    kind = value if isinstance(value, type) else type(value)
    if hasattr(kind, "__get_validators__") and hasattr(kind, "__fields__"):
        return not hasattr(kind, "model_fields")
    if str(kind.__module__).startswith("pydantic.v1"):
        return True
    version = str(getattr(sys.modules.get("pydantic"), "VERSION", "2"))
    return str(kind.__module__).startswith("pydantic.") and version.startswith("1.")
