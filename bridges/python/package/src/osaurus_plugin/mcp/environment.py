"""What a server's process gets of our environment, and where its program is looked for.

The rules are those of the shim for interpreters: an application that was started from the Dock has
next to no PATH, and no variable may change what an interpreter loads.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_UNWANTED = frozenset((
    "__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "OSAURUS_BRIDGE_FDS", "OSAURUS_BRIDGE_PIPES",
    "OSAURUS_BRIDGE_WORKER", "SSLKEYLOGFILE", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4",
    "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH",
    "MALLOC_TRACE", "NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS", "TZDIR",
))  # fmt: skip
_UNWANTED_FAMILIES = ("PYTHON", "OPENSSL_", "BASH_FUNC_")
_WANTED_BY_NODE = ("NODE_ENV", "NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA")
_FOLDERS = (
    "/opt/homebrew/bin", "/usr/local/bin", "~/.local/bin", "~/.cargo/bin", "~/go/bin",
    "~/.volta/bin", "~/.asdf/shims", "~/.bun/bin", "~/.deno/bin", "/usr/bin", "/bin",
)  # fmt: skip


def environment(added: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server's process."""
    own = {name: value for name, value in os.environ.items() if not _is_unwanted(name)}
    own["PATH"] = os.pathsep.join(search_path())
    return {**own, **added}


def _is_unwanted(name: str) -> bool:
    preloads = name.startswith(("LD_", "DYLD_")) and not name.endswith("_PATH")
    of_node = name.startswith("NODE_") and name not in _WANTED_BY_NODE
    return preloads or of_node or name.startswith(_UNWANTED_FAMILIES) or name in _UNWANTED


def search_path() -> list[str]:
    """PATH, and the folders where people's programs are."""
    own = [one for one in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(one)]
    return list(dict.fromkeys([*own, *_nvm(), *map(os.path.expanduser, _FOLDERS)]))


def _nvm() -> list[str]:
    """The newest Node of nvm."""
    folder = os.path.expanduser("~/.nvm/versions/node")
    try:
        versions = sorted(os.listdir(folder), key=_numbers)
    except OSError:
        return []
    return [os.path.join(folder, versions[-1], "bin")] if versions else []


def _numbers(name: str) -> list[int]:
    return [int(one) for one in name.lstrip("v").split(".") if one.isdigit()]


def find(program: str) -> str | None:
    """The path of a program."""
    if os.sep in program:
        path = os.path.abspath(os.path.expanduser(program))
        return path if os.access(path, os.X_OK) else None
    paths = (os.path.join(folder, program) for folder in search_path())
    return next((one for one in paths if os.path.isfile(one) and os.access(one, os.X_OK)), None)
