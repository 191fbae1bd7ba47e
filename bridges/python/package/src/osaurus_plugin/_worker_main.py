"""A worker's life: greeting, then calls until the shim says goodbye or goes away.

The main thread serves the lane and runs its `def` handlers itself; `_worker_mux.py` serves the
rest. Imports as little as it can before READY: the first call of a plugin waits for it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` imports enum
import os
import sys

from . import _codec, _import_path
from ._runtime import Runtime, load
from ._worker_channel import (
    BYE,
    CALL,
    FAILED,
    HELLO,
    LOG,
    READY,
    RESULT,
    Closed,
    Lane,
    Message,
    TooLong,
)
from ._worker_frame import WorkerFrame
from .errors import DeadlineExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._worker_mux import Mux

_STOP_SIGNAL = _signal.SIGUSR2
_INFO, _ERROR = 2, 4


class Worker:
    """State of the process."""

    def __init__(self, lane: Lane, mux_descriptor: int) -> None:
        self.lane = lane
        self.mux_descriptor = mux_descriptor
        self.mux: Mux | None = None
        self.runtime: Runtime
        self.current = 0  # call that the main thread runs
        self.expired = 0  # call that the main thread should stop

    # --- start ------------------------------------------------------------------------------

    def greet(self, own_root: str) -> None:
        """Answers HELLO: loads the plugin. Exits when it cannot be loaded."""
        hello = self.lane.next_message()
        if hello.kind != HELLO:
            raise Closed(f"message {hello.kind} where HELLO was expected")
        settings_json, root, _plugin_id = hello.fields
        try:
            settings = _codec.loads(settings_json)
            _arrange_path(root, settings.get("roots") or ["."], own_root)
            self.runtime = load(settings["entry"], settings)
        except BaseException as error:
            self._send_text(FAILED, _load_failure(error))
            leave(1)
        self.runtime.set_log(self.log)
        version = ".".join(map(str, sys.version_info[:3]))
        name = "CPython" if sys.implementation.name == "cpython" else sys.implementation.name
        ready = f"{name} {version} {sys.executable}, pid {os.getpid()}"
        self.lane.send(READY, 0, 0, _clean(ready), 1)

    def _send_text(self, kind: int, text: str) -> None:
        self.lane.send(kind, 0, 0, _clean(text))

    # --- calls ------------------------------------------------------------------------------

    def serve(self) -> None:
        """Runs the lane's calls until goodbye."""
        while True:
            message = self.lane.next_message()
            if message.kind == CALL:
                self._serve_call(message)
            elif message.kind == BYE:
                return

    def _serve_call(self, message: Message) -> None:
        frame = WorkerFrame(self.lane, message.call)
        try:
            try:
                self.current = message.call
                status, text = answer(self.runtime, frame, message)
            finally:
                self.current = 0
        except DeadlineExceeded:
            self.current = 0
            status, text = 0, LATE
        frame.ended = True
        self.lane.interrupted = False
        send_result(self.lane, message.call, status, text)

    def stop(self, call: int) -> bool:
        """Interrupts the main thread if it runs this call. Any thread."""
        if self.current != call or not call:
            return False
        self.expired = call
        _signal.pthread_kill(self.lane._main, _STOP_SIGNAL)
        return True

    def on_signal(self, _number: int, _frame: Any) -> None:
        """Runs on the main thread, between two steps of whatever it does."""
        if not self.current or self.expired != self.current:
            return
        self.expired = 0
        if self.lane.busy:
            self.lane.interrupted = True
        else:
            raise DeadlineExceeded

    def log(self, level: int, text: str) -> None:
        """Writes a line to the host's log, for the call that this thread serves."""
        from _thread import get_ident

        try:
            if self.current and get_ident() == self.lane._main:
                self.lane.send(LOG, self.current, 0, level, _clean(text))
            elif self.mux is not None:
                self.mux.log(level, _clean(text))
            else:
                sys.stderr.write(text + "\n")
        except (Closed, TooLong):
            return


