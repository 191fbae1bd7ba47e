"""`Context`: the host API for handlers written with `def`. Every call waits for its answer.

Thin: `operations.py` says what to send and how to read the answer. `async_context.py` is made from
this file by script/gen-async-context.
"""

from __future__ import annotations

from . import operations as ops
from ._frame import CONFIG_GET, host_call
from ._log import Log
from ._secrets import Secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import Any, TypeVar, overload

    from ._frame import Frame
    from ._streams import CompletionStream
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


class Config(_Group):
    """Settings of this plugin for the calling agent, kept in the keychain. Values are strings.

    >>> ctx.config.set("color", "red")
    >>> ctx.config.get("color"), ctx.config.get("size", "small")
    ('red', 'small')
    >>> ctx.config.get_bool("loud", default=True)
    True
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def get(self, key: str) -> str | None: ...
        @overload
        def get(self, key: str, default: T) -> str | T: ...

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default` when there is none (or the call has no chat agent)."""
        # Blocking only: this cheapest host call is made in loops, so not through `operations`.
        if type(key) is str:
            text = self._frame.call(CONFIG_GET, (key,))
            return default if text is None else text
        return host_call(self._frame, ops.config_get(key, default))

    def get_bool(self, key: str, default: bool = False) -> bool:
        """The value of a toggle."""
        return host_call(self._frame, ops.config_bool(key, default))

    def get_number(self, key: str, default: float = 0.0) -> float:
        """The value of a number field. Raises ValueError when it is not a number."""
        return host_call(self._frame, ops.config_number(key, default))

    def set(self, key: str, value: str) -> None:
        """Stores a value of at most 1 MiB. Ignored by the host without a chat agent."""
        host_call(self._frame, ops.config_set(key, value))

    def delete(self, key: str) -> None:
        """Removes a value."""
        host_call(self._frame, ops.config_delete(key))


class Database(_Group):
    """This plugin's own SQLite file, shared by all agents. One statement a call.

    >>> done = ctx.db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    >>> ctx.db.execute("INSERT INTO notes (text) VALUES (?)", ["buy milk"]).last_insert_rowid
    1
    >>> ctx.db.query("SELECT * FROM notes")
    [{'id': 1, 'text': 'buy milk'}]
    >>> ctx.db.query("SELECT count(*) FROM notes").scalar()
    1
    """

    __slots__ = ()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> ExecResult:
        """Runs a statement; `?` placeholders take `params` in order."""
        return host_call(self._frame, ops.db_execute(sql, params))

    def query(self, sql: str, params: Sequence[Any] = ()) -> Rows:
        """Runs a query: a list of dicts, with `columns` and `tuples`."""
        return host_call(self._frame, ops.db_query(sql, params))


class Inference(_Group):
    """The host's models. At most two calls of a plugin run at once (`Busy`).

    >>> ctx.inference.complete("Hello!", system="Be brief.", max_tokens=20).text
    'Hi.'
    >>> [chunk.text for chunk in ctx.inference.stream("Count to three.")]
    ['One, ', 'two, ', 'three.']
    >>> ctx.inference.embed("tea")
    [0.25, 0.5]
    """

    __slots__ = ()

    def complete(
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
        return host_call(self._frame, ops.complete(prompt, system, options))

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
    ) -> CompletionStream:
        """As `complete`, in pieces. Starts when the first piece is asked for."""
        from ._streams import CompletionStream

        options.update(
            model=model,
            max_tokens=max_tokens,
            temperature=temperature,
            tools=tools,
            max_iterations=max_iterations,
            session_id=session_id,
        )
        return CompletionStream(self._frame, ops.stream_request(prompt, system, options), on_chunk)

    if TYPE_CHECKING:

        @overload
        def embed(  # type: ignore[overload-overlap]  # a str is a Sequence[str]
            self, input: str, *, model: str | None = None
        ) -> list[float]: ...
        @overload
        def embed(self, input: Sequence[str], *, model: str | None = None) -> list[list[float]]: ...

    def embed(self, input: str | Sequence[str], *, model: str | None = None) -> Any:
        """The vector of a string, or the vectors of several."""
        if isinstance(input, str):
            return host_call(self._frame, ops.embed_one(input, model))
        return host_call(self._frame, ops.embed(input, model))

    def models(self) -> list[Model]:
        """What the host offers."""
        return host_call(self._frame, ops.list_models())


