"""`Plugin`: what an author writes. Decorators collect handlers; nothing runs until an engine loads
the module."""

from __future__ import annotations

import sys

from . import settings
from .errors import DeclarationError
from .handlers import Handler, Route, Tool, where
from .including import Including
from .keywords import checked, no_attribute
from .signature import problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, TypeVar, overload

    from .settings import Auth

    F = TypeVar("F", bound=Callable[..., Any])


class _Place:
    """Where a handler is declared. Annotations may name what is local there."""

    __slots__ = ("_at", "locals")

    def __init__(self, depth: int) -> None:
        frame = sys._getframe(depth + 1)
        self._at = frame.f_code.co_filename, frame.f_lineno
        self.locals = frame.f_locals

    def check(self, what: str, function: Any) -> None:
        """Raises unless something is a function that can be declared."""
        why = problem(function)
        if why is not None:
            file, line = where(function) if isinstance(function, classmethod) else self._at
            raise DeclarationError(
                f"{what}: {why}; declare a `def` or an `async def` that calls it", file, line
            )


class Plugin(Including):
    """A plugin. `id` and `version` usually come from pyproject.toml; the rest may, too."""

    @checked
    def __init__(
        self,
        *,
        id: str | None = None,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
        instructions: str | None = None,
        authors: Sequence[str] = (),
        license: str | None = None,
        min_macos: str | None = None,
        min_osaurus: str | None = None,
        readme: str | None = None,
        changelog: str | None = None,
    ) -> None:
        """Args:
        id: Reverse-DNS id such as "dev.example.notes"; must equal the install folder's name.
        instructions: Added to the system prompt of inference that this plugin starts.
        min_osaurus: Oldest host version, as "1.2.3".
        readme: Name of the package's README file.
        """
        self.id = id
        self.name = name
        self.description = description
        self.version = version
        self.instructions = instructions
        self.authors = list(authors)
        self.license = license
        self.min_macos = min_macos
        self.min_osaurus = min_osaurus
        self.readme = readme
        self.changelog = changelog
        self.links: list[dict[str, str]] = []
        self.tools: dict[str, Tool] = {}
        self.routes: dict[str, Route] = {}
        self.secrets: dict[str, dict[str, Any]] = {}
        self.sections: list[tuple[str, list[settings.Field]]] = []
        self.config_title: str | None = None
        self.web_files: settings.Web | None = None
        self.events: dict[str, Handler] = {}
        self.included = []
        frame = sys._getframe(2)  # the caller of `checked`
        self.file, self.line = frame.f_code.co_filename, frame.f_lineno
        self.warnings: list[str] = []
        """What the build should tell the author, each with file and line."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(no_attribute(name, [*vars(Including), *vars(Plugin)]))

    # --- tools ------------------------------------------------------------------------------

    if TYPE_CHECKING:

        @overload
        def tool(self, function: F, /) -> F: ...
        @overload
        def tool(
            self,
            id: str | None = None,
            /,
            *,
            name: str | None = None,
            description: str | None = None,
            permission: Literal["auto", "ask", "deny"] = "ask",
            requirements: Sequence[str] = (),
            timeout: float | None = None,
            threads: bool = False,
        ) -> Callable[[F], F]: ...

    @checked
    def tool(
        self,
        target: Any = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        permission: str = "ask",
        requirements: Sequence[str] = (),
        timeout: float | None = None,
        threads: bool = False,
    ) -> Any:
        """Makes a function a tool, as `@plugin.tool` or `@plugin.tool(...)`.

        The model sees the function's name (or `name`), its docstring and a schema made from the
        annotations.

        Args:
            permission: Whether the user is asked: "auto" (never), "ask" (the default) or "deny".
            requirements: System permissions such as "calendar"; see the host's list.
            timeout: Seconds until the call is given up (the host itself waits 120).
            threads: Run on a thread of its own, so that streams are live and the function may
                call the host from threads that it starts.

        >>> @plugin.tool(permission="auto")
        ... def add(a: int, b: int = 1) -> int:
        ...     '''Add two numbers.
        ...
        ...     Args:
        ...         a: The first number.
        ...     '''
        ...     return a + b
        >>> TestHost(plugin).call("add", a=2)
        3
        """
        place = _Place(2)  # the caller of `checked`
        name = name or (target if isinstance(target, str) else None)

        def declare(function: F) -> F:
            place.check("tool", function)
            id_ = _id("tool", name, function)
            tool = Tool(
                id_,
                function,
                place.locals,
                description=description,
                permission=permission,
                requirements=requirements,
                timeout=timeout,
                threads=threads,
            )
            _declare_once(self.tools, id_, tool)
            self.warnings += tool.warnings
            return function

        return declare if target is None or isinstance(target, str) else declare(target)

    # --- routes -----------------------------------------------------------------------------

    @checked
    def route(
        self,
        path: str,
        *,
        methods: Sequence[str] = ("GET",),
        auth: Auth = "owner",
        id: str | None = None,
        tunnel_exposed: bool = False,
        description: str | None = None,
        media_type: str | None = None,
        timeout: float | None = None,
        threads: bool = False,
    ) -> Callable[[F], F]:
        """Makes a function answer requests under `/plugins/<plugin id><path>`.

        The function may take the context, the request (`request: Request`), and parts of the path
        by name: `"/items/:id"` gives `id: str` (or `int`). It returns a `Response`, text, bytes,
        anything that is JSON, or `(status, body)`.

        Args:
            auth: "owner" (needs an access key), "verify" (checked by you) or "none".
            tunnel_exposed: Whether requests from outside the machine may reach it.
            media_type: Content type, where it should not be guessed from what is returned.
            timeout: Seconds until the call is given up (the host itself waits 30).

        >>> @plugin.route("/items/:id", auth="none")
        ... def item(request: Request, id: int) -> dict[str, object]:
        ...     return {"id": id, "color": request.query.get("color")}
        >>> TestHost(plugin).request("GET", "/items/7", query={"color": "red"})["body"]
        '{"id":7,"color":"red"}'
        """
        place = _Place(2)  # the caller of `checked`

        def declare(function: F) -> F:
            place.check("route", function)
            id_ = _id("route", id, function)
            route = Route(
                id_,
                function,
                place.locals,
                path=path,
                methods=methods,
                auth=auth,
                tunnel_exposed=tunnel_exposed,
                description=description,
                media_type=media_type,
                timeout=timeout,
                threads=threads,
            )
            _declare_once(self.routes, id_, route)
            return function

        return declare

    # --- events -----------------------------------------------------------------------------

    def on_config_changed(self, function: F) -> F:
        """Called with `(key, value)` when the user changes a setting; a cleared one is "".

        >>> @plugin.on_config_changed
        ... def changed(ctx: Context, key: str, value: str) -> None:
        ...     ctx.log.info("setting changed", key=key)
        """
        return self._event("on_config_changed", function, ("key", "value"), _Place(1))

    def on_task_event(self, function: F) -> F:
        """Called with a `TaskEvent` for each step of the tasks that this plugin dispatched.

        >>> @plugin.on_task_event
        ... def event(ctx: Context, event: TaskEvent) -> None:
        ...     if isinstance(event, TaskCompleted):
        ...         ctx.log.info("done", output=event.output)
        """
        return self._event("on_task_event", function, ("event",), _Place(1))

    def on_artifact(self, function: F) -> F:
        """Called with an `Artifact` when a file is shared in a run of this plugin.

        >>> @plugin.on_artifact
        ... def shared(ctx: Context, artifact: Artifact) -> None:
        ...     ctx.log.info("shared", file=artifact.filename)
        """
        return self._event("on_artifact", function, ("artifact",), _Place(1))

    def on_start(self, function: F) -> F:
        """Called without arguments once the script is loaded. The host cannot be reached yet."""
        decorated = self._event("on_start", function, (), _Place(1))
        handler = self.events["on_start"]
        if handler.is_async or handler.wants_context:
            raise handler.error("runs before any call of the host: a `def` without arguments")
        return decorated

    def on_unload(self, function: F) -> F:
        """Called without arguments when the plugin goes. The host cannot be reached any more."""
        decorated = self._event("on_unload", function, (), _Place(1))
        if self.events["on_unload"].wants_context:
            raise self.events["on_unload"].error(
                "cannot take a context: the host is out of reach when a plugin is unloaded"
            )
        return decorated

    def _event(self, what: str, function: F, names: Sequence[str], place: _Place) -> F:
        place.check(what, function)
        handler = Handler(what, function, place.locals)
        handler.take(names)
        _declare_once(self.events, what, handler)
        return function

    # --- settings ---------------------------------------------------------------------------

    @checked
    def config_section(self, title: str, fields: Sequence[settings.Field]) -> None:
        """Adds a section to the settings that the user sees.

        >>> plugin.config_section("Look", [
        ...     ConfigField.text("color", "Color", default="red"),
        ...     ConfigField.toggle("loud", "Loud"),
        ... ])
        """
        keys = {field.key for _, section in self.sections for field in section}
        for field in fields:
            if not isinstance(field, settings.Field):
                raise _declaration(
                    f"config section {title!r}: {field!r} is not a field; use ConfigField.text, "
                    "secret, toggle, number, select, multiselect, readonly or status"
                )
            if field.key in keys:
                raise _declaration(f"config section {title!r}: {field.key!r} is there twice")
            keys.add(field.key)
        self.sections.append((title, list(fields)))

    def as_typed(self, key: str, value: str) -> str:
        """A setting's value from the host, with a number's default as it was declared."""
        for _, fields in self.sections:
            for field in fields:
                if field.key == key and isinstance(field, settings.Number):
                    return field.as_typed(value)
        return value

    @checked
    def secret(
        self,
        id: str,
        label: str,
        *,
        description: str | None = None,
        required: bool = True,
        url: str | None = None,
    ) -> None:
        """Declares a secret that the user fills in; tools read it as `ctx.secrets[id]`.

        Args:
            url: Where the user gets it.

        >>> plugin.secret("api_key", "API key", url="https://example.com/keys")
        """
        if id in self.secrets:
            raise _declaration(f"the secret {id!r} is declared twice")
        secret: dict[str, Any] = {"id": id, "label": label, "required": required}
        if description is not None:
            secret["description"] = description
        if url is not None:
            secret["url"] = url
        self.secrets[id] = secret

    @checked
    def web(
        self,
        static_dir: str = "web",
        *,
        entry: str = "index.html",
        mount: str = "/ui",
        auth: Auth = "owner",
        api_mount: str | None = None,
        tunnel_exposed: bool = False,
    ) -> None:
        """Serves the files of a folder of the package under `mount`."""
        if self.web_files is not None:
            raise _declaration("plugin.web is declared twice; the host serves one folder")
        self.web_files = settings.Web(static_dir, entry, mount, auth, api_mount, tunnel_exposed)

    def link(self, label: str, url: str) -> None:
        """Adds a link to the plugin's page in the host."""
        self.links.append({"label": label, "url": url})


