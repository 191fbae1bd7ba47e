"""The soak's plugin: handlers of every kind, each quick, so that a million calls take seconds."""

import gc
import os
import sys

from osaurus_plugin import AsyncContext, Context, Plugin, Request

plugin = Plugin(name="Soak")

LEAK = False
"""`osaurus-soak --leak` sets it, to show that a leak is noticed."""

leaked: list[str] = []


@plugin.tool
def note(ctx: Context, title: str, stars: int = 0) -> dict[str, object]:
    """Keep a note, with host calls of three kinds."""
    if LEAK:
        leaked.append(title * 2)
    greeting = ctx.config.get("greeting")
    ctx.config.set("last", title)
    ctx.log.info(title)
    return {"title": title, "stars": stars, "greeting": greeting}


@plugin.tool
async def note_async(ctx: AsyncContext, title: str, stars: int = 0) -> dict[str, object]:
    """Keep a note on the event loop."""
    greeting = await ctx.config.get("greeting")
    return {"title": title, "stars": stars, "greeting": greeting}


@plugin.tool
def refuse(title: str) -> None:
    """Fail, with a traceback for the host's log."""
    raise LookupError(f"no note {title!r}")


@plugin.route("/page")
def page(request: Request) -> str:
    """Answer a page."""
    return f"<p>{request.path}</p>"


@plugin.tool
def objects() -> dict[str, int]:
    """How much Python holds on to, and where it runs."""
    gc.collect()
    return {"blocks": sys.getallocatedblocks(), "pid": os.getpid()}
