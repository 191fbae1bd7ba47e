"""Awaits a host call: posts it to the frame, and goes on when the engine has the answer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable
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
        on_loop(loop, _settle, future, value, refusal)

    frame.post(slot, args, done)
    return parse(await future)


def on_loop(loop: AbstractEventLoop, function: Callable[..., object], *args: object) -> bool:
    """Runs a function on a loop: now where this thread runs it, else soon. False when the loop is
    closed, and nothing waits any more."""
    from asyncio import _get_running_loop

    if _get_running_loop() is loop:
        function(*args)
        return True
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:
        return False
    return True
