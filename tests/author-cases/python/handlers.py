"""Decorated functions, failures and what the log says of them."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from osaurus_plugin import AsyncContext, Context, Plugin

plugin = Plugin(name="Handlers")


def retried(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return function(*args, **kwargs)

    return wrapper


def run_at_once(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return wrapper


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@plugin.tool
@retried
def doubled(n: int) -> int:
    """A `def` that a decorator makes asynchronous."""
    return n * 2


@plugin.tool
@run_at_once
async def tripled(n: int) -> int:
    """An `async def` that a decorator runs."""
    await asyncio.sleep(0)
    return n * 3


@plugin.tool
@logged
async def stored(ctx: AsyncContext, n: int) -> str | None:
    """An `async def` in a decorator that returns its coroutine."""
    await ctx.config.set("n", str(n))
    return await ctx.config.get("n")


@plugin.tool
@logged
def kept(ctx: Context, n: int) -> str | None:
    """A `def` in a decorator."""
    ctx.config.set("n", str(n))
    return ctx.config.get("n")


@plugin.tool
@functools.lru_cache
def cached(n: int) -> int:
    """A cache."""
    return n + 1


@plugin.tool
def stops() -> str:
    """Has a breakpoint left in it."""
    breakpoint()
    return "on"


def inner(n: int) -> float:
    return 1 / n


@plugin.tool
def fails(n: int) -> float:
    """Fails in a function of its own."""
    return inner(n)


@plugin.tool
def chained(n: int) -> float:
    """Explains a failure."""
    try:
        return inner(n)
    except ZeroDivisionError as error:
        raise RuntimeError("no such share") from error


@plugin.tool
async def fails_later(n: int) -> float:
    """Fails in a coroutine."""
    await asyncio.sleep(0)
    return inner(n)


async def later() -> str:
    return "later"


@plugin.tool
def forgotten() -> Any:
    """Returns a coroutine."""
    return later()


@plugin.tool
def noted(text: str) -> str:
    """Repeats.

    Note:
        The text comes back as it is.

    Args:
        text: What to repeat.

    Raises:
        ValueError: Never.
    """
    return text


class Several(Exception):
    """As groups of exceptions are, in a Python that lacks them, too."""

    def __init__(self, *exceptions: Exception) -> None:
        super().__init__("unhandled errors")
        self.exceptions = exceptions


@plugin.tool
def several() -> None:
    """Fails for two reasons."""
    raise Several(ValueError("no such file"), KeyError("name"))


@plugin.tool
def explained() -> None:
    """Fails with a note."""
    error = ValueError("not a number")
    error.__notes__ = ["in line 3"]  # type: ignore[attr-defined]  # add_note is younger
    raise error


@plugin.tool
def context_last(word: str, ctx: Context | None = None) -> list[Any]:
    """Takes the context last, as other kits have it."""
    return [word, ctx is not None and ctx.agent_id is not None]


@plugin.tool
async def context_by_name(word: str, *, loud: bool = False, context: AsyncContext) -> list[Any]:
    """Takes the context by its name."""
    await context.config.set("word", word)
    return [await context.config.get("word"), loud]
