"""`AsyncContext`: the host API for handlers written with `async def`. Every call is awaited.

Generated from `context.py` by script/gen-async-context: `make gen` writes it again.
"""

from __future__ import annotations

from . import operations as ops
from ._await import host_call
from ._log import AsyncLog
from ._secrets import Secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import Any, TypeVar, overload

    from ._frame import Frame
    from ._streams import AsyncCompletionStream
    from .operations import Prompt
    from .results import (
        Completion,
        ExecResult,
        FileContent,
        HttpResponse,
        Model,
        Rows,
        StreamChunk,
        Task,
    )

    T = TypeVar("T")


class _Group:
    """A part of the host API on one frame."""

    __slots__ = ("_frame",)

    def __init__(self, frame: Frame) -> None:
        self._frame = frame


class AsyncConfig(_Group):
    """Settings of this plugin for the calling agent, kept in the keychain. Values are strings."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        async def get(self, key: str) -> str | None: ...
        @overload
        async def get(self, key: str, default: T) -> str | T: ...

    async def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default` when there is none (or the call has no chat agent)."""
        return await host_call(self._frame, ops.config_get(key, default))

    async def get_bool(self, key: str, default: bool = False) -> bool:
        """The value of a toggle."""
        return await host_call(self._frame, ops.config_bool(key, default))

    async def get_number(self, key: str, default: float = 0.0) -> float:
        """The value of a number field. Raises ValueError when it is not a number."""
        return await host_call(self._frame, ops.config_number(key, default))

    async def set(self, key: str, value: str) -> None:
        """Stores a value of at most 1 MiB. Ignored by the host without a chat agent."""
        await host_call(self._frame, ops.config_set(key, value))

    async def delete(self, key: str) -> None:
        """Removes a value."""
        await host_call(self._frame, ops.config_delete(key))


class AsyncDatabase(_Group):
    """This plugin's own SQLite file, shared by all agents. One statement a call."""

    __slots__ = ()

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> ExecResult:
        """Runs a statement; `?` placeholders take `params` in order."""
        return await host_call(self._frame, ops.db_execute(sql, params))

    async def query(self, sql: str, params: Sequence[Any] = ()) -> Rows:
        """Runs a query: a list of dicts, with `columns` and `tuples`."""
        return await host_call(self._frame, ops.db_query(sql, params))


class AsyncInference(_Group):
    """The host's models. At most two calls of a plugin run at once (`Busy`)."""

    __slots__ = ()

    async def complete(
        self,
        prompt: Prompt,
        *,
        model: str = "default",
        system: str | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        tools: Sequence[Mapping[str, Any]] | bool | None = None,
        max_iterations: int | None = None,
        session_id: str | None = None,
        **options: Any,
    ) -> Completion:
        """Asks a model. `prompt` is text or a list of chat messages; `tools=True` gives it the
        agent's tools, which the host runs. `options` go to the host as they are."""
        options.update(
            model=model,
            max_tokens=max_tokens,
            temperature=temperature,
            tools=tools,
            max_iterations=max_iterations,
            session_id=session_id,
        )
        return await host_call(self._frame, ops.complete(prompt, system, options))

    def stream(
        self,
        prompt: Prompt,
        *,
        model: str = "default",
        system: str | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        tools: Sequence[Mapping[str, Any]] | bool | None = None,
        max_iterations: int | None = None,
        session_id: str | None = None,
        on_chunk: Callable[[StreamChunk], object] | None = None,
        **options: Any,
    ) -> AsyncCompletionStream:
        """As `complete`, in pieces. Starts when the first piece is asked for."""
        from ._streams import AsyncCompletionStream

        options.update(
            model=model,
            max_tokens=max_tokens,
            temperature=temperature,
            tools=tools,
            max_iterations=max_iterations,
            session_id=session_id,
        )
        return AsyncCompletionStream(
            self._frame, ops.stream_request(prompt, system, options), on_chunk
        )

    if TYPE_CHECKING:

        @overload
        async def embed(  # type: ignore[overload-overlap]  # a str is a Sequence[str]
            self, input: str, *, model: str | None = None
        ) -> list[float]: ...
        @overload
        async def embed(
            self, input: Sequence[str], *, model: str | None = None
        ) -> list[list[float]]: ...

    async def embed(self, input: str | Sequence[str], *, model: str | None = None) -> Any:
        """The vector of a string, or the vectors of several."""
        if isinstance(input, str):
            return await host_call(self._frame, ops.embed_one(input, model))
        return await host_call(self._frame, ops.embed(input, model))

    async def models(self) -> list[Model]:
        """What the host offers."""
        return await host_call(self._frame, ops.list_models())


