"""Streamed answers of a model: an iterator for `def`, an async iterator for `async def`.

Leaving a loop over a stream, closing it or calling `cancel()` stops the model. Built by the
context classes; the frame tells where chunks come from.
"""

from __future__ import annotations

from . import _codec
from ._await import on_loop
from .errors import InvalidReply
from .operations import stream_result
from .results import Completion, StreamChunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from asyncio import Queue as AsyncQueue
    from collections.abc import Callable
    from queue import SimpleQueue
    from types import TracebackType
    from typing import TypeAlias, TypeVar

    from ._frame import Frame
    from .errors import HostCallRefused

    Sync = TypeVar("Sync", bound="CompletionStream")
    Async = TypeVar("Async", bound="AsyncCompletionStream")
    Item: TypeAlias = "StreamChunk | _End | _Failed"
    OnChunk: TypeAlias = Callable[[StreamChunk], object] | None


class _End:
    """The stream's last item."""

    __slots__ = ("refusal", "value")

    def __init__(self, value: str | None, refusal: HostCallRefused | None) -> None:
        self.value = value
        self.refusal = refusal

    def result(self, stopped: bool) -> Completion:
        if self.refusal is not None:
            raise self.refusal
        return stream_result(self.value, stopped)


class _Failed:
    """A chunk that could not be read, or whose `on_chunk` raised."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Receiver:
    """The half of a stream that the engine holds. It must not hold the other half: a stream
    that nothing else refers to is stopped."""

    __slots__ = ("on_chunk", "put", "stopped")

    def __init__(self, on_chunk: OnChunk) -> None:
        self.on_chunk = on_chunk
        self.stopped = False
        self.put: Callable[[Item], object] = lambda item: None

    def receive(self, text: str) -> bool:
        """Takes a chunk, on any thread. Never raises: what goes wrong travels as an item."""
        if self.stopped:
            return False
        try:
            raw = _codec.loads(text)
            chunk = StreamChunk(raw if isinstance(raw, dict) else {"value": raw})
            if self.on_chunk is not None and self.on_chunk(chunk) is False:
                self.stopped = True
            self.put(chunk)
        except BaseException as error:
            self.stopped = True
            self.put(_Failed(error))
        return not self.stopped

    def done(self, value: str | None, refusal: HostCallRefused | None) -> None:
        self.put(_End(value, refusal))


class _Stream:
    """What both forms share: the state of the stream and how it ends."""

    def __init__(self, frame: Frame, request: str, on_chunk: OnChunk) -> None:
        self._frame = frame
        self._request = request
        self._receiver = _Receiver(on_chunk)
        self._started = False
        self._ended = False
        self._error: BaseException | None = None
        self._result: Completion | None = None

    def cancel(self) -> None:
        """Stops the model at its next chunk. Chunks that are already here can still be read."""
        self._receiver.stopped = True

    def _close(self) -> None:
        self.cancel()
        self._ended = self._ended or not self._started

    def _take(self, item: Item) -> StreamChunk | None:
        """The item's chunk; None at the end of the stream."""
        if isinstance(item, StreamChunk):
            return item
        if isinstance(item, _Failed):
            raise item.error
        self._ended = True
        self._result = item.result(self._receiver.stopped)
        return None

    def _fail(self, error: BaseException) -> None:
        self._error, self._ended = error, True
        self.cancel()

    def _outcome(self) -> Completion:
        if self._error is not None:
            raise self._error
        if self._result is None:
            raise InvalidReply("the stream was closed before it began: it has no result")
        return self._result

    def __del__(self) -> None:
        self._receiver.stopped = True


class CompletionStream(_Stream):
    """Iterate for the chunks; `result` is the whole answer once the loop has ended.

    In a plain `def` of the embedded engine the host's thread is busy inside the host while the
    model writes: the loop gets its chunks when the answer is complete, `on_chunk` gets them live
    (return False from it to stop). Everywhere else the loop is live.
    """

    _queue: SimpleQueue[Item]

    def _start(self) -> None:
        from queue import SimpleQueue

        self._started = True
        self._queue = SimpleQueue()
        receiver = self._receiver
        receiver.put = self._queue.put
        if self._frame.on_host_thread:
            receiver.done(self._frame.stream(self._request, receiver.receive, None), None)
        else:
            self._frame.stream(self._request, receiver.receive, receiver.done)

    def __iter__(self: Sync) -> Sync:
        return self

    def __next__(self) -> StreamChunk:
        if self._ended:
            raise StopIteration
        try:
            if not self._started:
                self._start()
            chunk = self._take(self._queue.get())
        except BaseException as error:
            self._fail(error)
            raise
        if chunk is None:
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Stops the model; the rest of the stream is not waited for."""
        self._close()

    @property
    def result(self) -> Completion:
        """The whole answer; reads the rest of the stream first."""
        for _ in self:
            pass
        return self._outcome()

    @property
    def text(self) -> str:
        """Text of the whole answer; reads the rest of the stream first."""
        return self.result.text

    def __enter__(self: Sync) -> Sync:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


class AsyncCompletionStream(_Stream):
    """`async for` for the chunks; `await stream.result()` is the whole answer."""

    _queue: AsyncQueue[Item]

    def __init__(self, frame: Frame, request: str, on_chunk: OnChunk) -> None:
        super().__init__(frame, request, None)
        self._on_chunk = on_chunk  # called on the loop, unlike the receiver's

    def _start(self) -> None:
        from asyncio import Queue, get_running_loop

        self._started = True
        self._queue = Queue()
        receiver = self._receiver
        receiver.put = _threadsafe_put(get_running_loop(), self._queue, receiver)
        self._frame.stream(self._request, receiver.receive, receiver.done)

    def __aiter__(self: Async) -> Async:
        return self

    async def __anext__(self) -> StreamChunk:
        if self._ended:
            raise StopAsyncIteration
        try:
            if not self._started:
                self._start()
            chunk = self._take(await self._queue.get())
            if chunk is not None and self._on_chunk is not None and self._on_chunk(chunk) is False:
                self.cancel()
        except BaseException as error:
            self._fail(error)
            raise
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """Stops the model; the rest of the stream is not waited for."""
        self._close()

    async def result(self) -> Completion:
        """The whole answer; reads the rest of the stream first."""
        async for _ in self:
            pass
        return self._outcome()

    async def text(self) -> str:
        """Text of the whole answer; reads the rest of the stream first."""
        return (await self.result()).text

    async def __aenter__(self: Async) -> Async:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


def _threadsafe_put(
    loop: AbstractEventLoop, queue: AsyncQueue[Item], receiver: _Receiver
) -> Callable[[Item], object]:
    def put(item: Item) -> None:
        if not on_loop(loop, queue.put_nowait, item):
            receiver.stopped = True

    return put
