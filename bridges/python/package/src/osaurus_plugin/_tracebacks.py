"""Exceptions as text for the log and for envelopes, from the author's point of view: the package's
own frames are left out. Imported when something has failed."""

from __future__ import annotations

import os
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def summary(error: BaseException) -> str:
    """ "TypeName: message", or the name alone."""
    try:
        text = str(error)
    except Exception as failure:
        text = f"(its text cannot be had: {failure!r})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _author(trace_: TracebackType | None) -> TracebackType | None:
    """Without the frames of this package that come first."""
    here = trace_
    while here is not None and here.tb_frame.f_code.co_filename.startswith(_HERE):
        here = here.tb_next
    return here or trace_


def trace(error: BaseException) -> str:
    """ " at FILE:LINE in FUNCTION" of the innermost author's frame, and the whole traceback."""
    start = _author(error.__traceback__)
    innermost = None
    here = start
    while here is not None:
        if not here.tb_frame.f_code.co_filename.startswith(_HERE):
            innermost = here
        here = here.tb_next
    where = ""
    if innermost is not None:
        code = innermost.tb_frame.f_code
        where = f" at {code.co_filename}:{innermost.tb_lineno} in {code.co_name}"
    lines = traceback.format_exception(type(error), error, start)
    return f"{where}: {summary(error)}\n{''.join(lines).rstrip()}"
