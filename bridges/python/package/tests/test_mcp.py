"""MCP servers as parts of a plugin: a server in a process, and one in this process with a small
stand-in for the SDK. Real servers are in script/test-mcp."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import sys
import time
import types
from contextlib import asynccontextmanager
from typing import Any

import pytest

from osaurus_plugin import Context, DeclarationError, Plugin, host_form
from osaurus_plugin._project import Project
from osaurus_plugin._runtime import Runtime
from osaurus_plugin.manifest import describe
from osaurus_plugin.mcp import server as server_module
from osaurus_plugin.mcp import tools
from osaurus_plugin.mcp.environment import environment, find
from osaurus_plugin.mcp.files import Files
from osaurus_plugin.mcp.tools import about
from osaurus_plugin.testing import TestHost

SERVER = [sys.executable, str(pathlib.Path(__file__).with_name("mcp_server.py"))]


@pytest.fixture
def included(plugin: Plugin) -> Any:
    def include(*mode: str, **options: Any) -> TestHost:
        plugin.include_command([*SERVER, *mode], **options)
        return TestHost(plugin)

    yield include
    for server in plugin.included:
        server.close()


def ended(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_tools_have_ids_permissions_and_schemas_in_the_hosts_form(
    plugin: Plugin, included: Any
) -> None:
    included(prefix="t")
    tool = plugin.tools["t_echo_text"]
    assert (tool.description, tool.permission) == ("Echo.", "auto")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "nullable": True},
            "times": {"type": "integer", "nullable": True, "default": None},
            "kind": {"enum": ["a"]},
            "at": {
                "type": "object",
                "properties": {"x": {"type": "number"}},
                "required": [],
                "additionalProperties": False,
            },
        },
        "required": [],
        "additionalProperties": False,
    }
    assert plugin.tools["t_env"].requirements == ["network"]
    assert plugin.tools["t_env"].permission == "ask"
    assert "note://1 (A note)" in plugin.tools["t_read_resource"].description


def test_the_description_has_the_tools_and_the_end(plugin: Plugin, included: Any) -> None:
    included(filter=["log"], overrides={"log": {"timeout": 2}})
    described = describe(plugin, Project("pyproject.toml", {}))
    assert [one["id"] for one in described["manifest"]["capabilities"]["tools"]] == ["log"]
    assert described["tools"]["log"] == {"is_async": False, "threads": False, "timeout_ms": 2000}
    assert described["handlers"] == {"unload": {"is_async": False, "threads": False}}


def test_a_filter_and_overrides_choose_and_change_tools(plugin: Plugin, included: Any) -> None:
    host = included(
        filter=["log", "echo.text"],
        overrides={"echo.text": {"id": "say", "permission": "deny", "timeout": 2}},
    )
    assert sorted(plugin.tools) == ["log", "say"]
    say = plugin.tools["say"]
    assert (say.permission, say.timeout_ms, say.description) == ("deny", 2000, "Echo.")
    assert host.call("say", text="x") == {"text": "{'text': 'x'}"}


def test_a_name_that_the_server_does_not_have_is_an_error_of_the_build(included: Any) -> None:
    with pytest.raises(DeclarationError, match=r"test_mcp\.py:\d+: .*has no tool 'nope' \(it has"):
        included(filter=["nope"])


def test_an_override_that_no_tool_has_is_an_error(included: Any) -> None:
    with pytest.raises(DeclarationError, match="overrides of 'log': 'premission' is not one of"):
        included(overrides={"log": {"premission": "auto"}})


def test_a_tool_that_is_there_already_is_an_error(plugin: Plugin, included: Any) -> None:
    @plugin.tool
    def log() -> None:
        """Log."""

    with pytest.raises(DeclarationError, match=r"tool 'log': .*already declared at .*prefix="):
        included()


def test_pictures_become_files_and_links_stay(included: Any) -> None:
    result = included().call("picture")
    file = pathlib.Path(result["files"][0].pop("path"))
    assert result == {
        "text": "a picture",
        "files": [{"mime_type": "image/png", "size": 5}],
        "links": [{"uri": "file:///x", "name": "x"}],
    }
    assert (file.suffix, file.read_bytes(), file.stat().st_mode & 0o77) == (".png", b"hello", 0)


def test_a_failure_of_a_tool_is_a_failure_here(included: Any) -> None:
    failure = included().envelope("fails")
    assert (failure["kind"], failure["message"]) == ("execution_error", "no such thing")


def test_log_lines_and_progress_go_to_the_hosts_log(included: Any) -> None:
    host = included()
    assert host.call("log") == {"text": "logged"}
    assert [(one.level, one.message, one.fields) for one in host.logs] == [
        ("warn", "careful", {}),
        ("info", "progress", {"progress": 1, "total": 2}),
    ]


def test_sampling_asks_the_hosts_model(included: Any) -> None:
    host = included()
    message = {"role": "assistant", "content": "hi"}
    host.answer("complete", {"choices": [{"message": message}]})
    assert host.call("ask_model") == {"text": "hi"}
    assert host.calls[-1].request["messages"] == [{"role": "user", "content": "say hi"}]
    assert host.calls[-1].request["max_tokens"] == 9


def test_a_question_to_the_user_is_for_the_model_to_ask(included: Any) -> None:
    failure = included().envelope("ask_user")
    assert (failure["kind"], failure["retryable"]) == ("rejected", False)
    assert failure["message"] == (
        "the tool asks the user: 'How big?'. Ask the user, then call it again with arguments that "
        "leave nothing to ask"
    )


def test_a_question_to_the_user_can_be_answered_by_the_plugin(included: Any) -> None:
    def answer(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
        return {"size": f"{request['message']} {ctx.config.get('size')}"}

    host = included(elicit=answer)
    host.config["size"] = "xl"
    assert '"content": {"size": "How big? xl"}' in host.call("ask_user")["text"]


def test_resources_are_read_by_a_tool(included: Any) -> None:
    assert included().call("read_resource", uri="note://1") == {"text": "the note"}


def test_a_server_that_dies_fails_one_call_and_is_started_again(included: Any) -> None:
    host = included()
    failure = host.envelope("die")
    assert failure["kind"] == "execution_error"
    assert failure["message"].endswith(
        "has ended; its last lines: out of order. The next call starts it again"
    )
    assert host.call("echo.text".replace(".", "_"), text="x") == {"text": "{'text': 'x'}"}


def test_a_server_that_dies_again_and_again_is_started_less_often(included: Any) -> None:
    host = included()
    kinds = [host.envelope("die") for _ in range(3)]
    assert [one["kind"] for one in kinds] == ["execution_error", "execution_error", "unavailable"]
    assert "ended 2 times shortly after its start" in kinds[2]["message"]


def test_a_server_that_does_not_start_is_an_error_of_the_build(included: Any) -> None:
    with pytest.raises(DeclarationError, match="has ended; its last lines: TOKEN is wrong"):
        included("refuses")


def test_a_program_that_is_not_there_is_named(plugin: Plugin) -> None:
    plugin.include_command(["no-such-server"])
    with pytest.raises(DeclarationError, match=r"no-such-server is not installed; .*/usr/bin"):
        TestHost(plugin)


def test_secrets_are_declared_and_passed_and_each_set_has_a_server(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    plugin.include_command(SERVER, env={"LEVEL": "2"}, secrets={"TOKEN": "The token"})
    assert plugin.secrets["TOKEN"] == {"id": "TOKEN", "label": "The token", "required": True}
    answers = [TestHost(plugin, secrets={"TOKEN": one}).call("env") for one in ("a", "b", "a")]
    assert [one["TOKEN"] for one in answers] == ["a", "b", "a"]
    assert answers[0]["pid"] == answers[2]["pid"] != answers[1]["pid"]
    assert (answers[0]["PYTHONPATH"], answers[0]["LEVEL"]) == (None, "2")
    assert "not set: TOKEN" in TestHost(plugin).envelope("env")["message"]
    for server in plugin.included:
        server.close()


@pytest.mark.parametrize("mode", ["", "stubborn"])
def test_a_server_goes_with_the_plugin(plugin: Plugin, included: Any, mode: str) -> None:
    host = included(mode)
    pid = host.call("env")["pid"]
    host.unload()
    assert ended(pid)


def test_a_server_goes_with_a_process_that_is_killed() -> None:
    program = (
        "import os, signal, sys; from osaurus_plugin import Plugin; "
        "from osaurus_plugin.testing import TestHost; plugin = Plugin(); "
        f"plugin.include_command({[*SERVER, 'stubborn']!r}); "
        "print(TestHost(plugin).call('env')['pid'], flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    import subprocess

    source = str(pathlib.Path(__file__).parents[1] / "src")
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert ended(int(finished.stdout))


def test_a_worker_knows_tools_by_their_ids_alone(plugin: Plugin) -> None:
    plugin.include_command(SERVER, prefix="a", filter=["log"])
    plugin.include_command(SERVER, prefix="b", filter=["echo.text"])
    runtime = Runtime(plugin)
    assert plugin.tools == {}
    frame: Any = None
    answer: Any = runtime.call(frame, "tool", "b_echo_text", {"text": "x"}, {})
    assert answer == {"ok": True, "result": {"text": "{'text': 'x'}"}}
    unknown: Any = runtime.call(frame, "tool", "b_log", {}, {})
    assert (unknown["kind"], unknown["message"][:30]) == (
        "not_found",
        "the server has no tool 'b_log'",
    )
    nothing: Any = runtime.call(frame, "tool", "c_log", {}, {})
    assert nothing["kind"] == "tool_not_found"
    for server in plugin.included:
        server.close()


def test_what_is_not_a_server_is_an_error(plugin: Plugin) -> None:
    with pytest.raises(DeclarationError, match="include: 5 is not an MCP server; expected one"):
        plugin.include(5)
    with pytest.raises(DeclarationError, match='include_command takes a list such as \\["npx"'):
        plugin.include_command("npx")  # type: ignore[arg-type]


def test_no_variable_that_changes_what_is_loaded_reaches_a_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NODE_OPTIONS", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONHOME", "BASH_ENV"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/certificates")
    variables = environment({"TOKEN": "t"})
    assert variables["TOKEN"] == "t"
    assert variables["NODE_EXTRA_CA_CERTS"] == "/certificates"
    assert {"NODE_OPTIONS", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONHOME"}.isdisjoint(
        variables
    )
    assert variables["PATH"].endswith("/bin")


def test_programs_are_found_beside_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find("sh") in ("/bin/sh", "/usr/bin/sh")
    assert find("no-such-program") is None


def test_a_function_that_reads_its_command_line_gets_one(
    plugin: Plugin, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    monkeypatch.delenv("LEVEL", raising=False)

    async def main() -> None:
        read.extend([sys.argv[1:], os.environ["LEVEL"]])
        await in_process()

    own = sys.argv
    plugin.include(main, args=["--fast"], env={"LEVEL": "2"})
    TestHost(plugin)
    assert (read, sys.argv) == ([["--fast"], "2"], own)


def test_a_long_first_line_ends_after_a_sentence() -> None:
    long = "Reads files. " + "Slowly and with care, " * 10 + "it does.\nMore."
    assert tools.described(long).split("\n") == [
        "Reads files.",
        "Slowly and with care, " * 10 + "it does.",
        "More.",
    ]
    assert tools.described("Short. Fine.") == "Short. Fine."


@pytest.fixture
def in_process(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`mcp.server.stdio` without the rest of the SDK: lines in, lines out."""
    stdio = types.ModuleType("mcp.server.stdio")

    @asynccontextmanager
    async def stdio_server(stdin: Any = None, stdout: Any = None) -> Any:
        yield stdin, stdout

    stdio.stdio_server = stdio_server  # type: ignore[attr-defined]
    for name, module in (("mcp", stdio), ("mcp.server", stdio), ("mcp.server.stdio", stdio)):
        monkeypatch.setitem(sys.modules, name, module)

    async def serve() -> None:
        async with stdio.stdio_server() as (stdin, stdout):  # type: ignore[attr-defined]
            async for line in stdin:
                message = json.loads(line)
                answer = await _answer(message)
                if answer is not None:
                    response = {"jsonrpc": "2.0", "id": message["id"], **answer}
                    await stdout.write(json.dumps(response) + "\n")
                    await stdout.flush()

    yield serve
    for server in plugin.included:
        server.close()


