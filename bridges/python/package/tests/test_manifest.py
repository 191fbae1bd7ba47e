"""`python -m osaurus_plugin.manifest`: what it prints, and how it says what is wrong."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from osaurus_plugin._project import satisfies

SOURCE = pathlib.Path(__file__).parents[1] / "src"
PROJECT = """[project]
name = "notes"
version = "1.2.3"
description = "From the project."
requires-python = ">=3.10"
authors = [{name = "Ada", email = "ada@example.com"}]

[project.urls]
Home = "https://example.com"

[tool.osaurus]
id = "dev.example.notes"
entry = "notes:plugin"
source = "src"
"""
PLUGIN = '''from osaurus_plugin import ConfigField, Context, Plugin

print("hello from the import")
plugin = Plugin(name="Notes")
plugin.secret("key", "API key", url="https://example.com/key", required=False)
plugin.config_section("General", [ConfigField.number("limit", "Limit", default=3, minimum=1)])
plugin.web("web", mount="/ui", auth="none")
plugin.link("Docs", "https://example.com/docs")


@plugin.tool(permission="auto", requirements=["calendar"], timeout=2.5)
async def find(text: str) -> str:
    """Find notes."""
    return text


@plugin.tool(threads=True)
def slow(ctx: Context) -> str:
    """Take your time."""
    return ""


@plugin.route("/api/notes", methods=["get"], auth="verify", tunnel_exposed=True)
def notes() -> str:
    """All notes."""
    return ""


@plugin.on_config_changed
def changed(key: str, value: str) -> None: ...


@plugin.on_artifact
async def shared(artifact: object) -> None: ...
'''


def run(
    folder: pathlib.Path, plugin: str, project: str = PROJECT, *extra: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "notes.py").write_text(plugin)
    (folder / "pyproject.toml").write_text(project)
    command = [sys.executable, "-X", "utf8", "-B", "-s", "-m", "osaurus_plugin.manifest"]
    command += ["--project", str(folder / "pyproject.toml"), *extra]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        input=stdin,
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_whole_manifest(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, PLUGIN)
    assert done.returncode == 0, done.stderr
    assert "hello from the import" in done.stderr
    described: dict[str, Any] = json.loads(done.stdout)
    manifest = described["manifest"]
    capabilities = manifest.pop("capabilities")
    assert manifest == {
        "plugin_id": "dev.example.notes",
        "name": "Notes",
        "version": "1.2.3",
        "description": "From the project.",
        "authors": ["Ada <ada@example.com>"],
        "secrets": [
            {"id": "key", "label": "API key", "required": False, "url": "https://example.com/key"}
        ],
        "docs": {"links": [{"label": "Docs", "url": "https://example.com/docs"}]},
    }
    assert [tool["id"] for tool in capabilities["tools"]] == ["find", "slow"]
    assert capabilities["tools"][0]["requirements"] == ["calendar"]
    assert capabilities["routes"] == [
        {
            "id": "notes",
            "path": "/api/notes",
            "methods": ["GET"],
            "auth": "verify",
            "description": "All notes.",
            "tunnel_exposed": True,
        }
    ]
    assert capabilities["config"]["sections"][0]["fields"] == [
        {
            "key": "limit",
            "type": "number",
            "label": "Limit",
            "default": 3,
            "validation": {"min": 1},
        }
    ]
    assert capabilities["web"]["mount"] == "/ui"
    assert capabilities["artifact_handler"] is True
    assert described["tools"] == {
        "find": {"is_async": True, "threads": False, "timeout_ms": 2500},
        "slow": {"is_async": False, "threads": True},
    }
    assert described["routes"] == {"notes": {"is_async": False, "threads": False}}
    assert described["handlers"] == {
        "config": {"is_async": False, "threads": False},
        "artifact": {"is_async": True, "threads": False},
    }


def test_settings_may_come_as_json(tmp_path: pathlib.Path) -> None:
    settings = {
        "project": {"version": "9.9.9"},
        "tool": {"osaurus": {"id": "dev.example.json", "source": "src"}},
    }
    done = run(tmp_path, PLUGIN, PROJECT, "notes", "--settings-json", stdin=json.dumps(settings))
    assert json.loads(done.stdout)["manifest"]["plugin_id"] == "dev.example.json"


TOOL = '\n\n@plugin.tool\ndef f({}) -> str:\n    """F."""\n    return ""\n'
GOOD = "from osaurus_plugin import Plugin\nplugin = Plugin()\n"


@pytest.mark.parametrize(
    ("plugin", "project", "says"),
    [
        (GOOD + "def broken(:\n", {}, ["notes.py:3: SyntaxError", "read by Python"]),
        ("import no_such\n" + GOOD, {}, ["notes.py:1: no module named 'no_such'", "dependencies"]),
        (GOOD + "1 / 0\n", {}, ["notes.py:3: ZeroDivisionError", "Traceback"]),
        (GOOD + "import sys\nsys.exit(4)\n", {}, ["notes.py:4:", "__main__"]),
        (GOOD + TOOL.format("x: complex"), {}, ["notes.py:5: tool 'f', parameter 'x'", "complex"]),
        ("x = 1\n", {}, ["notes.py: the entry 'notes:plugin'", "is not there", "Plugin(...)"]),
        (GOOD.replace("plugin =", "other ="), {}, ['write entry = "notes:other"']),
        (GOOD, {'"notes:plugin"': '"nowhere:plugin"'}, ["no module named 'nowhere'", "nowhere.py"]),
        (GOOD, {">=3.10": ">=3.99"}, ["pyproject.toml:5", "wants Python >=3.99", "is 3."]),
        (GOOD, {">=3.10": "later"}, ["pyproject.toml:5: 'later' is no version condition"]),
        (GOOD, {"1.2.3": "1.2"}, ["pyproject.toml:3: the version '1.2'", "1.2.3"]),
        (GOOD, {"dev.example.notes": "Notes"}, ["pyproject.toml:12: the id 'Notes'"]),
        (GOOD, {'id = "dev.example.notes"\n': ""}, ["has no id; write id ="]),
        (GOOD, {'source = "src"': 'source = "no"'}, ["pyproject.toml:14: source = 'no'"]),
        (
            GOOD.replace("Plugin()", 'Plugin(id="dev.example.other")'),
            {},
            ["pyproject.toml:12: id is 'dev.example.notes' here and 'dev.example.other'"],
        ),
        (
            GOOD.replace("Plugin()", 'Plugin(min_osaurus="1.2")'),
            {},
            ["notes.py:2: min_osaurus='1.2' must have the form 1.2.3"],
        ),
        (
            GOOD + 'plugin.web("web", mount="/ui")\n@plugin.route("/ui/x")\ndef r() -> str: ...\n',
            {},
            ["notes.py:4: route 'r': its path '/ui/x' lies under the web mount '/ui'"],
        ),
        (
            GOOD + '@plugin.route("/x")\ndef a() -> str: ...\n@plugin.route("/x")\n'
            "def b() -> str: ...\n",
            {},
            ["notes.py:5: route 'b': GET /x is answered by the route 'a' at"],
        ),
    ],
)
def test_errors_name_file_and_line_and_what_to_do(
    tmp_path: pathlib.Path, plugin: str, project: dict[str, str], says: list[str]
) -> None:
    text = PROJECT
    for old, new in project.items():
        assert old in text
        text = text.replace(old, new)
    done = run(tmp_path, plugin, text)
    assert done.returncode == 1
    assert done.stdout == ""
    for part in says:
        assert part in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("specifier", "fits"),
    [
        (">=3.10", True),
        (">=3.10,<3.13", True),
        (">=3.12.2", False),
        ("==3.12.*", True),
        ("!=3.12.*", False),
        ("~=3.11", True),
        ("~=3.12.1", True),
        ("~=3.11.0", False),
        ("<3.12", False),
        (">3.12", True),
        ("==3.12", False),
    ],
)
def test_requires_python(specifier: str, fits: bool) -> None:
    assert satisfies((3, 12, 1), specifier, "x") is fits
