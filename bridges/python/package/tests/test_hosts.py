"""What a test can say of the world outside, for a plugin in this process and for a built library;
and the fixtures for pytest."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import pytest

from osaurus_plugin import Context, Plugin, TaskCompleted, TaskEvent
from osaurus_plugin.built_host import BuiltHost
from osaurus_plugin.errors import HostCallRefused
from osaurus_plugin.testing import AGENT, TestHost, ToolFailure

pytest_plugins = ["pytester"]


@pytest.fixture
def host(plugin: Plugin) -> TestHost:
    @plugin.tool
    def get(ctx: Context, url: str) -> Any:
        """Get a page."""
        answer = ctx.http.get(url)
        return [answer.status, answer.text]

    @plugin.tool
    def ask(ctx: Context, text: str) -> str:
        """Ask a model."""
        return ctx.inference.complete(text).text

    @plugin.tool
    def stream(ctx: Context, text: str) -> list[str]:
        """Ask a model, word by word."""
        return [chunk.text for chunk in ctx.inference.stream(text)]

    @plugin.tool
    def later(ctx: Context) -> str:
        """Start a task."""
        return ctx.tasks.dispatch("Review.", title="Reviews", tools=["get"]).id

    @plugin.tool
    def stop(ctx: Context, id: str) -> list[str]:
        """Stop a task."""
        ctx.tasks.cancel(id)
        return [ctx.tasks.status(id).status, *(one.id for one in ctx.tasks.list())]

    @plugin.tool
    def token(ctx: Context) -> str:
        """Tell the token."""
        return ctx.secrets["token"]

    @plugin.on_task_event
    def event(ctx: Context, event: TaskEvent) -> None:
        if isinstance(event, TaskCompleted):
            ctx.log.info("done", output=event.output)

    return TestHost(plugin)


def test_requests_are_answered_by_the_first_rule_that_fits(host: TestHost) -> None:
    host.http.answer("https://a.example/x?y=[1]", body="exact")
    host.http.answer("https://a.example/*", status=404, json={"why": "gone"}, times=1)
    host.http.answer("https://a.example/*", method="post", body="never")
    assert host.call("get", url="https://a.example/x?y=[1]") == [200, "exact"]
    assert host.call("get", url="https://a.example/z") == [404, '{"why": "gone"}']
    assert [one["url"] for one in host.http.requests][1] == "https://a.example/z"
    failure = host.envelope("get", url="https://a.example/z")
    assert (
        "the test answers no GET https://a.example/z; say host.http.answer(" in failure["message"]
    )


def test_headers_of_requests_have_names_in_any_case(host: TestHost) -> None:
    host.http.answer("https://a.example/*")
    request = {"method": "GET", "url": "https://a.example/", "headers": {"Accept": "text/plain"}}
    host.http.respond(request)
    headers = host.http.requests[0]["headers"]
    assert headers == {"Accept": "text/plain"}
    assert [headers["accept"], headers.get("ACCEPT"), headers.get("x")] == ["text/plain"] * 2 + [
        None
    ]
    assert "aCCept" in headers
    assert "x" not in headers


@pytest.mark.parametrize("url", ["api.example.com/x", "*", "https://*.example.com/x", "/x"])
def test_a_rule_without_a_host_is_refused_where_it_is_written(host: TestHost, url: str) -> None:
    with pytest.raises(ValueError, match="names no host: write a whole URL"):
        host.http.answer(url)


def test_what_no_host_could_send_is_an_error_that_says_what_to_write(host: TestHost) -> None:
    with pytest.raises(TypeError, match=r"'completed' is not the number of a kind.* 4 completed"):
        host.task_event("T", "completed", {})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"argument\.url is of type object"):
        host.call("get", url=object())


def test_settings_are_strings(plugin: Plugin) -> None:
    @plugin.tool
    def limit(ctx: Context) -> str | None:
        """Tell the limit."""
        return ctx.config.get("limit")

    host = TestHost(plugin, config={"limit": 5})  # type: ignore[dict-item]
    assert "the test is 5: settings are strings" in host.envelope("limit")["message"]


def test_recorded_answers_are_answers(host: TestHost, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "shop.json"
    with pytest.raises(FileNotFoundError, match="run once with OSAURUS_RECORD=1"):
        host.http.recorded(file)
    recorded = {"method": "GET", "url": "https://a.example/", "status": 200, "headers": {}}
    file.write_text(json.dumps([{**recorded, "body": "aGk=", "body_encoding": "base64"}]))
    host.http.recorded(file)
    assert host.call("get", url="https://a.example/") == [200, "hi"]


def test_requests_are_recorded_when_that_is_asked_for(
    host: TestHost, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import http.server
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(418)
            self.send_header("Set-Cookie", "session=1")
            self.end_headers()
            self.wfile.write(f"tea for {self.path}".encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("OSAURUS_RECORD", "1")
    file = tmp_path / "new" / "a.json"
    url = f"http://127.0.0.1:{server.server_port}/?key=s%203cret"
    host.secrets["key"] = "s 3cret"
    host.http.recorded(file)
    assert host.call("get", url=url) == [418, "tea for /?key=s%203cret"]
    recorded = file.read_text()
    assert "3cret" not in recorded
    assert "cookie" not in recorded
    server.server_close()
    monkeypatch.delenv("OSAURUS_RECORD")
    other = TestHost(host._plugin)
    other.secrets["key"] = "another"
    other.http.recorded(file)
    assert other.call("get", url=url.replace("s%203cret", "another")) == [
        418,
        "tea for /?key=<key>",
    ]


def test_models_answer_by_the_last_message(host: TestHost) -> None:
    host.model.answer("WEATHER", "Sunny all day.", times=1)
    host.model.answer("weather", fail="too hot")
    assert host.call("ask", text="The weather?") == {"text": "Sunny all day."}
    assert "too hot" in host.envelope("ask", text="The weather?")["message"]
    assert "host.model.answer" in host.envelope("ask", text="Hello")["message"]
    host.model.answer("", "One two")
    assert host.call("stream", text="Hello") == ["One", " two"]
    assert host.model.prompts == ["The weather?", "The weather?", "Hello", "Hello"]
    assert host.model.script().startswith('[[rule]]\nwhen = "WEATHER"\ntext = "Sunny all day."\n')


def test_tasks_are_kept_and_ended(host: TestHost) -> None:
    first, second = host.call("later")["text"], host.call("later")["text"]
    assert [one["prompt"] for one in host.tasks] == ["Review."] * 2
    assert host.call("stop", id=first) == ["cancelled", second]
    host.finish_task(second, "Good.")
    assert host.tasks[1]["status"] == "completed"
    assert (host.logs[-1].message, host.logs[-1].fields) == ("done", {"output": "Good."})
    with pytest.raises(ValueError, match="there is no task 'x'"):
        host.finish_task("x")


def test_secrets_can_be_set_by_a_test(host: TestHost) -> None:
    host.secrets["token"] = "t"
    assert host.call("token") == {"text": "t"}


# --- built libraries ---------------------------------------------------------------------------

PROGRAM = """#!{python}
import json, os, sys, urllib.request
args = sys.argv[1:]
after = lambda name: args[args.index(name) + 1] if name in args else ""
contents = lambda file: open(file).read() if file else ""
print(json.dumps({{"ready": {{}}}}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    payload = json.loads(request.get("arguments", "null"))
    if payload and payload.get("fail"):
        sys.exit("no library")
    if payload and payload.get("crash"):
        os.kill(os.getpid(), 11)
    body = ""
    if "--map-host" in args:
        name, address = after("--map-host").split("=")
        page = urllib.request.Request(f"http://{{address}}/x", headers={{"Host": name}})
        body = urllib.request.urlopen(page).read().decode()
    result = {{
        "asked": request, "body": body, "secret": contents(after("--secret").partition("=@")[2]),
        "script": contents(after("--model-script")),
        "config": [args[i + 1] for i, one in enumerate(args) if one == "--config"],
    }}
    is_good = not (payload or {{}}).get("bad")
    envelope = {{"ok": is_good, "result": result, "tool": "t", "kind": "timeout"}}
    print(json.dumps({{
        "result": json.dumps(envelope) if request["do"] == "call" else request,
        "log": [
            {{"level": "info", "message": "worker started: pid 1", "fields": None}},
            {{"level": "warn", "message": "careful", "fields": {{"n": 1}}}},
        ],
        "calls": [{{"name": "dispatch", "args": [{{"prompt": "Go."}}], "response": {{"id": "T"}}}}],
    }}), flush=True)
"""


@pytest.fixture
def program(tmp_path: pathlib.Path) -> str:
    """What stands for osaurus-bridge: tells what it was asked."""
    file = tmp_path / "osaurus-bridge"
    file.write_text(PROGRAM.format(python=sys.executable))
    file.chmod(0o755)
    return str(file)


def test_a_built_library_gets_what_the_test_says(program: str, tmp_path: pathlib.Path) -> None:
    library = tmp_path / "a.so"
    library.write_text("")
    with BuiltHost(library, config={"limit": "3"}, program=program) as host:
        host.secrets["token"] = "t"
        host.model.answer("hi", "ho")
        host.http.answer("https://a.example/x", body="page")
        arguments = {"do": "call", "agent": AGENT, "tool": "get", "arguments": '{"x":1}'}
        assert host.call("get", x=1) == {
            "asked": arguments,
            "body": "page",
            "secret": "t",
            "script": '[[rule]]\nwhen = "hi"\ntext = "ho"\n',
            "config": ["limit=3"],
        }
        assert host.http.requests[0]["url"] == "https://a.example/x"
        assert [(one.level, one.message, one.fields) for one in host.logs] == [
            ("warn", "careful", {"n": 1})
        ]
        assert host.calls[0].request == {"prompt": "Go."}
        assert host.tasks == [{"prompt": "Go.", "id": "T"}]
        with pytest.raises(ToolFailure, match="timeout"):
            host.call("get", bad=True)
        with pytest.raises(AssertionError, match="the host exited with 1:\nno library"):
            host.call("get", fail=True)
        with pytest.raises(AssertionError, match="the host exited with SIGSEGV"):
            host.call("get", crash=True)
        assert host.call("get", x=2)["secret"] == "t", "the next call starts it again"


def test_a_built_library_gets_routes_settings_and_events(
    program: str, tmp_path: pathlib.Path
) -> None:
    library = tmp_path / "a.so"
    library.write_text("")
    with BuiltHost(library, program=program, agent_id=None) as host:
        request = host.request("POST", "/a b", json=[1], headers={"X": "y"}, query={"q": "1&2"})
        assert request == {
            "do": "route",
            "agent": None,
            "method": "POST",
            "path": "/a%20b?q=1%262",
            "headers": [["X", "y"]],
            "body": "[1]",
        }
        assert host.request("GET", "/a%20b%")["path"] == "/a%20b%25"
        running = host._program
        host.config_changed("limit", "4")
        host.task_event("T", 4, {"output": "x"})
        host.artifact(filename="a.pdf")
        host.wait_for_tasks()
        assert host.config == {"limit": "4"}
        assert host._program is running, "none of these starts it again"
        host.secrets["token"] = "t"
        host.config["other"] = "5"
        assert host.call("get")["config"] == ["other=5"], "the host has the limit stored"
        assert host._program is not running


def test_a_built_library_needs_itself_and_the_program(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist; run osaurus-bridge build"):
        BuiltHost(tmp_path / "a.so")
    (tmp_path / "a.so").write_text("")
    with pytest.raises(FileNotFoundError, match="nothing-here is not on the PATH"):
        BuiltHost(tmp_path / "a.so", program="nothing-here")


def test_the_fixtures_of_pytest_take_the_projects_plugin(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    pytester.makeconftest('pytest_plugins = ["osaurus_plugin.pytest_plugin"]')
    pytester.makepyprojecttoml('[tool.osaurus]\nid = "a.b"\nentry = "mine:plugin"\n')
    pytester.makepyfile(
        mine="""
        from osaurus_plugin import Plugin

        plugin = Plugin()

        @plugin.tool
        def hello() -> str:
            "Say hello."
            return "hello"
        """,
        test_mine="""
        def test_one(host):
            assert host.call("hello") == {"text": "hello"}

        def test_both(any_host):
            assert any_host.call("hello") == {"text": "hello"}
        """,
    )
    pytester.syspathinsert()
    pytester.runpytest_inprocess().assert_outcomes(passed=2, skipped=1)


def test_a_refusal_is_an_error_of_the_test(host: TestHost) -> None:
    with pytest.raises(HostCallRefused, match="the test answers no GET"):
        host.http.respond({"method": "GET", "url": "https://a.example/"})
