"""The asyncio loop that runs every `async def` handler: one thread, started at the first such call.

Called by the engine on any thread. Imports asyncio, which is why the engine imports this file late.
Must not know of JSON or of host calls: it gets a coroutine function and an object that takes the outcome.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

ERROR = 4
Handler = Callable[..., Coroutine[Any, Any, Any]]


class Supervisor:
    """Owns the loop and its thread; restarts `run_forever` whatever ended it."""

    def __init__(self, names: Any, output: Any) -> None:
        self._names = names
        self._output = output
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._on_loop_error)
        self.tops: dict[Any, Run] = {}
        self.thread = threading.Thread(target=self._run, name="osaurus-asyncio", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while True:
            # An exit or an interrupt in a background task, a late interrupt while the loop is idle, or a
            # script that calls loop.stop(): pending tasks survive all of them when the loop goes on.
            try:
                self.loop.run_forever()
            except BaseException as error:
                self._report("the asyncio loop was interrupted and goes on", error)

    def _report(self, what: str, error: BaseException) -> None:
        try:
            space = self._names.of_traceback(error.__traceback__) or self._output.active.get()
            space = space or next(iter(self._names.spaces()), None)
            if space is not None:
                text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
                space.log(ERROR, space.public(f"{what}:\n{text.rstrip()}"))
        except BaseException:
            return

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        what = str(context.get("message", "error in the asyncio loop"))
        if isinstance(error, BaseException):
            self._report(what, error)
            return
        space = self._output.active.get() or next(iter(self._names.spaces()), None)
        if space is not None:
            space.log(ERROR, space.public(what))

    def stuck_in(self, run: Run) -> bool:
        """Whether the loop's thread is busy in `run` right now, not yielding. Asked from other threads."""
        task = asyncio.current_task(self.loop)
        if task is None:
            return False
        top = self.tops.get(task)
        if top is not None:
            return top is run
        frame = sys._current_frames().get(self.thread.ident or 0)
        return self._names.of_frame(frame) is run.space


class Run:
    """One call of an asynchronous handler."""

    def __init__(self, supervisor: Supervisor, space: Any, finish: Callable[[Any, BaseException | None], None]) -> None:
        self.space = space
        self._supervisor = supervisor
        self._finish = finish
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self._heard = False

    def start(self, handler: Handler, *args: Any) -> None:
        """Queues the call. Any thread."""
        self._supervisor.loop.call_soon_threadsafe(self._begin, handler, args)

    def _begin(self, handler: Handler, args: tuple[Any, ...]) -> None:
        if self._cancelled:
            self._finish(None, asyncio.CancelledError("stopped at its deadline before it began"))
            return
        token = self._supervisor._output.active.set(self.space)
        try:
            self._task = self._supervisor.loop.create_task(self._guarded(handler, args))
        finally:
            self._supervisor._output.active.reset(token)
        self._supervisor.tops[self._task] = self

    async def _guarded(self, handler: Handler, args: tuple[Any, ...]) -> None:
        # sys.exit() in a task would leave run_forever; the caller would then wait for ever.
        result, failure = None, None
        try:
            result = await handler(*args)
        except BaseException as error:
            failure = error
        if self._task is not None:
            self._supervisor.tops.pop(self._task, None)
        self._finish(result, failure)

    def cancel(self) -> int | None:
        """Asks the task to stop. The loop's thread when an earlier request was not heard: it does not yield."""
        first = not self._cancelled
        self._cancelled = True
        self._supervisor.loop.call_soon_threadsafe(self._cancel)
        stuck = not first and not self._heard and self._supervisor.stuck_in(self)
        return self._supervisor.thread.ident if stuck else None

    def _cancel(self) -> None:
        self._heard = True
        if self._task is not None:
            self._task.cancel()
