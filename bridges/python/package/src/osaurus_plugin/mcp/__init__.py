"""MCP servers as parts of a plugin: `plugin.include` and `plugin.include_command` end here.

`server.py` holds one included server, `session.py` speaks the protocol, `in_process.py` and
`command.py` carry its messages, `tools.py` and `content.py` translate, `files.py` keeps pictures.
Nothing here is imported by plugins without a server.
"""
