"""`Frame` in a worker: host calls as messages on the connection that the call came by."""

from __future__ import annotations

from .._frame import COMPLETE_STREAM, LOG_STRUCTURED
from .._frame import LOG as LOG_SLOT
from ..errors import HostCallRefused, Unavailable, refusal
from .channel import Channel, Closed, Posted
from .lane import Lane
from .messages import LOG
from .wire import TooLong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .._frame import Args, Done

_ENDED = (
    "the call that this host call belongs to has ended; a task or thread that outlives its "
    "handler cannot reach the host"
)
_IN_CHUNK = (
    "a host call inside on_chunk would wait for the stream, which waits for on_chunk; keep what "
    "the call needs, and make it after the stream (ctx.log works here)"
)


class WorkerFrame:
    """One call of the shim. Any thread of the worker may use it while the call runs."""

    __slots__ = ("_channel", "call_id", "ended")
    on_host_thread = False

    def __init__(self, channel: Channel, call_id: int) -> None:
        self._channel = channel
        self.call_id = call_id
        self.ended = False

    def call(self, slot: int, args: Args) -> str | None:
        """Makes a host call and waits."""
        if self._channel.in_chunk:
            self._log_in_chunk(slot, args)
            return None
        return self._ask(slot, args)

    def _log_in_chunk(self, slot: int, args: Args) -> None:
        """Log lines go without an answer; nothing else can."""
        if slot == LOG_STRUCTURED:
            raise Unavailable("a log line inside on_chunk has no fields")
        if slot != LOG_SLOT:
            raise HostCallRefused(_IN_CHUNK)
        try:
            self._channel.send(LOG, self.call_id, 0, *args)
        except (UnicodeEncodeError, TooLong) as error:
            raise HostCallRefused(f"the text cannot be sent to the host: {error}") from None

    def post(self, slot: int, args: Args, done: Done) -> None:
        """Queues a host call; `done` follows on the reader's thread, or on this one if refused."""
        self._post(slot, args, Posted(done))

    def stream(
        self, request: str, on_chunk: Callable[[str], bool], done: Done | None
    ) -> str | None:
        """Runs `complete_stream`; chunks arrive live."""
        if done is None and self._channel.in_chunk:
            raise HostCallRefused(_IN_CHUNK)
        if done is None:
            return self._ask(COMPLETE_STREAM, (request,), on_chunk)
        self._post(COMPLETE_STREAM, (request,), Posted(done, on_chunk))
        return None

    def _ask(
        self, slot: int, args: Args, on_chunk: Callable[[str], bool] | None = None
    ) -> str | None:
        if self.ended:
            raise HostCallRefused(_ENDED)
        try:
            status, value = self._channel.ask(self.call_id, slot, args, on_chunk)
        except (UnicodeEncodeError, TooLong, Closed) as error:
            raise _refused(error) from None
        if status:
            raise refusal(status, value or "refused")
        return value

    def _post(self, slot: int, args: Args, posted: Posted) -> None:
        if isinstance(self._channel, Lane):
            self._post_on_lane(slot, args, posted)
        elif self.ended:
            posted.done(None, HostCallRefused(_ENDED))
        else:
            try:
                self._channel.post(self.call_id, slot, args, posted)
            except (UnicodeEncodeError, TooLong, Closed) as error:
                posted.done(None, _refused(error))

    def _post_on_lane(self, slot: int, args: Args, posted: Posted) -> None:
        """No thread reads the lane in the background, so a new one waits for this answer."""
        from threading import Thread

        def run() -> None:
            try:
                value = self._ask(slot, args, posted.on_chunk)
            except HostCallRefused as refused:
                posted.done(None, refused)
            else:
                posted.done(value, None)

        Thread(target=run, name="osaurus-post", daemon=True).start()


def _refused(error: Exception) -> HostCallRefused:
    if isinstance(error, Closed):
        return HostCallRefused("the host has gone")
    return HostCallRefused(f"the text cannot be sent to the host: {error}")
