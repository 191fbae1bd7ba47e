"""The worker's two connections to the shim: framing, and which thread waits for which answer.

The lane has no reader thread: a thread that waits for an answer reads, and hands on what belongs
to other threads. The mux has a reader thread. Knows messages, not plugins.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident
from itertools import count
from struct import Struct

from ..errors import DeadlineExceeded, refusal
from .messages import CHUNK, MAX_MESSAGE, REPLY, STREAM_STOP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._frame import Args, Done

_HEADER = Struct("<IBII")
_INT = Struct("<Bi")
_SIZE = Struct("<I")
_TEXT = Struct("<BI")
_READ = 1 << 16
_READ_MORE = 1 << 20


class Closed(Exception):
    """The shim has gone."""


class TooLong(Exception):
    """A message would be longer than both sides accept."""


class Message:
    """A received message; `fields` are its values in order."""

    __slots__ = ("call", "fields", "kind", "seq")

    def __init__(self, kind: int, call: int, seq: int, fields: list[Any]) -> None:
        self.kind = kind
        self.call = call
        self.seq = seq
        self.fields = fields


def encode(kind: int, call: int, seq: int, fields: Args) -> bytes:
    """A message as bytes. Raises UnicodeEncodeError for lone surrogates, or TooLong."""
    parts = [b""]
    for field in fields:
        if field is None:
            parts.append(b"\0")
        elif isinstance(field, str):
            text = field.encode()
            parts.append(_TEXT.pack(1, len(text)))
            parts.append(text)
        else:
            parts.append(_INT.pack(2, field))
    body = b"".join(parts)
    size = len(body) + 9
    if size > MAX_MESSAGE:
        raise TooLong(f"{size} bytes are more than a worker's message may have ({MAX_MESSAGE})")
    return _HEADER.pack(size, kind, call, seq) + body


def decode(data: bytes | bytearray, at: int, end: int) -> list[Any]:
    """The fields of a message that are between two places of what was received."""
    fields: list[Any] = []
    while at < end:
        tag = data[at]
        if tag == 0:
            fields.append(None)
            at += 1
            continue
        start = at + 5
        if tag == 1:
            at = start + _TEXT.unpack_from(data, at)[1]
            fields.append(data[start:at].decode())
        else:
            fields.append(_INT.unpack_from(data, at)[1])
            at = start
    return fields


def _message(data: bytes | bytearray, size: int) -> Message:
    _, kind, call, seq = _HEADER.unpack_from(data)
    return Message(kind, call, seq, decode(data, 13, size))


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
    """One connection. Any thread may send; `receive` is for one thread at a time."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
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
        return self._chunk_thread == get_ident()

    def send(self, kind: int, call: int, seq: int, *fields: str | int | None) -> None:
        """Sends a message whole."""
        data = encode(kind, call, seq, fields)
        with self._writing:
            try:
                size = os.write(self.descriptor, data)
                while size < len(data):
                    size += os.write(self.descriptor, memoryview(data)[size:])
            except OSError as error:
                raise Closed(str(error)) from None

    def receive(self) -> Message:
        """Waits for a message. Raises Closed at the end of the connection."""
        buffer = self._buffer
        if not buffer:
            data = self._read(_READ)
            if len(data) >= 13 and len(data) == _SIZE.unpack_from(data)[0] + 4:
                return _message(data, len(data))
            buffer += data
        while len(buffer) < 4:
            buffer += self._read(_READ)
        size = _SIZE.unpack_from(buffer)[0] + 4
        if not 13 <= size <= MAX_MESSAGE + 4:
            raise Closed(f"the shim announced a message of {size} bytes")
        while len(buffer) < size:
            buffer += self._read(min(size - len(buffer), _READ_MORE))
        message = _message(buffer, size)
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
        key = (message.call, message.seq)
        if message.kind == REPLY:
            waiting = self.pending.pop(key, None)
            self._stopped.discard(key)
            if waiting is not None:
                status, value = message.fields
                waiting.settle(status, value)
            return True
        if message.kind == CHUNK:
            waiting = self.pending.get(key)
            if waiting is not None and waiting.on_chunk is not None:
                self._chunk(key, waiting.on_chunk, message.fields[0])
            return True
        return False

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

    def send(self, kind: int, call: int, seq: int, *fields: str | int | None) -> None:
        """Sends a message whole."""
        if get_ident() != self._main or self.busy:
            Channel.send(self, kind, call, seq, *fields)
            return
        self.busy = True
        try:
            Channel.send(self, kind, call, seq, *fields)
        finally:
            self._leave()

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
        message = self.receive()
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
