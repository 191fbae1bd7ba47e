"""What a handler's parameters are, without `inspect` (slow to import) in the ordinary case.

Used where handlers are declared; knows nothing of schemas.
"""

from __future__ import annotations

from .errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_COROUTINE, _ITERABLE_COROUTINE = 0x80, 0x100
_GENERATORS = 0x20 | 0x200
_VARARGS, _VARKEYWORDS = 0x04, 0x08
_BUILTIN_NAMES = {"str": str, "int": int, "float": float, "bool": bool, "dict": dict, "list": list}
NO_DEFAULT: Any = type("NO_DEFAULT", (), {"__repr__": lambda self: "NO_DEFAULT"})()
UNANNOTATED: Any = type("UNANNOTATED", (), {"__repr__": lambda self: "UNANNOTATED"})()


class Namespace:
    """Where names in annotations are looked up: the function's globals, then the declaring
    function's locals."""

    __slots__ = ("globals", "locals")

    def __init__(self, globals_: dict[str, Any], locals_: dict[str, Any]) -> None:
        self.globals = globals_
        self.locals = locals_

    def evaluate(self, text: str) -> Any:
        """The object that an annotation's text stands for. Raises what evaluating it raises."""
        simple = _BUILTIN_NAMES.get(text)
        if simple is not None and text not in self.globals:
            return simple
        return eval(text, self.globals, self.locals)


class Parameter:
    """One parameter: its annotation evaluated, or `UNANNOTATED`."""

    __slots__ = ("annotation", "default", "name")

    def __init__(self, name: str, annotation: Any, default: Any) -> None:
        self.name = name
        self.annotation = annotation
        self.default = default


class Signature:
    """A handler's parameters without the context, and whether it takes one."""

    __slots__ = ("context_at", "context_name", "is_async", "may_be_async", "namespace",
                 "parameters", "wants_context")  # fmt: skip

    def __init__(self, what: str, function: Callable[..., Any], locals_: dict[str, Any]) -> None:
        inner = _unwrap(function)
        code = inner.__code__
        where = (code.co_filename, code.co_firstlineno)
        if code.co_flags & _GENERATORS:
            raise DeclarationError(
                f"{what} is a generator: return its whole result instead of yielding it", *where
            )
        self.may_be_async = _is_coroutine_function(inner) and not _is_coroutine_function(function)
        """A decorator made a `def` of an `async def`: it may run the coroutine or return it."""
        self.is_async = _is_coroutine_function(function) or self.may_be_async
        self.namespace = Namespace(inner.__globals__, locals_)
        names = _names(what, inner, code, where)
        _check_method(what, inner, names, where)
        annotations = _annotations(what, inner, where)
        contexts = (
            name
            for name in names
            if self._is_context(what, name, annotations.get(name, UNANNOTATED), where)
        )
        self.context_name = next(contexts, "")
        self.wants_context = bool(self.context_name)
        self.context_at: int | None = None
        """Its place among the positional parameters; None for one that goes by its name."""
        if self.wants_context:
            at = names.index(self.context_name)
            self.context_at = at if at < code.co_argcount else None
            names.remove(self.context_name)
        defaults = _defaults(inner, code)
        self.parameters = [
            Parameter(
                name,
                self._annotation(what, name, annotations.get(name, UNANNOTATED), where),
                defaults.get(name, NO_DEFAULT),
            )
            for name in names
        ]

    def _annotation(self, what: str, name: str, raw: Any, where: tuple[str, int]) -> Any:
        if not isinstance(raw, str):
            return raw
        try:
            return self.namespace.evaluate(raw)
        except Exception as error:
            raise DeclarationError(
                f"{what}, parameter {name!r}: the annotation {raw!r} cannot be evaluated here "
                f"({type(error).__name__}: {error}); import or define the type at module level, "
                "outside `if TYPE_CHECKING`",
                *where,
            ) from None

    def _is_context(self, what: str, name: str, raw: Any, where: tuple[str, int]) -> bool:
        kind = self._context_kind(name, raw)
        if not kind:
            return False
        if kind == "sync" and self.is_async:
            raise DeclarationError(
                f"{what} is an `async def` with a blocking Context: write `{name}: AsyncContext` "
                "and await its calls",
                *where,
            )
        if kind == "async" and not self.is_async:
            raise DeclarationError(
                f"{what} is a `def` with an AsyncContext: write `{name}: Context`, or make it an "
                "`async def`",
                *where,
            )
        return True

    def _context_kind(self, name: str, raw: Any) -> str:
        """`sync`, `async`, `any` (named ctx, not annotated), or empty: not a context."""
        if raw is UNANNOTATED:
            return "any" if name == "ctx" else ""
        if isinstance(raw, str):
            try:
                raw = self.namespace.evaluate(raw)
            except Exception:  # imported for type checkers only: the name has to do
                last = raw.rpartition(".")[2]
                return {"Context": "sync", "AsyncContext": "async"}.get(last, "")
        if type(raw).__name__ in ("UnionType", "Union", "_UnionGenericAlias"):  # Context | None
            kinds = (getattr(one, "_osaurus_context", "") for one in raw.__args__)
            return next(filter(None, kinds), "")
        return getattr(raw, "_osaurus_context", "")


