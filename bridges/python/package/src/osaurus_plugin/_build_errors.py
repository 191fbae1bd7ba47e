"""Why a plugin does not load at build, where it would have loaded in the author's own shell: a
module or a file that is not packed. Everything else is said as at run time. Used by `_build.py`.
"""

from __future__ import annotations

import os
import re

from . import _load_errors
from ._tracebacks import author_frame

# Modules that are named otherwise than the packages that hold them.
_PACKAGES = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "pptx": "python-pptx",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


class Files:
    """The author's files, and which of them are packed."""

    def __init__(
        self, entry: str, packed: str, source: str, project: str, left_out: dict[str, str]
    ) -> None:
        self.entry = entry
        self.packed = packed
        self.source = source
        self.project = project
        # Path relative to the source folder -> why it is not packed.
        self._left_out = left_out

    def reason(self, module: str) -> tuple[str, str] | None:
        """(path, why) of a module's file or folder that is not packed, of the outermost one."""
        parts = module.split(".")
        for size in range(1, len(parts) + 1):
            path = "/".join(parts[:size])
            for one in (path, path + ".py"):
                if one in self._left_out:
                    return one, self._left_out[one]
        return None

    def elsewhere(self, file: str) -> str | None:
        """Where the project has a file that the plugin did not find, relative to the project."""
        folder = self.project
        if os.path.isabs(file):
            if not file.startswith(os.path.dirname(self.packed) + os.sep):
                return None
            # Made from __file__, and leads out of the packed folder.
            file, folder = os.path.relpath(file, self.packed), self.source
        path = os.path.normpath(os.path.join(folder, file))
        inside = path.startswith(self.project + os.sep) and os.path.exists(path)
        return os.path.relpath(path, self.project) if inside else None


def explain(error: BaseException, files: Files) -> str:
    """Sentences for the author."""
    frame = author_frame(error)
    at = f"{frame[0]}:{frame[1]}: " if frame else ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        if frame is None and f"{files.entry.partition(':')[0]}.".startswith(f"{error.name}."):
            return _missing_entry(error.name, files)
        return at + _missing_module(error.name, files)
    if isinstance(error, ImportError):
        name = _name_in_package(error)
        if name and files.reason(name):
            return at + _missing_module(name, files)
        if "no known parent package" in str(error):
            return at + _RELATIVE
    if isinstance(error, KeyError) and _is_of_environment(error):
        return at + _missing_variable(str(error.args[0]))
    if isinstance(error, FileNotFoundError) and isinstance(error.filename, str):
        elsewhere = files.elsewhere(error.filename)
        if elsewhere is not None:
            return at + _missing_file(error.filename, elsewhere)
    return _load_errors.explain(error)


_RELATIVE = (
    "a relative import in a module that is in no package\n"
    "write `from other import name` without the dot; or put the modules into a folder `app` and "
    'name it in the entry: entry = "app.main:plugin"'
)


def _is_of_environment(error: KeyError) -> bool:
    """Whether `os.environ[...]` has raised it."""
    here = error.__traceback__
    while here is not None and here.tb_next is not None:
        here = here.tb_next
    return here is not None and here.tb_frame.f_code is type(os.environ).__getitem__.__code__


def _missing_variable(name: str) -> str:
    return (
        f"the environment variable {name} is not set while the plugin is built, and the host sets "
        "none for it\ndeclare what the user must enter, and read it in a handler: "
        "plugin.secret(...) and ctx.secrets, plugin.config_section(...) and ctx.config"
    )


def _name_in_package(error: ImportError) -> str | None:
    """`pack.inner` for `from pack import inner`, which fails in words of its own."""
    match = re.match(r"cannot import name '(\w+)' from", error.msg or "")
    return f"{error.name}.{match[1]}" if match and error.name else None


def _missing_module(name: str, files: Files) -> str:
    unpacked = files.reason(name)
    if unpacked is not None:
        path, why = unpacked
        return f"no module named {name!r}: {path} is not packed into the plugin ({why})"
    first = name.partition(".")[0]
    package = _PACKAGES.get(first, first)
    return (
        f"no module named {name!r} among the plugin's own files and dependencies (packages that "
        "are installed on this machine are not packed)\n"
        f'add "{package}" to `dependencies` under [project] in pyproject.toml, or, if {first}.py '
        "is yours, put it beside the entry module (`source` under [tool.osaurus])"
    )


def _missing_entry(name: str, files: Files) -> str:
    path = name.replace(".", "/")
    unpacked = files.reason(name)
    why = f" that is packed ({unpacked[0]}: {unpacked[1]})" if unpacked else ""
    return (
        f"the entry {files.entry!r} names the module {name!r}, and {files.source} has neither "
        f"{path}.py nor {path}/__init__.py{why}\n"
        "correct `entry` under [tool.osaurus] in pyproject.toml, or `source`, the folder where "
        "modules are looked for"
    )


def _missing_file(asked: str, found: str) -> str:
    if os.path.isabs(asked):
        return (
            f"{found} is not packed into the plugin, which holds what is below `source` "
            "([tool.osaurus])\nmove the file there, beside the module that reads it"
        )
    return (
        f"no file {asked!r}: it is looked for in the current folder, which is another one in the "
        f"host\nread it from beside the module, in the source folder: "
        f"Path(__file__).with_name({os.path.basename(asked)!r})"
    )
