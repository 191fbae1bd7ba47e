"""Private import names, one set per plugin, in one interpreter.

Called by the engine when a plugin is loaded, and by every import that a plugin's code makes.
A module `main` below a plugin's roots lives in `sys.modules` as `_osr_<plugin>.main`. Its globals hold the
plugin's own builtins, whose `__import__` maps public names to private ones; so code needs no change, and
walking the stack tells which plugin is running. Must not know of frames, JSON or the host.

The file is also executed in child processes of `multiprocessing` (see `Bootstrap`), where it stands alone.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType, ModuleType, TracebackType
from typing import Any

PREFIX = "_osr_"
KEY = "__osaurus_plugin__"
DEBUG, WARN = 1, 3

# Extension packages that were seen to work under two private names in one process (Rust extensions that
# import nothing by their own public name). Every other package with compiled parts is shared.
PRIVATE_EXTENSIONS = frozenset({"orjson", "pydantic_core"})

Log = Callable[[int, str], None]
_spaces: dict[str, Namespace] = {}
_shared: dict[str, Namespace] = {}
_real_import = builtins.__import__
_real_import_module = importlib.import_module
_real_find_spec = importlib.util.find_spec
_exec_hooks: dict[str, Callable[[ModuleType], None]] = {}


class Namespace:
    """The private modules of one plugin."""

    def __init__(self, plugin: str, roots: Sequence[str], log: Log, prefix: str | None = None) -> None:
        self.plugin = plugin
        self.roots = [os.fspath(root) for root in roots]
        self.log = log
        self.prefix = prefix or _free_prefix(plugin)
        self.builtins: dict[str, Any] = dict(vars(builtins))
        self.builtins.update({KEY: self, "__import__": self._import, "exit": sys.exit, "quit": sys.exit})
        self._private: dict[str, bool] = {}
        package = ModuleType(self.prefix, f"Private modules of the plugin {plugin}.")
        package.__path__ = self.roots
        sys.modules[self.prefix] = package
        _spaces[self.prefix] = self

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        top = name if "." not in name else name.partition(".")[0]
        if level or not (self._private[top] if top in self._private else self._resolve(top)):
            return _real_import(name, globals, locals, fromlist or (), level)
        private = f"{self.prefix}.{name}"
        if fromlist:
            return _real_import(private, globals, locals, fromlist, 0)
        _real_import(private)
        return sys.modules[f"{self.prefix}.{top}"]

    def import_module(self, name: str) -> ModuleType:
        """What `importlib.import_module(name)` means inside this plugin."""
        return _real_import_module(self.translate(name))

    def translate(self, name: str) -> str:
        """The name under which `sys.modules` knows the plugin's module `name`."""
        return f"{self.prefix}.{name}" if self._resolve(name.partition(".")[0]) else name

    def public(self, text: str) -> str:
        """Takes the private prefix out of a text for people."""
        return text.replace(f"{self.prefix}.", "")

    def _resolve(self, top: str) -> bool:
        known = self._private.get(top)
        if known is not None:
            return known
        private = self._decide(top)
        # A module that is not there may appear later (installed, generated): only findings are remembered.
        if private or top in sys.modules or top in sys.stdlib_module_names:
            self._private[top] = private
        return private

    def _decide(self, top: str) -> bool:
        """Whether `top` is private; the author's own folder goes before the standard library, the others after."""
        if top in _spaces or top in sys.builtin_module_names:
            return False
        if self._spec(top, self.roots[:1]) is None and top in sys.stdlib_module_names:
            return False
        spec = self._spec(top, self.roots)
        if spec is None:
            if top in _shared:
                raise ModuleNotFoundError(f"No module named {top!r}", name=top)
            return False
        if top in PRIVATE_EXTENSIONS or not _has_extension(spec):
            return True
        self.share(top, spec)
        return False

    def _spec(self, top: str, roots: list[str]) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.PathFinder.find_spec(top, roots)

    def share(self, top: str, spec: importlib.machinery.ModuleSpec) -> None:
        """Puts a package that cannot have two names on the shared list; the first version wins, and says so."""
        owner = _shared.setdefault(top, self)
        if owner is self:
            return
        mine, theirs = _version(top, self.roots), _version(top, owner.roots)
        if mine != theirs:
            self.log(
                WARN,
                f"{top} {theirs or '(unknown version)'} of the plugin {owner.plugin} is used, although this plugin"
                f" brings {mine or '(unknown version)'} ({spec.origin}): a package with compiled parts exists once"
                ' per process. Use the same version in both plugins, or set mode = "worker" in one of them.',
            )

    def drop(self) -> None:
        """Forgets the plugin's modules. Compiled ones stay mapped for ever."""
        _spaces.pop(self.prefix, None)
        for name in [n for n in sys.modules if n == self.prefix or n.startswith(f"{self.prefix}.")]:
            del sys.modules[name]


def _free_prefix(plugin: str) -> str:
    # Stable across runs where possible: pickles name classes by it.
    base = PREFIX + "".join(c if c.isalnum() else "_" for c in plugin)
    name, n = base, 1
    while name in _spaces:
        n += 1
        name = f"{base}_{n}"
    return name


def _has_extension(spec: importlib.machinery.ModuleSpec) -> bool:
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    if spec.submodule_search_locations is None:
        return bool(spec.origin and spec.origin.endswith(suffixes))
    return any(
        file.endswith(suffixes)
        for folder in spec.submodule_search_locations
        for _, _, files in os.walk(folder)
        for file in files
    )


