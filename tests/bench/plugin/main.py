"""The bench's tools as a Python plugin."""

from osaurus_plugin import AsyncContext, Context, Plugin

plugin = Plugin(name="Bench")


@plugin.tool
def echo(title: str, body: str, stars: int = 0) -> dict[str, object]:
    """Echo a note."""
    return {"title": title, "words": len(body.split())}


@plugin.tool
async def echo_async(title: str, body: str, stars: int = 0) -> dict[str, object]:
    """Echo a note on the event loop."""
    return {"title": title, "words": len(body.split())}


@plugin.tool
def host_calls(ctx: Context, count: int) -> dict[str, object]:
    """Make host calls in a row."""
    get = ctx.config.get
    for _ in range(count):
        get("key")
    return {}


@plugin.tool
async def host_calls_async(ctx: AsyncContext, count: int) -> dict[str, object]:
    """Await host calls in a row."""
    for _ in range(count):
        await ctx.config.get("key")
    return {}


@plugin.tool
def stream(ctx: Context) -> dict[str, object]:
    """Count the chunks of a stream."""
    return {"chunks": sum(1 for _ in ctx.inference.stream("count"))}