async def _answer(message: dict[str, Any]) -> dict[str, Any] | None:
    method, params = message["method"], message.get("params") or {}
    if "id" not in message:
        return None
    if method == "tools/list":
        return {"result": {"tools": [{"name": "add"}, {"name": "block"}]}}
    if method != "tools/call":
        return {"result": {"capabilities": {"tools": {}}}}
    if params["name"] == "block":
        time.sleep(5)
    if not params["arguments"]:
        return {"error": {"code": -32602, "message": "x is missing"}}
    value = {"result": params["arguments"]["x"] + 1}
    return {"result": {"content": [{"type": "text", "text": "2"}], "structuredContent": value}}


def test_a_server_in_this_process_believes_in_stdio(plugin: Plugin, in_process: Any) -> None:
    plugin.include(in_process)
    host = TestHost(plugin)
    host._plugin.tools["add"].parameters = {"type": "object", "properties": {}}
    assert host.call("add", x=1) == 2
    assert host.envelope("add")["kind"] == "invalid_args"


def test_a_function_that_starts_a_loop_itself_is_a_server_too(
    plugin: Plugin, in_process: Any
) -> None:
    plugin.include(lambda: asyncio.run(in_process()))
    assert sorted(TestHost(plugin)._plugin.tools) == ["add", "block"]


