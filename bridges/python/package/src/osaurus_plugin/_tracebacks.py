"""Exceptions as text for the log, for envelopes and for build output, from the author's point of
view: their own frames, with their own paths. Imported when something has failed."""

from __future__ import annotations

import os
import sys
import traceback

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_OURS = (_HERE, "<frozen ", "<osaurus ")
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_NO_DEBUGGER = (
    "the debugger was told to quit, or found no terminal; run `osaurus-bridge dev` in one, or call "
    "the handler in a test with osaurus_plugin.testing.TestHost and `pytest --pdb`"
)


def summary(error: BaseException) -> str:
    """ "TypeName: message", or the name alone."""
    if type(error).__name__ == "BdbQuit":
        return _NO_DEBUGGER
    try:
        text = str(error)
    except Exception as failure:
        text = f"(its text cannot be had: {failure!r})"
    summary_line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    more = [*getattr(error, "__notes__", ()), *_reasons(error)]
    return "; ".join([summary_line, *map(str, more[:_MAX_REASONS])])


_MAX_REASONS = 5


def _reasons(error: BaseException) -> list[str]:
    """Of an ExceptionGroup: what went wrong in its tasks, which its own text does not say."""
    return [summary(one) for one in getattr(error, "exceptions", ()) if one is not error]


def short_path(file: str) -> str:
    """A file as its author knows it: from the folder on where modules are found."""
    folder = import_root(file)
    return os.path.relpath(file, folder) if folder else file


def import_root(file: str) -> str:
    """The folder of `sys.path` that a module's file is in."""
    folders = [one for one in sys.path if one and file.startswith(one.rstrip(os.sep) + os.sep)]
    return max(folders, key=len, default="")


def _is_library(file: str) -> bool:
    if file.startswith((_STANDARD_LIBRARY, "<frozen ")) or any(one in file for one in _PACKAGES):
        return True
    return os.path.basename(import_root(file)) == "deps"  # the payload's


def _is_ours(file: str) -> bool:
    return file.startswith(_OURS)


def author_frame(error: BaseException) -> tuple[str, int, str] | None:
    """(file, line, function) of the innermost frame in the author's own code, else of the
    innermost that is not this package's."""
    other = own = None
    here = error.__traceback__
    while here is not None:
        code = here.tb_frame.f_code
        place = (code.co_filename, here.tb_lineno or 0, code.co_name)
        if not _is_ours(code.co_filename):
            other = place
            own = own if _is_library(code.co_filename) else place
        here = here.tb_next
    return own or other


def lines(error: BaseException) -> str:
    """The traceback with the author's frames, or all but this package's where there are none."""
    printed = traceback.TracebackException.from_exception(error)
    _keep_authors_frames(printed, 0)
    return "".join(printed.format()).rstrip()


_MAX_CHAIN = 20


def _keep_authors_frames(made: traceback.TracebackException, depth: int) -> bool:
    """Returns whether any frame was the author's."""
    frames = [one for one in made.stack if not _is_ours(one.filename)]
    own = [one for one in frames if not _is_library(one.filename)]
    made.stack = traceback.StackSummary.from_list(own or frames)
    for frame in made.stack:
        frame.filename = short_path(frame.filename)
    if depth < _MAX_CHAIN:
        _keep_chain(made, depth + 1)
    return bool(own)


def _keep_chain(made: traceback.TracebackException, depth: int) -> None:
    """What an exception came from, unless libraries alone know of it."""
    if made.__cause__ is not None:
        _keep_authors_frames(made.__cause__, depth)
    if made.__context__ is not None and not _keep_authors_frames(made.__context__, depth):
        made.__context__ = None
    for inner in getattr(made, "exceptions", None) or ():  # of an ExceptionGroup, from 3.11 on
        _keep_authors_frames(inner, depth)


def trace(error: BaseException) -> str:
    """ " at FILE:LINE in FUNCTION: TypeName: message" and the whole traceback."""
    frame = author_frame(error)
    where = f" at {short_path(frame[0])}:{frame[1]} in {frame[2]}" if frame else ""
    return f"{where}: {summary(error)}\n{lines(error)}"
