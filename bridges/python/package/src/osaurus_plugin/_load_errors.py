"""Says why a plugin's module cannot be loaded: file, line, and what to do. For people who look at
a build's output or the host's log. Used by `manifest.py` and the worker."""

from __future__ import annotations

import sys

from ._runtime import LoadError
from ._tracebacks import author_frame, lines, summary
from .errors import DeclarationError


def explain(error: BaseException) -> str:
    """A sentence or two; a traceback where the author's own code failed."""
    if isinstance(error, LoadError):
        return str(error)
    frame = author_frame(error)
    at = f"{frame[0]}:{frame[1]}: " if frame else ""
    if isinstance(error, DeclarationError):
        return str(error) if error.file else f"{at}{error}"
    if isinstance(error, SyntaxError):
        return _syntax(error)
    if isinstance(error, ModuleNotFoundError):
        return at + _missing(error)
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return (
            f"{at}the plugin's module ends the program with {error!r} while it is imported; "
            f'put what starts a program under `if __name__ == "__main__":`\n{lines(error)}'
        )
    return f"{at}{summary(error)}\n{lines(error)}"


def _syntax(error: SyntaxError) -> str:
    line = f"\n    {error.text.strip()}" if error.text else ""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return (
        f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}{line}\n"
        f"correct it (it was read by Python {version})"
    )


def _missing(error: ModuleNotFoundError) -> str:
    name = (error.name or "").partition(".")[0]
    return (
        f"no module named {error.name!r}; add its package to `dependencies` under [project] in "
        f"pyproject.toml, or, if {name}.py is yours, put it beside the entry module "
        "(`source` under [tool.osaurus])"
    )
