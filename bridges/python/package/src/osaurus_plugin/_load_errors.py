"""Says why a plugin's module cannot be loaded: file, line, and what to do. For people who look at
a build's output or the host's log. Used by `manifest.py` and the worker."""

from __future__ import annotations

import os
import sys
import traceback

from ._runtime import LoadError
from .errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def explain(error: BaseException) -> str:
    """A sentence or two; a traceback where the author's own code failed."""
    if isinstance(error, (LoadError, DeclarationError)):
        return str(error)
    if isinstance(error, SyntaxError):
        return _syntax(error)
    where = _where(error)
    at = f"{where[0]}:{where[1]}: " if where else ""
    if isinstance(error, ModuleNotFoundError):
        return at + _missing(error)
    lines = "".join(traceback.format_exception(type(error), error, _trimmed(error)))
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return (
            f"{at}the plugin's module ends the program with {error!r} while it is imported; "
            f'put what starts a program under `if __name__ == "__main__":`\n{lines.rstrip()}'
        )
    return f"{at}{type(error).__name__}: {error}\n{lines.rstrip()}"


def _syntax(error: SyntaxError) -> str:
    shown = f"\n    {error.text.strip()}" if error.text else ""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return (
        f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}{shown}\n"
        f"correct it (it was read by Python {version})"
    )


def _missing(error: ModuleNotFoundError) -> str:
    name = (error.name or "").partition(".")[0]
    return (
        f"no module named {error.name!r}; add its package to `dependencies` under [project] in "
        f"pyproject.toml, or, if {name}.py is yours, put it beside the entry module "
        "(`source` under [tool.osaurus])"
    )


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(error.__traceback__)
    return [
        one
        for one in frames
        if not one.filename.startswith((_HERE, "<frozen importlib")) and one.lineno is not None
    ]


def _where(error: BaseException) -> tuple[str, int] | None:
    frames = _frames(error)
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else None


def _trimmed(error: BaseException) -> TracebackType | None:
    """The traceback from the author's first frame on."""
    here = error.__traceback__
    while here is not None and here.tb_frame.f_code.co_filename.startswith(
        (_HERE, "<frozen importlib")
    ):
        here = here.tb_next
    return here