def _version(top: str, roots: list[str]) -> str | None:
    """Version of the distribution that provides `top`, from the names of the metadata folders."""
    wanted = top.replace("_", "-").lower()
    for root in roots:
        try:
            entries = os.listdir(root)
        except OSError:
            continue
        for entry in entries:
            name, _, rest = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and name.replace("_", "-").lower() == wanted:
                return rest
    return None


def of_frame(frame: FrameType | None) -> Namespace | None:
    """The plugin whose code is nearest on the stack that ends in `frame`."""
    while frame is not None:
        space: Namespace | None = frame.f_builtins.get(KEY)
        if space is not None:
            return space
        frame = frame.f_back
    return None


def of_traceback(traceback: TracebackType | None) -> Namespace | None:
    """The plugin whose code is innermost in a traceback."""
    found = None
    while traceback is not None:
        found = traceback.tb_frame.f_builtins.get(KEY) or found
        traceback = traceback.tb_next
    return found


def current() -> Namespace | None:
    """The plugin on whose behalf the calling code runs, if its code is on the stack."""
    return of_frame(sys._getframe(1))


def spaces() -> list[Namespace]:
    """All loaded plugins, oldest first."""
    return list(_spaces.values())


class _PrivateSource(importlib.machinery.SourceFileLoader):
    """Gives a module its plugin's builtins before its first line runs."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return _module_with_builtins(spec)


class _PrivateBytecode(importlib.machinery.SourcelessFileLoader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return _module_with_builtins(spec)


def _module_with_builtins(spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
    space = _spaces.get(spec.name.partition(".")[0])
    if space is None:
        return None
    module = ModuleType(spec.name)
    module.__dict__["__builtins__"] = space.builtins
    return module


class _Finder:
    """First on `sys.meta_path`: finds private modules, shared packages and hooked modules; else steps aside."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in _spaces:
            return _private_spec(fullname, path)
        if fullname in _exec_hooks:
            return _hooked_spec(fullname, path)
        if path is None and top in _shared:
            return importlib.machinery.PathFinder.find_spec(fullname, _shared[top].roots)
        return None

    @staticmethod
    def find_distributions(context: Any) -> Iterator[Any]:
        """`importlib.metadata` asked by a plugin looks into the plugin's own folders first."""
        space = current()
        if space is None or getattr(context, "path", sys.path) is not sys.path:
            return iter(())
        metadata = sys.modules["importlib.metadata"]
        inner = metadata.DistributionFinder.Context(name=context.name, path=space.roots)
        return iter(metadata.MetadataPathFinder.find_distributions(inner))

    @staticmethod
    def invalidate_caches() -> None:
        for space in spaces():
            space._private.clear()


class _LastFinder:
    """Last on `sys.meta_path`: dependencies of shared packages, which import with public names."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        space = None if path is not None else current()
        if space is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, space.roots)
        if spec is not None:
            space.share(fullname, spec)
        return spec


def _private_spec(fullname: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(fullname, path)
    loader = spec.loader if spec is not None else None
    if spec is None or loader is None:
        return spec
    if type(loader) is importlib.machinery.SourceFileLoader:
        spec.loader = _PrivateSource(fullname, loader.path)
    elif type(loader) is importlib.machinery.SourcelessFileLoader:
        spec.loader = _PrivateBytecode(fullname, loader.path)
    return spec


def after_import(name: str, hook: Callable[[ModuleType], None]) -> None:
    """Calls `hook` with the module `name` once it has been imported: now, or when somebody imports it."""
    module = sys.modules.get(name)
    if module is not None:
        hook(module)
    else:
        _exec_hooks[name] = hook


def _hooked_spec(fullname: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(fullname, path)
    hook = _exec_hooks.pop(fullname, None)
    if spec is None or spec.loader is None or hook is None:
        return spec
    loader: Any = spec.loader
    real = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        real(module)
        hook(module)

    loader.exec_module = exec_module
    return spec


def _import_module(name: str, package: str | None = None) -> ModuleType:
    space = None if name.startswith(".") else of_frame(sys._getframe(1))
    return _real_import_module(name, package) if space is None else space.import_module(name)


def _find_spec(name: str, package: str | None = None) -> importlib.machinery.ModuleSpec | None:
    space = None if name.startswith(".") else of_frame(sys._getframe(1))
    if space is None:
        return _real_find_spec(name, package)
    try:
        return _real_find_spec(space.translate(name), package)
    except ModuleNotFoundError as error:
        if error.name == name.partition(".")[0]:
            return None
        raise


class Bootstrap:
    """Travels to a child of `multiprocessing` in its preparation data and sets up the same names there."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __reduce__(self) -> tuple[Any, ...]:
        known = [(s.plugin, s.roots, s.prefix) for s in spaces()]
        code = f"{self._source}\nbootstrap_child({known!r})\n"
        return (exec, (code, {"__name__": "_osaurus_child"}))


def bootstrap_child(known: list[tuple[str, list[str], str]]) -> None:
    """Runs in the child: private names as in the parent, log lines to standard error."""
    install(None)
    for plugin, roots, prefix in known:
        Namespace(plugin, roots, _log_to_stderr, prefix)


def _log_to_stderr(level: int, text: str) -> None:
    print(text, file=sys.stderr)


def install(source: str | None) -> None:
    """Puts the finders in place. `source` is this file's text, for children of `multiprocessing`."""
    sys.meta_path.insert(0, _Finder)
    sys.meta_path.append(_LastFinder)
    importlib.import_module = _import_module
    importlib.util.find_spec = _find_spec
    if source is not None:
        after_import("multiprocessing.spawn", lambda module: _prepare_children(module, source))


def _prepare_children(spawn: Any, source: str) -> None:
    real = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        data: dict[str, Any] = real(name)
        data["osaurus"] = Bootstrap(source)
        return data

    spawn.get_preparation_data = get_preparation_data
