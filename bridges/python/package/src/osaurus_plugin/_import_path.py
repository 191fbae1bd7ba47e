"""Where a plugin's modules are found: the standard library first, then the payload's import roots,
then the packages of an environment that the author chose. The build and the worker call it, so that
a module that was found at build is the one that is found at run time.
"""

from __future__ import annotations

import builtins
import os
import sys


def arrange(folders: list[str]) -> None:
    """Puts the import roots after the standard library, in their order."""
    first = [os.path.normpath(one) for one in folders]
    rest = [one for one in sys.path if os.path.normpath(one) not in first]
    library = [one for one in rest if _is_standard(one)]
    sys.path[:] = library + first + [one for one in rest if not _is_standard(one)]
    _add_exit()


def _is_standard(folder: str) -> bool:
    """Whether a folder of the path is the standard library's, and not one of an environment's
    packages or of a project that is installed into it as a link. The engine has the same rule."""
    name = os.path.basename(folder)
    is_archive = name.startswith("python") and name.endswith(".zip")
    return folder == os.path.dirname(os.__file__) or name == "lib-dynload" or is_archive


def _add_exit() -> None:
    """`exit` and `quit`, which people use although only `site` makes them."""
    if not hasattr(builtins, "exit"):
        from _sitebuiltins import Quitter

        for name in ("exit", "quit"):
            setattr(builtins, name, Quitter(name, "Ctrl-D"))
