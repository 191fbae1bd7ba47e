"""MCP servers as they are published, unchanged, as plugins: a project by `new --from-mcp`, built,
called through the real library in the reference host, and checked. Run by script/test-mcp, which
has installed the servers that are commands.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = TARGET / "debug/osaurus-bridge"
SUFFIX = "dylib" if os.uname().sysname == "Darwin" else "so"
GIT = f"{ROOT}/.venv/mcp-1/bin/mcp-server-git"
FILES = f"{ROOT}/tests/mcp/npm/node_modules/.bin/mcp-server-filesystem"


class Server(NamedTuple):
    """A server, what is written in its project beyond the one line, and a call with its answer."""

    target: list[str]
    tools: int
    call: tuple[str, dict[str, Any]]
    fits: Callable[[Any], bool]
    changes: tuple[str, str] = ("", "")


def has(text: str) -> Callable[[Any], bool]:
    return lambda answer: text in json.dumps(answer)


SERVERS = {
    "time": Server(
        ["mcp_server_time.server:serve"],
        2,
        ("get_current_time", {"timezone": "Europe/Berlin"}),
        has("Europe/Berlin"),
    ),
    "fetch": Server(
        ["mcp_server_fetch.server:serve"],
        1,
        ("fetch", {"url": "http://127.0.0.1:9/"}),
        has("which is not a public address"),
    ),
    "git": Server(
        [GIT],
        12,
        ("git_branch", {"repo_path": "{folder}/repo", "branch_type": "local"}),
        has("* trunk"),
    ),
    "duckdb": Server(
        ["mcp_server_duckdb:main"],
        1,
        ("query", {"query": "SELECT 6 * 7"}),
        has("(42,)"),
        ("plugin.include(main)", 'plugin.include(main, args=["--db-path", "{folder}/d.db"])'),
    ),
    "excel": Server(
        ["excel_mcp.cli:main", "--package", "excel-mcp-server==2.2.2"],
        46,
        ("create_workbook", {"filepath": "{folder}/a.xlsx"}),
        has("a.xlsx"),
        ("plugin.include(main)", 'plugin.include(main, args=["stdio"])'),
    ),
    "memory": Server(
        ["@modelcontextprotocol/server-memory"],
        10,
        ("search_nodes", {"query": "x"}),
        lambda answer: answer["result"] == {"entities": [], "relations": []},
        (
            'index.js"))',
            'index.js"), { env: { MEMORY_FILE_PATH: "{folder}/memory.jsonl" } })',
        ),
    ),
    "files": Server(
        [f"{FILES} {{folder}}"],
        14,
        ("list_allowed_directories", {}),
        has("Allowed directories"),
    ),
}


class Built(NamedTuple):
    library: pathlib.Path
    folder: pathlib.Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run([str(PROGRAM), arguments[0], str(self.library), *arguments[1:]], self.folder)


def run(command: list[str], folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Builds and hosts take the interpreter that runs this."""
    env = {**os.environ, "OSAURUS_BRIDGE_PYTHON": os.path.realpath(sys.executable)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


def succeed(command: list[str], folder: pathlib.Path) -> None:
    done = run(command, folder)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def build(name: str, server: Server, folder: pathlib.Path) -> Built:
    folder.mkdir()
    target = [one.replace("{folder}", str(folder)) for one in server.target]
    succeed([str(PROGRAM), "new", name, "--from-mcp", *target], folder)
    project = folder / name
    main = project / ("src/main.js" if (project / "src").is_dir() else "main.py")
    old, new = server.changes
    assert old in main.read_text()
    if old:
        main.write_text(main.read_text().replace(old, new.replace("{folder}", str(folder))))
    if main.suffix == ".js":
        succeed(["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"], project)
        succeed(["npm", "test"], project)
    else:
        pin(project / "pyproject.toml")
    if name == "git":
        succeed(["git", "init", "-q", "-b", "trunk", "repo"], folder)
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        succeed(["git", *who, "commit", "-q", "--allow-empty", "-m", "x"], folder / "repo")
    succeed([str(PROGRAM), "build"], project)
    return Built(project / "dist" / f"dev.example.{name}.{SUFFIX}", folder)


def pin(project: pathlib.Path) -> None:
    """The versions that script/test-mcp names."""
    text = project.read_text()
    for line in (ROOT / "tests/mcp/requirements-1.txt").read_text().split():
        text = text.replace(f'"{line.partition("==")[0]}"]', f'"{line}", "mcp==1.30.0"]')
    project.write_text(text)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Built]]]:
    """All of them at once, as far as the machine can."""
    folder = tmp_path_factory.mktemp("mcp")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(build, name, one, folder / name) for name, one in SERVERS.items()}