class AsyncTasks(_Group):
    """Background tasks of the calling agent. Their events reach `@plugin.on_task_event`."""

    __slots__ = ()

    async def dispatch(
        self,
        prompt: str,
        *,
        title: str | None = None,
        tools: Sequence[str] | None = None,
        session_id: str | None = None,
        id: str | None = None,
        folder_bookmark: str | None = None,
    ) -> Task:
        """Starts a task and returns at once. `session_id` continues an earlier one."""
        return await host_call(
            self._frame, ops.dispatch(prompt, title, tools, session_id, id, folder_bookmark)
        )

    async def status(self, task: str | Task) -> Task:
        """The state of a task. Raises `NotFound` once the host has forgotten it."""
        return await host_call(self._frame, ops.task_status(task))

    async def list(self) -> list[Task]:
        """This plugin's active tasks, of all agents."""
        return await host_call(self._frame, ops.list_active_tasks())

    async def cancel(self, task: str | Task) -> None:
        """Stops a task. Does nothing for a task of another plugin."""
        await host_call(self._frame, ops.dispatch_cancel(task))

    async def send_draft(self, task: str | Task, draft: str | Mapping[str, Any]) -> None:
        """Shows a draft; a string is short for `{"text": ...}`."""
        await host_call(self._frame, ops.send_draft(task, draft))

    async def interrupt(self, task: str | Task, message: str | None = None) -> None:
        """Ends the current turn, with a last message of the user if one is given."""
        await host_call(self._frame, ops.dispatch_interrupt(task, message))


class AsyncHttp(_Group):
    """HTTP through the host: 60 requests a minute, public addresses only."""

    __slots__ = ()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: str | bytes | None = None,
        json: Any = None,
        timeout: float | None = None,
        follow_redirects: bool = True,
    ) -> HttpResponse:
        """Any method. `timeout` is in seconds (the host's own default is 30)."""
        return await host_call(
            self._frame,
            ops.http_request(method, url, headers, query, body, json, timeout, follow_redirects),
        )

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        follow_redirects: bool = True,
    ) -> HttpResponse:
        """A GET request."""
        return await host_call(
            self._frame,
            ops.http_request("GET", url, headers, query, None, None, timeout, follow_redirects),
        )

    async def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: str | bytes | None = None,
        json: Any = None,
        timeout: float | None = None,
        follow_redirects: bool = True,
    ) -> HttpResponse:
        """A POST request."""
        return await host_call(
            self._frame,
            ops.http_request("POST", url, headers, query, body, json, timeout, follow_redirects),
        )


class AsyncFiles(_Group):
    """Files of the host's artifacts folder."""

    __slots__ = ()

    async def read(self, path: str | PathLike[str]) -> FileContent:
        """A file of at most 50,000,000 bytes, by absolute path."""
        return await host_call(self._frame, ops.file_read(path))


class AsyncContext:
    """The host, for the duration of one call."""

    __slots__ = ("_extras", "frame")
    _osaurus_context = "async"

    def __init__(self, frame: Frame, extras: Mapping[str, Any] | None = None) -> None:
        self.frame = frame
        self._extras = extras

    @property
    def config(self) -> AsyncConfig:
        """Settings of this plugin for the calling agent."""
        return AsyncConfig(self.frame)

    @property
    def db(self) -> AsyncDatabase:
        """This plugin's SQLite database."""
        return AsyncDatabase(self.frame)

    @property
    def log(self) -> AsyncLog:
        """The host's log."""
        return AsyncLog(self.frame)

    @property
    def inference(self) -> AsyncInference:
        """The host's models."""
        return AsyncInference(self.frame)

    @property
    def tasks(self) -> AsyncTasks:
        """Background tasks."""
        return AsyncTasks(self.frame)

    @property
    def http(self) -> AsyncHttp:
        """HTTP through the host."""
        return AsyncHttp(self.frame)

    @property
    def files(self) -> AsyncFiles:
        """Files of the host's artifacts folder."""
        return AsyncFiles(self.frame)

    async def agent_id(self) -> str | None:
        """The agent that this call belongs to (upper-case UUID), if any."""
        return await host_call(self.frame, ops.agent_id())

    @property
    def secrets(self) -> Secrets:
        """Secrets of the calling agent by id. Empty outside tool calls."""
        return Secrets((self._extras or {}).get("secrets") or {})

    @property
    def working_directory(self) -> str | None:
        """The chat's working folder, where it has one. Tool calls only."""
        return (self._extras or {}).get("working_directory")
