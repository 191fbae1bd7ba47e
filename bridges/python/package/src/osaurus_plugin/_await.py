"""Awaits a host call: posts it to the frame and lets the engine's answer wake the loop."""

from __future__ import annotations

from .errors import HostCallRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from typing import TypeVar

    from ._frame import Frame, Op

    T = TypeVar("T")


def _settle(future: Future[str | None], value: str | None, refused: str | None) -> None:
    if future.done():  # the handler was cancelled meanwhile
        return
    if refused is not None:
        future.set_exception(HostCallRefused(refused))
    else:
        future.set_result(value)


async def host_call(frame: Frame, op: Op[T]) -> T:
    """Runs one operation on the running loop."""
    from asyncio import get_running_loop

    slot, args, parse = op
    loop = get_running_loop()
    future: Future[str | None] = loop.create_future()

    def done(value: str | None, refused: str | None) -> None:
        try:
            loop.call_soon_threadsafe(_settle, future, value, refused)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    frame.post(slot, args, done)
    return parse(await future)
