"""The connection for one call at a time, without a reader thread: a thread that waits for an answer
reads, and hands on what belongs to other threads. Used by `process.py`."""

from __future__ import annotations

from _thread import allocate_lock, get_ident

from ..errors import DeadlineExceeded
from .channel import Channel, Waiting
from .wire import Message, host_call, reply_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .._frame import Args


class Lane(Channel):
    """The connection for one call at a time. The main thread waits for calls; threads that wait
    for answers take turns at reading.

    The main thread is interrupted by a signal at its deadline. While it is in here (`busy`) the
    signal must not raise, or half a message would be left: `interrupted` makes it raise on leaving.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._main = get_ident()
        self.busy = False
        self.interrupted = False
        self._reading = allocate_lock()
        self._calls: list[Message] = []
        self._idle: Waiting | None = None

    def next_message(self) -> Message:
        """The next message that is not an answer: a call, or goodbye. Main thread only."""
        calls = self._calls
        while not calls:
            if self._reading.acquire(False):
                try:
                    while not calls:
                        self._read_one()
                finally:
                    self._reading.release()
                    self._notify_another(None)
            else:  # a thread reads that outlives its handler
                self._idle = waiting = Waiting()
                if not calls:
                    self._wait(waiting)
                self._idle = None
        return calls.pop(0)

    def go_on_over(self, descriptor: int, output: int) -> None:
        """Changes to two pipes. Before the first call, and when all that was sent is received."""
        self.descriptor, self._output = descriptor, output

    def write(self, message: bytes) -> None:
        """Sends an encoded message whole."""
        if get_ident() != self._main or self.busy:
            Channel.write(self, message)
            return
        self.busy = True
        try:
            Channel.write(self, message)
        finally:
            self._leave()

    def ask(
        self,
        call: int,
        slot: int,
        args: Args,
        on_chunk: Callable[[str], bool] | None = None,
    ) -> tuple[int, str | None]:
        """Makes a host call and waits: status and value of its REPLY."""
        if on_chunk is not None or get_ident() != self._main:
            return Channel.ask(self, call, slot, args, on_chunk)
        self.busy = True
        try:
            # Who has the right to read gets the answer: no other thread needs to know of it.
            if self._reading.acquire(False):
                return self._ask_and_read(call, slot, args)
            return Channel.ask(self, call, slot, args)
        finally:
            self._leave()

    def _ask_and_read(self, call: int, slot: int, args: Args) -> tuple[int, str | None]:
        try:
            seq = self.next_seq()
            Channel.write(self, host_call(call, seq, slot, args))
            while True:
                message = self.receive_bytes()
                reply = reply_to(message, call, seq)
                if reply is not None:
                    return reply
                self._take(Message(message))
        finally:
            self._reading.release()
            if self._idle is not None or self.pending:
                self._notify_another(None)

    def wait(self, waiting: Waiting) -> None:
        """Returns when the answer is there."""
        if get_ident() != self._main:
            self._wait(waiting)
            return
        self.busy = True
        try:
            self._wait(waiting)
        finally:
            self._leave()

    def _leave(self) -> None:
        self.busy = False
        if self.interrupted:
            self.interrupted = False
            raise DeadlineExceeded

    def _wait(self, waiting: Waiting) -> None:
        while not waiting.ready:
            if self._reading.acquire(False):
                try:
                    while not waiting.ready:
                        self._read_one()
                finally:
                    self._reading.release()
                    self._notify_another(waiting)
                return
            waiting.wake.acquire()

    def _read_one(self) -> None:
        self._take(self.receive())

    def _take(self, message: Message) -> None:
        if not self.answer(message):
            self._calls.append(message)
            idle = self._idle
            if idle is not None:
                idle.settle(0, None)

    def _notify_another(self, me: Waiting | None) -> None:
        """Lets another thread read on; every thread that waits tries."""
        idle = self._idle
        if idle is not None and idle is not me:
            idle.notify()
        if self.pending:
            for other in list(self.pending.values()):
                if isinstance(other, Waiting):
                    other.notify()
