"""The host API: what is sent, what is read, which exception a host's error becomes."""

from __future__ import annotations

from typing import Any, get_args

import pytest

import osaurus_plugin._frame as slots
from osaurus_plugin import AsyncContext, Context, HostCallRefused, HostError, Plugin, errors
from osaurus_plugin import _generated as generated
from osaurus_plugin.testing import TestHost, _Frame

FLAT = '{"error":"rate_limit_exceeded","message":"Too many","retry_after_ms":60000}'


@pytest.fixture
def host(plugin: Plugin) -> TestHost:
    return TestHost(plugin, config={"a": "1"}, secrets={"key": "hush"})


@pytest.fixture
def ctx(host: TestHost) -> Context:
    return Context(_Frame(host, threaded=False), {"secrets": {"key": "hush"}})


def test_config(ctx: Context, host: TestHost) -> None:
    assert (ctx.config.get("a"), ctx.config.get("b"), ctx.config.get("b", "x")) == ("1", None, "x")
    ctx.config.set("b", "true")
    assert (ctx.config.get_bool("b"), ctx.config.get_number("a")) == (True, 1.0)
    ctx.config.delete("b")
    assert host.config == {"a": "1"}
    with pytest.raises(ValueError, match="drops more than 1048576"):
        ctx.config.set("b", "x" * 1_048_577)
    with pytest.raises(TypeError, match="must be a str, not int"):
        ctx.config.set("b", 1)  # type: ignore[arg-type]


def test_database(ctx: Context) -> None:
    ctx.db.execute("CREATE TABLE t (a TEXT, b REAL)")
    done = ctx.db.execute("INSERT INTO t VALUES (?, ?)", ["x", 1.5])
    assert (done.changes, done.last_insert_rowid) == (1, 1)
    rows = ctx.db.query("SELECT a, b, a FROM t WHERE a = ?", ("x",))
    assert rows == [{"a": "x", "b": 1.5}]
    assert (rows.columns, rows.tuples) == (["a", "b", "a"], [("x", 1.5, "x")])
    assert (rows.first(), rows.scalar()) == ({"a": "x", "b": 1.5}, "x")
    assert ctx.db.query("SELECT * FROM t WHERE 0").first() is None
    with pytest.raises(errors.DatabaseError, match="no such table: nope") as caught:
        ctx.db.query("SELECT * FROM nope")
    assert caught.value.code == ""


