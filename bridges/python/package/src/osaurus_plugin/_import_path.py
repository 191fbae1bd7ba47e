"""Where a plugin's modules are found: the standard library first, then the payload's import roots,
then the packages of an environment that the author chose. The build and the worker call it, so that
a module that was found at build is the one that is found at run time.
"""

from __future__ import annotations

import builtins
import os
import sys

_PACKAGES = ("site-packages", "dist-packages")


def arrange(folders: list[str]) -> None:
    """Puts the import roots behind the standard library, in their order."""
    found = [os.path.normpath(one) for one in folders]
    rest = [one for one in sys.path if os.path.normpath(one) not in found]
    library = [one for one in rest if not _holds_packages(one)]
    sys.path[:] = library + found + [one for one in rest if _holds_packages(one)]
    _add_exit()


def _holds_packages(folder: str) -> bool:
    return os.path.basename(os.path.normpath(folder)) in _PACKAGES


def _add_exit() -> None:
    """`exit` and `quit`, which people use although only `site` makes them."""
    if not hasattr(builtins, "exit"):
        from _sitebuiltins import Quitter

        for name in ("exit", "quit"):
            setattr(builtins, name, Quitter(name, "Ctrl-D"))
