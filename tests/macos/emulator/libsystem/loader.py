"""dlopen and what goes with it, and the sections of loaded images."""

from __future__ import annotations

from pathlib import Path

from ..darwin import RTLD_DEFAULT, RTLD_GLOBAL, RTLD_NOLOAD
from ..functions import I32, Text, function
from ..image import Image
from ..memory import EmulationError
from ..system import System


@function("dladdr")
def dladdr(system: System, address: int, out: int) -> int:
    image = system.machine.image_at(address)
    if image is None:
        return 0
    paths = system.state.image_paths
    if image.path not in paths:
        paths[image.path] = system.memory.new_text(image.path)
    system.memory.pack("4Q", out, paths[image.path], image.base, 0, 0)
    return 1


@function("getsectiondata")
def getsectiondata(system: System, header: int, segment: Text, section: Text, size: int) -> int:
    image = next((image for image in system.machine.images if image.base == header), None)
    if image is None:
        raise EmulationError(f"getsectiondata of {header:#x}, where no image begins")
    address, length = image.section(segment, section) or (0, 0)
    system.memory.set_word(size, length)
    return address


@function("dlopen", failure=0)
def dlopen(system: System, path: int, mode: I32) -> int:
    if not path:
        return RTLD_DEFAULT
    name = system.memory.text(path)
    system.opened.append((name, mode))
    image = next((image for image in system.machine.images if image.path == name), None)
    if image is None and not mode & RTLD_NOLOAD:
        image = _load(system, name, mode)
    if image is None:
        return 0
    image.is_global |= bool(mode & RTLD_GLOBAL)
    return image.base


def _load(system: System, name: str, mode: int) -> Image | None:
    try:
        return system.machine.load(Path(system.path(name)), name)
    except (OSError, LookupError) as error:
        system.state.loader_error = f"dlopen({name}, {mode:#06x}): {error}"
        return None


@function("dlerror")
def dlerror(system: System) -> int:
    """The last error, once; its text is good until the next call."""
    state = system.state
    if state.loader_error_place:
        system.memory.free(state.loader_error_place)
    text, state.loader_error = state.loader_error, None
    state.loader_error_place = system.memory.new_text(text) if text else 0
    return state.loader_error_place


@function("dlclose")
def dlclose(_system: System) -> int:
    return 0


@function("dlsym")
def dlsym(system: System, handle: int, name: Text) -> int:
    for image in system.machine.images:
        is_asked = image.base == handle or (handle == RTLD_DEFAULT and image.is_global)
        if is_asked and "_" + name in image.exports:
            return image.exports["_" + name]
    return 0
