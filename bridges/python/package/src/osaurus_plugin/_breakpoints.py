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
        sys.stderr.write(
            f"warning: {place}: breakpoint() is passed over, because there is no terminal; run "
            "the plugin in a worker with `osaurus-bridge dev`, there or with --inspect\n"
        )
    return None
