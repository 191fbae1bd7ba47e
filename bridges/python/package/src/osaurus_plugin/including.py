"""The part of `Plugin` that takes over MCP servers. What a server is, `mcp/` knows: it is imported
for plugins that include one.
"""

from __future__ import annotations

import sys

from .errors import DeclarationError
from .keywords import checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .context import Context
    from .handlers import Tool
    from .mcp.requests import Elicit
    from .mcp.server import IncludedServer


class Including:
    """Of a plugin: its included servers."""

    if TYPE_CHECKING:
        included: list[IncludedServer]
        secrets: dict[str, dict[str, Any]]
        tools: dict[str, Tool]

    @checked
    def include(
        self,
        server: Any,
        *,
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        prefix: str | None = None,
        filter: Sequence[str] | Callable[[str], bool] | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        resources: bool = True,
        prompts: bool = False,
        elicit: Elicit | None = None,
    ) -> None:
        """Takes over the tools of an MCP server: an object of the official SDK or of fastmcp, or a
        function that serves over stdio, such as `mcp_server_time.serve`.

        Args:
            args: The server's command line, for a function that reads one.
            env: Variables that it reads; they are set in this process.
            prefix: Put before the ids of its tools, with an underscore.
            filter: The names of the tools to take, or a function that says so of a name.
            overrides: By the server's name of a tool: "id", "description", "permission",
                "requirements", "timeout".
            resources: Whether a tool `read_resource` is added for a server that has some.
            prompts: Whether a tool `get_prompt` is added for a server that has some.
            elicit: Answers what the server would ask the user: `elicit(ctx, request)` gives the
                fields, or None to decline.
        """
        from .mcp import in_process

        where = _author()
        if not in_process.can_serve(server):
            raise DeclarationError(
                f"include: {server!r} is not an MCP server; expected one of the mcp or fastmcp "
                "package, or a function that serves over stdio",
                *where,
            )
        self._include(
            lambda secrets: in_process.connect(server, args, env or {}),
            where,
            f"the MCP server {getattr(server, 'name', None) or getattr(server, '__name__', '')!r}",
            prefix=prefix,
            filter=filter,
            overrides=overrides,
            resources=resources,
            prompts=prompts,
            elicit=elicit,
        )

    @checked
    def include_command(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        prefix: str | None = None,
        filter: Sequence[str] | Callable[[str], bool] | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        resources: bool = True,
        prompts: bool = False,
        elicit: Elicit | None = None,
    ) -> None:
        """Takes over the tools of an MCP server in any language: a program that talks over stdio,
        such as `["npx", "-y", "@modelcontextprotocol/server-memory"]`. It runs while the plugin
        does.

        Args:
            env: Variables for it, beside those of this process.
            secrets: Variables that the user fills in: each a secret of the plugin with its label.
        """
        where = _author()
        if (
            isinstance(command, str)
            or not all(isinstance(one, str) for one in command)
            or not command
        ):
            raise DeclarationError(
                f'include_command takes a list such as ["npx", "-y", "package"], not {command!r}',
                *where,
            )
        for name, label in (secrets or {}).items():
            if name not in self.secrets:
                self.secrets[name] = {"id": name, "label": label, "required": True}
        words, added = list(command), dict(env or {})

        def connect(values: Mapping[str, str]) -> Any:
            from .mcp import command as process

            return process.connect(words, {**added, **values})

        self._include(
            connect,
            where,
            f"the MCP server {' '.join(words)!r}",
            prefix=prefix,
            filter=filter,
            overrides=overrides,
            resources=resources,
            prompts=prompts,
            elicit=elicit,
            secrets=list(secrets or ()),
        )

    def _include(self, connect: Any, where: tuple[str, int], what: str, **options: Any) -> None:
        from .mcp.server import IncludedServer, Options

        self.included.append(IncludedServer(connect, Options(what, where, **options)))

    def declare_included(self) -> None:
        """Makes the tools of included servers tools of the plugin. Starts the servers: for builds
        and tests. At run time the manifest knows them."""
        for server in self.included:
            for tool in server.declared():
                earlier = self.tools.get(tool.id)
                if earlier is None:
                    self.tools[tool.id] = tool
                elif earlier is not tool:
                    raise tool.error(
                        f"of an MCP server is already declared at {earlier.file}:{earlier.line}; "
                        "pass prefix="
                    )

    def included_tool(self, id_: str) -> Tool | None:
        """A tool that only an included server can have, as a worker sees it."""
        servers = [one for one in self.included if one.options.may_have(id_)]
        if not servers:
            return None
        from .mcp.tools import IncludedTool

        def call(ctx: Context, /, **arguments: Any) -> Any:
            owner = next((one for one in servers[:-1] if one.has(ctx, id_)), servers[-1])
            return owner.call(ctx, id_, arguments)

        return IncludedTool(id_, call, servers[0].options.where)


def _author() -> tuple[str, int]:
    frame = sys._getframe(3)  # the caller of the method and `checked`
    return frame.f_code.co_filename, frame.f_lineno
