"""The plugin's folders on `sys.path` for as long as it has the interpreter.

Called by the engine when a plugin comes and goes. Everything else about imports is Python's own: the
plugin has `sys.modules` and the builtins to itself, as in a virtual environment. Must not know of calls.
"""

from __future__ import annotations

import gc
import importlib
import importlib.machinery
import os
import sys
from collections.abc import Iterator
from types import ModuleType


def enter(roots: list[str]) -> None:
    """Puts the folders after the standard library and before all others, in their order, as in a worker,
    and forgets what an earlier life of the plugin left."""
    leave(roots)
    library = [folder for folder in sys.path if _is_standard(folder)]
    if sys.path[: len(library)] == library:
        sys.path[len(library) : len(library)] = roots
    else:  # A lent interpreter has its program's folder first; `leave` takes the second mention off again.
        sys.path[:0] = library + roots
    importlib.invalidate_caches()


def _is_standard(folder: str) -> bool:
    name = os.path.basename(folder)
    is_archive = name.startswith("python") and name.endswith(".zip")
    return folder == os.path.dirname(os.__file__) or name == "lib-dynload" or is_archive


def leave(roots: list[str]) -> None:
    """Takes the folders off again, and forgets the author's own modules (the first folder).

    Those of dependencies stay: compiled ones cannot be imported twice in one process.
    """
    path = [folder for folder in sys.path if folder not in roots]
    sys.path[:] = [folder for at, folder in enumerate(path) if not (_is_standard(folder) and folder in path[at + 1 :])]
    own = [name for name, module in list(sys.modules.items()) if _is_own(module, roots)]
    for name in own:
        del sys.modules[name]
    if own:
        gc.collect()


def clash(roots: list[str]) -> str | None:
    """A module of a lent interpreter that one of the plugin's own would be taken for, as a sentence."""
    for name in sorted(_top_names()):
        module = sys.modules[name]
        if _is_below(module, roots):
            continue
        spec = importlib.machinery.PathFinder.find_spec(name, roots)
        if spec is not None and name not in sys.stdlib_module_names:
            place = getattr(module, "__file__", None) or "without a file"
            return f"the host is a Python itself and has imported its own {name!r} ({place}), which the plugin has, too"
    return None


def _top_names() -> Iterator[str]:
    return (name for name in list(sys.modules) if "." not in name and name != "__main__")


def _is_own(module: ModuleType | None, roots: list[str]) -> bool:
    compiled = str(getattr(module, "__file__", "")).endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))
    return not compiled and _is_below(module, roots[:1]) and not _is_below(module, roots[1:])


def _is_below(module: ModuleType | None, roots: list[str]) -> bool:
    file = getattr(module, "__file__", None)
    places = [file] if isinstance(file, str) else list(getattr(module, "__path__", ()))
    return any(isinstance(place, str) and place.startswith(f"{root}/") for root in roots for place in places)
