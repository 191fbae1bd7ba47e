"""Starts the MCP server and asks it for its tools: no library, no Osaurus. Needs pytest."""

from osaurus_plugin import Plugin
from osaurus_plugin.testing import TestHost


def test_the_server_has_tools(host: TestHost, plugin: Plugin) -> None:
    assert len(plugin.tools) > 0
    assert all(tool.description for tool in plugin.tools.values())
