"""A host that is itself a Python: loads a plugin through ctypes and prints what a tool answers.

Usage: python_host.py LIBRARY TOOL [MODULE...]. The host table is NULL; the tool must need no host.
The host has modules of its own with the names that follow.
"""

import ctypes
import sys
import types

Text = ctypes.c_void_p
Init = ctypes.CFUNCTYPE(ctypes.c_void_p)
Destroy = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
Free = ctypes.CFUNCTYPE(None, Text)
Manifest = ctypes.CFUNCTYPE(Text, ctypes.c_void_p)
Invoke = ctypes.CFUNCTYPE(Text, ctypes.c_void_p, *[ctypes.c_char_p] * 3)


class Table(ctypes.Structure):
    """The five slots that every plugin has."""

    _fields_ = [
        ("free_string", Free),
        ("init", Init),
        ("destroy", Destroy),
        ("get_manifest", Manifest),
        ("invoke", Invoke),
    ]


def main() -> None:
    """Runs one tool."""
    library, tool, *names = sys.argv[1:]
    sys.modules.update({name: types.ModuleType(name) for name in names})
    sys.planted_by_the_host = "the host's own"  # type: ignore[attr-defined]
    entry = ctypes.CDLL(library).osaurus_plugin_entry_v2
    entry.restype = ctypes.POINTER(Table)
    table = entry(None).contents
    ctx = table.init()
    answer = table.invoke(ctx, b"tool", tool.encode(), b"{}")
    text = ctypes.string_at(answer).decode()
    table.free_string(answer)
    table.destroy(ctx)
    print(text, flush=True)


main()