LATE = '{"ok":false,"kind":"timeout","message":"the call took too long","retryable":true}'


def arguments(runtime: Runtime, message: Message) -> tuple[int, str, Any, Any]:
    """(kind, target, payload, context) of a CALL."""
    kind, target, payload, context = message.fields[:4]
    value = runtime.decode(kind, target, payload)
    return kind, target, value, _codec.loads(context) if context else None


def answer(runtime: Runtime, frame: WorkerFrame, message: Message) -> tuple[int, str]:
    """Runs a `def` handler: (status, text) of the RESULT."""
    try:
        kind, target, payload, context = arguments(runtime, message)
        result = runtime.call(frame, kind, target, payload, context)
        if result is not None and not isinstance(result, dict):
            result.close()  # a coroutine
            return 3, f"the handler of {target!r} is an `async def` but was called as a `def`"
        return 0, _codec.dumps(result)
    except Exception as error:
        return 3, f"{type(error).__name__}: {error}"


def send_result(channel: Any, call: int, status: int, text: str) -> None:
    """Sends a RESULT, or an envelope that says why it cannot be sent."""
    try:
        channel.send(RESULT, call, 0, status, text)
    except (UnicodeEncodeError, TooLong) as error:
        where = _surrogate(_codec.loads(text), "") if isinstance(error, ValueError) else None
        reason = f"{where} holds a lone surrogate, which is not text" if where else str(error)
        envelope = {
            "ok": False,
            "kind": "execution_error",
            "message": f"the result cannot be sent: {reason}",
            "retryable": False,
        }
        channel.send(RESULT, call, 0, 0, _clean(_codec.dumps(envelope)))


def _surrogate(value: Any, place: str) -> str | None:
    """Where in a result the first text is that UTF-8 cannot carry, as `result["items"][1]`."""
    if isinstance(value, str):
        return place if any("\ud800" <= letter <= "\udfff" for letter in value) else None
    items: Any = ()
    if isinstance(value, dict):
        items = ((name if not place else f'{place}["{name}"]', one) for name, one in value.items())
    elif isinstance(value, list):
        items = ((f"{place}[{index}]", one) for index, one in enumerate(value))
    return next((found for at, one in items if (found := _surrogate(one, at))), None)


def _clean(text: str) -> str:
    """Without lone surrogates, which UTF-8 cannot carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def _arrange_path(root: str, roots: list[str], own_root: str) -> None:
    """The payload's import roots, and this package's own."""
    folders = [os.path.normpath(os.path.join(root, one)) for one in roots]
    own = os.path.normpath(own_root)
    _import_path.arrange(folders if own in folders else [*folders, own])


def _load_failure(error: BaseException) -> str:
    from ._load_errors import explain

    return explain(error)


def leave(status: int) -> None:
    """Ends the process: what the script left running must not keep it."""
    import atexit

    try:
        atexit._run_exitfuncs()
    except BaseException as error:
        sys.stderr.write(f"an exit handler failed: {error!r}\n")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(status)


def main(own_root: str) -> None:
    """Entry of `_worker.py`."""
    lane_descriptor, mux_descriptor = map(int, os.environ.pop("OSAURUS_BRIDGE_FDS").split(","))
    for descriptor in (lane_descriptor, mux_descriptor):
        os.set_inheritable(descriptor, False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr]
            line_buffering=True, errors="backslashreplace"
        )
    worker = Worker(Lane(lane_descriptor), mux_descriptor)
    _signal.signal(_STOP_SIGNAL, worker.on_signal)
    try:
        worker.greet(own_root)
        # From here on nobody waits. `threading` takes the thread that imports it for the main one.
        import threading  # noqa: F401

        from ._worker_mux import Mux

        worker.mux = Mux(worker)
        os.register_at_fork(after_in_child=lambda: _drop(lane_descriptor, mux_descriptor))
        worker.mux.start()
        worker.serve()
    except Closed:
        leave(0)
    leave(0)


def _drop(*descriptors: int) -> None:
    """A forked child must not keep the connections open."""
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError:
            continue
