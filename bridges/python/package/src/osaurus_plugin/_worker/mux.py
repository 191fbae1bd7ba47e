"""The worker's second connection: `async def` handlers on one loop, and `def` handlers that find
the lane taken on threads of their own. Also where the shim says that a call's time is over."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock, get_ident, start_new_thread
from select import POLLIN, poll

from ..errors import DeadlineExceeded
from . import debugging
from .calls import LATE, answer, current_call, send_result
from .channel import Channel, Closed, Waiting
from .frame import WorkerFrame
from .messages import BYE, CALL, CANCEL, LOG
from .wire import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from .._runtime import Runtime
    from .loop import Loop
    from .relief import Relief


class Mux(Channel):
    """The connection for many calls at once, with a thread that reads it.

    `stop_on_main` stops a call if it is the one that the main thread runs, and says whether it was.
    """

    def __init__(
        self,
        descriptor: int,
        output: int,
        runtime: Runtime,
        stop_on_main: Callable[[int], bool],
    ) -> None:
        super().__init__(descriptor, output)
        self.runtime = runtime
        self._stop_on_main = stop_on_main
        self._loop: Loop | None = None
        self._threads: dict[int, CallThread] = {}
        self._idle: list[CallThread] = []
        self._lock = allocate_lock()
        self._reader = 0
        # Held by the thread that receives; the loop's may be relieved by another one.
        self._reading = allocate_lock()
        self._relief: Relief | None = None
        self._poll = poll()
        self._poll.register(descriptor, POLLIN)

    def start(self) -> None:
        """Begins to read."""
        start_new_thread(self._run, ())

    def log(self, level: int, text: str) -> None:
        """A log line for the call that runs here, if one does."""
        self.send(LOG, current_call.get(), 0, level, text)

    def wait(self, waiting: Waiting) -> None:
        """Returns when the answer is there."""
        if get_ident() != self._reader:
            waiting.wake.acquire()
            return
        # A handler on the loop that blocks: its answer is read here, unless another thread has
        # read it and is about to say so.
        while not waiting.ready:
            self._take_one(lambda: not waiting.ready and bool(self._poll.poll(20)), at_once=False)
        self._take_rest(at_once=False)

    def _run(self) -> None:
        """Reads; from the first `async def` handler on, where the loop waits."""
        self._reader = get_ident()
        try:
            while self._loop is None:
                self._take(self.receive(), at_once=False)
            self._take_rest(at_once=False)
            self._loop.run()
        except BaseException as error:
            self._leave(error)

    def _serve(self, reads: int | None = None) -> None:
        """Takes the messages that have come, on the loop's thread. `reads` is how often another
        thread had read before they were seen: it may have read them since."""

        def is_there() -> bool:
            return (self._relief is not None and self._relief.reads == reads) or self._is_there()

        try:
            self._take_one(is_there, at_once=True)
            self._take_rest(at_once=True)
        except BaseException as error:
            self._leave(error)

    def _relieve(self) -> None:
        """Takes messages in place of the loop's thread, if some are there."""

        def is_there() -> bool:
            if self._relief is not None:
                self._relief.reads += 1
            return self._is_there()

        self._take_one(is_there, at_once=False)
        self._take_rest(at_once=False)

    def _is_there(self) -> bool:
        return bool(self._poll.poll(0))

    def _take_one(self, is_there: Callable[[], bool], at_once: bool) -> None:
        with self._reading:
            message = self.receive() if is_there() else None
        if message is not None:
            self._take(message, at_once)

    def _take_rest(self, at_once: bool) -> None:
        """What was received with the last message is not seen by who waits for the connection."""
        while self.has_more:
            self._take_one(lambda: self.has_more, at_once)

    def _leave(self, error: BaseException) -> NoReturn:
        """Ends the process, whatever its other threads do: the main one may be in a handler that
        never returns."""
        if not isinstance(error, Closed):
            sys.stderr.write(f"the worker cannot go on: {error!r}\n")
        os._exit(0)

    def _take(self, message: Message, at_once: bool) -> None:
        """Does what a message says. `at_once`: a handler may begin here, on the loop's thread."""
        if self.answer(message):
            return
        if message.kind == CANCEL:
            self._cancel(message.call)
        elif message.kind == CALL:
            if message.is_async:
                self._begin(message, at_once)
            else:
                self._on_a_thread(message)
        elif message.kind != BYE:  # the lane's goodbye is the one that counts
            sys.stderr.write(f"a message of type {message.kind} came unexpectedly\n")

    def _begin(self, message: Message, at_once: bool) -> None:
        if self._loop is None:
            from .loop import Loop
            from .relief import Relief

            self._relief = Relief(self.descriptor, self._relieve, self._leave)
            self._loop = Loop(self, self.runtime, self._serve, self._relief)
        if at_once:
            self._loop.begin(message)
        else:
            self._loop.begin_soon(message)

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
        current_call.set(message.call)
        try:
            try:
                status, text = answer(self.mux.runtime, frame, message)
            finally:
                debugging.call_ended()
                with self._lock:
                    self.current = 0
                    _raise_in(self._thread.ident, None)  # one that is on its way
        except DeadlineExceeded:
            status, text = 0, LATE
        frame.ended = True
        current_call.set(0)
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