@pytest.mark.parametrize("name", SERVERS)
def test_a_published_server_is_a_plugin(name: str, built: dict[str, Future[Built]]) -> None:
    server, plugin = SERVERS[name], built[name].result()
    tool, arguments = server.call
    payload = json.dumps(arguments).replace("{folder}", str(plugin.folder))
    answer = json.loads(plugin.run("invoke", "--json", tool, payload).stdout)
    assert server.fits(answer), answer
    inspected = json.loads(plugin.run("inspect", "--json").stdout)
    assert len(inspected["manifest"]["capabilities"]["tools"]) == server.tools


PROJECTS = [
    (["mcp_server_time.server:serve"], "main.py", "import serve\n", "\nplugin.include(serve)\n"),
    (
        ["a.cli:main", "--package", "a-server"],
        "pyproject.toml",
        '"a-server"]',
        "allow-native = true",
    ),
    (
        ["npx -y server /tmp"],
        "main.py",
        "",
        '\nplugin.include_command(["npx", "-y", "server", "/tmp"])\n',
    ),
    (
        ["uvx docs", "--lang", "javascript"],
        "src/main.js",
        "import { definePlugin, includeCommand } from",
        '  include: [includeCommand(["uvx", "docs"])],\n',
    ),
]


@pytest.mark.parametrize(("target", "file", "first", "second"), PROJECTS)
def test_a_project_has_one_line_for_its_server(
    target: list[str], file: str, first: str, second: str, tmp_path: pathlib.Path
) -> None:
    succeed([str(PROGRAM), "new", "mine", "--from-mcp", *target], tmp_path)
    text = (tmp_path / "mine" / file).read_text()
    assert first in text
    assert second in text


@pytest.mark.parametrize("target", ["weather:mcp", "./weather.py:mcp"])
def test_a_server_in_the_folder_comes_into_the_project(target: str, tmp_path: pathlib.Path) -> None:
    source = "import helper\nfrom mcp.server.fastmcp import FastMCP\n"
    (tmp_path / "weather.py").write_text(source)
    (tmp_path / "helper.py").write_text("")
    succeed([str(PROGRAM), "new", "mine", "--from-mcp", target], tmp_path)
    project = tmp_path / "mine"
    assert (project / "weather.py").read_text() == source
    assert (project / "helper.py").is_file()
    text = (project / "pyproject.toml").read_text()
    assert 'dependencies = ["osaurus-plugin", "mcp<2"]' in text
    assert "from weather import mcp\n" in (project / "main.py").read_text()


def test_a_servers_process_ends_with_the_host(built: dict[str, Future[Built]]) -> None:
    plugin = built["files"].result()
    plugin.run("invoke", "--json", "list_allowed_directories")
    running = ["pgrep", "-f", f"mcp-server-filesystem {plugin.folder}"]
    for _ in range(50):
        if run(running, plugin.folder).returncode == 1:
            return
        time.sleep(0.1)
    raise AssertionError(run(running, plugin.folder).stdout)


Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session", autouse=True)
def checked(built: dict[str, Future[Built]]) -> Iterator[dict[str, Future[Done]]]:
    """Each as soon as it is built, while others are: a check mostly waits for the server."""

    def check(name: str) -> Done:
        rules = "manifest,payloads,init-after-destroy"
        return built[name].result().run("check", "--include", rules)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(check, name) for name in SERVERS}


@pytest.mark.parametrize("name", SERVERS)
def test_a_published_server_passes_the_rules_of_manifests_arguments_and_restarts(
    name: str, checked: dict[str, Future[Done]]
) -> None:
    done = checked[name].result()
    assert done.returncode == 0, done.stdout
