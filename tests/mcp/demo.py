"""One MCP server, written for whichever SDK is installed: mcp 1.x, mcp 2.x or fastmcp."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel


def installed(package: str) -> int:
    """The major version of a package; 0 where it is not there."""
    try:
        return int(version(package).partition(".")[0])
    except PackageNotFoundError:
        return 0


FASTMCP, MCP = installed("fastmcp"), installed("mcp")
if FASTMCP:
    from fastmcp import Context, FastMCP
    from fastmcp.utilities.types import Image

    server: Any = FastMCP("Demo")
elif MCP == 1:
    from mcp.server.fastmcp import Context, FastMCP, Image

    server = FastMCP("Demo")
else:
    from mcp.server.mcpserver import Context, Image, MCPServer

    server = MCPServer("Demo")


class Point(BaseModel):
    x: int
    y: int | None = None


class Size(BaseModel):
    size: str


@server.tool()
def move(p: Point, times: int | None = None) -> Point:
    """Move a point."""
    return Point(x=p.x + (times or 1), y=p.y)


@server.tool()
def count() -> int:
    """Count."""
    return 5


@server.tool()
def picture() -> Image:
    """Show a picture."""
    return Image(data=b"\x89PNG", format="png")


@server.tool()
async def talk(ctx: Context) -> str:
    """Log and report progress."""
    await ctx.info("hello")
    await ctx.report_progress(1, 2, "half")
    return "done"


@server.tool()
async def ask_user(ctx: Context) -> str:
    """Ask the user."""
    if FASTMCP:
        answer = await ctx.elicit("How big?", response_type=Size)
    else:
        answer = await ctx.elicit("How big?", schema=Size)
    return str(answer.data.size) if answer.action == "accept" else str(answer.action)


@server.tool()
def fails() -> str:
    """Fail."""
    raise ValueError("no good")


@server.resource("data://greeting")
def greeting() -> str:
    """A greeting."""
    return "hello there"


@server.prompt()
def poem(topic: str) -> str:
    """A poem."""
    return f"Write about {topic}"


if FASTMCP < 4:  # later ones have no sampling

    @server.tool()
    async def ask_model(ctx: Context) -> str:
        """Ask a model."""
        if FASTMCP:
            return str((await ctx.sample("say hi")).text)
        from mcp.types import SamplingMessage, TextContent

        message = SamplingMessage(role="user", content=TextContent(type="text", text="say hi"))
        answer = await ctx.session.create_message(messages=[message], max_tokens=10)
        return str(answer.content.text)
