"""The same tool as an MCP server over stdio, on the official Python SDK."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("bench", log_level="ERROR")


@server.tool()
def echo(title: str, body: str, stars: int = 0) -> dict[str, object]:
    """Echo a note."""
    return {"title": title, "words": len(body.split())}


server.run("stdio")
