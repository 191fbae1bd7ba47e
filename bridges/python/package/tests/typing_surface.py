"""What type checkers must infer for authors. Checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from osaurus_plugin import (
    Artifact,
    AsyncContext,
    Completion,
    ConfigField,
    Context,
    HttpResponse,
    Plugin,
    Request,
    Response,
    Rows,
    StreamChunk,
    Task,
    TaskCompleted,
    TaskEvent,
    ToolError,
)
from osaurus_plugin.results import ExecResult, FileContent, Model
from osaurus_plugin.testing import TestHost

plugin = Plugin(name="Typed")
plugin.config_section("Settings", [ConfigField.text("a", "A"), ConfigField.toggle("b", "B")])
plugin.secret("key", "Key", url="https://example.com")
plugin.web("web", mount="/ui", auth="owner")


@plugin.tool
def bare(a: int, b: str = "x") -> str:
    """Stays callable with its own types."""
    return a * b


@plugin.tool(name="other", permission="auto", timeout=3)
async def named(ctx: AsyncContext, a: int) -> dict[str, int]:
    """The same with arguments."""
    return {"a": a}


assert_type(bare(1), str)
bare("wrong")  # type: ignore[arg-type]


@plugin.tool
def calls(ctx: Context) -> None:
    """Every group, blocking."""
    assert_type(ctx.config.get("k"), str | None)
    assert_type(ctx.config.get("k", "d"), str)
    assert_type(ctx.config.get_bool("k"), bool)
    assert_type(ctx.config.get_number("k"), float)
    assert_type(ctx.db.execute("x", [1]), ExecResult)
    rows = ctx.db.query("x")
    assert_type(rows, Rows)
    assert_type(rows[0], dict[str, Any])
    assert_type(rows.tuples, list[tuple[Any, ...]])
    assert_type(ctx.inference.complete("x"), Completion)
    assert_type(ctx.inference.complete("x").text, str)
    assert_type(ctx.inference.embed("x"), list[float])
    assert_type(ctx.inference.embed(["x"]), list[list[float]])
    assert_type(ctx.inference.models(), list[Model])
    for chunk in ctx.inference.stream("x"):
        assert_type(chunk, StreamChunk)
    assert_type(ctx.inference.stream("x").result, Completion)
    assert_type(ctx.tasks.dispatch("x"), Task)
    assert_type(ctx.tasks.list(), list[Task])
    assert_type(ctx.http.get("https://example.com"), HttpResponse)
    assert_type(ctx.http.post("https://example.com", json={}).bytes, bytes)
    assert_type(ctx.files.read("/x"), FileContent)
    assert_type(ctx.agent_id, str | None)
    assert_type(ctx.secrets["key"], str)
    assert_type(ctx.working_directory, str | None)
    ctx.config.set("k", 1)  # type: ignore[arg-type]
    ctx.log.info("x", any=1, thing="y")


@plugin.tool
async def acalls(ctx: AsyncContext) -> None:
    """Every group, awaited."""
    assert_type(await ctx.config.get("k"), str | None)
    assert_type(await ctx.config.get("k", "d"), str)
    assert_type(await ctx.db.query("x"), Rows)
    assert_type(await ctx.inference.embed("x"), list[float])
    assert_type(await ctx.inference.embed(["x"]), list[list[float]])
    async for chunk in ctx.inference.stream("x"):
        assert_type(chunk, StreamChunk)
    async with ctx.inference.stream("x") as stream:
        assert_type(await stream.result(), Completion)
    assert_type(await ctx.tasks.list(), list[Task])
    assert_type(await ctx.http.get("https://example.com"), HttpResponse)
    assert_type(await ctx.agent_id(), str | None)
    ctx.log.info("x", any=1)


@plugin.route("/items/:id", methods=["GET"], auth="none")
def item(request: Request, id: int) -> Response:
    """A route keeps its type, too."""
    assert_type(request.query, dict[str, str])
    return Response.json({"id": id})


@plugin.on_task_event
def task_event(ctx: Context, event: TaskEvent) -> None:
    """Events narrow by class."""
    if isinstance(event, TaskCompleted):
        assert_type(event.session_id, str | None)
    assert_type(event.task_id, str)


@plugin.on_artifact
def artifact(shared: Artifact) -> None:
    """Artifacts are typed."""
    assert_type(shared.size, int)


def errors() -> None:
    """Kinds are checked."""
    ToolError("no_such_kind", "x")  # type: ignore[arg-type]
    plugin.tool(permission="prompt")  # type: ignore[call-overload]
    assert_type(TestHost(plugin).envelope("bare", a=1), dict[str, Any])
