"""What `breakpoint()` does in a plugin. A host has no terminal, so it says where it is and goes on;
a worker under `osaurus-bridge dev` puts a debugger here. `_runtime.py` installs it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_WARN = 3


def _to_stderr(_level: int, text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"warning: {text}\n")


log: Callable[[int, str], None] = _to_stderr
"""Reports a breakpoint that is passed over: level and text. In a worker, before the result."""
debug: Callable[[FrameType], bool] | None = None
"""Stops at a frame; false when no one would notice."""
# The payload's folder has this package in one of its own.
_PAYLOAD = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep


def install() -> None:
    """Changes `breakpoint()`, unless someone has done so already."""
    if sys.breakpointhook is sys.__breakpointhook__:
        sys.breakpointhook = _stop


def _stop(*values: Any, **names: Any) -> Any:
    frame = sys._getframe(1)
    if not frame.f_code.co_filename.startswith(_PAYLOAD):
        return sys.__breakpointhook__(*values, **names)  # of a host that is a Python itself
    if debug is None or not debug(frame):
        from ._tracebacks import short_path

        place = f"{short_path(frame.f_code.co_filename)}:{frame.f_lineno}"
        log(
            _WARN,
            f"{place}: breakpoint() is passed over, because there is no terminal; run the plugin "
            "in a worker with `osaurus-bridge dev`, there or with --inspect",
        )
    return None
