"""Reads the mux while a step of the loop goes on and on: calls that run elsewhere, and the order to
stop one whose time is over, do not wait for it. Made by `mux.py`; `loop.py` says when
the loop waits."""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from select import POLLIN, poll
from time import sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# How long a step may take before another thread reads.
_LIMIT = 0.02


class Relief:
    """A thread that sleeps while nothing is called. `take` reads and does what it is told, if
    something is there; `leave` ends the process."""

    def __init__(
        self,
        descriptor: int,
        take: Callable[[], None],
        leave: Callable[[BaseException], None],
    ) -> None:
        self._take = take
        self._leave = leave
        self._poll = poll()
        self._poll.register(descriptor, POLLIN)
        self.reads = 0
        self.loop_waits = False
        self.turns = 0
        self._sleeps = False
        self._wake = allocate_lock()
        self._wake.acquire()
        start_new_thread(self._run, ())

    def turn(self) -> None:
        """The loop's thread waits no longer."""
        self.loop_waits = False
        self.turns += 1
        if self._sleeps:
            self._sleeps = False
            try:
                self._wake.release()
            except RuntimeError:  # it has not gone to sleep yet
                return

    def _run(self) -> None:
        try:
            while True:
                turns = self.turns
                sleep(_LIMIT)
                if turns != self.turns:
                    continue
                if self.loop_waits:
                    self._rest()
                else:
                    self._read(turns)
        except BaseException as error:
            self._leave(error)

    def _rest(self) -> None:
        self._sleeps = True
        if self.loop_waits:
            self._wake.acquire()

    def _read(self, turns: int) -> None:
        while turns == self.turns and not self.loop_waits:
            if self._poll.poll(_LIMIT * 1000):
                self._take()
