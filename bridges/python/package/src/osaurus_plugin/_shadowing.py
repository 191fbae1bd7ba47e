"""Names of the author's modules that the standard library has too. The standard library is found
first, so `import token` never gets the author's token.py: an import that wants it fails the build,
and a file that nothing imports is warned about. Used by `_build.py`.
"""

from __future__ import annotations

import ast
import os
import sys

from ._project import ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# In some of the versions 3.10 to 3.14, and so perhaps in the one that runs the plugin.
_SOMETIMES = {
    *("annotationlib", "asynchat", "asyncore", "cgi", "cgitb", "chunk", "compression", "crypt"),
    *("distutils", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "pathlib"),
    *("ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "string", "sunau", "telnetlib", "test"),
    *("tomllib", "uu", "xdrlib"),
}


def check_names(source: str, entry: str) -> list[str]:
    """Raises when a module of the author's is imported whose name the standard library has; gives
    a warning for each such module that nothing imports."""
    twins = {name: file for name, file in _modules(source) if _is_standard(name)}
    if not twins:
        return []
    module = entry.partition(":")[0].partition(".")[0]
    if module in twins:
        raise ProjectError(_refusal(twins[module], f"the entry {entry!r}", module))
    for file in _python_files(source):
        for line, name in _imports(file):
            if name in twins:
                raise ProjectError(_refusal(twins[name], f"{file}:{line}: `import {name}`", name))
    return [_warning(os.path.relpath(file, source), name) for name, file in twins.items()]


def _refusal(file: str, who: str, name: str) -> str:
    return (
        f"{who} finds Python's own module {name!r} and not {file}: the standard library comes "
        f"first\nrename it, for example to my_{name}; or, if Python's own is meant, leave the "
        f"file out with {_exclude(file)}"
    )


def _warning(file: str, name: str) -> str:
    return (
        f"{file}: `import {name}` finds Python's own module of this name and never this file: "
        f"rename it, for example to my_{name}, or leave it out with {_exclude(file)}"
    )


def _exclude(file: str) -> str:
    return f'exclude = ["{os.path.basename(file)}"] in [tool.osaurus]'


def _is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names or name in _SOMETIMES


def _modules(source: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(os.listdir(source)):
        path = os.path.join(source, entry)
        if entry.endswith(".py"):
            yield entry[:-3], path
        elif os.path.isfile(os.path.join(path, "__init__.py")):
            yield entry, path


def _python_files(source: str) -> Iterator[str]:
    for folder, folders, files in os.walk(source):
        folders.sort()
        yield from (os.path.join(folder, one) for one in sorted(files) if one.endswith(".py"))


def _imports(file: str) -> Iterator[tuple[int, str]]:
    """(line, first part of the name) of every absolute import."""
    try:
        with open(file, "rb") as opened:
            tree = ast.parse(opened.read())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # Importing it gives a better message, if the plugin does.
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name.partition(".")[0]) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.lineno, node.module.partition(".")[0]
