"""The asyncio loop for `async def` handlers, on the thread that reads the mux.

Calls that come while the loop waits are served where it waits: a handler that does not wait costs
no turn of the loop. Used by `mux.py`, which knows what messages mean.
"""

from __future__ import annotations

import asyncio
import select
import selectors
import sys

from .. import _codec
from .._first_step import FirstStep
from ..errors import DeadlineExceeded
from . import debugging
from .calls import LATE, arguments, current_call, send_result
from .channel import Closed
from .frame import WorkerFrame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._runtime import Runtime
    from .channel import Channel
    from .relief import Relief
    from .wire import Message


class CallSelector(selectors.DefaultSelector):
    """Waits for what the loop waits for, and for calls, which `serve` takes at once."""

    def __init__(self, descriptor: int, serve: Callable[..., None], relief: Relief) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._serve = serve
        self._relief = relief
        self._both = select.poll()
        self._both.register(descriptor, select.POLLIN)
        self._both.register(self.fileno(), select.POLLIN)
        self.has_work: Callable[[], bool] = lambda: True

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As every selector's."""
        # Rounded up: a timer must not be looked at before its time.
        limit = None if timeout is None else max(0, -int(-timeout * 1000 // 1))
        while True:
            reads = self._relief.reads
            self._relief.loop_waits = True
            ready = self._both.poll(limit)
            self._relief.turn()
            if not ready:
                return []
            if len(ready) == 2 or ready[0][0] != self._descriptor:
                break
            self._serve(reads)
            if limit is not None or self.has_work():
                return []
        if len(ready) == 2:
            self._serve(reads)
        return super().select(0)


class Loop:
    """Runs the handlers. Made and run by the thread that reads the mux."""

    def __init__(
        self, mux: Channel, runtime: Runtime, serve: Callable[..., None], relief: Relief
    ) -> None:
        self._mux = mux
        self._runtime = runtime
        self.loop = _new_loop(mux.descriptor, serve, relief)
        self._tasks: dict[int, asyncio.Task[tuple[int, str]]] = {}
        self._first = FirstStep(self.loop)

    def run(self) -> None:
        """Runs until the shim has gone."""
        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
            except BaseException as error:  # sys.exit in a callback must not end all handlers
                sys.stderr.write(f"an asyncio callback raised {error!r}\n")

    def begin(self, message: Message) -> None:
        """Starts a handler, on the loop's thread."""
        frame = WorkerFrame(self._mux, message.call)
        task = self._first.run(_serve(self._runtime, frame, message))
        if task.done():
            self._end(task, frame)
            return
        self._tasks[message.call] = task
        # Not in the task itself: one that is cancelled may never answer.
        task.add_done_callback(lambda done: self._end(done, frame))

    def begin_soon(self, message: Message) -> None:
        """Starts a handler when the loop comes to it. Any thread."""
        self.loop.call_soon_threadsafe(self.begin, message)

    def cancel(self, call: int) -> None:
        """Cancels a handler that still runs. Any thread."""
        self.loop.call_soon_threadsafe(self._cancel, call)

    def _cancel(self, call: int) -> None:
        task = self._tasks.get(call)
        if task is not None:
            task.cancel()

    def _end(self, task: asyncio.Task[tuple[int, str]], frame: WorkerFrame) -> None:
        self._tasks.pop(frame.call_id, None)
        frame.ended = True
        debugging.call_ended()
        if task.cancelled():
            status, text = 0, LATE
        else:
            error = task.exception()
            status, text = task.result() if error is None else (3, f"{error!r}")
        try:
            send_result(self._mux, frame.call_id, status, text)
        except Closed:
            return


def _new_loop(
    descriptor: int, serve: Callable[..., None], relief: Relief
) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    # The author may have set a policy with a loop of another kind.
    if type(loop) is not asyncio.SelectorEventLoop or not hasattr(CallSelector, "fileno"):
        loop.add_reader(descriptor, serve)
        return loop
    loop.close()
    selector = CallSelector(descriptor, serve, relief)
    loop = asyncio.SelectorEventLoop(selector)
    selector.has_work = _work_of(loop)
    return loop


def _work_of(loop: Any) -> Callable[[], bool]:
    """Whether a loop has something to do before anything else happens."""
    if hasattr(loop, "_ready") and hasattr(loop, "_scheduled"):
        return lambda: bool(loop._ready or loop._scheduled)
    return lambda: True


async def _serve(runtime: Runtime, frame: WorkerFrame, message: Message) -> tuple[int, str]:
    current_call.set(message.call)
    try:
        kind, target, payload, context = arguments(runtime, message)
        result: Any = await runtime.acall(frame, kind, target, payload, context)
        return 0, _codec.dumps(result)
    except DeadlineExceeded:
        return 0, LATE
    except Exception as error:
        return 3, f"{type(error).__name__}: {error}"
