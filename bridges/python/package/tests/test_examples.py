"""Every example in a docstring of the package runs, and what authors call has one."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

import osaurus_plugin
from osaurus_plugin import Context, Plugin
from osaurus_plugin.testing import TestHost, _Frame

PACKAGE = Path(osaurus_plugin.__file__).parent
NEED_AN_EXAMPLE = [
    "arguments.Arg",
    "_running.ToolResult",
    "context.Config",
    "context.Context",
    "context.Database",
    "context.Files",
    "context.Http",
    "context.Inference",
    "context.Tasks",
    "errors.ToolError",
    "plugin.Plugin.config_section",
    "plugin.Plugin.on_artifact",
    "plugin.Plugin.on_config_changed",
    "plugin.Plugin.on_task_event",
    "plugin.Plugin.route",
    "plugin.Plugin.secret",
    "plugin.Plugin.tool",
    "routes.Request",
    "routes.Response",
    "settings.ConfigField",
    "testing.TestHost",
]


def docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """(name, docstring) of a module, its classes and functions, decorated ones included."""
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
        yield name, ast.get_docstring(node) or ""
        for inner in node.body:
            yield from docstrings(inner, f"{name}.{getattr(inner, 'name', '')}")


EXAMPLES = {
    name: doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    for file in sorted(PACKAGE.rglob("*.py"))
    for name, text in docstrings(ast.parse(file.read_text(encoding="utf-8")), file.stem)
    if ">>> " in text
}


def surroundings() -> dict[str, Any]:
    """What an example may use: the public names, a plugin, a host for it and a context."""
    plugin = Plugin(id="dev.example.test", name="Test", version="1.0.0")
    host = TestHost(plugin)
    host.answer("complete", {"choices": [{"message": {"content": "Hi."}}]})
    host.answer("embed", {"data": [{"index": 0, "embedding": [0.25, 0.5]}]})
    host.answer("dispatch", {"id": "T", "status": "running"})
    host.answer("task_status", {"id": "T", "status": "running"})
    host.answer("dispatch_cancel", None)
    host.answer("http_request", {"status": 200, "headers": {}, "body": '{"id": 7}'})
    host.answer("file_read", {"data": "bWlsaywgYnJlYWQ=", "mime_type": "text/plain", "size": 11})
    host.answer_stream(["One, ", "two, ", "three."])
    names = {name: getattr(osaurus_plugin, name) for name in osaurus_plugin.__all__}
    context = Context(_Frame(host, threaded=False))
    return {**names, "Annotated": Annotated, "TestHost": TestHost, "plugin": plugin, "ctx": context}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name: str) -> None:
    example = EXAMPLES[name]
    example.globs = surroundings()
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    report: list[str] = []
    runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_what_authors_call_has_an_example() -> None:
    assert [name for name in NEED_AN_EXAMPLE if name not in EXAMPLES] == []
