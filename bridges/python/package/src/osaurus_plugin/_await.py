"""Awaits a host call: posts it to the frame, and goes on when the engine has the answer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from typing import TypeVar

    from ._frame import Frame, Op
    from .errors import HostCallRefused

    T = TypeVar("T")


def _settle(future: Future[str | None], value: str | None, refusal: HostCallRefused | None) -> None:
    if future.done():  # the handler was cancelled in the meantime
        return
    if refusal is not None:
        future.set_exception(refusal)
    else:
        future.set_result(value)


async def host_call(frame: Frame, op: Op[T]) -> T:
    """Runs one operation on the running loop."""
    from asyncio import get_running_loop

    slot, args, parse = op
    loop = get_running_loop()
    future: Future[str | None] = loop.create_future()

    def done(value: str | None, refusal: HostCallRefused | None) -> None:
        try:
            loop.call_soon_threadsafe(_settle, future, value, refusal)
        except RuntimeError:  # the loop is closed: nothing waits any more
            return

    frame.post(slot, args, done)
    return parse(await future)