@pytest.mark.parametrize(
    ("params", "error", "says"),
    [
        ({"a": 1}, TypeError, "silently ignores named parameters"),
        ("x", TypeError, "must be a list or tuple"),
        ([b"x"], TypeError, "parameter 1: the host cannot bind bytes"),
        ([1, object()], TypeError, "parameter 2: object cannot be bound"),
        (["a\0b"], ValueError, "holds a NUL"),
        ([2**63], ValueError, "64-bit"),
        ([float("nan")], TypeError, "must be JSON"),
    ],
    ids=repr,
)
def test_parameters_that_the_host_would_mangle_raise(
    ctx: Context, params: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        ctx.db.execute("SELECT ?", params)


def test_log(ctx: Context, host: TestHost) -> None:
    ctx.log.info("plain")
    ctx.log.error("structured", count=1, what=object)
    assert host.logs == [
        ("info", "plain", {}),
        ("error", "structured", {"count": 1, "what": "<class 'object'>"}),
    ]
    assert host.logs[1].level == "error"
    assert host.logs[1].fields["count"] == 1

    def refuse(*args: Any) -> None:
        raise errors.Unavailable("log_structured needs version 5")

    host.answer("log_structured", refuse)
    ctx.log.warn("old host", n=1)
    assert host.logs[-1] == ("warn", 'old host {"n":1}', {})


def test_http(ctx: Context, host: TestHost) -> None:
    host.answer("http_request", {"status": 404, "body": '{"a":1}', "body_encoding": "utf8"})
    response = ctx.http.post(
        "https://x.example/p?a=1#f", json={"b": [1]}, query={"c": "d e"}, timeout=2
    )
    assert host.calls[-1].request == {
        "method": "POST",
        "url": "https://x.example/p?a=1&c=d+e#f",
        "headers": {"Content-Type": "application/json"},
        "body": '{"b":[1]}',
        "timeout_ms": 2000,
    }
    assert (response.status, response.ok, response.json(), response.bytes) == (
        404,
        False,
        {"a": 1},
        b'{"a":1}',
    )
    with pytest.raises(errors.HTTPStatusError, match="answered 404"):
        response.raise_for_status()
    ctx.http.request("put", "https://x.example", body=b"\xff")
    assert host.calls[-1].request["body_encoding"] == "base64"
    with pytest.raises(TypeError, match="header 'X-N' must be a str"):
        ctx.http.get("https://x.example", headers={"X-N": 1})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("reply", "error", "code", "message"),
    [
        (FLAT, errors.RateLimited, "rate_limit_exceeded", "Too many"),
        ('{"error":"plugin_busy","message":"m","max_inflight":2}', errors.Busy, "plugin_busy", "m"),
        ('{"error":"ssrf_blocked","message":"m"}', errors.RequestBlocked, "ssrf_blocked", "m"),
        ('{"error":"future_code","message":"m"}', HostError, "future_code", "m"),
        (
            '{"error":{"code":"not_supported_out_of_process","message":"m"}}',
            errors.NotSupported,
            "not_supported_out_of_process",
            "m",
        ),
        ("[]", errors.InvalidReply, "", "where a JSON object was expected"),
        ("oops", errors.InvalidReply, "", "not JSON"),
        (None, errors.InvalidReply, "", "answered nothing"),
    ],
    ids=repr,
)
def test_error_envelopes_become_exceptions(
    ctx: Context, host: TestHost, reply: str | None, error: type, code: str, message: str
) -> None:
    host.answer("http_request", reply)
    with pytest.raises(error) as caught:
        ctx.http.get("https://x.example")
    assert type(caught.value) is error
    assert caught.value.code == code
    assert message in caught.value.message
    if error is errors.RateLimited:
        assert caught.value.retry_after_ms == 60000


def test_every_code_of_the_spec_has_a_class() -> None:
    codes = get_args(generated.ErrorCode)
    assert len(codes) > 25
    assert [code for code in codes if code not in errors._BY_CODE] == []


def test_slots_and_levels_are_those_of_the_spec() -> None:
    ours = {name: value for name, value in vars(slots).items() if name.isupper()}
    ours.pop("TYPE_CHECKING")
    theirs = {one.name: one.value for one in generated.HostSlot}
    assert ours == {name: theirs[name] for name in ours}
    missing = theirs.keys() - ours.keys()
    assert missing == {
        "DISPATCH_CLARIFY",
        "DISPATCH_ADD_ISSUE",
        "FREE_STRING",
    }  # reserved, internal


def test_inference(ctx: Context, host: TestHost) -> None:
    answer = {"id": "1", "model": "m", "choices": [{"message": {"content": "hi"}}]}
    host.answer("complete", answer)
    completion = ctx.inference.complete("hello", system="be brief", max_tokens=5, tools=True)
    assert host.calls[-1].request == {
        "model": "default",
        "max_tokens": 5,
        "tools": True,
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hello"},
        ],
    }
    assert completion.text == str(completion) == "hi"
    host.answer("complete", {"error": "clarify_requested", "message": "m", "question": "Which?"})
    with pytest.raises(errors.ClarifyRequested) as caught:
        ctx.inference.complete("hello")
    assert caught.value.question == "Which?"
    data = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]
    host.answer("embed", lambda request: {"data": data[: len(request["input"])][::-1]})
    assert ctx.inference.embed(["a", "b"]) == [[1.0], [2.0]]
    host.answer("embed", {"data": data[:1]})
    assert ctx.inference.embed("a") == [2.0]


