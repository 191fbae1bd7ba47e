"""What a server of each SDK does as part of a plugin. Run by script/test-mcp with each of them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import demo
import pytest
from osaurus_plugin import Plugin
from osaurus_plugin.testing import TestHost


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    plugin = Plugin()
    yield plugin
    for server in plugin.included:
        server.close()


@pytest.fixture
def host(plugin: Plugin) -> TestHost:
    plugin.include(demo.server, prompts=True, filter=lambda name: name != "ask_user")
    return TestHost(plugin)


def test_tools_have_schemas_in_the_hosts_form(plugin: Plugin, host: TestHost) -> None:
    properties = plugin.tools["move"].parameters["properties"]
    nullable = {key: properties["times"][key] for key in ("type", "nullable")}
    assert nullable == {"type": "integer", "nullable": True}
    assert properties["p"]["properties"]["x"]["type"] == "integer"
    assert properties["p"]["required"] == ["x"]
    assert host.envelope("move", p={"x": "no"})["field"] == "p.x"


def test_structured_results_are_results(host: TestHost) -> None:
    assert host.call("move", p={"x": 1}, times=2) == {"x": 3, "y": None}
    assert host.call("count") == 5


def test_pictures_become_files(host: TestHost) -> None:
    (file,) = host.call("picture")["files"]
    assert pathlib.Path(file["path"]).read_bytes() == b"\x89PNG"


def test_log_lines_and_progress_go_to_the_hosts_log(host: TestHost) -> None:
    assert host.call("talk") == {"text": "done"}
    assert [(one.level, one.message) for one in host.logs] == [("info", "hello"), ("info", "half")]


def test_failures_are_failures(host: TestHost) -> None:
    assert host.envelope("fails")["kind"] == "execution_error"


def test_resources_and_prompts_have_tools(host: TestHost) -> None:
    assert host.call("read_resource", uri="data://greeting") == {"text": "hello there"}
    arguments = {"topic": "the sun"}
    assert host.call("get_prompt", name="poem", arguments=arguments)["text"] == (
        "Write about the sun"
    )


@pytest.mark.skipif(demo.FASTMCP >= 4, reason="fastmcp 4 has no sampling")
def test_sampling_asks_the_hosts_model(host: TestHost) -> None:
    message = {"role": "assistant", "content": "hi"}
    host.answer("complete", {"model": "m", "choices": [{"message": message}]})
    assert host.call("ask_model") == {"text": "hi"}
    assert host.calls[-1].request["messages"][-1] == {"role": "user", "content": "say hi"}


def test_a_question_to_the_user_is_for_the_model_or_the_plugin(plugin: Plugin) -> None:
    plugin.include(demo.server, prefix="a", filter=["ask_user"])

    def answer(ctx: Any, request: dict[str, Any]) -> dict[str, Any]:
        return {"size": f"{request['message']} xl"}

    plugin.include(demo.server, prefix="b", filter=["ask_user"], elicit=answer)
    host = TestHost(plugin)
    assert host.envelope("a_ask_user")["kind"] == "rejected"
    assert host.call("b_ask_user") == {"text": "How big? xl"}