def test_a_server_that_blocks_is_replaced(
    plugin: Plugin, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin.include(in_process)
    host = TestHost(plugin)
    host._plugin.tools["add"].parameters = {"type": "object", "properties": {}}
    monkeypatch.setattr(server_module, "_CALL_SECONDS", 0.2)
    assert host.envelope("block")["kind"] == "timeout"
    assert host.call("add", x=1) == 2


def test_a_server_in_this_process_that_fails_says_why(plugin: Plugin, in_process: Any) -> None:
    async def serve() -> None:
        raise OSError("no database")

    plugin.include(serve)
    with pytest.raises(DeclarationError, match="'serve': the server failed: OSError: no database"):
        TestHost(plugin)


SCHEMAS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": ["integer", "string"]}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    ({"enum": ["a", None]}, {"enum": ["a", None], "nullable": True}),
    ({"oneOf": [{"type": "null"}, {"type": "string"}]}, {"type": "string", "nullable": True}),
    ({"type": "string", "pattern": "(?P<x>a)"}, {"type": "string"}),
    ({"$ref": "#/$defs/Nothing"}, {}),
]


@pytest.mark.parametrize(("given", "made"), SCHEMAS, ids=repr)
def test_schemas_are_written_in_the_hosts_form(given: Any, made: Any) -> None:
    whole = host_form.parameters({"properties": {"x": given}, "required": ["x"]})
    assert whole["properties"] == {"x": made}