def problem(function: Any) -> str | None:
    """Why something cannot be declared as a handler: it is not a function."""
    if isinstance(function, (classmethod, property)):
        return f"a {type(function).__name__} cannot be called without its class"
    if isinstance(function, type):
        return f"{function.__qualname__} is a class"
    if hasattr(function, "func") and hasattr(function, "keywords"):
        return "a functools.partial object has no annotations and no docstring of its own"
    inner = _unwrap(function)
    if hasattr(inner, "__self__") and hasattr(inner, "__func__"):
        kind = "classmethod" if isinstance(inner.__self__, type) else "bound method"
        return f"{inner.__func__.__qualname__} is a {kind}"
    if hasattr(inner, "__code__"):
        return None
    if type(inner).__name__ == "builtin_function_or_method":
        return f"{inner.__qualname__} is built into Python and has no annotations"
    return f"an object of the class {type(inner).__qualname__} is not a function"


def _unwrap(function: Any) -> Any:
    for _ in range(100):
        inner = getattr(function, "__wrapped__", None)
        if inner is None:
            return function
        function = inner
    return function


def _is_coroutine_function(function: Any) -> bool:
    """Whether calling it gives a coroutine. Of an object that wraps a function, its class knows."""
    code = getattr(function, "__code__", None)
    if code is None:
        code = getattr(type(function).__dict__.get("__call__"), "__code__", None)
    flags = 0 if code is None else code.co_flags
    marked = hasattr(function, "_is_coroutine_mark")  # by inspect.markcoroutinefunction
    return marked or bool(flags & (_COROUTINE | _ITERABLE_COROUTINE))


def _check_method(what: str, function: Any, names: list[str], where: tuple[str, int]) -> None:
    """A function in a class body gets an object first, which no model can pass."""
    in_class = "." in function.__qualname__.rpartition("<locals>.")[2]
    if in_class and names and names[0] in ("self", "cls"):
        raise DeclarationError(
            f"{what} is a method: no caller would pass {names[0]!r}; declare a function "
            "outside the class that calls it",
            *where,
        )


def _names(what: str, function: Any, code: Any, where: tuple[str, int]) -> list[str]:
    if code.co_posonlyargcount:
        raise DeclarationError(
            f"{what} has positional-only parameters: arguments arrive by name, remove the `/`",
            *where,
        )
    if code.co_flags & (_VARARGS | _VARKEYWORDS):
        raise DeclarationError(
            f"{what} has *args or **kwargs: name every argument, the model must know them; where a "
            "decorator made the function, it keeps its arguments with functools.wraps",
            *where,
        )
    count = code.co_argcount + code.co_kwonlyargcount
    return list(code.co_varnames[:count])


def _annotations(what: str, function: Any, where: tuple[str, int]) -> dict[str, Any]:
    try:
        return dict(function.__annotations__)
    except NameError as error:  # Python 3.14 evaluates annotations when they are asked for
        raise DeclarationError(
            f"{what}: an annotation cannot be evaluated here ({error}); import or define the type "
            "before the function",
            *where,
        ) from None


def _defaults(function: Any, code: Any) -> dict[str, Any]:
    defaults = dict(function.__kwdefaults__ or {})
    values = function.__defaults__ or ()
    if values:
        defaults.update(
            zip(code.co_varnames[code.co_argcount - len(values) :], values, strict=False)
        )
    return defaults
