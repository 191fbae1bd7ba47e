"""The processor with its threads, and calls between emulated code and functions written in Python.

Threads take turns: one runs until it waits or ends. What the functions do is in `libsystem`, what
they share in `system`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import unicorn
from unicorn import arm64_const as arm64

from .functions import Function, Wait
from .image import Image
from .memory import WORD, EmulationError, Memory, round_up

IMAGES, STACKS, STUBS, HOST = 0x1_0000_0000, 0x3_0000_0000, 0x4_0000_0000, 0x5_0000_0000
STUBS_SIZE, HOST_SIZE = 1 << 20, 0x4000
STACK_ROOM = 32 << 20
# What dispatch queues give the threads that a host calls plugins on.
HOST_STACK = 512 << 10
ARGUMENTS = [arm64.UC_ARM64_REG_X0 + number for number in range(8)]
RETURN = bytes.fromhex("c0035fd6")
# After so many seconds of waiting it is a deadlock: longer than any deadline of a plugin.
PATIENCE = 170.0


@dataclass(eq=False)
class Thread:
    """A thread of the emulated process."""

    number: int
    start: int
    arguments: tuple[int, ...]
    stack: int
    name: str = ""
    inside: str = "its start"
    context: Any = None
    ready: Callable[[], int | None] | None = None
    result: int | None = None
    done: bool = False
    errno: int = 0
    errno_place: int = 0
    # Blocks of thread-local variables, by the image that they belong to.
    blocks: dict[Image, int] = field(default_factory=dict)
    at_end: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.top = STACKS + (self.number + 1) * STACK_ROOM
        self.lowest = self.top


class Machine:
    """Memory, images and threads. `resolve` finds the function for a symbol of libSystem."""

    def __init__(
        self,
        resolve: Callable[[str], Function | None],
        invoke: Callable[[Function, list[int]], int | None],
    ) -> None:
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        # The default processor lacks the atomic instructions that every Mac has.
        self.uc.ctl_set_cpu_model(arm64.UC_CPU_ARM64_MAX)
        self.memory = Memory(self.uc)
        self.images: list[Image] = []
        self.threads: list[Thread] = []
        self.called: dict[str, int] = {}
        self.most_stack = 0
        self.host_reads: set[int] = set()
        self._resolve, self._invoke = resolve, invoke
        self._process = os.getpid()
        self._stubs: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._current: Thread | None = None
        self._stopped: str | BaseException = ""
        self.memory.map(STUBS, STUBS_SIZE)
        self.memory.map(HOST, HOST_SIZE)
        self.uc.hook_add(unicorn.UC_HOOK_CODE, self._on_stub, begin=STUBS, end=STUBS + STUBS_SIZE)
        self.uc.hook_add(
            unicorn.UC_HOOK_MEM_READ, self._on_host_read, begin=HOST, end=HOST + HOST_SIZE
        )
        self._end = self.stub("the end of the thread")

    # images

    def load(self, file: Path, path: str) -> Image:
        ends = [round_up(image.base + image.size, 1 << 24) for image in self.images]
        image = Image(self.memory, file, path, max([IMAGES, *ends]), self.look_up)
        if image.has_initialisers():
            raise EmulationError(f"{path} has initialisers, which are not run here")
        self.images.append(image)
        return image

    def look_up(self, symbol: str, library: str | None) -> int:
        """The address of what an image imports."""
        if library:
            return self.stub(symbol)
        for image in self.images:
            if image.is_global and symbol in image.exports:
                return image.exports[symbol]
        raise LookupError(f"symbol not found in flat namespace '{symbol}'")

    def image_at(self, address: int) -> Image | None:
        return next((image for image in self.images if image.contains(address)), None)

    def where(self, address: int | None = None) -> str:
        """A place in the code for a person; the caller's by default."""
        place: int = self.uc.reg_read(arm64.UC_ARM64_REG_LR) if address is None else address
        image = self.image_at(place)
        return image.describe(place) if image else hex(place)

    # calls out of the emulated code

    def stub(self, name: str) -> int:
        """The address of a function that Python does: one `ret`, before which the work is done."""
        if name not in self._stubs:
            address = STUBS + 16 * (len(self._stubs) + 1)
            self._stubs[name] = address
            self._names[address] = name
            self.memory.write(address, RETURN)
        return self._stubs[name]

    def _on_host_read(self, _uc: Any, _access: int, address: int, *_rest: Any) -> None:
        self.host_reads.add(address - HOST)

    def _on_stub(self, uc: Any, address: int, *_rest: Any) -> None:
        name, thread = self._names[address], self.current
        thread.lowest = min(thread.lowest, uc.reg_read(arm64.UC_ARM64_REG_SP))
        if address == self._end:
            return self._stop("ended")
        try:
            uc.reg_write(arm64.UC_ARM64_REG_X0, self._perform(name, thread) & WORD)
        except Wait as wait:
            thread.ready = wait.ready
            self._stop("waits")
        except BaseException as error:
            # Unicorn would print it and go on.
            self._stop(error)

    def _perform(self, name: str, thread: Thread) -> int:
        function = self._resolve(name)
        if function is None:
            raise EmulationError(f"libSystem here lacks {name}, called by {self.where()}")
        self.called[name] = self.called.get(name, 0) + 1
        thread.inside = name
        words = [self.uc.reg_read(register) for register in ARGUMENTS[: len(function.kinds)]]
        return self._invoke(function, words) or 0

    def _stop(self, why: str | BaseException) -> None:
        self._stopped = why
        self.uc.emu_stop()

    def variadic(self, number: int = 0) -> int:
        """An argument in place of `...`: on the stack, on Apple's systems."""
        return self.memory.word(self.uc.reg_read(arm64.UC_ARM64_REG_SP) + 8 * number)

    # threads

    @property
    def current(self) -> Thread:
        if self._current is None:
            raise EmulationError("no thread runs")
        return self._current

    def spawn(self, start: int, *arguments: int, stack: int = HOST_STACK) -> Thread:
        thread = Thread(len(self.threads), start, arguments, stack)
        # Nothing is mapped below, so an overflow is a fault.
        self.memory.map(thread.top - stack, stack)
        self.threads.append(thread)
        return thread

    def alive(self) -> list[Thread]:
        return [thread for thread in self.threads if not thread.done]

    def call(self, function: int, *arguments: int) -> int:
        """Calls a function on a thread of the host's, while all others run."""
        try:
            return self._call(function, *arguments)
        except BaseException as error:
            if os.getpid() != self._process:
                # Between fork and exec: the test goes on in the parent alone.
                print(f"in the child: {error!r}", file=sys.stderr)
                os._exit(70)
            raise

    def _call(self, function: int, *arguments: int) -> int:
        thread = self.spawn(function, *arguments)
        moved = time.monotonic()
        while not thread.done:
            if self.turn():
                moved = time.monotonic()
            elif time.monotonic() - moved > PATIENCE:
                waiting = ", ".join(
                    f"{one.name or one.number} in {one.inside}" for one in self.alive()
                )
                raise EmulationError(f"all threads wait: {waiting}")
            else:
                time.sleep(0.0005)
        return thread.result or 0

    def turn(self) -> bool:
        """Lets each thread run once; False when all of them wait."""
        moved = [self._run(thread) for thread in self.alive()]
        return any(moved)

    def settle(self, is_settled: Callable[[], bool]) -> None:
        """Lets the threads run until something is so."""
        until = time.monotonic() + PATIENCE
        while not is_settled():
            if time.monotonic() > until:
                raise EmulationError("it never settles")
            if not self.turn():
                time.sleep(0.0005)

    def _run(self, thread: Thread) -> bool:
        self._current = thread
        address = self._resume(thread) if thread.context else self._begin(thread)
        if address is None:
            return False
        try:
            self.uc.emu_start(address, 0)
        except unicorn.UcError as error:
            raise EmulationError(self._fault(thread, error)) from None
        self._after(thread)
        return True

    def _resume(self, thread: Thread) -> int | None:
        """Where a thread goes on whose function has its result; None when it still waits."""
        if thread.ready is None or (result := thread.ready()) is None:
            return None
        self.uc.context_restore(thread.context)
        self.uc.reg_write(arm64.UC_ARM64_REG_X0, result & WORD)
        thread.context = thread.ready = None
        return int(self.uc.reg_read(arm64.UC_ARM64_REG_LR))

    def _begin(self, thread: Thread) -> int:
        # Allows vector instructions.
        self.uc.reg_write(arm64.UC_ARM64_REG_CPACR_EL1, 3 << 20)
        self.uc.reg_write(arm64.UC_ARM64_REG_SP, thread.top - 64)
        self.uc.reg_write(arm64.UC_ARM64_REG_LR, self._end)
        for register, value in zip(ARGUMENTS, thread.arguments, strict=False):
            self.uc.reg_write(register, value)
        return thread.start

    def _after(self, thread: Thread) -> None:
        if isinstance(self._stopped, BaseException):
            raise self._stopped
        if self._stopped == "waits":
            thread.context = self.uc.context_save()
        else:
            self._end_of(thread, self.uc.reg_read(arm64.UC_ARM64_REG_X0))

    def _end_of(self, thread: Thread, result: int) -> None:
        """A thread's function has returned: destructors of its variables follow, last one first."""
        thread.result = result if thread.result is None else thread.result
        if thread.at_end:
            thread.start, value = thread.at_end.pop()
            thread.arguments = (value,)
            return
        thread.done = True
        for address in [*thread.blocks.values(), thread.errno_place]:
            if address:
                self.memory.free(address)
        if thread.stack == HOST_STACK:
            self.most_stack = max(self.most_stack, thread.top - thread.lowest)
        self.memory.unmap(thread.top - thread.stack, thread.stack)

    def _fault(self, thread: Thread, error: Exception) -> str:
        place = self.where(self.uc.reg_read(arm64.UC_ARM64_REG_PC))
        used = thread.top - self.uc.reg_read(arm64.UC_ARM64_REG_SP)
        name = thread.name or thread.number
        stack = f"thread {name} uses {used} of {thread.stack} bytes of stack"
        return f"{error} in {place}, called by {self.where()}; {stack}"