def test_names_that_are_one_id_get_numbers() -> None:
    ids: dict[str, None] = {}
    for name in ("a.b", "a/b", "a b", "x" * 70, "x" * 71):
        ids[tools.free_id(tools.tool_id(name, None), ids)] = None
    assert list(ids) == ["a_b", "a_b_2", "a_b_3", "x" * 64, "x" * 62 + "_2"]


FOREIGN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("null for what is empty", {"type": "object", "properties": None, "required": None}, {}),
    (
        "items as a list",
        {"properties": {"p": {"type": "array", "items": [{"type": "number"}]}}},
        {"properties": {"p": {"type": "array", "prefixItems": [{"type": "number"}]}}},
    ),
    (
        "a flag for an exclusive limit",
        {"properties": {"n": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}}},
        {"properties": {"n": {"type": "integer", "exclusiveMinimum": 0}}},
    ),
    (
        "unknown types, and keywords of a wrong kind",
        {"properties": {"n": {"type": "float", "minLength": -1, "required": True, "enum": []}}},
        {"properties": {"n": {}}},
    ),
    (
        "a pattern with a reference to a group",
        {"properties": {"n": {"type": "string", "pattern": r"(a)\1"}}},
        {"properties": {"n": {"type": "string"}}},
    ),
    (
        "a reference for all arguments",
        {
            "$ref": "#/$defs/A",
            "$defs": {
                "A": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
            },
        },
        {"properties": {"x": {"type": "integer"}}, "required": ["x"]},
    ),
    ("a reference to itself", {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, {}),
    (
        "parts",
        {
            "allOf": [
                {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {}}},
            ]
        },
        {"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]},
    ),
    (
        "alternatives",
        {
            "oneOf": [
                {"properties": {"a": {"const": 1}}, "required": ["a"]},
                {"properties": {"a": {"const": 2}, "b": {}}, "required": ["b"]},
            ]
        },
        {
            "anyOf": [
                {"properties": {"a": {"enum": [1]}}, "required": ["a"]},
                {"properties": {"a": {"enum": [2]}, "b": {}}, "required": ["b"]},
            ],
            "properties": {"a": {"anyOf": [{"enum": [1]}, {"enum": [2]}]}, "b": {}},
        },
    ),
]