def _declaration(message: str) -> DeclarationError:
    frame = sys._getframe(3)  # the author's: the caller of the method and of `checked`
    return DeclarationError(message, frame.f_code.co_filename, frame.f_lineno)


def _id(kind: str, given: str | None, function: Any) -> str:
    id_ = given if given is not None else getattr(function, "__name__", "")
    if not isinstance(id_, str) or not id_.strip():
        raise DeclarationError(f"the {kind} has an empty id", *where(function))
    if given is None and id_ == "<lambda>":
        raise DeclarationError(
            f"{kind}: a lambda has no name, no annotations and no docstring; declare a `def`",
            *where(function),
        )
    if kind == "tool" and not _tool_id(id_):
        raise DeclarationError(
            f"the tool id {id_!r} must be 1 to 64 of the characters A-Z a-z 0-9 _ -, "
            "or models cannot call it",
            *where(function),
        )
    return id_


def _tool_id(id_: str) -> bool:
    return len(id_) <= 64 and id_.isascii() and id_.replace("-", "").replace("_", "").isalnum()


def _declare_once(known: dict[str, Any], key: str, made: Handler) -> None:
    earlier = known.get(key)
    if earlier is not None:
        raise made.error(f"is already declared at {earlier.file}:{earlier.line}")
    known[key] = made
