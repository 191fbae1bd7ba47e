"""Declared functions with everything about them worked out once: tools, routes, event handlers.

`plugin.py` makes them, `_runtime.py` calls them, `manifest.py` writes them down.
"""

from __future__ import annotations

from . import docstrings, routes
from .errors import DeclarationError
from .parameters import Parameters
from .signature import NO_DEFAULT, UNANNOTATED, Parameter, Signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

PERMISSIONS = ("auto", "ask", "deny")
_PATH_TYPES: dict[Any, Callable[[str], Any] | None] = {
    str: None, UNANNOTATED: None, int: int, float: float,
}  # fmt: skip


def where(function: Any) -> tuple[str, int]:
    """File and line of a function's `def` (or first decorator)."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else ("<unknown>", 0)


def _awaitable(function: Callable[..., Any]) -> Callable[..., Any]:
    """An `async def` of a function that returns a coroutine or runs one itself, which needs a
    thread without an event loop."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        import asyncio

        result = await asyncio.to_thread(function, *args, **kwargs)
        return await result if hasattr(result, "__await__") else result

    return call


class Handler:
    """A function that the host can reach, and how it is called."""

    __slots__ = ("file", "function", "is_async", "line", "signature", "threads", "timeout_ms",
                 "wants_context", "what")  # fmt: skip

    def __init__(
        self,
        what: str,
        function: Callable[..., Any],
        locals_: dict[str, Any],
        *,
        threads: bool = False,
        timeout: float | None = None,
    ) -> None:
        self.what = what
        self.function = function
        self.file, self.line = where(function)
        self.signature = Signature(what, function, locals_)
        self.is_async = self.signature.is_async
        if self.signature.may_be_async:
            self.function = _awaitable(function)
        self.wants_context = self.signature.wants_context
        if self.wants_context and self.signature.context_at != 0:
            self.function = _context_first(self.function, self.signature)
        self.threads = threads
        if threads and self.is_async:
            raise self.error("threads=True is for `def`; an `async def` never blocks the host")
        if timeout is not None and not timeout > 0:
            raise self.error(f"timeout={timeout!r} must be a number of seconds above 0")
        self.timeout_ms = None if timeout is None else max(1, round(timeout * 1000))

    def error(self, message: str) -> DeclarationError:
        """An error about this handler, with its file and line."""
        return DeclarationError(f"{self.what}: {message}", self.file, self.line)

    def settings(self) -> dict[str, Any]:
        """What the engines need to know, as in the bridge's settings."""
        settings: dict[str, Any] = {"is_async": self.is_async, "threads": self.threads}
        if self.timeout_ms is not None:
            settings["timeout_ms"] = self.timeout_ms
        return settings

    def take(self, names: Sequence[str]) -> None:
        """Checks that the function takes exactly these positional arguments."""
        required = [one for one in self.signature.parameters if one.default is NO_DEFAULT]
        if len(required) > len(names) or len(self.signature.parameters) < len(names):
            takes = ", ".join(("ctx (if you like)", *names)) if names else "ctx (if you like)"
            raise self.error(f"takes {takes}, not ({', '.join(_names(self.signature))})")


def _context_first(function: Callable[..., Any], signature: Signature) -> Callable[..., Any]:
    """The function as the runtime calls it: with the context before all others."""
    at, name = signature.context_at, signature.context_name

    def call(context: Any, /, *values: Any, **named: Any) -> Any:
        if at is None or not values:
            return function(*values, **named, **{name: context})
        return function(*values[:at], context, *values[at:], **named)

    return call


def _names(signature: Signature) -> list[str]:
    context = ["ctx"] if signature.wants_context else []
    return context + [one.name for one in signature.parameters]


