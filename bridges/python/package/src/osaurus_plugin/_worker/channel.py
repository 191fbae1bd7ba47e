"""A connection to the shim: messages in and out, and which thread waits for which answer.

`lane.py` and `mux.py` say who reads. Knows messages, not plugins.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident
from itertools import count
from struct import Struct

from ..errors import refusal
from .messages import CHUNK, MAX_MESSAGE, REPLY, STREAM_STOP
from .wire import HEADER, Message, TooLong, encode, host_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .._frame import Args, Done

_SIZE = Struct("<I")
_ANSWERS = (REPLY, CHUNK)
_READ = 1 << 16
_READ_MORE = 1 << 20


class Closed(Exception):
    """The shim has gone."""


class Waiting:
    """A host call that a thread waits for."""

    __slots__ = ("on_chunk", "ready", "status", "value", "wake")

    def __init__(self, on_chunk: Callable[[str], bool] | None = None) -> None:
        self.ready = False
        self.status = 0
        self.value: str | None = None
        self.on_chunk = on_chunk
        self.wake = allocate_lock()
        self.wake.acquire()

    def settle(self, status: int, value: str | None) -> None:
        self.status, self.value = status, value
        self.ready = True
        self.notify()

    def notify(self) -> None:
        try:
            self.wake.release()
        except RuntimeError:  # woken twice before it looked
            return


class Posted:
    """A host call whose answer goes to a function."""

    __slots__ = ("done", "on_chunk")

    def __init__(
        self,
        done: Done,
        on_chunk: Callable[[str], bool] | None = None,
    ) -> None:
        self.done = done
        self.on_chunk = on_chunk

    def settle(self, status: int, value: str | None) -> None:
        if status:
            self.done(None, refusal(status, value or "refused"))
        else:
            self.done(value, None)


class Channel:
    """One connection. Any thread may send; `receive` is for one thread at a time.

    `descriptor` is read; `output` is written, where it is another one.
    """

    def __init__(self, descriptor: int, output: int | None = None) -> None:
        self.descriptor = descriptor
        self._output = descriptor if output is None else output
        self._writing = allocate_lock()
        self._buffer = bytearray()
        self.pending: dict[tuple[int, int], Waiting | Posted] = {}
        self._stopped: set[tuple[int, int]] = set()
        self._chunk_thread = 0
        self._numbers = count()

    def next_seq(self) -> int:
        """A number for a host call, which no other one of its call has. Any thread."""
        return next(self._numbers) % 0xFFFF_FFFF + 1

    @property
    def in_chunk(self) -> bool:
        """Whether this thread is in an `on_chunk`. It is the one that reads: an answer that it
        waited for would never come."""
        return self._chunk_thread != 0 and self._chunk_thread == get_ident()

    def send(self, kind: int, call: int, seq: int, *fields: str | int | None) -> None:
        """Sends a message whole."""
        self.write(encode(kind, call, seq, fields))

    def write(self, message: bytes) -> None:
        """Sends an encoded message whole."""
        with self._writing:
            try:
                size = os.write(self._output, message)
                while size < len(message):
                    size += os.write(self._output, memoryview(message)[size:])
            except OSError as error:
                raise Closed(str(error)) from None

    def ask(
        self,
        call: int,
        slot: int,
        args: Args,
        on_chunk: Callable[[str], bool] | None = None,
    ) -> tuple[int, str | None]:
        """Makes a host call and waits: status and value of its REPLY."""
        waiting = Waiting(on_chunk)
        self.post(call, slot, args, waiting)
        self.wait(waiting)
        return waiting.status, waiting.value

    def post(self, call: int, slot: int, args: Args, waiting: Waiting | Posted) -> None:
        """Makes a host call whose answer `waiting` gets."""
        key = (call, self.next_seq())
        self.pending[key] = waiting
        try:
            self.write(host_call(*key, slot, args))
        except (UnicodeEncodeError, TooLong, Closed):
            del self.pending[key]
            raise

    def receive(self) -> Message:
        """Waits for a message. Raises Closed at the end of the connection."""
        return Message(self.receive_bytes())

    def receive_bytes(self) -> bytes:
        """Waits for a message, with its length field. Raises as `receive`."""
        buffer = self._buffer
        if not buffer:
            data = self._read(_READ)
            if len(data) >= HEADER and len(data) == _SIZE.unpack_from(data)[0] + 4:
                return data
            buffer += data
        while len(buffer) < 4:
            buffer += self._read(_READ)
        size = _SIZE.unpack_from(buffer)[0] + 4
        if not HEADER <= size <= MAX_MESSAGE + 4:
            raise Closed(f"the shim announced a message of {size} bytes")
        while len(buffer) < size:
            buffer += self._read(min(size - len(buffer), _READ_MORE))
        message = bytes(memoryview(buffer)[:size])
        del buffer[:size]
        return message

    def wait(self, waiting: Waiting) -> None:
        """Returns when the answer is there, which another thread reads."""
        waiting.wake.acquire()

    @property
    def has_more(self) -> bool:
        """Whether something that was received is not a message yet, or waits to become one."""
        return bool(self._buffer)

    def _read(self, size: int) -> bytes:
        try:
            data = os.read(self.descriptor, size)
        except OSError as error:
            raise Closed(str(error)) from None
        if not data:
            raise Closed("the shim closed the connection")
        return data

    def answer(self, message: Message) -> bool:
        """Hands a REPLY or CHUNK to the call that waits for it; False for any other message."""
        if message.kind not in _ANSWERS:
            return False
        key = (message.call, message.seq)
        if message.kind == REPLY:
            waiting = self.pending.pop(key, None)
            self._stopped.discard(key)
            if waiting is not None:
                status, value = message.fields
                waiting.settle(status, value)
            return True
        waiting = self.pending.get(key)
        if waiting is not None and waiting.on_chunk is not None:
            self._chunk(key, waiting.on_chunk, message.fields[0])
        return True

    def _chunk(self, key: tuple[int, int], on_chunk: Callable[[str], bool], text: str) -> None:
        if key in self._stopped:
            return
        self._chunk_thread = get_ident()
        try:
            goes_on = on_chunk(text)
        finally:
            self._chunk_thread = 0
        if not goes_on:
            self._stopped.add(key)
            self.send(STREAM_STOP, *key)
