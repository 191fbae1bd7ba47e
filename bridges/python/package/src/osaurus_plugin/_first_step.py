"""Runs the first step of a coroutine at once, as a task of a loop. Used by both engines.

A task that does not wait has ended by then, and the loop has not been entered for it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Callable, Coroutine
    from contextvars import Context
    from typing import Any, TypeVar

    T = TypeVar("T")


class FirstStep:
    """Makes tasks of one loop. Its thread must be the one that runs the loop's callbacks now."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._step: Callable[[], object] | None = None
        self._context: Context | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Task[T]:
        """The task of a coroutine, which has run until it waited for the first time."""
        loop = self._loop
        # A new task asks its loop for its first step with `call_soon`. What other threads ask for
        # goes another way (`call_soon_threadsafe`), so this can only be the task's.
        loop.call_soon = self._keep  # type: ignore[method-assign,assignment]
        try:
            task = loop.create_task(coroutine)
        finally:
            del loop.call_soon
        step, self._step = self._step, None
        if step is None or self._context is None:  # a task factory has run it
            return task
        try:
            self._context.run(step)
        except (SystemExit, KeyboardInterrupt):  # the task has it, and ends what runs the loop
            if not task.done():
                raise
        return task

    def _keep(self, step: Callable[[], object], *, context: Context) -> None:
        self._step, self._context = step, context
