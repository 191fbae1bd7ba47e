"""The program that a build runs: what it prints, and how it says what is wrong."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest

from osaurus_plugin._project import satisfies

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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
    folder: pathlib.Path, plugin: str, project: str = PROJECT, **job: Any
) -> subprocess.CompletedProcess[str]:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "notes.py").write_text(plugin)
    (folder / "pyproject.toml").write_text(project)
    (folder / "empty").mkdir(exist_ok=True)
    settings = tomllib.loads(project)
    request = {
        "entry": settings["tool"]["osaurus"]["entry"],
        "project_file": str(folder / "pyproject.toml"),
        "project_folder": str(folder),
        "source": str(folder / "src"),
        "settings": settings,
        "roots": [str(folder / "src"), str(SOURCE)],
        "left_out": {},
        "seconds": 60,
        **job,
    }
    program = str(SOURCE / "osaurus_plugin" / "_build.py")
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-B", program],
        cwd=folder / "empty",
        input=json.dumps(request),
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
        (
            GOOD,
            {'"notes:plugin"': '"nowhere:plugin"'},
            ["the entry 'nowhere:plugin' names", "nowhere.py"],
        ),
        (GOOD, {">=3.10": ">=3.99"}, ["pyproject.toml:5", "wants Python >=3.99", "is 3."]),
        (GOOD, {">=3.10": "later"}, ["pyproject.toml:5: 'later' is not a version condition"]),
        (GOOD, {"1.2.3": "1.2"}, ["pyproject.toml:3: the version '1.2'", "1.2.3"]),
        (GOOD, {"dev.example.notes": "Notes"}, ["pyproject.toml:12: the id 'Notes'"]),
        (GOOD, {'id = "dev.example.notes"\n': ""}, ["has no id; write id ="]),
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
            ["notes.py:4: route 'r': its path '/ui/x' is under the web mount '/ui'"],
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


def test_a_file_with_a_name_of_the_standard_library_does_no_harm(tmp_path: pathlib.Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("token", "types", "json", "random"):
        (tmp_path / "src" / f"{name}.py").write_text("raise RuntimeError('not me')\n")
    assert run(tmp_path, PLUGIN).returncode == 0


@pytest.mark.parametrize(
    ("imports", "name"),
    [
        ("import queue", "queue"),
        ("from token import SECRET", "token"),
        ("def f():\n    import tomllib", "tomllib"),
        ("import email.message", "email"),
    ],
)
def test_an_import_that_cannot_get_the_authors_module_is_refused(
    tmp_path: pathlib.Path, imports: str, name: str
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / f"{name}.py").write_text("SECRET = 1\n")
    done = run(tmp_path, GOOD + imports + "\n")
    assert done.returncode == 1
    assert f"`import {name}` finds Python's own module {name!r} and not" in done.stderr
    assert f"my_{name}" in done.stderr


def test_what_is_not_packed_is_named_with_the_reason(tmp_path: pathlib.Path) -> None:
    left_out = {"web": "pages", "pack/inner.py": "it is in `exclude`"}
    done = run(tmp_path, "from web import pages\n" + GOOD, left_out=left_out)
    assert "notes.py:1: no module named 'web': web is not packed" in done.stderr
    (tmp_path / "src" / "pack").mkdir()
    (tmp_path / "src" / "pack" / "__init__.py").touch()
    done = run(tmp_path, "from pack import inner\nimport pack.inner\n" + GOOD, left_out=left_out)
    assert "pack/inner.py is not packed into the plugin (it is in `exclude`)" in done.stderr


def test_a_file_that_is_read_by_a_relative_path_is_told_where_to_be(tmp_path: pathlib.Path) -> None:
    (tmp_path / "words.txt").write_text("a")
    done = run(tmp_path, GOOD + "open('words.txt')\n")
    assert "notes.py:3: no file 'words.txt': it is looked for in the current folder" in done.stderr
    assert "Path(__file__).with_name('words.txt')" in done.stderr


def test_a_file_outside_of_the_source_folder_is_named(tmp_path: pathlib.Path) -> None:
    project, packed = tmp_path / "project", tmp_path / "packed" / "src"
    packed.mkdir(parents=True)
    project.mkdir()
    (project / "words.txt").write_text("a")
    (packed / "notes.py").write_text(
        GOOD + "import pathlib\n(pathlib.Path(__file__).parent.parent / 'words.txt').read_text()\n"
    )
    done = run(project, GOOD, roots=[str(packed), str(SOURCE)])
    assert "notes.py:4: words.txt is not packed into the plugin" in done.stderr


def test_an_import_that_never_ends_is_stopped_and_shows_its_line(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, GOOD + "while True:\n    pass\n", seconds=0.5)
    assert done.returncode == 1
    assert "Timeout (" in done.stderr
    assert re.search(r'notes.py", line [34] in <module>', done.stderr)


def test_a_package_has_another_name_than_its_module(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, "import yaml\n" + GOOD)
    assert 'add "PyYAML" to `dependencies`' in done.stderr


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
