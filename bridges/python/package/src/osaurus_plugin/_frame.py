"""What an engine gives a handler to reach the host: the protocol `Frame`, and slot numbers.

Implemented by the embedded engine, by `_worker/frame.py` and by `testing.py`; used by the
context classes alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar

    from .errors import HostCallRefused

    T = TypeVar("T")
    Args = tuple[str | int | None, ...]
    # One host call: slot, arguments, and how to read the answer.
    Op = tuple[int, Args, Callable[[str | None], T]]
    Done = Callable[[str | None, HostCallRefused | None], None]

    class Frame(Protocol):
        """One call of the host. Any thread, within limits that `call` names when it refuses."""

        @property
        def on_host_thread(self) -> bool:
            """Whether a blocking call made now runs the host's code on this very thread."""
            ...

        def call(self, slot: int, args: Args, /) -> str | None:
            """Makes a host call and waits. Raises `HostCallRefused`."""

        def post(self, slot: int, args: Args, done: Done, /) -> Any:
            """Queues a host call; `done(value, refusal)` follows on any thread."""

        def stream(
            self, request: str, on_chunk: Callable[[str], bool], done: Done | None, /
        ) -> str | None:
            """Runs `complete_stream`: blocking when `done` is None, queued otherwise.
            `on_chunk` may run on any thread and returns False to stop the stream."""


CONFIG_GET = 1
CONFIG_SET = 2
CONFIG_DELETE = 3
DB_EXEC = 4
DB_QUERY = 5
LOG = 6
DISPATCH = 7
TASK_STATUS = 8
DISPATCH_CANCEL = 9
COMPLETE = 11
COMPLETE_STREAM = 12
EMBED = 13
LIST_MODELS = 14
HTTP_REQUEST = 15
FILE_READ = 16
LIST_ACTIVE_TASKS = 17
SEND_DRAFT = 18
DISPATCH_INTERRUPT = 19
COMPLETE_CANCEL = 21
GET_ACTIVE_AGENT_ID = 22
LOG_STRUCTURED = 23


def host_call(frame: Frame, op: Op[T]) -> T:
    """Runs one operation and waits; `_await.py` has the one for coroutines."""
    slot, args, parse = op
    return parse(frame.call(slot, args))