@pytest.mark.parametrize(("name", "schema", "made"), FOREIGN, ids=[one[0] for one in FOREIGN])
def test_the_schema_of_a_server_is_read(name: str, schema: Any, made: Any) -> None:
    closed = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert about({"name": "t", "inputSchema": schema}, {})["parameters"] == {**closed, **made}


def test_references_that_multiply_end() -> None:
    value = {"anyOf": [{"$ref": "#/$defs/A"}] * 20, "properties": {"x": {}}}
    schema = {"$ref": "#/$defs/A", "$defs": {"A": value}}
    assert about({"name": "t", "inputSchema": schema}, {})["parameters"]["properties"] == {"x": {}}


def test_an_object_with_parts_is_not_closed_against_them() -> None:
    parts = [{"type": "object", "properties": {"b": {}}}]
    schema = {"type": "object", "properties": {"a": {}}, "allOf": parts}
    whole = host_form.parameters({"properties": {"o": schema}})
    assert "additionalProperties" not in whole["properties"]["o"]
    assert whole["properties"]["o"]["allOf"] == [{**parts[0], "required": []}]


def test_recursive_definitions_stay_references() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    whole = host_form.parameters(
        {"properties": {"n": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}
    )
    assert whole["properties"]["n"] == {"$ref": "#/$defs/Node"}
    assert whole["$defs"]["Node"]["properties"]["next"] == {"$ref": "#/$defs/Node"}


def test_pictures_are_bounded_and_a_later_process_removes_old_ones(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("osaurus_plugin.mcp.files._MOST_FILES", 3)
    old, young, other = (tmp_path / f"{name}-1" for name in ("osaurus-mcp-a", "osaurus-mcp-b", "c"))
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "a.png").write_bytes(b"x")
    for folder in (old, other):
        os.utime(folder, (1, 1))
    files = Files()
    paths = [files.store(b"hello", "image/png") for _ in range(5)]
    assert [os.path.exists(path) for path in paths] == [False, False, True, True, True]
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


def test_one_picture_may_be_larger_than_all_together(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("osaurus_plugin.mcp.files._MOST_BYTES", 4)
    files = Files()
    first, second = files.store(b"hello", "image/png"), files.store(b"world", "image/png")
    assert (os.path.exists(first), pathlib.Path(second).read_bytes()) == (False, b"world")
