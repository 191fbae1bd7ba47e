"""One included server: its sessions, started when they are first needed and again when they end,
and its tools.

`plugin.py` makes it; the build and test hosts ask for its tools, the runtime calls them.
"""

from __future__ import annotations

from threading import RLock
from time import monotonic

from ..errors import DeclarationError, ToolError
from . import tools
from .content import messages_of, result_of, result_of_contents
from .requests import answers
from .session import RpcError, Session, SessionEnded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ..context import Context
    from .requests import Elicit
    from .session import Message

    Connect = Callable[[Mapping[str, str]], Session]

_START_SECONDS = 60.0
_CALL_SECONDS = 300.0  # the engine's deadline comes first
_PING_SECONDS = 1.0
_MAX_SESSIONS = 4
_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0
_LASTING = 30.0  # a session that lived this long did start
_INVALID_PARAMS = -32602


class Options:
    """What an author says of an included server."""

    def __init__(
        self,
        what: str,
        where: tuple[str, int],
        *,
        prefix: str | None = None,
        filter: Sequence[str] | Callable[[str], bool] | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        resources: bool = True,
        prompts: bool = False,
        elicit: Elicit | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self.what = what
        self.where = where
        self.prefix = prefix
        self.filter = filter
        self.overrides = overrides or {}
        self.resources = resources
        self.prompts = prompts
        self.elicit = elicit
        self.secrets = secrets
        tools.check_overrides(self.overrides, where)

    def has(self, name: str) -> bool:
        """Whether a tool is included."""
        if self.filter is None:
            return True
        return self.filter(name) if callable(self.filter) else name in self.filter

    def id_of(self, name: str) -> str:
        """The plugin's id for a tool of the server."""
        own_id = self.overrides.get(name, {}).get("id")
        return str(own_id) if own_id else tools.tool_id(name, self.prefix)

    def may_have(self, id_: str) -> bool:
        """Whether an id could be one of this server's tools."""
        is_own = any(one.get("id") == id_ for one in self.overrides.values())
        return is_own or self.prefix is None or id_.startswith(f"{self.prefix}_")


class _Conversation:
    """An open session with what its server has. `lasted` tells a crash from a failed start."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session = session
        self.started = monotonic()
        session.begin(_START_SECONDS)
        self.tools: dict[str, tuple[str, Message]] = {}
        """By the plugin's ids: how to call it, and what the server says of it."""
        for one in self._listed("tools", "tools"):
            if options.has(one["name"]):
                id_ = tools.free_id(options.id_of(one["name"]), self.tools)
                self.tools[id_] = ("tools/call", one)
        if options.resources and session.has("resources"):
            found, templates = self._listed("resources", "resources"), self._templates()
            if found or templates:
                self._own("resources/read", tools.reading(found, templates), options)
        prompts = self._listed("prompts", "prompts") if options.prompts else []
        if prompts:
            self._own("prompts/get", tools.prompting(prompts), options)

    def _own(self, method: str, tool: Message, options: Options) -> None:
        """A tool of ours, unless the server has one of that name."""
        if options.has(tool["name"]):
            self.tools.setdefault(options.id_of(tool["name"]), (method, tool))

    def _listed(self, capability: str, key: str) -> list[Message]:
        if not self.session.has(capability):
            return []
        return [
            one
            for one in self.session.listed(f"{capability}/list", key, _START_SECONDS)
            if one.get("name")
        ]

    def _templates(self) -> list[Message]:
        try:
            return self.session.listed(
                "resources/templates/list", "resourceTemplates", _START_SECONDS
            )
        except RpcError:
            return []

    @property
    def lasted(self) -> bool:
        return monotonic() - self.started > _LASTING


class IncludedServer:
    """A server with one session, or one for each set of secrets."""

    def __init__(self, connect: Connect, options: Options) -> None:
        self.options = options
        self._connect = connect
        self._open: dict[tuple[str, ...], _Conversation] = {}
        self._lock = RLock()
        self._declared: list[tools.IncludedTool] | None = None
        self._failures = 0
        self._not_before = 0.0

    # --- the build --------------------------------------------------------------------------

    def declared(self) -> list[tools.IncludedTool]:
        """The server's tools with all that the manifest says. Starts it the first time."""
        if self._declared is None:
            self._declared = self._list_tools()
        return self._declared

    def _list_tools(self) -> list[tools.IncludedTool]:
        from os import environ

        secrets = {name: environ.get(name, "not-set") for name in self.options.secrets}
        try:
            entries = self._conversation(secrets).tools
        except (ToolError, RpcError, SessionEnded, TimeoutError) as error:
            why = getattr(error, "message", str(error))
            raise DeclarationError(f"{self.options.what}: {why}", *self.options.where) from None
        self._check_names([tool["name"] for _, tool in entries.values()])
        return [self._tool(id_, tool) for id_, (_, tool) in entries.items()]

    def _tool(self, id_: str, tool: Message) -> tools.IncludedTool:
        override = {
            key: one
            for key, one in self.options.overrides.get(tool["name"], {}).items()
            if key != "id"
        }
        about = tools.about(tool, override)
        return tools.IncludedTool(id_, self.caller(id_), self.options.where, about)

    def _check_names(self, names: list[str]) -> None:
        """Raises for a filter or an override that means no tool."""
        filter = self.options.filter
        named = [
            *self.options.overrides,
            *(filter if filter is not None and not callable(filter) else ()),
        ]
        for name in named:
            if name not in names:
                text = f"the server has no tool {name!r} (it has: {', '.join(names) or 'none'})"
                raise DeclarationError(f"{self.options.what}: {text}", *self.options.where)

    # --- calls ------------------------------------------------------------------------------

    def caller(self, id_: str) -> Callable[..., Any]:
        """The function of a tool."""

        def call(ctx: Context, /, **arguments: Any) -> Any:
            return self.call(ctx, id_, arguments)

        return call

    def has(self, ctx: Context, id_: str) -> bool:
        """Whether the server has a tool now. Starts it."""
        return self.options.may_have(id_) and id_ in self._for_call(ctx).tools

    def call(self, ctx: Context, id_: str, arguments: Mapping[str, Any]) -> Any:
        """Calls a tool; the value is the tool's result. Raises ToolError."""
        conversation = self._for_call(ctx)
        method, tool = conversation.tools.get(id_, ("", {}))
        if not method:
            raise ToolError(
                "not_found", f"the server has no tool {id_!r} any more; build the plugin again"
            )
        try:
            answer = self._request(conversation.session, ctx, method, tool["name"], arguments)
        except RpcError as error:
            if error.code == _INVALID_PARAMS:
                raise ToolError("invalid_args", error.message) from None
            raise ToolError("execution_error", error.message) from None
        except SessionEnded as error:
            raise ToolError("execution_error", f"{error}. The next call starts it again") from None
        except TimeoutError as error:
            raise ToolError("timeout", str(error)) from None
        if method == "prompts/get":
            return messages_of(answer)
        return (
            result_of_contents(answer.get("contents") or [])
            if method == "resources/read"
            else result_of(answer)
        )

    def _request(
        self, session: Session, ctx: Context, method: str, name: str, arguments: Mapping[str, Any]
    ) -> Message:
        serve = answers(ctx, self.options.elicit)
        params: Message = {"name": name, "arguments": dict(arguments)}
        if method == "tools/call":
            params["_meta"] = {"progressToken": name}
        elif method == "resources/read":
            params = dict(arguments)
        else:
            params = {"arguments": {}, **arguments}
        return session.request(method, params, serve, seconds=_CALL_SECONDS)

    # --- sessions ---------------------------------------------------------------------------

    def _for_call(self, ctx: Context) -> _Conversation:
        secrets = ctx.secrets
        missing = [one for one in self.options.secrets if one not in secrets]
        if missing:
            names = ", ".join(missing)
            raise ToolError(
                "unavailable", f"not set: {names}. The user fills it in with the plugin's settings"
            )
        try:
            return self._conversation({name: secrets[name] for name in self.options.secrets})
        except (RpcError, SessionEnded, TimeoutError) as error:
            text = getattr(error, "message", str(error))
            raise ToolError("unavailable", f"the MCP server does not start: {text}") from None

    def _conversation(self, secrets: Mapping[str, str]) -> _Conversation:
        key = tuple(secrets.values())
        with self._lock:
            open_ = self._open.get(key)
            if open_ is not None and self._is_usable(open_):
                self._open[key] = self._open.pop(key)  # the last used one is last
                return open_
            self._forget(key)
            self._wait_for_turn()
            try:
                started = self._start(secrets)
            except BaseException:
                self._failed()
                raise
            self._open[key] = started
            if len(self._open) > _MAX_SESSIONS:
                self._forget(next(iter(self._open)))
            return started

    def _start(self, secrets: Mapping[str, str]) -> _Conversation:
        session = self._connect(secrets)
        try:
            return _Conversation(session, self.options)
        except BaseException:
            session.close()
            raise

    def _is_usable(self, found: _Conversation) -> bool:
        session = found.session
        if session.why_ended is not None:
            if found.lasted:
                self._failures = 0
            else:
                self._failed()
            return False
        return not session.late or session.answers(_PING_SECONDS)

    def _failed(self) -> None:
        delay = min(_FIRST_DELAY * 2**self._failures, _LONGEST_DELAY)
        self._not_before = monotonic() + (delay if self._failures else 0)
        self._failures += 1

    def _wait_for_turn(self) -> None:
        seconds = self._not_before - monotonic()
        if seconds > 0:
            raise ToolError(
                "unavailable",
                f"the MCP server ended {self._failures} times shortly after its start; the next "
                f"start is tried in {max(seconds, 1):.0f} seconds",
            )

    def _forget(self, key: tuple[str, ...]) -> None:
        conversation = self._open.pop(key, None)
        if conversation is not None:
            conversation.session.close()

    def close(self) -> None:
        """Ends all sessions."""
        with self._lock:
            for key in list(self._open):
                self._forget(key)
