"""What a handler's ending means: envelopes, responses, log lines."""

from __future__ import annotations

import asyncio
import pathlib
from dataclasses import dataclass
from typing import Any

import pytest

from osaurus_plugin import (
    Artifact,
    AsyncContext,
    ConfigField,
    Context,
    DeclarationError,
    HostCallRefused,
    HTTPError,
    Plugin,
    Request,
    Response,
    TaskCompleted,
    TaskEvent,
    ToolError,
    ToolResult,
    _runtime,
)
from osaurus_plugin.testing import TestHost


@dataclass
class Hit:
    name: str
    score: float


RESULTS: list[tuple[Any, Any]] = [
    ("hello", {"text": "hello"}),
    ({"a": 1}, {"a": 1}),
    ([1, "two", None], [1, "two", None]),
    (None, None),
    (7, 7),
    (Hit("x", 0.5), {"name": "x", "score": 0.5}),
    ({"found": [Hit("x", 1.0)]}, {"found": [{"name": "x", "score": 1.0}]}),
    ((1, 2), [1, 2]),
    ({"b", "a"}, ["a", "b"]),
]


@pytest.mark.parametrize(("returned", "result"), RESULTS, ids=repr)
def test_results_become_json(plugin: Plugin, returned: Any, result: Any) -> None:
    @plugin.tool
    def f() -> Any:
        """F."""
        return returned

    assert TestHost(plugin).envelope("f") == {"ok": True, "result": result}


def test_warnings_are_part_of_the_description(plugin: Plugin) -> None:
    @plugin.tool
    def f() -> ToolResult:
        """F."""
        return ToolResult("done", warnings=["half of it"])

    assert TestHost(plugin).envelope("f") == {
        "ok": True,
        "result": {"text": "done"},
        "warnings": ["half of it"],
    }


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ({"when": [complex(1)]}, "result.when[0] is of type complex"),
        ({"x": float("nan")}, "result.x is nan"),
        ({1: "x"}, "has the key 1"),
        (b"x", "result is of type bytes, which JSON cannot carry; return a base64 string"),
    ],
    ids=repr,
)
def test_a_result_that_is_not_json_names_the_place(
    plugin: Plugin, returned: Any, says: str
) -> None:
    @plugin.tool
    def f() -> Any:
        """F."""
        return returned

    envelope = TestHost(plugin).envelope("f")
    assert envelope["kind"] == "execution_error"
    assert says in envelope["message"]


def test_a_function_that_the_host_lacks_ends_the_call_as_unavailable(plugin: Plugin) -> None:
    @plugin.tool
    def f(ctx: Context) -> str | None:
        """F."""
        return ctx.agent_id

    def missing() -> None:
        raise _runtime.refusal(4, "the host has no `get_active_agent_id`: this host says 3")

    host = TestHost(plugin)
    host.answer("get_active_agent_id", missing)
    assert host.envelope("f") == {
        "ok": False,
        "kind": "unavailable",
        "message": "the host has no `get_active_agent_id`: this host says 3",
        "retryable": False,
    }
    assert type(_runtime.refusal(1, "no")) is HostCallRefused


