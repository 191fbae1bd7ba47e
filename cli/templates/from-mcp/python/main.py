"""{{title}}, a plugin for Osaurus: the tools of the MCP server {{mcp_target}}."""

{{mcp_import}}from osaurus_plugin import Plugin

plugin = Plugin(name="{{title}}", min_osaurus="{{min_osaurus}}")
{{mcp_include}}
