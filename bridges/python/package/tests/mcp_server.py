"""An MCP server without any SDK, for test_mcp.py: `python mcp_server.py MODE`."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
NULLABLE = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
TOOLS: list[dict[str, Any]] = [
    {
        "name": "echo.text",
        "description": "Echo.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "text": {"type": ["string", "null"]},
                "times": NULLABLE,
                "kind": {"const": "a"},
                "at": {"$ref": "#/definitions/Point"},
            },
            "definitions": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}}},
            "$schema": "http://json-schema.org/draft-07/schema#",
        },
        "annotations": {"readOnlyHint": True},
    },
    {"name": "env", "inputSchema": {}, "annotations": {"openWorldHint": True}},
    {"name": "picture", "inputSchema": {"type": "object"}},
    {"name": "fails", "inputSchema": {"type": "object"}},
    {"name": "die", "inputSchema": {"type": "object"}},
    {"name": "hang", "inputSchema": {"type": "object"}},
    {"name": "ask_model", "inputSchema": {"type": "object"}},
    {"name": "ask_user", "inputSchema": {"type": "object"}},
    {"name": "log", "inputSchema": {"type": "object"}},
]


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def ask(method: str, params: dict[str, Any]) -> Any:
    send({"id": "s1", "method": method, "params": params})
    while True:
        message = json.loads(sys.stdin.readline())
        if message.get("id") == "s1":
            return message.get("result") or message["error"]


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if name == "echo.text":
        return {"content": [{"type": "text", "text": f"{arguments}"}]}
    if name == "env":
        variables = {one: os.environ.get(one) for one in ("TOKEN", "PYTHONPATH", "LEVEL")}
        return {"content": [], "structuredContent": {**variables, "pid": os.getpid()}}
    if name == "picture":
        return {
            "content": [
                {"type": "text", "text": "a picture"},
                {"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"},
                {"type": "resource_link", "uri": "file:///x", "name": "x"},
            ]
        }
    if name == "fails":
        return {"content": [{"type": "text", "text": "no such thing"}], "isError": True}
    if name == "die":
        sys.stderr.write("out of order\n")
        os._exit(3)
    if name == "hang":
        signal.pause()
    if name == "ask_model":
        messages = [{"role": "user", "content": {"type": "text", "text": "say hi"}}]
        answer = ask("sampling/createMessage", {"messages": messages, "maxTokens": 9})
        return {"content": [{"type": "text", "text": answer["content"]["text"]}]}
    if name == "ask_user":
        answer = ask("elicitation/create", {"message": "How big?", "requestedSchema": {}})
        return {"content": [{"type": "text", "text": json.dumps(answer)}]}
    send({"method": "notifications/message", "params": {"level": "warning", "data": "careful"}})
    send({"method": "notifications/progress", "params": {"progress": 1, "total": 2}})
    return {"content": [{"type": "text", "text": "logged"}]}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    if method == "initialize":
        offered: dict[str, Any] = {"tools": {}, "resources": {}}
        about = {"name": "test", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": offered, "serverInfo": about}
    if method == "tools/list":
        half = len(TOOLS) // 2
        if params.get("cursor"):
            return {"tools": TOOLS[half:]}
        return {"tools": TOOLS[:half], "nextCursor": "more"}
    if method == "resources/list":
        return {"resources": [{"uri": "note://1", "name": "A note"}]}
    if method == "resources/templates/list":
        return {"resourceTemplates": []}
    if method == "resources/read":
        return {"contents": [{"uri": params["uri"], "text": "the note"}]}
    return call(params["name"], params["arguments"]) if method == "tools/call" else {}


def main() -> None:
    if MODE == "refuses":
        sys.exit("TOKEN is wrong")
    if MODE == "stubborn":  # goes on when its input ends
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and "method" in message:
            result = answer(message["method"], message.get("params") or {})
            send({"id": message["id"], "result": result})
    if MODE == "stubborn":
        while True:
            signal.pause()


main()