def leave(how: str) -> None:
    if how == "error":
        raise ValueError("bad")
    if how == "exit":
        raise SystemExit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "cancelled":
        raise asyncio.CancelledError
    if how == "generator":
        raise GeneratorExit
    if how == "recursion":
        leave(how)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("error", "ValueError: bad"),
        ("exit", "SystemExit: 3"),
        ("interrupt", "KeyboardInterrupt"),
        ("cancelled", "CancelledError"),
        ("generator", "GeneratorExit"),
        ("recursion", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_exceptions_become_envelopes_and_log_lines(plugin: Plugin, how: str, message: str) -> None:
    @plugin.tool
    def plain() -> None:
        """Plain."""
        leave(how)

    @plugin.tool
    async def looped() -> None:
        """Looped."""
        leave(how)

    host = TestHost(plugin)
    for tool in ("plain", "looped"):
        envelope = host.envelope(tool)
        assert envelope["kind"] == "execution_error"
        assert envelope["retryable"] is True
        assert envelope["message"].startswith(message)
        line = host.tracebacks.pop()
        assert line.startswith(f"tool '{tool}' failed at {pathlib.Path(__file__).name}:")
        assert f" in leave: {message}" in line
        assert "osaurus_plugin/_runtime.py" not in line


def test_tool_errors_are_answers_and_not_failures_of_the_plugin(plugin: Plugin) -> None:
    @plugin.tool
    def f() -> None:
        """F."""
        raise ToolError("not_found", "no such note", field="id", note=4)

    host = TestHost(plugin)
    assert host.envelope("f") == {
        "ok": False,
        "kind": "not_found",
        "message": "no such note",
        "retryable": False,
        "field": "id",
        "note": 4,
    }
    assert host.tracebacks == []


def test_a_type_error_of_the_author_is_not_taken_for_bad_arguments(plugin: Plugin) -> None:
    @plugin.tool
    def f(a: str) -> str:
        """F."""
        return a + 1  # type: ignore[operator]

    runtime = _runtime.Runtime(plugin)
    runtime.set_log(lambda level, text: None)
    frame: Any = None
    assert runtime.call(frame, 0, "f", {"a": "x"}, None)["kind"] == "execution_error"  # type: ignore[index]
    missing = runtime.call(frame, "tool", "f", {}, None)
    assert missing is not None
    assert (missing["kind"], missing["field"]) == ("invalid_args", "a")


def test_the_deadline_passes_through(plugin: Plugin) -> None:
    @plugin.tool
    def f() -> None:
        """F."""
        raise _runtime.DeadlineExceeded

    runtime = _runtime.Runtime(plugin)
    with pytest.raises(_runtime.DeadlineExceeded):
        runtime.call(None, "tool", "f", {}, None)  # type: ignore[arg-type]


def test_routes_answer_what_is_returned(plugin: Plugin) -> None:
    @plugin.route("/page", auth="none")
    def page() -> str:
        """A page."""
        return "<h1>ü</h1>"

    @plugin.route("/items/:id", methods=["GET", "POST"], auth="none")
    async def item(ctx: AsyncContext, request: Request, id: int) -> Any:
        """An item."""
        if id == 0:
            raise HTTPError(404, "no such item")
        if id == 1:
            return 201, {"method": request.method, "got": request.json()}
        if id == 2:
            return b"\xff\x00"
        if id == 3:
            raise ValueError("secret text")
        return Response.redirect("/elsewhere")

    host = TestHost(plugin)
    assert host.request("GET", "/page") == {
        "status": 200,
        "headers": {"Content-Type": "text/html; charset=utf-8"},
        "body": "<h1>ü</h1>",
    }
    response = host.request("POST", "/items/1", json={"a": 1})
    assert (response["status"], response["body"]) == (201, '{"method":"POST","got":{"a":1}}')
    assert response["headers"] == {"Content-Type": "application/json"}
    assert host.request("POST", "/items/1", body="{")["status"] == 400
    binary = host.request("GET", "/items/2")
    assert (binary["body"], binary["body_encoding"]) == ("/wA=", "base64")
    failed = host.request("GET", "/items/3")
    assert failed["status"] == 500
    assert "secret" not in failed["body"]
    assert "ValueError: secret text" in host.tracebacks[-1]
    assert host.request("GET", "/items/4")["headers"]["Location"] == "/elsewhere"
    assert host.request("GET", "/items/0")["body"] == '{"error":{"message":"no such item"}}'
    assert host.request("GET", "/items/x")["status"] == 404
    assert host.request("GET", "/nowhere")["status"] == 404


def test_events_reach_their_handlers(plugin: Plugin) -> None:
    events: list[Any] = []

    @plugin.on_start
    def start() -> None:
        events.append("start")

    @plugin.on_config_changed
    def changed(ctx: Context, key: str, value: str) -> None:
        events.append((key, value, ctx.config.get(key)))

    @plugin.on_task_event
    async def event(ctx: AsyncContext, event: TaskEvent) -> None:
        events.append((event.name, event.task_id, await ctx.agent_id()))
        if isinstance(event, TaskCompleted):
            events.append(event.output)

    @plugin.on_artifact
    def artifact(shared: Artifact) -> None:
        events.append((shared.filename, shared.size))

    @plugin.on_unload
    def unload() -> None:
        events.append("unload")
        raise RuntimeError("too late")

    host = TestHost(plugin)
    host.config_changed("__osaurus_abi_probe__", "1234")
    host.config_changed("key", "")
    host.task_event("T1", 4, {"success": True, "output": "42"})
    host.task_event("T1", 99, {})
    host.artifact(filename="a.txt", size=3)
    host.unload()
    agent = host.agent_id
    assert events == [
        "start",
        ("key", "", ""),
        ("completed", "T1", agent),
        "42",
        ("unknown", "T1", agent),
        ("a.txt", 3),
        "unload",
    ]
    assert "RuntimeError: too late" in host.tracebacks[-1]


def declare(plugin: Plugin, how: str) -> None:
    def handler(ctx: Context) -> None:
        """H."""

    async def aio(ctx: AsyncContext) -> None:
        """A."""

    if how == "mixed":

        @plugin.tool
        async def f(ctx: Context) -> None:
            """F."""

    elif how == "mixed the other way":

        @plugin.tool
        def g(ctx: AsyncContext) -> None:
            """G."""

    elif how == "twice":
        plugin.tool(handler)
        plugin.tool(handler)
    elif how == "no docstring":

        @plugin.tool
        def silent() -> None: ...

    elif how == "lambda":
        plugin.tool(lambda: None)
    elif how == "kwargs":

        @plugin.tool
        def k(**rest: str) -> None:
            """K."""

    elif how == "generator":

        @plugin.tool
        def n() -> Any:
            """N."""
            yield 1

    elif how == "name":
        plugin.tool(name="with space")(handler)
    elif how == "permission":
        plugin.tool(permission="prompt")(handler)  # type: ignore[call-overload]
    elif how == "threads":
        plugin.tool(threads=True)(aio)
    elif how == "timeout":
        plugin.tool(timeout=0)(handler)
    elif how == "auth":
        plugin.route("/x", auth="public")(handler)  # type: ignore[arg-type]
    elif how == "path":
        plugin.route("x")(handler)
    elif how == "braces":
        plugin.route("/x/{id}")(handler)
    elif how == "wild":
        plugin.route("/x/:id/*")(handler)
    elif how == "methods":
        plugin.route("/x", methods="GET")(handler)
    elif how == "stranger":

        @plugin.route("/x/:id")
        def r(ctx: Context, other: str) -> None:
            """R."""

    elif how == "event":
        plugin.on_config_changed(handler)
    elif how == "unload":
        plugin.on_unload(handler)
    elif how == "field":
        plugin.config_section("S", ["text"])  # type: ignore[list-item]
    elif how == "key":
        plugin.config_section("S", [ConfigField.text("k", "K"), ConfigField.toggle("k", "K")])
    elif how == "default":
        plugin.config_section("S", [ConfigField.select("k", "K", ["a", "b"], default="c")])


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("mixed", "is an `async def` with a blocking Context: write `ctx: AsyncContext`"),
        ("mixed the other way", "is a `def` with an AsyncContext"),
        ("twice", "is already declared at"),
        ("no docstring", "write a docstring, or pass description="),
        ("lambda", "has no name, no annotations and no docstring"),
        ("kwargs", "name every argument"),
        ("generator", "return its whole result"),
        ("name", "must be 1 to 64 of the characters"),
        ("permission", """permission='prompt' is not one of "auto", "ask", "deny\""""),
        ("threads", "threads=True is for `def`"),
        ("timeout", "must be a number of seconds above 0"),
        ("auth", """auth='public' is not one of "none", "verify", "owner\""""),
        ("path", "must begin with '/'"),
        ("braces", "write the parameters of '/x/{id}' as ':name'"),
        ("wild", "takes ':name' literally"),
        ("methods", 'methods must be a list such as ["GET"]'),
        ("stranger", "neither the request (`other: Request`) nor a part of the path"),
        ("event", "takes ctx (if you like), key, value, not (ctx)"),
        ("unload", "the host is out of reach when a plugin is unloaded"),
        ("field", "use ConfigField.text"),
        ("key", "'k' is there twice"),
        ("default", "default 'c', which is not one of ['a', 'b']"),
    ],
)
def test_wrong_declarations_say_what_to_do(plugin: Plugin, how: str, says: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(plugin, how)
    assert says in str(caught.value)
    if how not in ("default",):
        assert __file__ in str(caught.value)


def test_a_whole_default_of_a_number_arrives_as_it_was_declared(plugin: Plugin) -> None:
    fields = [
        ConfigField.number("limit", "Limit", default=5),
        ConfigField.number("share", "Share", default=0.5),
        ConfigField.text("name", "Name", default="5.0"),
    ]
    plugin.config_section("S", fields)
    values: list[str] = []

    @plugin.on_config_changed
    def changed(key: str, value: str) -> None:
        values.append(value)

    host = TestHost(plugin)
    for key, value in (("limit", "5.0"), ("limit", "6"), ("limit", ""), ("share", "0.5")):
        host.config_changed(key, value)
    host.config_changed("name", "5.0")
    assert values == ["5", "6", "", "0.5", "5.0"]