class Tasks(_Group):
    """Background tasks of the calling agent. Their events reach `@plugin.on_task_event`.

    >>> task = ctx.tasks.dispatch("Write a summary of my notes.", title="Summary")
    >>> ctx.tasks.status(task).status
    'running'
    >>> ctx.tasks.cancel(task)
    """

    __slots__ = ()

    def dispatch(
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
        return host_call(
            self._frame, ops.dispatch(prompt, title, tools, session_id, id, folder_bookmark)
        )

    def status(self, task: str | Task) -> Task:
        """The state of a task. Raises `NotFound` once the host has forgotten it."""
        return host_call(self._frame, ops.task_status(task))

    def list(self) -> list[Task]:
        """This plugin's active tasks, of all agents."""
        return host_call(self._frame, ops.list_active_tasks())

    def cancel(self, task: str | Task) -> None:
        """Stops a task. Does nothing for a task of another plugin."""
        host_call(self._frame, ops.dispatch_cancel(task))

    def send_draft(self, task: str | Task, draft: str | Mapping[str, Any]) -> None:
        """Shows a draft; a string is short for `{"text": ...}`."""
        host_call(self._frame, ops.send_draft(task, draft))

    def interrupt(self, task: str | Task, message: str | None = None) -> None:
        """Ends the current turn, with a last message of the user if one is given."""
        host_call(self._frame, ops.dispatch_interrupt(task, message))


class Http(_Group):
    """HTTP through the host: 60 requests a minute, public addresses only.

    >>> answer = ctx.http.post("https://api.example.com/items", json={"name": "tea"}, timeout=5)
    >>> answer.raise_for_status().json()
    {'id': 7}
    """

    __slots__ = ()

    def request(
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
        return host_call(
            self._frame,
            ops.http_request(method, url, headers, query, body, json, timeout, follow_redirects),
        )

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        follow_redirects: bool = True,
    ) -> HttpResponse:
        """A GET request."""
        return host_call(
            self._frame,
            ops.http_request("GET", url, headers, query, None, None, timeout, follow_redirects),
        )

    def post(
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
        return host_call(
            self._frame,
            ops.http_request("POST", url, headers, query, body, json, timeout, follow_redirects),
        )


class Files(_Group):
    """Files of the host's artifacts folder.

    >>> ctx.files.read("/artifacts/list.txt").text
    'milk, bread'
    """

    __slots__ = ()

    def read(self, path: str | PathLike[str]) -> FileContent:
        """A file of at most 50,000,000 bytes, by absolute path."""
        return host_call(self._frame, ops.file_read(path))


class Context:
    """The host, for the duration of one call.

    >>> @plugin.tool
    ... def remember(ctx: Context, what: str) -> str:
    ...     '''Remember something for this agent.'''
    ...     ctx.config.set("memory", what)
    ...     ctx.log.info("remembered", agent=ctx.agent_id)
    ...     return "I will remember."
    """

    __slots__ = ("_extras", "frame")
    _osaurus_context = "sync"

    def __init__(self, frame: Frame, extras: Mapping[str, Any] | None = None) -> None:
        self.frame = frame
        self._extras = extras

    @property
    def config(self) -> Config:
        """Settings of this plugin for the calling agent."""
        return Config(self.frame)

    @property
    def db(self) -> Database:
        """This plugin's SQLite database."""
        return Database(self.frame)

    @property
    def log(self) -> Log:
        """The host's log."""
        return Log(self.frame)

    @property
    def inference(self) -> Inference:
        """The host's models."""
        return Inference(self.frame)

    @property
    def tasks(self) -> Tasks:
        """Background tasks."""
        return Tasks(self.frame)

    @property
    def http(self) -> Http:
        """HTTP through the host."""
        return Http(self.frame)

    @property
    def files(self) -> Files:
        """Files of the host's artifacts folder."""
        return Files(self.frame)

    @property
    def agent_id(self) -> str | None:
        """The agent that this call belongs to (upper-case UUID), if any."""
        return host_call(self.frame, ops.agent_id())

    @property
    def secrets(self) -> Secrets:
        """Secrets of the calling agent by id. Empty outside tool calls."""
        return Secrets((self._extras or {}).get("secrets") or {})

    @property
    def working_directory(self) -> str | None:
        """The chat's working folder, where it has one. Tool calls only."""
        return (self._extras or {}).get("working_directory")