class Tool(Handler):
    """A tool with its schema, and how its arguments are read."""

    __slots__ = ("arguments", "description", "id", "parameters", "permission", "requirements",
                 "warnings")  # fmt: skip

    def __init__(
        self,
        id_: str,
        function: Callable[..., Any],
        locals_: dict[str, Any],
        *,
        description: str | None,
        permission: str,
        requirements: Sequence[str],
        timeout: float | None,
        threads: bool,
    ) -> None:
        super().__init__(f"tool {id_!r}", function, locals_, threads=threads, timeout=timeout)
        self.id = id_
        if permission not in PERMISSIONS:
            raise self.error(f'permission={permission!r} is not one of "auto", "ask", "deny"')
        self.permission = permission
        if isinstance(requirements, str) or not all(isinstance(one, str) for one in requirements):
            raise self.error(f"requirements must be a list of names, not {requirements!r}")
        self.requirements = list(requirements)
        text, about = docstrings.parse(function.__doc__)
        self.description = (description or text).strip()
        if not self.description:
            raise self.error(
                "the model needs to know what it is for: write a docstring, or pass description="
            )
        self.warnings = self._undeclared(about)
        self.arguments = Parameters(self.what, self.signature, (self.file, self.line), about)
        self.parameters = self.arguments.schema

    def _undeclared(self, about: dict[str, str]) -> list[str]:
        """Warnings about what the docstring describes and the function does not have."""
        names = [one.name for one in self.signature.parameters]
        messages = []
        for name in about.keys() - {*names, "ctx", self.signature.context_name}:
            from difflib import get_close_matches

            from ._tracebacks import short_path

            close = get_close_matches(name, names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            text = f"its docstring describes {name!r}, which is not a parameter{hint}"
            messages.append(f"{short_path(self.file)}:{self.line}: {self.what}: {text}")
        return messages

    def manifest(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {
            "id": self.id,
            "description": self.description,
            "parameters": self.parameters,
            "requirements": self.requirements,
            "permission_policy": self.permission,
        }


class Route(Handler):
    """A route; `arguments` says what the function takes after the context."""

    __slots__ = ("arguments", "auth", "description", "id", "media_type", "methods", "path",
                 "tunnel_exposed")  # fmt: skip

    def __init__(
        self,
        id_: str,
        function: Callable[..., Any],
        locals_: dict[str, Any],
        *,
        path: str,
        methods: Sequence[str],
        auth: str,
        tunnel_exposed: bool,
        description: str | None,
        media_type: str | None,
        timeout: float | None,
        threads: bool,
    ) -> None:
        super().__init__(f"route {id_!r}", function, locals_, threads=threads, timeout=timeout)
        self.id = id_
        try:
            names = routes.check_route(self.what, path, methods, auth)
        except DeclarationError as error:
            raise DeclarationError(error.message, self.file, self.line) from None
        self.path = path
        self.methods = [method.upper() for method in methods]
        self.auth = auth
        self.tunnel_exposed = tunnel_exposed
        self.description = description or docstrings.parse(function.__doc__)[0]
        self.media_type = media_type
        self.arguments = [self._argument(one, names) for one in self.signature.parameters]

    def _argument(
        self, parameter: Parameter, names: list[str]
    ) -> tuple[str, Callable[[str], Any] | None, bool]:
        """(name, conversion from text, whether it is the request itself)."""
        name, annotation = parameter.name, parameter.annotation
        if getattr(annotation, "_osaurus_request", False) or (
            annotation is UNANNOTATED and name == "request"
        ):
            return name, None, True
        if name not in names:
            raise self.error(
                f"parameter {name!r} is neither the request (`{name}: Request`) nor a part of the "
                f"path {self.path!r} (`/:{name}`)"
            )
        if annotation not in _PATH_TYPES:
            raise self.error(f"parameter {name!r} comes from the path: use str, int or float")
        return name, _PATH_TYPES[annotation], False

    def manifest(self) -> dict[str, Any]:
        """As the manifest has it."""
        entry: dict[str, Any] = {"id": self.id, "path": self.path, "methods": self.methods}
        entry["auth"] = self.auth
        if self.description:
            entry["description"] = self.description
        if self.tunnel_exposed:
            entry["tunnel_exposed"] = True
        return entry
