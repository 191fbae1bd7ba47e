"""Exceptions as text for the log, for envelopes and for build output, from the author's point of
view: the package's own frames are left out. Imported when something has failed."""

from __future__ import annotations

import os
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_OURS = (_HERE, "<frozen ", "<osaurus ")


def summary(error: BaseException) -> str:
    """ "TypeName: message", or the name alone."""
    try:
        text = str(error)
    except Exception as failure:
        text = f"(its text cannot be had: {failure!r})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_authors(file: str) -> bool:
    library = file.startswith(_STANDARD_LIBRARY) or "site-packages" in file
    return not library and not file.startswith(_OURS)


def author_frame(error: BaseException) -> tuple[str, int, str] | None:
    """(file, line, function) of the innermost frame in the author's own code, else of the
    innermost that is not this package's."""
    other = own = None
    here = error.__traceback__
    while here is not None:
        code = here.tb_frame.f_code
        found = (code.co_filename, here.tb_lineno or 0, code.co_name)
        if _is_authors(code.co_filename):
            own = found
        elif not code.co_filename.startswith(_OURS):
            other = found
        here = here.tb_next
    return own or other


def lines(error: BaseException) -> str:
    """The traceback without the frames of this package that come first."""
    here: TracebackType | None = error.__traceback__
    while here is not None and here.tb_frame.f_code.co_filename.startswith(_OURS):
        here = here.tb_next
    made = traceback.format_exception(type(error), error, here or error.__traceback__)
    return "".join(made).rstrip()


def trace(error: BaseException) -> str:
    """ " at FILE:LINE in FUNCTION: TypeName: message" and the whole traceback."""
    frame = author_frame(error)
    where = f" at {frame[0]}:{frame[1]} in {frame[2]}" if frame else ""
    return f"{where}: {summary(error)}\n{lines(error)}"
