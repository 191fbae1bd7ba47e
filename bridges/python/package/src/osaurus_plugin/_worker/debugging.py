"""Debugging under `osaurus-bridge dev`: `breakpoint()` in its terminal, debugpy for editors.

`process.py` sets it up, and the ends of calls are told here. The shim names the folder of `dev`, in
which are what a debugger needs and the terminal's socket.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from .. import _breakpoints

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .terminal import TerminalPdb

_ATTEMPTS, _PAUSE = 100, 0.05  # while the adapter of the worker before lets go of the port
_terminal = ""
_sessions: dict[int, TerminalPdb] = {}  # those that have the terminal or wait for it, by thread


def prepare(sources: str) -> None:
    """Opens what `dev` wants. `sources` is the folder of the author's modules, as they run."""
    global _terminal
    folder = os.environ.pop("OSAURUS_BRIDGE_DEBUG", "")
    if not folder:
        return
    inspector = os.path.join(folder, "inspector.json")
    if os.path.exists(inspector):
        _listen(inspector, sources)
    else:
        _terminal = os.path.join(folder, "terminal")
        _breakpoints.debug = _stop


def call_ended() -> None:
    """Lets go of the terminal: further steps would be in the worker's own code."""
    session = _sessions.get(get_ident()) if _sessions else None
    if session is not None:
        session.set_continue()


def _stop(frame: FrameType) -> bool:
    if not os.path.exists(_terminal):
        return False
    from .._tracebacks import import_root
    from .terminal import TerminalPdb

    session = _sessions.get(get_ident())
    if session is None:
        sources = import_root(frame.f_code.co_filename) + os.sep
        session = TerminalPdb(_terminal, sources, _sessions)
    session.set_trace(frame)
    return True


def _listen(file: str, sources: str) -> None:
    """Opens the debugger's port, with the names that files have in the author's editor."""
    import json

    with open(file, encoding="utf-8") as text:
        settings = json.load(text)
    # Read when the debugger is loaded.
    os.environ["PATHS_FROM_ECLIPSE_TO_PYTHON"] = json.dumps([[settings["sources"], sources]])
    sys.path.append(settings["debugpy"])
    try:
        import debugpy  # type: ignore[import-not-found,import-untyped,unused-ignore]

        debugpy.configure(subProcess=False)
        _open(debugpy, settings["port"])
    finally:
        sys.path.remove(settings["debugpy"])
        del os.environ["PATHS_FROM_ECLIPSE_TO_PYTHON"]
    sys.breakpointhook = debugpy.breakpoint


def _open(debugpy: Any, port: int) -> None:
    import time

    for attempt in range(_ATTEMPTS):
        try:
            debugpy.listen(("127.0.0.1", port))
            return
        except RuntimeError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE)
