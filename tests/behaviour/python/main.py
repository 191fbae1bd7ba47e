"""The behaviour table's probe in Python; README.md beside this folder says what it does."""

from __future__ import annotations

import json
import threading
from typing import Any

from osaurus_plugin import ConfigField, Context, HTTPError, Plugin, Request, Response, ToolError
from osaurus_plugin._generated import HostSlot
from osaurus_plugin.events import TaskEvent

plugin = Plugin(name="Probe", description="Does what the behaviour table asks for.")
plugin.config_section("Probe", [ConfigField.text("colour", "Colour")])
events: list[str] = []
lock = threading.Lock()


@plugin.tool(permission="auto")
def call(
    ctx: Context,
    function: str,
    arguments: list[Any] | None = None,
    cancel: str | None = None,
) -> dict[str, Any]:
    """Calls a function of the host."""
    slots = {slot.name.lower(): slot for slot in HostSlot}
    if function not in slots:
        raise ToolError("not_found", "this SDK does not know the function")
    # The strings go to the host and come back as they are, so not through the groups of `ctx`.
    frame, slot = ctx.frame, slots[function]
    values = tuple(arguments or ())
    if slot != HostSlot.COMPLETE_STREAM:
        return {"answer": frame.call(slot, values), "chunks": []}
    chunks: list[str] = []

    def on_chunk(chunk: str) -> bool:
        chunks.append(chunk)
        return cancel is None or len(chunks) < 2

    return {"answer": frame.stream(values[0], on_chunk, None), "chunks": chunks}


@plugin.tool(permission="auto")
def echo(text: str) -> dict[str, str]:
    """Says it again."""
    return {"text": text}


@plugin.tool(permission="auto")
def refuse() -> None:
    """Fails."""
    raise ToolError("not_found", "nothing has that name")


@plugin.tool(permission="auto")
def seen() -> dict[str, list[str]]:
    """Lists the events so far."""
    with lock:
        return {"events": list(events)}


@plugin.route("/things/:name", id="thing", methods=["GET", "POST"])
def thing(request: Request, name: str) -> Response:
    """Says what it was asked."""
    body = {
        "method": request.method,
        "name": name,
        "q": request.query.get("q", ""),
        "header": request.headers.get("x-test", ""),
    }
    return Response(json.dumps(body), 201, {"X-Probe": "yes"})


@plugin.route("/broken")
def broken() -> None:
    """Fails."""
    raise HTTPError(500, "broken")


@plugin.on_config_changed
def changed(key: str, value: str) -> None:
    """Keeps a setting."""
    with lock:
        events.append(f"config {key}={value}")


@plugin.on_task_event
def task(event: TaskEvent) -> None:
    """Keeps an event."""
    with lock:
        events.append(f"task {event.type} {event.task_id} {json.dumps(event.raw)}")
