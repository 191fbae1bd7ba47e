"""An MCP server of Python in this process: it runs on a thread of its own and believes that it
talks over stdio.

Works with every server that ends in `mcp.server.stdio.stdio_server`, whatever wraps it: the
official SDK (1.x and 2.x), fastmcp, and plain functions that serve. `server.py` opens it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from contextvars import ContextVar, copy_context
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction, signature
from threading import Lock, Thread
from typing import Any

from .. import _codec
from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

_connection: ContextVar[Connection | None] = ContextVar("osaurus_mcp_connection", default=None)
_MARK = "_osaurus_redirected"


def can_serve(target: object) -> bool:
    """Whether something is a server, or a function that runs one over stdio."""
    return (
        callable(getattr(target, "run_stdio_async", None))
        or _is_low_level(target)
        or callable(target)
    )


def connect(target: Any, args: Sequence[str], env: Mapping[str, str]) -> Session:
    """Starts the server on a thread, with `args` as its command line until it has answered."""
    session = Session()
    os.environ.update(env)
    own, sys.argv = sys.argv, ["mcp-server", *args]
    session.on_begun = lambda: setattr(sys, "argv", own)
    connection = Connection(session)
    session.send, session.close = connection.send, connection.close
    context = copy_context()
    run = Thread(
        target=context.run, args=(_serve, target, connection), name="mcp-server", daemon=True
    )
    run.start()
    return session


class Connection:
    """What stands for the standard input and output of the server: files for `stdio_server`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = Lock()
        self._early: list[str | None] = []
        self._put: Callable[[str | None], object] = self._early.append
        self._lines: asyncio.Queue[str | None]

    # --- the client's side ------------------------------------------------------------------

    def send(self, message: Any) -> None:
        """Puts a message into the server's input. Any thread."""
        with self._lock:
            self._put(_codec.dumps(message) + "\n")

    def close(self) -> None:
        """Ends the server's input."""
        with self._lock:
            self._put(None)

    # --- the server's side, on its loop -----------------------------------------------------

    def __aiter__(self) -> Connection:
        loop = asyncio.get_running_loop()
        with self._lock:
            self._lines = asyncio.Queue()
            for line in self._early:
                self._lines.put_nowait(line)
            self._put = lambda line: _post(loop, self._lines, line)
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        return line

    async def write(self, text: str) -> None:
        """A message of the server."""
        try:
            self._session.receive(_codec.loads(text))
        except ValueError:
            sys.stderr.write(f"the MCP server sent what is not JSON: {text[:200]!r}\n")

    async def flush(self) -> None:
        """Everything has been handed on already."""


def _post(
    loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None], line: str | None
) -> None:
    try:
        loop.call_soon_threadsafe(lines.put_nowait, line)
    except RuntimeError:  # the loop is closed; the session has heard of it
        return


# --- the server's thread -----------------------------------------------------------------------


def _serve(target: Any, connection: Connection) -> None:
    _redirect_stdio()
    _connection.set(connection)
    try:
        serve = _server_of(target)
        if iscoroutinefunction(serve):
            asyncio.run(serve())
        else:
            result = serve()
            if isawaitable(result):
                asyncio.run(_awaited(result))
        why = "the server has returned"
    except BaseException as error:
        from .._tracebacks import summary, trace

        why = f"the server failed: {summary(_innermost(error))}"
        sys.stderr.write(f"{why}{trace(error)}\n")
    connection._session.ended(why)


async def _awaited(result: Any) -> None:
    await result


def _innermost(error: BaseException) -> BaseException:
    """Of a group of one, the one."""
    while True:
        inner: Any = getattr(error, "exceptions", ())
        if len(inner) != 1:
            return error
        error = inner[0]


def _is_low_level(target: object) -> bool:
    return hasattr(target, "create_initialization_options") and hasattr(target, "run")


def _server_of(target: Any) -> Callable[[], Any]:
    run = getattr(target, "run_stdio_async", None)
    if run is not None:
        quiet = {"show_banner": False} if "show_banner" in signature(run).parameters else {}

        async def serve() -> None:
            await run(**quiet)

        return serve
    if _is_low_level(target):

        async def serve_low_level() -> None:
            async with _stdio_module().stdio_server() as (read, write):
                await target.run(read, write, target.create_initialization_options())

        return serve_low_level
    serve_itself: Callable[[], Any] = target
    return serve_itself


def _redirect_stdio() -> None:
    """Replaces `stdio_server` wherever it was imported to: a server's thread gets our files."""
    stdio = _stdio_module()
    original = stdio.stdio_server
    if not hasattr(original, _MARK):
        redirected = _redirected(original)
        setattr(redirected, _MARK, original)
        stdio.stdio_server = redirected
    plain, redirected = getattr(stdio.stdio_server, _MARK), stdio.stdio_server
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("stdio_server") is plain:
            module.stdio_server = redirected  # type: ignore[attr-defined]


def _stdio_module() -> Any:
    return import_module("mcp.server.stdio")


def _redirected(original: Any) -> Any:
    @asynccontextmanager
    async def stdio_server(stdin: Any = None, stdout: Any = None) -> AsyncIterator[Any]:
        connection = _connection.get()
        files = (stdin, stdout) if connection is None else (connection, connection)
        async with original(*files) as streams:
            yield streams

    return stdio_server
