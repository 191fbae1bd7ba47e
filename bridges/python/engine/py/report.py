"""Turns exceptions into texts for authors: what, where in their files, what to do.

Called by the engine with an exception that left a script. Knows tracebacks and nothing else.
"""

from __future__ import annotations

import traceback
from typing import Any


def describe(space: Any, error: BaseException) -> str:
    """First line `file:line: Type: message`, a hint where one is known, then the traceback in the script's files."""
    kind = type(error).__name__
    where = _place(space, error)
    lines = [f"{where}: {kind}: {_message(error)}" if where else f"{kind}: {_message(error)}"]
    hint = _hint(space, error)
    if hint:
        lines.append(hint)
    lines.append("".join(_trimmed(space, error)).rstrip())
    return str(space.public("\n".join(lines)))


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or "invalid syntax"
    if isinstance(error, SystemExit):
        return f"the script called sys.exit({error.code!r}); return a value or raise an error instead"
    return str(error) or "(no message)"


def _inside(space: Any, filename: str) -> bool:
    return any(filename.startswith(root) for root in space.roots)


def _place(space: Any, error: BaseException) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno or 0}"
    own = [f for f in traceback.extract_tb(error.__traceback__) if _inside(space, f.filename)]
    # The author's own folder is the first root; the runtime package and dependencies are not the place to look.
    mine = [
        f for f in own if space.roots and f.filename.startswith(space.roots[0]) and "osaurus_plugin" not in f.filename
    ]
    last = (mine or own)[-1] if own else None
    return f"{last.filename}:{last.lineno}" if last else None


def _hint(space: Any, error: BaseException) -> str | None:
    if isinstance(error, ModuleNotFoundError) and error.name:
        name = space.public(error.name).partition(".")[0]
        return (
            f"The module {name!r} is neither in the plugin's folders ({', '.join(space.roots)}) nor in Python's"
            " library. Add it to `dependencies` in pyproject.toml and build again, or correct the name."
        )
    return None


def _trimmed(space: Any, error: BaseException) -> list[str]:
    report = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    todo: list[Any] = [report]
    while todo:
        part = todo.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        kept = [f for f in part.stack if not f.filename.startswith(("<frozen importlib", "<osaurus engine"))]
        part.stack = traceback.StackSummary.from_list(kept)
        todo += [part.__cause__, part.__context__]
    return list(report.format())
