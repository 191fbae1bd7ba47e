"""A worker from start to exit: greeting, then calls until the shim says goodbye or goes away.

The main thread serves the lane and runs its `def` handlers itself; `mux.py` serves the rest.
Imports as little as it can before READY: the first call of a plugin waits for it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` imports enum
import os
import sys

from .. import _breakpoints, _codec, _import_path
from .._runtime import Runtime, load
from ..errors import DeadlineExceeded
from . import debugging
from .calls import LATE, answer, send_result, without_surrogates
from .channel import Closed
from .frame import WorkerFrame
from .lane import Lane
from .messages import (
    BYE,
    CALL,
    FAILED,
    HELLO,
    LOG,
    READY,
    READY_LANE,
    READY_LANE_AND_PIPES,
)
from .wire import Message, TooLong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .mux import Mux

_STOP_SIGNAL = _signal.SIGUSR2


class Worker:
    """State of the process."""

    def __init__(self, lane: Lane, pipes: list[int]) -> None:
        self.lane = lane
        self._pipes = pipes  # of the lane and of the mux, where the shim offers them
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
            sources = _arrange_path(root, settings.get("roots") or ["."], own_root)
            debugging.prepare(sources)
            self.runtime = load(settings["entry"], settings)
        except BaseException as error:
            self._send_text(FAILED, _load_failure(error))
            leave(1)
        self.runtime.set_log(self.log)
        _breakpoints.log = self.log
        version = ".".join(map(str, sys.version_info[:3]))
        name = "CPython" if sys.implementation.name == "cpython" else sys.implementation.name
        ready = f"{name} {version} {sys.executable}, pid {os.getpid()}"
        ready_with = READY_LANE_AND_PIPES if self._pipes else READY_LANE
        self.lane.send(READY, 0, 0, without_surrogates(ready), ready_with)
        if self._pipes:
            self.lane.go_on_over(*self._pipes[:2])

    def _send_text(self, kind: int, text: str) -> None:
        self.lane.send(kind, 0, 0, without_surrogates(text))

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
                debugging.call_ended()
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
                self.lane.send(LOG, self.current, 0, level, without_surrogates(text))
            elif self.mux is not None:
                self.mux.log(level, without_surrogates(text))
            else:
                sys.stderr.write(text + "\n")
        except (Closed, TooLong):
            return


def _arrange_path(root: str, roots: list[str], own_root: str) -> str:
    """The payload's import roots, and this package's own. The first is the author's."""
    folders = [os.path.normpath(os.path.join(root, one)) for one in roots]
    own = os.path.normpath(own_root)
    _import_path.arrange(folders if own in folders else [*folders, own])
    return folders[0]


def _load_failure(error: BaseException) -> str:
    from .._load_errors import explain

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
    """What `__main__.py` calls."""
    lane_descriptor, mux_descriptor = _numbers("OSAURUS_BRIDGE_FDS")
    pipes = _numbers("OSAURUS_BRIDGE_PIPES")
    descriptors = [lane_descriptor, mux_descriptor, *pipes]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr]
            line_buffering=True, errors="backslashreplace"
        )
    worker = Worker(Lane(lane_descriptor), pipes)
    _signal.signal(_STOP_SIGNAL, worker.on_signal)
    try:
        worker.greet(own_root)
        # Not before: the first call waited for READY. Here, because `threading` takes the thread
        # that imports it for the main one.
        import threading  # noqa: F401

        from .mux import Mux

        reads, writes = pipes[2:] or (mux_descriptor, mux_descriptor)
        worker.mux = Mux(reads, writes, worker.runtime, worker.stop)
        os.register_at_fork(after_in_child=lambda: _drop(descriptors))
        worker.mux.start()
        worker.serve()
    except Closed:
        leave(0)
    leave(0)


def _numbers(variable: str) -> list[int]:
    listed = os.environ.pop(variable, "")
    return [int(number) for number in listed.split(",")] if listed else []


def _drop(descriptors: list[int]) -> None:
    """A forked child must not keep the connections open."""
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError:
            continue
