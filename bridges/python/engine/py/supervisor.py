"""The asyncio loop of every `async def` handler. A thread runs it, started at the first such call; while that
thread waits, the engine may run the first step of a handler on the thread of its call (`first_step.rs`).

Called by the engine on any thread. Imports asyncio, which is why the engine imports this file late.
Must not know of JSON or of host calls: it gets a coroutine function and an object that takes the outcome.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

ERROR = 4
Handler = Callable[..., Coroutine[Any, Any, Any]]


class TurnSelector(selectors.DefaultSelector):
    """Lets another thread have the loop while its own waits. Who holds `turn` may touch the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()
        self.visited = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        self.visited = False
        self.turn.release()
        try:
            events = super().select(timeout)
        finally:
            self.turn.acquire()
        # A visitor may have closed what was ready; what still is will be reported again.
        return [] if self.visited else events


def _new_loop() -> tuple[asyncio.AbstractEventLoop, TurnSelector | None]:
    """A loop, and its selector unless the author's policy makes loops of another kind."""
    loop = asyncio.new_event_loop()
    if type(loop) is not asyncio.SelectorEventLoop:
        return loop, None
    loop.close()
    selector = TurnSelector()
    return asyncio.SelectorEventLoop(selector), selector


class Supervisor:
    """Owns the loop and its thread; restarts `run_forever` whatever ended it."""

    def __init__(self, log: Callable[[int, str], None]) -> None:
        self._log = log
        self.loop, self.selector = _new_loop()
        self.loop.set_exception_handler(self._on_loop_error)
        self.tops: dict[Any, Run] = {}
        self.thread = threading.Thread(target=self._run, name="osaurus-asyncio", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        if self.selector is not None:
            self.selector.turn.acquire()
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
            text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            self._log(ERROR, f"{what}:\n{text.rstrip()}")
        except BaseException:
            return

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        what = str(context.get("message", "error in the asyncio loop"))
        if isinstance(error, BaseException):
            self._report(what, error)
        else:
            self._log(ERROR, what)

    def stuck_in(self, run: Run) -> bool:
        """Whether the loop's thread is busy in `run` right now, not yielding. Asked from other threads."""
        task = asyncio.current_task(self.loop)
        if task is None:
            return False
        # A task that the script has made itself may be anyone's.
        return self.tops.get(task, run) is run


class Run:
    """One call of an asynchronous handler."""

    def __init__(self, supervisor: Supervisor, finish: Callable[[Any, BaseException | None], None]) -> None:
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
        self._task = self._supervisor.loop.create_task(self.guarded(handler, *args))
        self._supervisor.tops[self._task] = self

    async def guarded(self, handler: Handler, *args: Any) -> None:
        """The handler with its outcome handed over."""
        # sys.exit() in a task would leave run_forever; the caller would then wait forever.
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