def test_tasks_and_files(ctx: Context, host: TestHost) -> None:
    host.answer("dispatch", {"id": "T", "status": "running"})
    host.answer("task_status", lambda id: {"id": id, "status": "completed", "success": True})
    host.answer("send_draft", None)
    task = ctx.tasks.dispatch("do it", title="It", tools=["a"])
    assert (task.id, task.title, task.done) == ("T", "It", False)
    assert ctx.tasks.status(task).done
    ctx.tasks.send_draft(task, "so far")
    assert host.calls[-1].args == ("T", '{"text":"so far"}')
    host.answer("file_read", {"data": "aGk=", "mime_type": "text/plain", "size": 2})
    file = ctx.files.read("/a/b.txt")
    assert (file.bytes, file.text, file.mime_type, file.size) == (b"hi", "hi", "text/plain", 2)


def test_secrets_hide_and_help(ctx: Context) -> None:
    assert ctx.secrets["key"] == "hush"
    assert "hush" not in repr(ctx.secrets)
    with pytest.raises(KeyError, match=r"^the secret 'other' is not set .*, in this plugin's set"):
        ctx.secrets["other"]
    assert ctx.secrets.get("other") is None


def test_a_tool_without_its_secret_is_unavailable() -> None:
    plugin = Plugin(id="dev.example.shop", version="1.0.0")
    plugin.secret("shop_key", "Key of the shop")

    @plugin.tool
    def look(ctx: Context) -> str:
        """Look."""
        return ctx.secrets["shop_key"]

    envelope = TestHost(plugin).envelope("look")
    assert (envelope["kind"], envelope["retryable"]) == ("unavailable", False)
    assert envelope["message"].startswith("the secret 'shop_key' is not set for this agent: set it")
    assert TestHost(plugin, secrets={"shop_key": "k"}).call("look") == {"text": "k"}


def test_an_unanswered_call_is_refused_by_name(ctx: Context) -> None:
    with pytest.raises(HostCallRefused, match=r'host\.answer\("list_models"'):
        ctx.inference.models()


def test_streams(plugin: Plugin) -> None:
    live: list[str] = []

    @plugin.tool(name="plain")
    def plain_stream(ctx: Context, stop_after: int) -> Any:
        """Blocking."""
        stream = ctx.inference.stream("hi", on_chunk=lambda chunk: live.append(chunk.text))
        pieces = []
        with stream:
            for chunk in stream:
                pieces.append(chunk.text)
                if len(pieces) == stop_after:
                    break
        return pieces if stop_after else [pieces, stream.text]

    @plugin.tool
    async def looped(ctx: AsyncContext, stop_after: int) -> Any:
        """Awaited."""
        pieces = []
        async with ctx.inference.stream("hi") as stream:
            async for chunk in stream:
                pieces.append(chunk.text)
                if len(pieces) == stop_after:
                    break
        return pieces if stop_after else [pieces, await stream.text()]

    host = TestHost(plugin)
    host.answer_stream(["a", "b", "c"])
    for tool in ("plain", "looped"):
        assert host.call(tool, stop_after=0) == [["a", "b", "c"], "abc"]
        assert host.call(tool, stop_after=2) == ["a", "b"]
    assert len(host.calls[-1].request["stream_id"]) == 32
    assert live == ["a", "b", "c"] * 2


def test_a_cancelled_stream_ends_with_what_there_is(ctx: Context, host: TestHost) -> None:
    host.answer_stream(["a", "b", "c"])
    stream = ctx.inference.stream("hi", on_chunk=lambda chunk: chunk.text != "b")
    assert [chunk.text for chunk in stream] == ["a", "b"]
    assert (stream.result.finish_reason, stream.text) == ("cancelled", "a")


def test_an_error_in_on_chunk_reaches_the_author(ctx: Context, host: TestHost) -> None:
    host.answer_stream(["a", "b"])
    stream = ctx.inference.stream("hi", on_chunk=lambda chunk: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(stream)
