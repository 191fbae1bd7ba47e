"""The worker's second connection: `async def` handlers on one loop, and `def` handlers that find
the lane taken on threads of their own. Also where the shim says that a call's time is over."""

from __future__ import annotations

import os
import sys
from _contextvars import ContextVar
from _thread import allocate_lock, start_new_thread

from .. import _codec
from ..errors import DeadlineExceeded
from .calls import LATE, answer, arguments, send_result
from .channel import Channel, Closed, Message
from .frame import WorkerFrame
from .messages import BYE, CALL, CANCEL, LOG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Callable
    from typing import Any

    from .._runtime import Runtime

_call: ContextVar[int] = ContextVar("osaurus_call", default=0)


class Mux(Channel):
    """The connection for many calls at once, with a thread that reads it.

    `stop_on_main` stops a call if it is the one that the main thread runs, and says whether it was.
    """

    def __init__(
        self, descriptor: int, runtime: Runtime, stop_on_main: Callable[[int], bool]
    ) -> None:
        super().__init__(descriptor)
        self.runtime = runtime
        self._stop_on_main = stop_on_main
        self._loop: Loop | None = None
        self._threads: dict[int, CallThread] = {}
        self._idle: list[CallThread] = []
        self._lock = allocate_lock()

    def start(self) -> None:
        """Begins to read."""
        start_new_thread(self._read, ())

    def log(self, level: int, text: str) -> None:
        """A log line for the call that runs here, if one does."""
        self.send(LOG, _call.get(), 0, level, text)

    def _read(self) -> None:
        try:
            while True:
                message = self.receive()
                if not self.answer(message):
                    self._dispatch(message)
        except Closed:
            pass
        except BaseException as error:
            sys.stderr.write(f"the worker cannot go on: {error!r}\n")
        # Not by the main thread: it may be in a handler that never returns.
        os._exit(0)

    def _dispatch(self, message: Message) -> None:
        if message.kind == CANCEL:
            self._cancel(message.call)
        elif message.kind == CALL:
            if _is_async(self.runtime, message):
                if self._loop is None:
                    self._loop = Loop(self)
                self._loop.begin(message)
            else:
                self._on_a_thread(message)
        elif message.kind != BYE:  # the lane's goodbye is the one that counts
            sys.stderr.write(f"a message of type {message.kind} came unexpectedly\n")

    def _on_a_thread(self, message: Message) -> None:
        with self._lock:
            thread = self._idle.pop() if self._idle else CallThread(self)
            self._threads[message.call] = thread
        thread.begin(message)

    def thread_is_free(self, thread: CallThread, call: int) -> None:
        """A call thread has sent its result."""
        with self._lock:
            self._threads.pop(call, None)
            self._idle.append(thread)

    def _cancel(self, call: int) -> None:
        if self._stop_on_main(call):
            return
        with self._lock:
            thread = self._threads.get(call)
        if thread is not None:
            thread.stop(call)
        elif self._loop is not None:
            self._loop.cancel(call)


def _is_async(runtime: Runtime, message: Message) -> bool:
    if len(message.fields) > 5:
        return bool(message.fields[5])
    return runtime.is_async(message.fields[0], message.fields[1])


class CallThread:
    """Runs `def` handlers, one after another."""

    def __init__(self, mux: Mux) -> None:
        from queue import SimpleQueue
        from threading import Thread

        self.mux = mux
        self.queue: SimpleQueue[Message] = SimpleQueue()
        self.current = 0
        self._lock = allocate_lock()
        self._thread = Thread(target=self._run, name="osaurus-call", daemon=True)
        self._thread.start()

    def begin(self, message: Message) -> None:
        """Hands the thread a call. It must be free."""
        self.current = message.call
        self.queue.put(message)

    def stop(self, call: int) -> None:
        """Raises DeadlineExceeded in the thread if it still runs the call."""
        with self._lock:
            if self.current == call:
                _raise_in(self._thread.ident, DeadlineExceeded)

    def _run(self) -> None:
        while True:
            try:
                self._serve(self.queue.get())
            except DeadlineExceeded:  # it came too late for its own call
                continue
            except Closed:
                return

    def _serve(self, message: Message) -> None:
        frame = WorkerFrame(self.mux, message.call)
        _call.set(message.call)
        try:
            try:
                status, text = answer(self.mux.runtime, frame, message)
            finally:
                with self._lock:
                    self.current = 0
                    _raise_in(self._thread.ident, None)  # one that is on its way
        except DeadlineExceeded:
            status, text = 0, LATE
        frame.ended = True
        _call.set(0)
        try:
            send_result(self.mux, message.call, status, text)
        finally:
            self.mux.thread_is_free(self, message.call)


def _raise_in(ident: int | None, error: type[BaseException] | None) -> None:
    """CPython's way to raise in another thread, or to take that back. Nothing happens where
    `ctypes` is missing: the shim then ends the process."""
    if error is None and "ctypes" not in sys.modules:
        return  # nothing was ever raised
    try:
        import ctypes

        raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    except (ImportError, AttributeError):
        return
    raise_in(ctypes.c_ulong(ident or 0), ctypes.py_object(error) if error else None)


class Loop:
    """One asyncio loop on a thread, for all `async def` handlers."""

    def __init__(self, mux: Mux) -> None:
        import asyncio
        from threading import Thread

        self.mux = mux
        self.loop: AbstractEventLoop = asyncio.new_event_loop()
        self.tasks: dict[int, Task[tuple[int, str]]] = {}
        Thread(target=self._run, name="osaurus-loop", daemon=True).start()

    def _run(self) -> None:
        import asyncio

        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
            except BaseException as error:  # sys.exit in a callback must not end all handlers
                sys.stderr.write(f"an asyncio callback raised {error!r}\n")

    def begin(self, message: Message) -> None:
        """Starts a handler. Any thread."""
        self.loop.call_soon_threadsafe(self._begin, message)

    def cancel(self, call: int) -> None:
        """Cancels a handler that still runs. Any thread."""
        self.loop.call_soon_threadsafe(self._cancel, call)

    def _cancel(self, call: int) -> None:
        task = self.tasks.get(call)
        if task is not None:
            task.cancel()

    def _begin(self, message: Message) -> None:
        frame = WorkerFrame(self.mux, message.call)
        task = self.loop.create_task(_serve(self.mux.runtime, frame, message))
        self.tasks[message.call] = task
        # Not in the task itself: one that is cancelled before it began would never answer.
        task.add_done_callback(lambda done: self._end(done, frame))

    def _end(self, task: Task[tuple[int, str]], frame: WorkerFrame) -> None:
        self.tasks.pop(frame.call_id, None)
        frame.ended = True
        if task.cancelled():
            status, text = 0, LATE
        else:
            error = task.exception()
            status, text = task.result() if error is None else (3, f"{error!r}")
        try:
            send_result(self.mux, frame.call_id, status, text)
        except Closed:
            return


async def _serve(runtime: Runtime, frame: WorkerFrame, message: Message) -> tuple[int, str]:
    _call.set(message.call)
    try:
        kind, target, payload, context = arguments(runtime, message)
        result: Any = await runtime.acall(frame, kind, target, payload, context)
        return 0, _codec.dumps(result)
    except DeadlineExceeded:
        return 0, LATE
    except Exception as error:
        return 3, f"{type(error).__name__}: {error}"
