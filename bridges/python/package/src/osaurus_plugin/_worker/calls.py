"""One plugin call in the worker: its arguments, its handler, its RESULT.

The lane's thread (`process.py`) and the mux's (`mux.py`) use it; it knows neither.
"""

from __future__ import annotations

from _contextvars import ContextVar

from .. import _codec
from .frame import WorkerFrame
from .wire import Message, TooLong, result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._runtime import Runtime

# The call that runs here, for log lines; the lane's thread has its own.
current_call: ContextVar[int] = ContextVar("osaurus_call", default=0)
LATE = '{"ok":false,"kind":"timeout","message":"the call took too long","retryable":true}'


def arguments(runtime: Runtime, message: Message) -> tuple[int, str, Any, Any]:
    """(kind, target, payload, context) of a CALL."""
    kind, target, payload, context = message.call_fields()
    value = runtime.decode(kind, target, payload)
    return kind, target, value, _codec.loads(context) if context else None


def answer(runtime: Runtime, frame: WorkerFrame, message: Message) -> tuple[int, str]:
    """Runs a `def` handler: (status, text) of the RESULT."""
    try:
        kind, target, payload, context = arguments(runtime, message)
        answered: Any = runtime.call(frame, kind, target, payload, context)
        if answered is not None and not isinstance(answered, dict):
            answered.close()  # a coroutine
            return 3, f"the handler of {target!r} is an `async def` but was called as a `def`"
        return 0, _codec.dumps(answered)
    except Exception as error:
        return 3, f"{type(error).__name__}: {error}"


def send_result(channel: Any, call: int, status: int, text: str) -> None:
    """Sends a RESULT, or an envelope that says why it cannot be sent."""
    try:
        channel.write(result(call, status, text))
    except (UnicodeEncodeError, TooLong) as error:
        where = _surrogate(_codec.loads(text), "") if isinstance(error, ValueError) else None
        reason = f"{where} has a lone surrogate, which UTF-8 cannot carry" if where else str(error)
        envelope = {
            "ok": False,
            "kind": "execution_error",
            "message": f"the result cannot be sent: {reason}",
            "retryable": False,
        }
        channel.write(result(call, 0, without_surrogates(_codec.dumps(envelope))))


def _surrogate(value: Any, place: str) -> str | None:
    """Where in a result a string has a lone surrogate, as `result["items"][1]`."""
    if isinstance(value, str):
        return place if any("\ud800" <= letter <= "\udfff" for letter in value) else None
    items: Any = ()
    if isinstance(value, dict):
        items = ((name if not place else f'{place}["{name}"]', one) for name, one in value.items())
    elif isinstance(value, list):
        items = ((f"{place}[{index}]", one) for index, one in enumerate(value))
    return next((inner for at, one in items if (inner := _surrogate(one, at))), None)


def without_surrogates(text: str) -> str:
    """The string with escapes for lone surrogates, which UTF-8 cannot carry."""
    return text.encode("utf-8", "backslashreplace").decode()
